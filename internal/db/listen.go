package db

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// listenCheck is how long a silent connection is trusted.
const listenCheck = 30 * time.Second

// Listen implements engine.Store on a connection of its own. It begins with
// changed(nil), since what happened before it listened came without a note. It
// returns the context's error when that has ended.
func (d *DB) Listen(ctx context.Context, changed func(ids []uuid.UUID)) error {
	conn, err := pgx.ConnectConfig(ctx, d.pool.Config().ConnConfig)
	if err != nil {
		return wrap("listen", err)
	}
	defer closeSoon(conn)
	if _, err := conn.Exec(ctx, "LISTEN "+channel+"; LISTEN "+auditChannel); err != nil {
		return wrap("listen", err)
	}
	changed(nil)
	d.hearAudit()
	for {
		note, err := nextNote(ctx, conn)
		if err != nil {
			return wrap("listen", err)
		}
		if note.Channel == auditChannel {
			d.hearAudit()
			continue
		}
		if ids, ok := d.heard(note.Payload); ok {
			changed(ids)
		}
	}
}

// auditChannel is where the database says that lines of the audit wait for their
// seal, whoever wrote them: see migrations/00101_audit_note.sql.
const auditChannel = "tandem_audit"

func (d *DB) hearAudit() {
	select {
	case d.audited <- struct{}{}:
	default:
	}
}

// Written implements audit.Store.
func (d *DB) Written() <-chan struct{} { return d.audited }

func closeSoon(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = conn.Close(ctx) // nothing was asked that could be lost
}

// nextNote waits for a note, and asks now and then whether the connection
// still stands.
func nextNote(ctx context.Context, conn *pgx.Conn) (*pgconn.Notification, error) {
	for {
		note, err := waitNote(ctx, conn)
		if err == nil {
			return note, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			return nil, err
		}
		if err := check(ctx, conn); err != nil {
			return nil, err
		}
	}
}

func waitNote(ctx context.Context, conn *pgx.Conn) (*pgconn.Notification, error) {
	ctx, cancel := context.WithTimeout(ctx, listenCheck)
	defer cancel()
	return conn.WaitForNotification(ctx)
}

func check(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	if err := conn.Ping(ctx); err != nil {
		return fmt.Errorf("check connection: %w", err)
	}
	return nil
}

// heard reads a note. It is not ok when it is our own; a note that names no
// instance, or that nobody of ours wrote, says to look at everything.
func (d *DB) heard(note string) (ids []uuid.UUID, ok bool) {
	from, rest, _ := strings.Cut(note, ",")
	if process, err := decodeID(from); err == nil && process == d.process && process != uuid.Nil {
		return nil, false
	}
	for text := range strings.SplitSeq(rest, ",") {
		id, err := decodeID(text)
		if err != nil {
			return nil, true
		}
		ids = append(ids, id)
	}
	return ids, true
}

func decodeID(text string) (uuid.UUID, error) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return uuid.Nil, err
	}
	return uuid.FromBytes(raw)
}
