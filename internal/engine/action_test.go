package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"tandem/internal/action"
	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// picky is an action that may have nothing to do, fails when it does it, and
// fails once more when it is told so.
type picky struct{}

func (picky) CanExecute(_ context.Context, call action.Call) (bool, error) {
	return string(call.Input) != `"nothing"`, nil
}

func (picky) Execute(_ context.Context, call action.Call) (json.RawMessage, error) {
	if call.Judged {
		return json.RawMessage(`{"status": 500}`), nil
	}
	return nil, &action.Error{Code: "declined", Message: "no"}
}

func (picky) OnFailure(context.Context, action.Call, error) error { return errors.New("nor that") }

func TestEngine_optional_parts_of_actions(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		h := run(t, open(), func(c *engine.Config) {
			c.Actions["picky"] = picky{}
			c.Functions = map[string]workflow.Func{"acme.twice": func(args ...any) (any, error) {
				return args[0].(string) + args[0].(string), nil
			}}
		})
		h.save("x", `
steps:
  - {name: none, type: machine, action: picky, with: nothing}
  - {name: judged, type: machine, action: picky, success_when: result.status == 500}
  - {name: bad, type: machine, action: picky, on_failure: [{when: 'error.code == "declined"', step: end}]}
  - {name: end, type: machine, action: set, with: {said: "{{ acme.twice(steps.bad.error.message) }}"}, output: "."}
edges: [{source: none, target: judged, on_skip: true}, {source: judged, target: bad}, {source: bad, target: end}]
`)
		in := h.until(h.start("x", `{}`).ID, workflow.StatusCompleted)
		h.sawSteps(in.ID, "judged", "end")
		if want := "no; then OnFailure: nor that"; !strings.Contains(string(in.Data), want+want) {
			t.Errorf("data %s, want both errors, twice: %q", in.Data, want)
		}
		skipped := h.executions(in.ID, "none")[0]
		if skipped.Status != workflow.StepSkipped {
			t.Errorf("the step that had nothing to do is %s, want skipped", skipped.Status)
		}
	})
}

// TestEngine_items_with_nothing_to_do: of a list, some items are skipped by their
// action; the list goes on.
func TestEngine_items_with_nothing_to_do(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		h := run(t, open(), func(c *engine.Config) { c.Actions["picky"] = picky{} })
		h.save("x", `
steps:
  - {name: all, type: machine, action: picky, for_each: "[\"nothing\", \"some\", \"nothing\"]", with: "{{ item }}", success_when: "result.status == 500", output: kept}
`)
		in := h.until(h.start("x", `{}`).ID, workflow.StatusCompleted)
		if want := `[null,{"status":500},null]`; !strings.Contains(strings.ReplaceAll(string(in.Data), " ", ""), want) {
			t.Errorf("data %s, want %s", in.Data, want)
		}
	})
}
