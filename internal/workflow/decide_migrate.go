package workflow

import (
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"
)

// A migration moves an instance to another version of its definition, between
// attempts: what lives keeps its token, its task, its time and its address, and
// goes on by the new version. Only the names of steps change in what is stored.

// MigrationReport says what a migration does to each live execution.
type MigrationReport struct {
	From, To   Ref
	Executions []MigrationLine // without items, unless one cannot move; at most MaxMigrationLines
	Problems   []string        // of the instance as a whole
}

// MaxMigrationLines bounds MigrationReport.Executions.
const MaxMigrationLines = 1000

// MigrationLine is what happens to one live execution.
type MigrationLine struct {
	ExecutionID uuid.UUID
	Step        string
	ToStep      string // empty when it cannot move
	Visit       int
	Index       int
	Status      StepStatus
	Does        string // in words; empty when it cannot move
	Problem     string // why it cannot move
}

// Faults lists all that hinders the migration.
func (r *MigrationReport) Faults() []Problem {
	var list []Problem
	for _, p := range r.Problems {
		list = append(list, Problem{Pointer: "/to_version", Code: "cannot_move", Message: p})
	}
	for _, l := range r.Executions {
		if l.Problem != "" {
			list = append(list, Problem{Pointer: "/step_map", Code: "cannot_move", Message: fmt.Sprintf("%s, visit %d: %s", l.Step, l.Visit, l.Problem)})
		}
	}
	return list
}

// Moved is what a migration changes beside the rows of its transition: all that
// is stored of the instance under the old names of steps.
type Moved struct {
	To    Ref
	Steps map[string]string // renamed steps
}

// step gives the name after the migration.
func (m *Moved) step(name string) string {
	if to, ok := m.Steps[name]; ok {
		return to
	}
	return name
}

// CheckMigration says what a migration would do, and changes nothing. Like
// Decide it may ask for more of the instance.
func CheckMigration(def *Definition, snap *Snapshot, c Migrate, env Env) (r *MigrationReport, err error) {
	d := newDecider(def, snap, env)
	err = asking(func() error {
		var m moves
		if r, m, err = d.planMigration(c); err != nil || len(r.Faults()) > 0 {
			return err
		}
		if err := d.moveTo(c, m); err != nil {
			r.Problems = append(r.Problems, err.Error())
		}
		return nil
	})
	return r, err
}

func (d *decider) migrate(c Migrate) error {
	if err := because(c.Reason); err != nil {
		return err
	}
	r, m, err := d.planMigration(c)
	if err != nil {
		return err
	}
	if faults := r.Faults(); len(faults) > 0 {
		refusal := Errorf(KindConflict, "cannot_migrate", "The instance cannot move to %s: %s.", c.To.Ref, listed(faults))
		refusal.Fields = faults
		return refusal
	}
	if err := d.moveTo(c, m); err != nil {
		return Errorf(KindConflict, "cannot_migrate", "The instance cannot move to %s: %s", c.To.Ref, err)
	}
	d.event(EventInstanceMigrated, c.Actor.ID, map[string]any{
		"reason": c.Reason, "migrated_by": c.Actor.ID, "from_version": r.From.Version, "to_version": r.To.Version,
		"step_map": m.renamed().Steps, "moved": d.in.State.Tokens.Total(),
	})
	return nil
}

// moves is where each step of a version goes in another.
type moves struct {
	from, to *Definition
	byHand   map[string]string
}

// target names the step that takes the place of s. What stands in a group goes
// with it.
func (m moves) target(s *Step) string {
	if to, ok := m.byHand[s.Name]; ok {
		return to
	}
	if s.Parent == nil {
		return s.Name
	}
	return m.target(s.Parent) + "." + s.Own
}

// renamed gives the steps that have another name afterwards.
func (m moves) renamed() *Moved {
	moved := &Moved{To: m.to.Ref, Steps: map[string]string{}}
	for _, s := range m.from.all {
		if to := m.target(s); to != s.Name && m.to.Step(to) != nil {
			moved.Steps[s.Name] = to
		}
	}
	return moved
}

// fits gives the step that takes the place of s, or why there is none.
func (m moves) fits(s *Step) (*Step, string) {
	to := m.to.Step(m.target(s))
	switch {
	case to == nil:
		return nil, fmt.Sprintf("version %s has no step %q; name another in step_map", m.to.Version, m.target(s))
	case to.Type != s.Type:
		return nil, fmt.Sprintf("it is of type %s, and %q of version %s of type %s", s.Type, to.Name, m.to.Version, to.Type)
	case (to.Parent == nil) != (s.Parent == nil), s.Parent != nil && m.target(s.Parent) != to.Parent.Name:
		return nil, fmt.Sprintf("%q of version %s stands in another group", to.Name, m.to.Version)
	case (to.Each == nil) != (s.Each == nil):
		return nil, fmt.Sprintf("only one of it and %q of version %s runs for each item of a list", to.Name, m.to.Version)
	case s.Each != nil && s.Each.Distinct != to.Each.Distinct:
		return nil, fmt.Sprintf("only one of it and %q of version %s counts one vote a person", to.Name, m.to.Version)
	case s.Group != nil && s.Group.Mode != to.Group.Mode:
		return nil, fmt.Sprintf("the group runs in mode %s, and %q of version %s in mode %s", s.Group.Mode, to.Name, m.to.Version, to.Group.Mode)
	}
	return to, ""
}

func (d *decider) planMigration(c Migrate) (*MigrationReport, moves, error) {
	m := moves{from: d.def, to: c.To, byHand: c.Steps}
	if err := d.mayMend(c.Actor, "migrated"); err != nil {
		return nil, m, err
	}
	if !c.To.MayOperate(c.Actor) {
		return nil, m, Errorf(KindForbidden, "forbidden", "You may not operate %s. Ask an operator.", c.To.Ref)
	}
	if c.To.Name != d.def.Name || c.To.Version == d.def.Version {
		return nil, m, badField("/to_version", "The instance runs %s; name another version of %q.", d.def.Ref, d.def.Name)
	}
	r := &MigrationReport{From: d.def.Ref, To: c.To.Ref}
	r.Problems = slices.Concat(m.checkMap(), d.checkNames(m), d.checkHooks(m))
	if d.in.StartedAt == nil {
		if errs := c.To.StartForm().ValidateJSON(d.in.Input); errs != nil {
			r.Problems = append(r.Problems, "what it was started with does not fit the version's input_schema: "+errs.List[0].Message)
		}
	}
	for _, e := range d.allLive() {
		line := d.line(e, m)
		if (e.Role != EachItem || line.Problem != "") && len(r.Executions) < MaxMigrationLines {
			r.Executions = append(r.Executions, line)
		}
	}
	return r, m, nil
}

// checkMap finds what is wrong with the step map itself.
func (m moves) checkMap() []string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(m.byHand)) {
		s := m.from.Step(name)
		if s == nil {
			list = append(list, fmt.Sprintf("step_map names %q, and version %s has no such step", name, m.from.Version))
			continue
		}
		if _, problem := m.fits(s); problem != "" {
			list = append(list, fmt.Sprintf("step_map moves %q: %s", name, problem))
		}
	}
	return list
}

// checkNames refuses to give two steps that have run one name.
func (d *decider) checkNames(m moves) []string {
	var list []string
	taken := map[string]string{}
	for _, s := range m.from.all {
		used := d.in.State.Steps[s.Name].Visits > 0 || slices.ContainsFunc(d.snap.Hooks, func(h Hook) bool { return h.Step == s.Name })
		to := m.target(s)
		if !used || m.to.Step(to) == nil {
			continue
		}
		if other, twice := taken[to]; twice {
			list = append(list, fmt.Sprintf("both %q and %q have run and would become %q", other, s.Name, to))
		}
		taken[to] = s.Name
	}
	return list
}

// checkHooks refuses names under which an address that was given out would
// reach another step.
func (d *decider) checkHooks(m moves) []string {
	var list []string
	for old, to := range d.aliasesAfter(m) {
		if s := m.to.Step(old); s != nil && s.Webhook != nil {
			list = append(list, fmt.Sprintf("addresses given out for %q lead to %q, and version %s has a webhook step %q of its own", old, to, m.to.Version, old))
		}
	}
	slices.Sort(list)
	return list
}

// aliasesAfter gives, for each name of a webhook step under which addresses were
// given out, the step that they lead to.
func (d *decider) aliasesAfter(m moves) map[string]string {
	renamed := m.renamed()
	after := map[string]string{}
	for old, name := range d.in.State.Aliases {
		after[old] = renamed.step(name)
	}
	for old, to := range renamed.Steps {
		if m.from.Step(old).Webhook != nil {
			after[old] = to
		}
	}
	maps.DeleteFunc(after, func(old, to string) bool { return old == to })
	return after
}

// line says what happens to a live execution.
func (d *decider) line(e Execution, m moves) MigrationLine {
	l := MigrationLine{ExecutionID: e.ID, Step: e.Step, Visit: e.Visit, Index: e.Index, Status: e.Status}
	to, problem := m.fits(m.from.Step(e.Step))
	switch {
	case problem != "":
		l.Problem = problem
	case e.Status == StepRunning:
		l.Problem = fmt.Sprintf("attempt %d is being run; migrate once it has ended", e.Attempt)
	default:
		l.ToStep, l.Does = to.Name, d.does(e)
	}
	return l
}

func (d *decider) does(e Execution) string {
	switch {
	case e.Hold == HoldEntry:
		return "begins by the new version once the instance moves"
	case e.Hold == HoldExit:
		return "is done; its exit is taken by the new version once the instance moves"
	case e.Hold == HoldFailed:
		return "stays failed; a retry goes by the new version"
	case e.Status == StepPending:
		return "waits for those who can reach it by the new version"
	case e.Status == StepScheduled && e.DueAt != nil:
		return "keeps the time of its next attempt, which goes by the new version"
	case e.Status == StepScheduled:
		return "runs by the new version"
	case e.Role == EachHolder:
		return fmt.Sprintf("keeps its list; %d items move with it", d.in.State.Scopes[e.ID].Live)
	}
	return map[StepType]string{
		StepHuman:    "the task keeps its people, claim, due time and draft; its form is that of the new version",
		StepTimer:    "keeps its time",
		StepWebhook:  "its address keeps working",
		StepWorkflow: "the workflow that it started goes on as it is",
		StepGroup:    "what lives inside moves with it",
	}[e.Type]
}

// moveTo makes the decision go on by the other version: every name in what it
// reads and in its counters is the new one from here on.
func (d *decider) moveTo(c Migrate, m moves) error {
	d.needLatest(m)
	moved := m.renamed()
	aliases := d.aliasesAfter(m)
	d.touched = true
	d.snap = d.snap.renamed(moved)
	d.steps, d.shown = nil, true
	d.in.State.Steps = renamedCounts(d.in.State.Steps, moved)
	for id := range d.in.State.Scopes {
		s := d.scope(id)
		s.Steps = renamedCounts(s.Steps, moved)
	}
	d.in.State.Aliases = nil
	if len(aliases) > 0 {
		d.in.State.Aliases = aliases
	}
	if d.in.Error != nil {
		d.in.Error = ptr(*d.in.Error)
		d.in.Error.Step = moved.step(d.in.Error.Step)
	}
	d.def, d.in.Definition, d.t.Moved = c.To, c.To.Ref, moved
	return d.moveLive()
}

// needLatest makes sure that the results which the new version reads are at
// hand.
func (d *decider) needLatest(m moves) {
	var names []string
	for _, s := range m.from.all {
		if slices.Contains(m.to.ReferencedSteps(), m.target(s)) && d.in.State.Steps[s.Name].Visits > 0 {
			names = append(names, s.Name)
		}
	}
	for _, name := range names {
		if !slices.Contains(d.snap.Loaded.Latest, name) {
			d.need(Need{Latest: names})
		}
	}
}

// moveLive gives what is yet to run its input by the new version, and tasks a
// new version, since their form may be another.
func (d *decider) moveLive() error {
	for _, e := range d.allLive() {
		if t, ok := d.taskOf(e.ID); ok {
			d.putTask(t)
		}
		if e.Type != StepMachine || e.Status != StepScheduled {
			continue
		}
		if err := d.giveWork(&e, d.def.Step(e.Step)); err != nil {
			return fmt.Errorf("step %q: %w", e.Step, err)
		}
		d.put(e)
	}
	return nil
}

func renamedCounts(counts map[string]StepState, m *Moved) map[string]StepState {
	after := make(map[string]StepState, len(counts))
	for name, s := range counts {
		if to := m.step(name); s != (StepState{}) || after[to] == (StepState{}) {
			after[to] = s
		}
	}
	return after
}

// renamed gives the snapshot with the new names of steps; the one before stays
// as it was.
func (s *Snapshot) renamed(m *Moved) *Snapshot {
	after := *s
	after.Executions, after.Tasks = maps.Clone(s.Executions), maps.Clone(s.Tasks)
	after.rename(m)
	return &after
}

// rename changes the names of steps in place.
func (s *Snapshot) rename(m *Moved) {
	for id, e := range s.Executions {
		if to := m.step(e.Step); to != e.Step {
			e.Step = to
			s.Executions[id] = e
		}
	}
	for id, t := range s.Tasks {
		if to := m.step(t.Step); to != t.Step {
			t.Step = to
			s.Tasks[id] = t
		}
	}
	s.Hooks = slices.Clone(s.Hooks)
	for i := range s.Hooks {
		s.Hooks[i].Step = m.step(s.Hooks[i].Step)
	}
}
