package db

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

const (
	// Whoever decides the task at the same moment waits for this, or this for him
	// and then finds that it waits no more.
	sqlSaveDraft = `INSERT INTO drafts AS d (task_id, tenant_id, person, data, typed, saved_at)
		SELECT t.id, t.tenant_id, $3, $4, $5, $6 FROM (SELECT id, tenant_id FROM tasks WHERE id = $1 AND tenant_id = $2 AND status = 'pending' FOR SHARE) AS t
		ON CONFLICT (task_id, person) DO UPDATE SET data = excluded.data, typed = excluded.typed, saved_at = excluded.saved_at
			WHERE d.saved_at <= excluded.saved_at`
	sqlDraft     = `SELECT data, typed, saved_at FROM drafts WHERE task_id = $1 AND tenant_id = $2 AND person = $3`
	sqlDropDraft = `DELETE FROM drafts WHERE task_id = $1 AND tenant_id = $2 AND person = $3`
)

// SaveDraft implements engine.Store.
func (d *DB) SaveDraft(ctx context.Context, tenant string, draft engine.Draft) error {
	tag, err := d.engine.Exec(ctx, sqlSaveDraft, draft.Task, tenant, draft.Person, []byte(draft.Data), draft.Typed, draft.SavedAt)
	if err != nil {
		return wrap("save a draft", err)
	}
	if tag.RowsAffected() == 0 {
		if _, err := d.Draft(ctx, tenant, draft.Task, draft.Person); err == nil {
			return nil // a later one has overtaken it
		}
		return workflow.ErrTaskNotFound
	}
	return nil
}

// Draft implements engine.Store.
func (d *DB) Draft(ctx context.Context, tenant string, task uuid.UUID, person string) (engine.Draft, error) {
	draft := engine.Draft{Task: task, Person: person}
	err := d.of(tenant).QueryRow(ctx, sqlDraft, task, tenant, person).Scan(document(&draft.Data), &draft.Typed, &draft.SavedAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return engine.Draft{}, engine.ErrDraftNotFound
	}
	draft.SavedAt = draft.SavedAt.UTC()
	return draft, wrap("read a draft", err)
}

// DropDraft implements engine.Store.
func (d *DB) DropDraft(ctx context.Context, tenant string, task uuid.UUID, person string) error {
	_, err := d.engine.Exec(ctx, sqlDropDraft, task, tenant, person)
	return wrap("drop a draft", err)
}
