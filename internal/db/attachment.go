package db

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

const (
	sqlSaveAttachment = `INSERT INTO attachments (id, tenant_id, name, media_type, size, content, uploaded_by, uploaded_at, expires_at)
		SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9
		WHERE (SELECT count(*) FROM (SELECT FROM attachments WHERE tenant_id = $2 AND uploaded_by = $7 AND instance_id IS NULL LIMIT $10) AS loose) < $10`
	sqlAttachments = `SELECT id, tenant_id, instance_id, name, media_type, size, uploaded_by, uploaded_at, expires_at
		FROM attachments WHERE tenant_id = $1 AND id = ANY ($2) ORDER BY id`
	sqlAttachmentContent = `SELECT content FROM attachments WHERE tenant_id = $1 AND id = $2`
	sqlKeepAttachments   = `UPDATE attachments SET expires_at = greatest(expires_at, $4), instance_id = coalesce(instance_id, $3)
		WHERE tenant_id = $1 AND id = ANY ($2) AND expires_at IS NOT NULL`
	sqlSweepAttachments = `WITH looked AS MATERIALIZED (
			SELECT a.id, EXISTS (SELECT FROM instances AS i WHERE i.id = a.instance_id) AS bound
			FROM attachments AS a WHERE a.expires_at <= now() ORDER BY a.expires_at LIMIT $1 FOR UPDATE OF a SKIP LOCKED),
		kept AS (UPDATE attachments AS a SET expires_at = NULL FROM looked WHERE a.id = looked.id AND looked.bound)
		DELETE FROM attachments AS a USING looked WHERE a.id = looked.id AND NOT looked.bound`
)

// SaveAttachment implements engine.Store.
func (d *DB) SaveAttachment(ctx context.Context, a engine.Attachment, content []byte, key *workflow.RequestKey) error {
	return wrap("store a file", pgx.BeginFunc(ctx, d.engine, func(tx pgx.Tx) error {
		if err := claimKey(ctx, tx, key, uuid.Nil); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, sqlSaveAttachment, a.ID, a.Tenant, a.Name, a.Type, a.Size, content, a.By, a.At, a.ExpiresAt, engine.MaxLooseAttachments)
		return orMissing(tag.RowsAffected(), err, engine.ErrTooManyAttachments)
	}))
}

// Attachments implements engine.Store.
func (d *DB) Attachments(ctx context.Context, tenant string, ids []uuid.UUID) ([]engine.Attachment, error) {
	rows, err := d.of(tenant).Query(ctx, sqlAttachments, tenant, ids)
	if err != nil {
		return nil, wrap("read attachments", err)
	}
	found, err := pgx.CollectRows(rows, scanAttachment)
	return found, wrap("read attachments", err)
}

func scanAttachment(row pgx.CollectableRow) (a engine.Attachment, err error) {
	var instance *uuid.UUID
	err = row.Scan(&a.ID, &a.Tenant, &instance, &a.Name, &a.Type, &a.Size, &a.By, &a.At, &a.ExpiresAt)
	if instance != nil {
		a.InstanceID = *instance
	}
	a.At = a.At.UTC()
	if a.ExpiresAt != nil {
		at := a.ExpiresAt.UTC()
		a.ExpiresAt = &at
	}
	return a, err
}

// AttachmentContent implements engine.Store.
func (d *DB) AttachmentContent(ctx context.Context, tenant string, id uuid.UUID) (content []byte, err error) {
	err = d.of(tenant).QueryRow(ctx, sqlAttachmentContent, tenant, id).Scan(&content)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, engine.ErrAttachmentNotFound
	}
	return content, wrap("read a file", err)
}

// KeepAttachments implements engine.Store.
func (d *DB) KeepAttachments(ctx context.Context, tenant string, ids []uuid.UUID, instance uuid.UUID, until time.Time) error {
	if len(ids) == 0 {
		return nil
	}
	var bound *uuid.UUID
	if instance != uuid.Nil {
		bound = &instance
	}
	_, err := d.engine.Exec(ctx, sqlKeepAttachments, tenant, ids, bound, until)
	return wrap("keep attachments", err)
}

// SweepAttachments implements engine.Store.
func (d *DB) SweepAttachments(ctx context.Context, limit int) (int, error) {
	tag, err := d.engine.Exec(ctx, sqlSweepAttachments, limit)
	return int(tag.RowsAffected()), wrap("sweep attachments", err)
}
