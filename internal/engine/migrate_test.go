package engine_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

func TestMigrate_OnBothStores(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		s := open()
		var mended atomic.Bool
		h := run(t, s, fragile(&mended))
		h.save("x", `
steps:
  - {name: first, type: machine, action: set, output: given, with: {n: 1.50, url: "{{ hooks.hook.url }}"}}
  - {name: hook, type: webhook}
  - {name: work, type: machine, action: fragile}
edges: [{source: first, target: hook}, {source: hook, target: work}]`)
		h.saveWhole(`
format: 1
name: x
version: 2.0.0
steps:
  - {name: begun, type: machine, action: set, with: {n: 1.50}}
  - {name: call, type: webhook}
  - {name: job, type: machine, action: set, output: got, with: {n: "{{ steps.begun.output.n }}", said: "{{ steps.call.output }}"}}
edges: [{source: begun, target: call}, {source: call, target: job}]`)
		in, err := h.Start(t.Context(), otto, engine.StartInput{Definition: "x", Version: "1.0.0", Input: json.RawMessage(`{}`)})
		if err != nil {
			t.Fatal(err)
		}
		var data struct{ Given struct{ URL string } }
		if err := json.Unmarshal(h.until(in.ID, workflow.StatusWaiting).Data, &data); err != nil {
			t.Fatal(err)
		}
		names := map[string]string{"first": "begun", "hook": "call", "work": "job"}
		migrate := func(m engine.Migration) (*workflow.MigrationReport, error) {
			return h.Migrate(t.Context(), olga, in.ID, m)
		}
		if _, err := migrate(engine.Migration{ToVersion: "2.0.0", Reason: "x"}); workflow.KindOf(err) != workflow.KindConflict {
			t.Errorf("without names: %v, want a conflict", err)
		}
		if _, err := migrate(engine.Migration{ToVersion: "9.0.0", Reason: "x"}); workflow.KindOf(err) != workflow.KindNotFound {
			t.Errorf("to nowhere: %v, want not found", err)
		}
		r, err := migrate(engine.Migration{Steps: names, DryRun: true})
		if err != nil || len(r.Faults()) > 0 || len(r.Executions) != 1 || r.Executions[0].ToStep != "call" {
			t.Fatalf("dry run: %+v, %v", r, err)
		}
		if r, err = migrate(engine.Migration{Steps: names, Reason: "the new way"}); err != nil || r.To.Version != "2.0.0" {
			t.Fatalf("migrate: %+v, %v", r, err)
		}
		// Another process, which has nothing in its caches, and the address of old.
		other := run(t, open(), fragile(&mended))
		if _, err := other.ReceiveHook(t.Context(), strings.TrimPrefix(data.Given.URL, "/hooks/"), json.RawMessage(`"hello"`)); err != nil {
			t.Fatal(err)
		}
		done := h.until(in.ID, workflow.StatusCompleted)
		if got := string(done.Data); !strings.Contains(got, `"got":{"n":1.50,"said":"hello"}`) || done.Definition.Version != "2.0.0" {
			t.Errorf("%s ended with %s", done.Definition, got)
		}
		h.sawSteps(in.ID, "first", "call", "job")
	})
}

func TestMigrate_WhileItMoves(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		s := open()
		h, other := run(t, s), run(t, open())
		doc := `
format: 1
name: x
version: 1.0.0
steps:
  - {name: a, type: human, anyone: true}
  - {name: b, type: machine, action: noop}
  - {name: c, type: human, anyone: true}
edges: [{source: a, target: b}, {source: b, target: c}]`
		h.saveWhole(doc)
		h.saveWhole(strings.Replace(doc, "1.0.0", "2.0.0", 1))
		for range 20 {
			in, err := h.Start(t.Context(), otto, engine.StartInput{Definition: "x", Version: "1.0.0"})
			if err != nil {
				t.Fatal(err)
			}
			moved := make(chan error, 1)
			go func() {
				_, err := other.Migrate(context.WithoutCancel(t.Context()), olga, in.ID, engine.Migration{ToVersion: "2.0.0", Reason: "x"})
				moved <- err
			}()
			h.complete(otto, in.ID, "a", "", `{}`)
			err = <-moved
			in = h.untilTrue(in.ID, "at c", func(in workflow.Instance) bool {
				return in.Status == workflow.StatusWaiting && in.CurrentSteps[0] == "c"
			})
			if (err == nil) != (in.Definition.Version == "2.0.0") || err != nil && workflow.KindOf(err) != workflow.KindConflict {
				t.Fatalf("migrate: %v; it runs %s", err, in.Definition)
			}
			h.complete(otto, in.ID, "c", "", `{}`)
			h.until(in.ID, workflow.StatusCompleted)
		}
	})
}
