package db

import (
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

func TestSystem(t *testing.T) {
	t.Parallel()
	d := openInternal(t)
	id := uuid.Must(uuid.NewV7())
	if err := d.Heartbeat(t.Context(), engine.Process{ID: id, Name: "host", Kind: "serve", Version: "1"}); err != nil {
		t.Fatal(err)
	}
	err := pgx.BeginFunc(t.Context(), d.pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `SET LOCAL session_replication_role = replica`) // no instance is needed
		if err == nil {
			_, err = tx.Exec(t.Context(), `INSERT INTO due (id, instance_id, kind, at, visible_at)
				VALUES (gen_random_uuid(), gen_random_uuid(), 'timer', now() - interval '1 minute', now() - interval '1 minute')`)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	s, err := d.System(t.Context(), workflow.DefaultTenant)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Processes) != 1 || s.Processes[0].ID != id {
		t.Errorf("processes = %+v", s.Processes)
	}
	if s.Database == nil || s.Database.Bytes == 0 || s.Database.Schema < 141 || len(s.Database.Tables) == 0 {
		t.Errorf("database = %+v", s.Database)
	}
	if s.DueLate != 1 || s.DueOldest == nil {
		t.Errorf("%d late, oldest %v, want one", s.DueLate, s.DueOldest)
	}
}

// What the page asks is answered by indexes of few rows.
func TestSystem_plans(t *testing.T) {
	t.Parallel()
	d := openInternal(t)
	for name, q := range map[string]struct {
		sql   string
		args  []any
		index string
	}{
		"queues": {sqlQueueStates, []any{engine.QueueSilence}, "executions_scheduled"},
		"topics": {sqlTopicStates, []any{"default"}, "executions_jobs"},
		"late":   {sqlDueLate, []any{engine.LateDue}, "due_next"},
		"lost":   {sqlLostCount, []any{engine.QueueSilence}, "executions_leased"},
	} {
		if got := plan(t, d, q.sql, q.args...); !strings.Contains(got, q.index) {
			t.Errorf("%s does not use %s:\n%s", name, q.index, got)
		}
	}
}
