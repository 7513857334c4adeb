package engine_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"tandem/internal/action"
	"tandem/internal/db"
	"tandem/internal/db/dbtest"
	"tandem/internal/engine"
	"tandem/internal/memory"
	"tandem/internal/workflow"
)

// store is what a test's engines run on.
type store interface {
	engine.Store
	engine.Reader
}

// onBoth runs a test on the memory store and on Postgres.
func onBoth(t *testing.T, test func(t *testing.T, open func() store)) {
	t.Helper()
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		m := memory.New(memory.Options{})
		test(t, func() store { return m })
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		url := dbtest.URL(t, db.Migrate)
		test(t, func() store {
			d, err := db.Open(t.Context(), url, db.Options{Process: uuid.Must(uuid.NewV7()), MaxConns: 4, EngineConns: 4})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(d.Close)
			return d
		})
	})
}

// house is an engine that runs, with its store.
type house struct {
	*engine.Engine
	t     *testing.T
	store store
	stop  func()
}

var (
	ada  = workflow.Actor{ID: "ada", Name: "Ada", Tenant: workflow.DefaultTenant, Roles: []workflow.Role{workflow.RoleAdmin}}
	olga = workflow.Actor{ID: "olga", Name: "Olga", Tenant: workflow.DefaultTenant, Roles: []workflow.Role{workflow.RoleOperator}}
	mia  = workflow.Actor{ID: "mia", Name: "Mia", Tenant: workflow.DefaultTenant, Groups: []string{"managers"}}
	finn = workflow.Actor{ID: "finn", Name: "Finn", Tenant: workflow.DefaultTenant, Groups: []string{"finance"}}
	cleo = workflow.Actor{ID: "cleo", Name: "Cleo", Tenant: workflow.DefaultTenant, Groups: []string{"executives"}}
	otto = workflow.Actor{ID: "otto", Name: "Otto", Tenant: workflow.DefaultTenant, Groups: []string{"staff"}}
)

// run starts an engine on a store; change may alter its configuration.
func run(t *testing.T, s store, change ...func(*engine.Config)) *house {
	t.Helper()
	return grace(t, s, 5*time.Second, change...)
}

// grace starts an engine whose steps have the given time to end.
func grace(t *testing.T, s store, grace time.Duration, change ...func(*engine.Config)) *house {
	t.Helper()
	c := engine.Config{
		Store: s, Log: slog.New(slog.NewTextHandler(testLog{t}, nil)), HookKey: []byte("key"), Lease: time.Second,
		Actions: action.BuiltIn(),
	}
	for _, fn := range change {
		fn(&c)
	}
	h := &house{Engine: engine.New(c), t: t, store: s}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := h.Run(ctx, grace); err != nil {
			t.Errorf("engine: %v", err)
		}
	}()
	h.stop = sync.OnceFunc(func() { cancel(); <-ended })
	t.Cleanup(h.stop)
	return h
}

// testLog writes an engine's log into the test's.
type testLog struct{ t *testing.T }

func (l testLog) Write(p []byte) (int, error) {
	l.t.Logf("%s", bytes.TrimSpace(p))
	return len(p), nil
}

// save stores a document; the head is added.
func (h *house) save(name, doc string) {
	h.t.Helper()
	h.saveWhole("format: 1\nname: " + name + "\nversion: 1.0.0\n" + doc)
}

func (h *house) saveWhole(doc string) {
	h.t.Helper()
	if _, _, _, err := h.SaveDefinition(h.t.Context(), ada, []byte(doc)); err != nil {
		h.t.Fatalf("save: %v %+v", err, err.(*workflow.Error).Fields)
	}
}

func (h *house) start(name, input string) workflow.Instance {
	h.t.Helper()
	in, err := h.Start(h.t.Context(), otto, engine.StartInput{Definition: name, Input: json.RawMessage(input)})
	if err != nil {
		h.t.Fatalf("start %s: %v", name, err)
	}
	return in
}

// until waits for a status and gives the instance.
func (h *house) until(id uuid.UUID, want workflow.Status) workflow.Instance {
	h.t.Helper()
	return h.untilTrue(id, string(want), func(in workflow.Instance) bool { return in.Status == want })
}

func (h *house) untilTrue(id uuid.UUID, what string, is func(workflow.Instance) bool) workflow.Instance {
	h.t.Helper()
	changed, stop := h.Watch(id)
	defer stop()
	deadline := time.After(20 * time.Second)
	for {
		in, err := h.store.Instance(h.t.Context(), ada, id)
		if err != nil {
			h.t.Fatalf("instance: %v", err)
		}
		if is(in) {
			return in
		}
		select {
		case <-changed:
		case <-time.After(100 * time.Millisecond):
		case <-deadline:
			h.t.Fatalf("instance is %s (error %v) at %v, want %s", in.Status, in.Error, in.CurrentSteps, what)
		}
	}
}

// task gives the open task of a step.
func (h *house) task(id uuid.UUID, step string) workflow.Task {
	h.t.Helper()
	tasks, err := h.store.InstanceTasks(h.t.Context(), ada, id, 200)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, task := range tasks {
		if task.Step == step && task.Status == workflow.TaskPending {
			return task
		}
	}
	h.t.Fatalf("no open task of %s among %+v", step, tasks)
	return workflow.Task{}
}

func (h *house) complete(who workflow.Actor, id uuid.UUID, step, outcome, output string) workflow.Instance {
	h.t.Helper()
	in, err := h.CompleteTask(h.t.Context(), who, h.task(id, step).ID,
		engine.Completion{Outcome: outcome, Output: json.RawMessage(output)})
	if err != nil {
		h.t.Fatalf("complete %s: %v", step, err)
	}
	return in
}

// visited lists the steps that succeeded, in order.
func (h *house) visited(id uuid.UUID) []string {
	h.t.Helper()
	var steps []string
	for _, e := range h.events(id) {
		if e.Type == workflow.EventStepCompleted {
			steps = append(steps, e.Step)
		}
	}
	return steps
}

func (h *house) events(id uuid.UUID) []workflow.Event {
	h.t.Helper()
	page, err := h.store.Events(h.t.Context(), ada, id, engine.Paging{Limit: 200})
	if err != nil {
		h.t.Fatal(err)
	}
	return page.Items
}

func (h *house) sawSteps(id uuid.UUID, want ...string) {
	h.t.Helper()
	if got := h.visited(id); !slices.Equal(got, want) {
		h.t.Errorf("completed steps = %v, want %v", got, want)
	}
}
