package workflow

import (
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"
)

// A group is a scope: its execution holds one token of the scope around it and
// any number inside. When none is left inside, the group has ended. The scope
// of the instance itself is uuid.Nil.

// scope returns what lives inside an execution, to be changed; nil when it
// holds nothing.
func (d *decider) scope(id uuid.UUID) *Scope {
	s := d.in.State.Scopes[id]
	if s == nil || d.own[id] {
		return s
	}
	d.own[id] = true
	s = s.clone()
	d.in.State.Scopes[id] = s
	return s
}

func (s *Scope) clone() *Scope {
	c := *s
	c.Steps = maps.Clone(s.Steps)
	if s.Error != nil {
		c.Error = ptr(*s.Error)
	}
	if s.Items != nil {
		items := *s.Items
		items.Again = slices.Clone(s.Items.Again)
		items.Outcomes = maps.Clone(s.Items.Outcomes)
		items.Voters = slices.Clone(s.Items.Voters)
		items.Confirm = slices.Clone(s.Items.Confirm)
		c.Items = &items
	}
	return &c
}

func (s *Scope) set(step string, state StepState) {
	if s.Steps == nil {
		s.Steps = map[string]StepState{}
	}
	s.Steps[step] = state
}

func (d *decider) openScope(id uuid.UUID, s *Scope) {
	if d.in.State.Scopes == nil {
		d.in.State.Scopes = map[uuid.UUID]*Scope{}
	}
	d.in.State.Scopes[id] = s
	d.own[id] = true
}

func (d *decider) closeScope(id uuid.UUID) {
	delete(d.in.State.Scopes, id)
	d.arrived = slices.DeleteFunc(d.arrived, func(a arrival) bool { return a.scope == id })
}

// scopeIDs lists the instance itself and the live scopes, oldest first.
func (d *decider) scopeIDs() []uuid.UUID {
	ids := make([]uuid.UUID, 0, len(d.in.State.Scopes)+1)
	for id := range d.in.State.Scopes {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	return slices.Insert(ids, 0, uuid.Nil)
}

// stepsIn counts what lives in a scope by step; not to be changed.
func (d *decider) stepsIn(scope uuid.UUID) map[string]StepState {
	if scope == uuid.Nil {
		return d.in.State.Steps
	}
	if s := d.in.State.Scopes[scope]; s != nil {
		return s.Steps
	}
	return nil
}

// stepsOf gives the steps of a scope in document order; none for a list of
// items.
func (d *decider) stepsOf(scope uuid.UUID) []*Step {
	if scope == uuid.Nil {
		return d.def.Steps
	}
	e, _ := d.exec(scope)
	if step := d.def.Step(e.Step); step != nil && step.Group != nil {
		return step.Group.Steps
	}
	return nil
}

// setJoining notes which execution collects the arrivals at a step.
func (d *decider) setJoining(scope uuid.UUID, step string, exec uuid.UUID) {
	s := d.stepsIn(scope)[step]
	s.Joining = exec
	if scope == uuid.Nil {
		d.setStep(step, s)
		return
	}
	if around := d.scope(scope); around != nil {
		around.set(step, s)
	}
}

func (d *decider) activateGroup(e Execution, step *Step) {
	begin, err := d.beginnings(e, step.Group)
	if err != nil {
		d.fail(e, evaluationError(err))
		return
	}
	d.wait(e)
	if !d.waitTimeout(e, step) {
		return
	}
	d.openScope(e.ID, &Scope{})
	for _, s := range begin {
		d.arrived = append(d.arrived, arrival{scope: e.ID, step: s.Name, from: e.ID})
	}
}

// beginnings gives the steps with which a group begins.
func (d *decider) beginnings(e Execution, g *Group) ([]*Step, error) {
	switch g.Mode {
	case GroupParallel, GroupRace:
		return slices.DeleteFunc(slices.Clone(g.Steps), func(s *Step) bool { return s == g.Callback }), nil
	case GroupConditional:
		return d.branch(e, g)
	}
	return g.Steps[:1], nil
}

// branch gives the step that a conditional group's condition names, none when
// there is no such branch.
func (d *decider) branch(e Execution, g *Group) ([]*Step, error) {
	v, err := g.Condition.Eval(noDeadline, d.varsOf(e))
	if err != nil {
		return nil, fmt.Errorf("condition: %w", err)
	}
	key, ok := settingText(v)
	if !ok {
		if b, isBool := v.(bool); isBool {
			key = fmt.Sprint(b)
		} else {
			return nil, fmt.Errorf("the condition must give the key of a branch, not %s", typeName(v))
		}
	}
	if s := g.Branches[key]; s != nil {
		return []*Step{s}, nil
	}
	return nil, nil
}

// leftScope notes that an execution inside a group has ended well; the first of
// a race ends the group.
func (d *decider) leftScope(e Execution, step *Step) {
	s := d.scope(e.Scope)
	if s == nil || step.Parent == nil {
		return
	}
	s.Last = e.ID
	if step.Parent.Group.Mode != GroupRace || e.Status == StepSkipped {
		return
	}
	group, _ := d.exec(e.Scope)
	d.cancelInside(group, fmt.Sprintf("step %q came first", step.Name))
	d.succeedLive(group.ID, e.Output)
}

// failScope ends a group whose step failed without a handler; in a race the
// others go on.
func (d *decider) failScope(e Execution) {
	e.Hold, e.Live = HoldNone, false
	d.put(e)
	d.closeChild(e, "the step that started it failed")
	group, _ := d.exec(e.Scope)
	if d.def.Step(group.Step).Group.Mode == GroupRace {
		d.scope(group.ID).Error = e.Error
		return
	}
	d.failLive(group.ID, e.Error)
}

// advanceScopes begins items and ends groups and lists in which nothing is left
// to do. It reports whether there was one.
func (d *decider) advanceScopes() bool {
	if len(d.in.State.Scopes) == 0 {
		return false
	}
	for _, id := range d.scopeIDs()[1:] {
		s := d.in.State.Scopes[id]
		if s.Items != nil && d.advanceItems(id) || s.Items == nil && s.Live == 0 {
			if s.Items == nil {
				d.endGroup(id)
			}
			return true
		}
	}
	return false
}

// endGroup gives a group its result.
func (d *decider) endGroup(id uuid.UUID) {
	e, _ := d.exec(id)
	step, s := d.def.Step(e.Step), d.in.State.Scopes[id]
	if step.Group.Mode == GroupRace {
		d.closeScope(id)
		if s.Error != nil {
			d.fail(e, s.Error)
			return
		}
		d.succeed(e, nil)
		return
	}
	output, err := d.groupResult(e, step.Group, s)
	d.closeScope(id)
	if err != nil {
		d.fail(e, evaluationError(err))
		return
	}
	d.succeed(e, output)
}

func (d *decider) groupResult(e Execution, g *Group, s *Scope) ([]byte, error) {
	if g.Mode == GroupParallel && g.Callback == nil {
		return boundedJSON(d.outputs(e, g), MaxResult, "the list of results")
	}
	if s.Last == uuid.Nil {
		return nil, nil
	}
	last := d.execOrNeed(s.Last)
	return last.Output, nil
}

// outputs gives the results of a parallel group's steps in document order, null
// for those that have none.
func (d *decider) outputs(group Execution, g *Group) []any {
	list := make([]any, 0, len(g.Steps))
	for _, s := range g.Steps {
		if s == g.Callback {
			continue
		}
		v, _ := DecodeJSON(d.latestIn(group.ID, s.Name).Output)
		list = append(list, v)
	}
	return list
}

// latestIn gives the latest execution of a step inside a scope, the zero one
// when it never ran.
func (d *decider) latestIn(scope uuid.UUID, step string) Execution {
	latest, found := Execution{}, false
	note := func(e Execution) {
		if e.Scope == scope && e.Step == step && (!found || e.Visit > latest.Visit) {
			latest, found = e, true
		}
	}
	for _, e := range d.snap.Executions {
		note(e)
	}
	for _, row := range d.execs {
		if row.Value.Scope == scope && row.Value.Step == step && row.Value.Visit >= latest.Visit {
			latest, found = row.Value, true
		}
	}
	if !found && !slices.Contains(d.snap.Loaded.Scopes, scope) && d.in.State.Steps[step].Visits > 0 {
		d.need(Need{Scopes: []uuid.UUID{scope}})
	}
	return latest
}

// execOrNeed gives an execution that may not be in the snapshot.
func (d *decider) execOrNeed(id uuid.UUID) Execution {
	e, ok := d.exec(id)
	if !ok && !slices.Contains(d.snap.Loaded.Executions, id) {
		d.need(Need{Executions: []uuid.UUID{id}})
	}
	return e
}

// cancelInside cancels all that lives inside an execution.
func (d *decider) cancelInside(e Execution, reason string) {
	s := d.in.State.Scopes[e.ID]
	if s == nil {
		return
	}
	if s.Items != nil && s.Live > 0 {
		d.needLive(e.ID)
	}
	for _, inner := range d.liveExecs() {
		if inner.Scope == e.ID {
			d.cancelExec(inner, reason)
		}
	}
	d.closeScope(e.ID)
}

// needLive makes sure that all that lives in a scope is at hand.
func (d *decider) needLive(id uuid.UUID) {
	if !d.liveLoaded(id) {
		d.need(Need{Live: []uuid.UUID{id}})
	}
}

// liveLoaded reports whether all that lives in a scope is at hand: it was asked
// for, or the scope was opened by this decision.
func (d *decider) liveLoaded(id uuid.UUID) bool {
	_, before := d.snap.Instance.State.Scopes[id]
	return !before || slices.Contains(d.snap.Loaded.Live, id) || slices.Contains(d.snap.Loaded.Scopes, id)
}

// needScope makes sure that all of a scope is at hand. One that this decision
// has opened is.
func (d *decider) needScope(id uuid.UUID) {
	_, before := d.snap.Instance.State.Scopes[id]
	if before && !slices.Contains(d.snap.Loaded.Scopes, id) {
		d.need(Need{Scopes: []uuid.UUID{id}})
	}
}
