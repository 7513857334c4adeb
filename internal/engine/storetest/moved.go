package storetest

import (
	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

var movedTests = []test{
	{"names_and_version_change_together", movedNames},
	{"a_stale_migration_changes_nothing", movedStale},
	{"latest_of_named_steps", latestNamed},
}

// twoSteps stores an instance with an ended visit of each of two steps, a task
// and a hook.
func (b *bench) twoSteps() (in workflow.Instance, first, second workflow.Execution) {
	in = b.instance()
	begin := start(in)
	first = b.execution(in, succeeded(b.base), func(e *workflow.Execution) { e.Step = "a" })
	second = b.execution(in, succeeded(b.base), func(e *workflow.Execution) { e.Step = "b" })
	begin.Executions = created(first, second)
	begin.Tasks = created(b.task(in, "t", func(t *workflow.Task) { t.Step = "a" }))
	begin.Hooks = created(workflow.Hook{InstanceID: in.ID, Step: "a", Visit: 1, ReceivedAt: b.base, Payload: js(`1`)})
	b.apply(begin)
	return in, first, second
}

// swap moves the instance to version 2.0.0, in which both steps have the other's
// name, and begins a visit there.
func (b *bench) swap(in workflow.Instance) (*workflow.Transition, workflow.Execution) {
	t := next(in, func(in *workflow.Instance) { in.Definition.Version = "2.0.0" })
	t.Moved = &workflow.Moved{To: t.Instance.Definition, Steps: map[string]string{"a": "b", "b": "a"}}
	begun := b.execution(in, func(e *workflow.Execution) { e.Step, e.Visit = "a", 2 })
	t.Executions = created(begun)
	return t, begun
}

func movedNames(b *bench) {
	in, first, second := b.twoSteps()
	other, _, _ := b.twoSteps()
	t, begun := b.swap(in)
	b.apply(t)
	got := b.snapshot(in.ID, engine.Want{Need: workflow.Need{Executions: []uuid.UUID{first.ID, second.ID}}})
	b.same("definition", got.Instance.Definition, t.Instance.Definition)
	b.same("steps", []string{got.Executions[first.ID].Step, got.Executions[second.ID].Step, got.Executions[begun.ID].Step}, []string{"b", "a", "a"})
	b.same("hook", got.Hooks[0].Step, "b")
	for _, task := range got.Tasks {
		b.same("task", task.Step, "b")
	}
	beside := b.snapshot(other.ID, engine.Want{})
	b.same("another instance", []string{beside.Instance.Definition.Version, beside.Hooks[0].Step}, []string{demo.Version, "a"})
}

func movedStale(b *bench) {
	in, first, _ := b.twoSteps()
	b.apply(next(in))
	t, _ := b.swap(in)
	stale, err := b.Apply(b.Context(), []*workflow.Transition{t})
	b.ok("Apply", err)
	b.same("stale", stale, map[uuid.UUID]bool{in.ID: true})
	got := b.snapshot(in.ID, engine.Want{Need: workflow.Need{Executions: []uuid.UUID{first.ID}}})
	b.same("definition, step, hook", []string{got.Instance.Definition.Version, got.Executions[first.ID].Step, got.Hooks[0].Step}, []string{demo.Version, "a", "a"})
}

func latestNamed(b *bench) {
	in, first, _ := b.twoSteps()
	t := next(in)
	again := b.execution(in, succeeded(b.base), func(e *workflow.Execution) { e.Step, e.Visit = "a", 2 })
	t.Executions = created(again)
	b.apply(t)
	got := b.snapshot(in.ID, engine.Want{Need: workflow.Need{Latest: []string{"a"}}})
	_, old := got.Executions[first.ID]
	_, latest := got.Executions[again.ID]
	b.same("executions, the first, the latest, repeated", []any{len(got.Executions), old, latest, got.Loaded.Latest}, []any{1, false, true, []string{"a"}})
}
