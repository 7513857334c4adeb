package engine_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"tandem/internal/engine"
	"tandem/internal/memory"
	"tandem/internal/workflow"
)

// limited runs an engine whose default tenant has limits, on a clock that the
// test moves.
func limited(t *testing.T, limits workflow.TenantLimits, closed bool) (h *house, later func(time.Duration), has func(workflow.TenantUsage)) {
	t.Helper()
	var mu sync.Mutex
	at, usage := time.Now(), workflow.TenantUsage{}
	h = run(t, memory.New(memory.Options{}), func(c *engine.Config) {
		c.Now = func() time.Time {
			mu.Lock()
			defer mu.Unlock()
			return at
		}
		c.Quotas = func(context.Context) (map[string]workflow.TenantState, error) {
			mu.Lock()
			defer mu.Unlock()
			return map[string]workflow.TenantState{workflow.DefaultTenant: {Limits: limits, Usage: usage, Closed: closed}}, nil
		}
	})
	later = func(d time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		at = at.Add(d)
	}
	has = func(u workflow.TenantUsage) {
		mu.Lock()
		defer mu.Unlock()
		usage = u
	}
	return h, later, has
}

const waits = "steps: [{name: ask, type: human, assignee: mia}]\n"

func (h *house) tryStart() error {
	_, err := h.Start(h.t.Context(), ada, engine.StartInput{Definition: "waits", Input: []byte("{}")})
	return err
}

func code(err error) string {
	var e *workflow.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func TestQuotas_live(t *testing.T) {
	t.Parallel()
	two := 2
	h, later, has := limited(t, workflow.TenantLimits{Live: &two}, false)
	h.save("waits", waits)
	for i, want := range []string{"", "", "too_many_instances"} {
		if err := h.tryStart(); code(err) != want {
			t.Errorf("start %d: %v, want %q", i, err, want)
		}
	}
	if _, err := h.Start(t.Context(), workflow.Actor{ID: "eve", Tenant: "other", Roles: ada.Roles}, engine.StartInput{Definition: "waits"}); code(err) == "too_many_instances" {
		t.Error("the limit of one tenant holds another back")
	}
	has(workflow.TenantUsage{Live: 1}) // one has ended
	later(3 * time.Second)
	for tries := 0; h.tryStart() != nil; tries++ { // the first one has the store read
		if tries == 100_000 {
			t.Fatal("what has ended leaves no room")
		}
	}
	if err := h.tryStart(); code(err) != "too_many_instances" {
		t.Errorf("at the limit again: %v", err)
	}
}

func TestQuotas_starts(t *testing.T) {
	t.Parallel()
	three := 3
	h, later, _ := limited(t, workflow.TenantLimits{Starts: &three}, false)
	h.save("waits", waits)
	for i, want := range []string{"", "", "", "too_many_starts"} {
		if err := h.tryStart(); code(err) != want {
			t.Errorf("start %d: %v, want %q", i, err, want)
		}
	}
	later(21 * time.Second) // brings one
	for i, want := range []string{"", "too_many_starts"} {
		if err := h.tryStart(); code(err) != want {
			t.Errorf("later, start %d: %v, want %q", i, err, want)
		}
	}
	if _, err := h.Start(t.Context(), ada, engine.StartInput{Definition: "nothing"}); !errors.Is(err, workflow.ErrDefinitionNotFound) {
		t.Errorf("what does not exist: %v", err)
	}
}

func TestQuotas_definitionsAndFiles(t *testing.T) {
	t.Parallel()
	one, bytes := 1, int64(10)
	h, _, _ := limited(t, workflow.TenantLimits{Definitions: &one, Storage: &bytes}, false)
	h.save("waits", waits)
	h.saveWhole("format: 1\nname: waits\nversion: 1.1.0\n" + waits)
	_, _, _, err := h.SaveDefinition(t.Context(), ada, []byte("format: 1\nname: second\nversion: 1.0.0\n"+waits))
	if code(err) != "too_many_definitions" {
		t.Errorf("a second workflow: %v", err)
	}
	for i, want := range []string{"", "too_much_storage"} {
		if _, err := h.Attach(t.Context(), otto, "a.txt", []byte("eight b.")); code(err) != want {
			t.Errorf("file %d: %v, want %q", i, err, want)
		}
	}
}

func TestQuotas_closed(t *testing.T) {
	t.Parallel()
	h, _, _ := limited(t, workflow.TenantLimits{}, true)
	h.save("waits", waits)
	if err := h.tryStart(); code(err) != "tenant_closed" {
		t.Errorf("start in a closed tenant: %v", err)
	}
}
