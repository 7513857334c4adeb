package engine_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// missed stores a workflow with a schedule of which five times were missed. The
// next is most of an hour away.
func missed(t *testing.T, s store, rule, steps string) { missedBy(t, s, "clock", rule, steps) }

// missedBy is missed for a workflow of that name.
func missedBy(t *testing.T, s store, name, rule, steps string) {
	t.Helper()
	now, minutes := time.Now().UTC(), ""
	for back := 6; back >= 2; back-- {
		minutes += fmt.Sprintf(",%d", now.Add(time.Duration(-back)*time.Minute).Minute())
	}
	doc := "format: 1\nname: " + name + "\nversion: 1.0.0\nschedules: [{cron: '" + minutes[1:] + " * * * *', " + rule + "}]\n" + steps
	def, _, err := engine.New(engine.Config{Store: s}).Parse([]byte(doc))
	if err != nil {
		t.Fatal(err, err.(*workflow.Error).Fields)
	}
	if _, err := s.SaveDefinition(t.Context(), def, workflow.Actor{ID: "ada", Tenant: workflow.DefaultTenant}.Record(now.Add(-7*time.Minute), "definition.save", "definition", def.Ref.String()), nil); err != nil {
		t.Fatal(err)
	}
}

// scheduled runs such a schedule on two processes until all is started that it
// makes up for.
func scheduled(t *testing.T, open func() store, rule, steps string) (h *house, started []workflow.Instance) {
	t.Helper()
	s := open()
	missed(t, s, rule, steps)
	h = run(t, s)
	run(t, open())
	return h, h.settled(moved)
}

func moved(row engine.ScheduleRow) bool { return row.NextAt.After(time.Now()) && row.QueuedAt == nil }

// settled waits until the schedule is as it should be and lists the instances.
func (h *house) settled(is func(engine.ScheduleRow) bool) []workflow.Instance {
	h.t.Helper()
	for range 4000 {
		rows, err := h.store.Schedules(h.t.Context(), ada)
		if err != nil {
			h.t.Fatal(err)
		}
		if is(rows[0]) {
			return h.instances()
		}
		<-time.After(5 * time.Millisecond)
	}
	h.t.Fatal("the schedule does not settle")
	return nil
}

func (h *house) instances() []workflow.Instance {
	h.t.Helper()
	page, err := h.store.Instances(h.t.Context(), ada, engine.InstanceFilter{}, engine.Paging{})
	if err != nil {
		h.t.Fatal(err)
	}
	var list []workflow.Instance
	for _, row := range page.Items {
		list = append(list, row.Instance)
	}
	return list
}

const (
	noop = "steps:\n- {name: a, type: machine, action: noop}\n"
	ask  = "steps:\n- {name: ask, type: human, anyone: true}\n"
)

func TestSchedule_catchUp(t *testing.T) {
	t.Parallel()
	for rule, want := range map[string]int{"overlap: allow": 0, "overlap: allow, catch_up: true": 1, "overlap: allow, catch_up: 3": 3} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(t *testing.T, open func() store) {
				_, started := scheduled(t, open, rule, noop)
				if len(started) != want {
					t.Errorf("%d instances, want %d", len(started), want)
				}
				for _, in := range started {
					if in.CreatedBy != "system:schedule" || in.CorrelationID == "" {
						t.Errorf("started by %s for %q", in.CreatedBy, in.CorrelationID)
					}
				}
			})
		})
	}
}

func TestSchedule_overlap(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		if _, started := scheduled(t, open, "catch_up: 3", ask); len(started) != 1 {
			t.Errorf("%d instances beside one that lives, want 1", len(started))
		}
	})
}

func TestSchedule_queue(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		s := open()
		missed(t, s, "overlap: queue, catch_up: 3", ask)
		h := run(t, s)
		first := h.settled(func(row engine.ScheduleRow) bool { return row.QueuedAt != nil })
		if len(first) != 1 {
			t.Fatalf("%d instances before the first has ended, want 1", len(first))
		}
		h.complete(mia, first[0].ID, "ask", "", "{}")
		if all := h.settled(moved); len(all) != 2 {
			t.Errorf("%d instances after the first has ended, want 2: at most one start waits", len(all))
		}
	})
}

// TestSchedule_crash puts a schedule back to where a process leaves it that dies
// between a start and moving on: the next finds the start.
func TestSchedule_crash(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		h, started := scheduled(t, open, "overlap: allow, catch_up: 3", noop)
		rows, err := h.store.Schedules(t.Context(), ada)
		if err != nil {
			t.Fatal(err)
		}
		behind := rows[0]
		behind.NextAt, behind.LookAt, behind.LastAt = *behind.LastAt, *behind.LastAt, nil
		if err := h.store.MoveSchedule(t.Context(), behind, rows[0].NextAt); err != nil {
			t.Fatal(err)
		}
		again := run(t, open())
		after := again.settled(func(row engine.ScheduleRow) bool { return moved(row) && row.LastAt != nil })
		if len(started) != 3 || len(after) != 3 {
			t.Errorf("%d instances, %d after the crash, want 3", len(started), len(after))
		}
	})
}

func TestSchedule_refused(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		h, started := scheduled(t, open, "overlap: allow, catch_up: 2, input: {n: '{{ now }}'}", "input_schema: {type: object, properties: {n: {type: number}}}\n"+noop)
		rows, err := h.store.Schedules(t.Context(), ada)
		if err != nil || len(started) != 0 || rows[0].LastError == "" {
			t.Errorf("%d instances, %+v, %v", len(started), rows, err)
		}
	})
}

// illegible is a store that cannot give one definition.
type illegible struct {
	store
	name string
}

func (s illegible) DefinitionSource(ctx context.Context, tenant string, ref workflow.Ref) ([]byte, error) {
	if ref.Name == s.name {
		return nil, errors.New("the page is torn")
	}
	return s.store.DefinitionSource(ctx, tenant, ref)
}

// A schedule that cannot be run holds up no other.
func TestSchedule_holdsUpNoOther(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		s := open()
		missedBy(t, s, "broken", "overlap: allow, catch_up: true", noop)
		missedBy(t, s, "sound", "overlap: allow, catch_up: true", noop)
		h := run(t, illegible{s, "broken"})
		eventually(t, "the other one starts", func() bool { return len(h.instances()) == 1 })
		if in := h.instances()[0]; in.Definition.Name != "sound" {
			t.Errorf("%s was started, want sound", in.Definition.Name)
		}
	})
}

// A process that started an instance and died before it could say so leaves one
// that stands in the way of the next time.
func TestSchedule_recalls(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		s := open()
		missed(t, s, "overlap: skip, catch_up: true", ask)
		rows, err := s.Schedules(t.Context(), ada)
		if err != nil {
			t.Fatal(err)
		}
		key := workflow.ScheduleKey("clock", 0, rows[0].NextAt)
		deaf := run(t, s, func(c *engine.Config) { c.Store = neverClaims{s} })
		if _, _, err := deaf.StartOnce(t.Context(), workflow.SystemActor(workflow.DefaultTenant, "schedule"),
			engine.StartInput{Definition: "clock", Version: "1.0.0", Input: []byte("{}"), CorrelationID: key},
			engine.Idempotency{Method: "SCHEDULE", Path: "clock", Key: key}); err != nil {
			t.Fatal(err)
		}
		h := run(t, s)
		if list := h.settled(moved); len(list) != 1 {
			t.Errorf("%d instances, want the one that lives: the schedule skips", len(list))
		}
	})
}

// neverClaims is a store whose engine leaves schedules alone.
type neverClaims struct{ store }

func (neverClaims) ClaimSchedules(context.Context, int, time.Duration) ([]engine.ScheduleRow, time.Time, error) {
	return nil, time.Time{}, nil
}
