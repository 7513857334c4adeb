package workflow

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/uuid"
)

// A step with for_each is one execution that holds the items, which other steps
// see, and one for each item inside it. A decision reads the counters of the
// list and the items that it changes, never all of them, so that ten thousand
// cost ten thousand times one.

const (
	// MaxItems bounds one list.
	MaxItems = 100_000
	// eachWindow is how many machine steps of one list are begun ahead: the pool
	// of a process runs no more at once, and each needs its row only then.
	eachWindow = 128
)

// list gives the items that an execution holds.
func (d *decider) list(holder Execution) []any {
	if d.snap.Lists == nil {
		d.snap.Lists = map[uuid.UUID][]any{}
	}
	items, known := d.snap.Lists[holder.ID]
	if !known {
		v, _ := DecodeJSON(holder.Input)
		items, _ = v.([]any)
		d.snap.Lists[holder.ID] = items
	}
	return items
}

func (d *decider) total(holder Execution) int { return len(d.list(holder)) }

func (d *decider) activateEach(e Execution, step *Step) {
	items, before, err := d.itemsFor(&e, step)
	if err != nil {
		d.fail(e, evaluationError(err))
		return
	}
	d.wait(e)
	d.openScope(e.ID, &Scope{Items: items})
	for _, done := range before {
		d.tally(items, done)
	}
	if items.Total == 0 {
		d.closeScope(e.ID)
		d.succeedLive(e.ID, json.RawMessage("[]"))
		return
	}
	if step.Human != nil && len(step.Human.ConfirmOn) > 0 {
		d.askAgain(e, []string{}) // what changed since the step failed is not known
	}
	if len(before) > 0 {
		d.judgeItems(e.ID)
	}
}

// itemsFor counts what is to be done: the whole list, or, when the step is
// tried again, what has not succeeded before.
func (d *decider) itemsFor(e *Execution, step *Step) (*Items, []Execution, error) {
	if before := d.succeededItems(*e); len(before) > 0 {
		items := &Items{Total: d.total(*e)}
		items.Next = items.Total
		for i := range items.Total {
			if !slices.ContainsFunc(before, func(b Execution) bool { return b.Index == i }) {
				items.Again = append(items.Again, i)
			}
		}
		return items, before, nil
	}
	list, err := d.evalList(*e, step)
	if err != nil {
		return nil, nil, err
	}
	if e.Input, err = boundedJSON(list, MaxData, "the list of for_each"); err != nil {
		return nil, nil, err
	}
	delete(d.snap.Lists, e.ID)
	return &Items{Total: len(list)}, nil, d.checkVoters(*e, step, list)
}

// succeededItems gives the items that have succeeded when the step was tried
// before.
func (d *decider) succeededItems(e Execution) []Execution {
	if e.Attempt == 0 {
		return nil
	}
	if !slices.Contains(d.snap.Loaded.Scopes, e.ID) {
		d.need(Need{Scopes: []uuid.UUID{e.ID}})
	}
	var done []Execution
	for _, item := range d.inside(e.ID) {
		if item.Status == StepSucceeded || item.Status == StepSkipped {
			done = append(done, item)
		}
	}
	return done
}

// inside lists the executions directly inside a scope that are at hand, by
// index, the latest last.
func (d *decider) inside(scope uuid.UUID) []Execution {
	var list []Execution
	for id, e := range d.snap.Executions {
		if _, changed := d.execs[id]; !changed && e.Scope == scope {
			list = append(list, e)
		}
	}
	for _, row := range d.execs {
		if row.Value.Scope == scope {
			list = append(list, row.Value)
		}
	}
	slices.SortFunc(list, func(a, b Execution) int {
		if a.Index != b.Index {
			return a.Index - b.Index
		}
		return slices.Compare(a.ID[:], b.ID[:])
	})
	return list
}

func (d *decider) evalList(e Execution, step *Step) ([]any, error) {
	var v any
	var err error
	if step.Each.Items != nil {
		v, err = step.Each.Items.Eval(noDeadline, d.varsOf(e))
	} else {
		v, err = step.Each.List.Eval(noDeadline, d.varsOf(e))
	}
	if err != nil {
		return nil, fmt.Errorf("for_each: %w", err)
	}
	list, ok := v.([]any)
	switch {
	case !ok:
		return nil, fmt.Errorf("for_each must give a list, not %s", typeName(v))
	case len(list) > MaxItems:
		return nil, &StepError{Code: "too_large", Message: fmt.Sprintf("for_each gave %d items; at most %d are taken", len(list), MaxItems)}
	case len(list) == 0 && step.Human != nil && !step.Each.AllowEmpty:
		return nil, &StepError{Code: "nobody", Message: fmt.Sprintf(
			"for_each of %q gave an empty list, so nobody is asked. Correct the data, or say allow_empty: true", step.Name)}
	}
	return list, nil
}

// checkVoters refuses a list that asks for more different people than there
// are. Where groups may decide, nobody can tell.
func (d *decider) checkVoters(e Execution, step *Step, list []any) error {
	if step.Human == nil || !step.Each.Distinct || step.Human.Anyone || len(step.Human.CandidateGroups) > 0 {
		return nil
	}
	people := map[string]bool{}
	for i := range list {
		t := Task{Step: e.Step}
		item := Execution{Step: e.Step, Role: EachItem, Scope: e.ID, Index: i}
		if err := d.askWho(&t, step.Human, d.varsOf(e).withItem(list[i], item.Index)); err != nil {
			return err
		}
		for _, who := range slices.Concat(t.CandidateUsers, t.guestIDs(), []string{t.Assignee}) {
			if who != "" {
				people[who] = true
			}
		}
	}
	if len(people) < len(list) {
		return &StepError{Code: "too_few", Message: fmt.Sprintf(
			"%q asks for %d different people, and only %d may decide. Name more people, or say distinct: false", step.Name, len(list), len(people))}
	}
	return nil
}

// window is how many items of a list may live at once.
func (s *Step) window() int {
	limit := s.Each.MaxParallel
	if limit == 0 {
		limit = MaxItems
	}
	if s.Type == StepMachine {
		limit = min(limit, eachWindow)
	}
	return limit
}

// advanceItems begins as many items as may live at once, and ends a list in
// which none is left. It reports whether it did anything.
func (d *decider) advanceItems(holder uuid.UUID) bool {
	e, _ := d.exec(holder)
	step := d.def.Step(e.Step)
	did := false
	for d.moving() {
		s := d.in.State.Scopes[holder]
		if s == nil {
			return true
		}
		if s.Items.Over || s.Items.Done == s.Items.Total {
			d.endItems(e, step)
			return true
		}
		if s.Live >= step.window() || !d.beginItem(e, step) {
			return did
		}
		did = true
	}
	return did
}

// beginItem begins the next item. It reports false when all have begun.
func (d *decider) beginItem(holder Execution, step *Step) bool {
	items := d.scope(holder.ID).Items
	var index int
	switch {
	case len(items.Again) > 0:
		index, items.Again = items.Again[0], items.Again[1:]
	case items.Next < items.Total:
		index = items.Next
		items.Next++
	default:
		return false
	}
	e := Execution{
		ID: d.env.NewID(), InstanceID: d.in.ID, Step: holder.Step, Type: holder.Type, Scope: holder.ID, Role: EachItem,
		Visit: holder.Visit, Index: index, Status: StepPending, Live: true,
		ArrivedFrom: []uuid.UUID{holder.ID}, CreatedAt: d.env.Now,
	}
	d.put(e)
	d.begin(e, step)
	return true
}

// itemDone ends an item that has succeeded or was skipped.
func (d *decider) itemDone(e Execution) {
	reason := skipReason(e)
	e.Live, e.Error = false, nil
	d.put(e)
	if e.Status == StepSkipped {
		d.stepEvent(EventStepSkipped, e, e.CompletedBy, skippedDetail(e, reason, nil))
	} else {
		d.stepEvent(EventStepCompleted, e, e.CompletedBy, d.completedDetail(e, nil))
	}
	d.tally(d.scope(e.Scope).Items, e)
	d.judgeItems(e.Scope)
}

// tally counts an item that has ended.
func (d *decider) tally(items *Items, e Execution) {
	items.Done++
	if e.Status == StepFailed {
		items.Failed++
	}
	if e.Outcome != "" {
		if items.Outcomes == nil {
			items.Outcomes = map[string]int{}
		}
		items.Outcomes[e.Outcome]++
	}
	if e.voted() && d.def.Step(e.Step).Each.Distinct && !items.voted(e.CompletedBy) {
		items.Voters = append(items.Voters, e.CompletedBy) // of a list that is tried again
	}
}

// itemFailed ends an item that has failed, and with it the step unless that
// goes on.
func (d *decider) itemFailed(e Execution) {
	e.Hold, e.Live = HoldNone, false
	d.put(e)
	d.closeChild(e, "the step that started it failed")
	d.stepEvent(EventStepFailed, e, "", failedDetail(e, ""))
	d.tally(d.scope(e.Scope).Items, e)
	if d.def.Step(e.Step).Each.ContinueOnError {
		d.judgeItems(e.Scope)
		return
	}
	cause := ptr(*e.Error)
	cause.Message = fmt.Sprintf("item %d: %s", e.Index, cause.Message)
	d.failLive(e.Scope, cause)
}

// judgeItems asks complete_when whether enough has been done; then the rest is
// canceled.
func (d *decider) judgeItems(holder uuid.UUID) {
	e, _ := d.exec(holder)
	cond := d.def.Step(e.Step).Each.CompleteWhen
	items := d.in.State.Scopes[holder].Items
	if cond == nil || items.Over || items.Done == 0 {
		return
	}
	over, err := cond.EvalBool(noDeadline, d.itemVars(e, items))
	if err != nil {
		d.failLive(holder, evaluationError(fmt.Errorf("complete_when: %w", err)))
		return
	}
	if !over {
		return
	}
	d.scope(holder).Items.Over = true
	d.cancelItems(e)
}

// cancelItems cancels the items that still live, and keeps the list.
func (d *decider) cancelItems(holder Execution) {
	if d.in.State.Scopes[holder.ID].Live == 0 {
		return
	}
	d.needLive(holder.ID)
	for _, item := range d.inside(holder.ID) {
		d.cancelExec(item, "enough of the others are done")
	}
}

// maxResults bounds the results that complete_when sees.
const maxResults = 1000

func (d *decider) itemVars(holder Execution, items *Items) scope {
	outcomes := map[string]any{}
	if step := d.def.Step(holder.Step); step.Human != nil {
		for _, o := range step.Human.Outcomes {
			outcomes[o.Name] = int64(0)
		}
	}
	for name, n := range items.Outcomes {
		outcomes[name] = int64(n)
	}
	v := d.varsOf(holder)
	for name, value := range map[string]any{
		"done": int64(items.Done), "total": int64(items.Total), "failed": int64(items.Failed), "outcomes": outcomes,
		"results": func() any { return d.itemResults(holder, maxResults) },
	} {
		v = v.with(name, value)
	}
	return v
}

// endItems gives the step its result: the list in the order of the items.
func (d *decider) endItems(e Execution, step *Step) {
	output, err := boundedJSON(d.itemResults(e, d.total(e)), MaxResult, "the list of results")
	d.closeScope(e.ID)
	if err != nil {
		d.fail(e, evaluationError(err))
		return
	}
	d.succeed(e, output)
}

// itemResults gives what each of the first items came to. Of several executions
// of one item the one that succeeded counts, else the latest.
func (d *decider) itemResults(holder Execution, most int) []any {
	d.needScope(holder.ID)
	n := min(d.total(holder), most)
	latest := make([]Execution, n)
	for _, e := range d.inside(holder.ID) {
		if e.Index < n && latest[e.Index].Status != StepSucceeded {
			latest[e.Index] = e
		}
	}
	human := d.def.Step(holder.Step).Human != nil
	results := make([]any, n)
	for i, e := range latest {
		results[i] = itemResult(e, i, human)
	}
	return results
}

// itemResult is an item's output, for people with who decided and how.
func itemResult(e Execution, index int, human bool) any {
	var output any
	if e.Status == StepSucceeded || e.Status == StepSkipped {
		output, _ = DecodeJSON(e.Output)
	}
	if !human {
		return output
	}
	v := map[string]any{"status": string(e.Status), "outcome": nil, "output": output, "completed_by": nil, "index": int64(index)}
	switch {
	case e.Status == "":
		v["status"] = string(StepCanceled)
	case e.Status == StepSucceeded:
		v["completed_by"] = e.CompletedBy
		if e.Outcome != "" {
			v["outcome"] = e.Outcome
		}
	}
	return v
}

// withItem adds what expressions of an item see.
func (s scope) withItem(item any, index int) scope {
	return s.with("item", item).with("index", int64(index))
}
