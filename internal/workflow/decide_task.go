package workflow

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"tandem/internal/form"
	"tandem/internal/workflow/expr"
)

// Limits of what a step may give.
const (
	MaxResult  = 256 << 10 // bytes of one result
	MaxData    = 1 << 20   // bytes of an instance's data
	MaxComment = 10_000    // characters of a comment or reason
)

func (d *decider) activateHuman(e Execution, step *Step) {
	t, escalate, err := d.newTask(e, step)
	if err != nil {
		d.fail(e, evaluationError(err))
		return
	}
	e.DueAt = t.DueAt
	d.wait(e)
	d.putTask(t)
	d.stepEvent(EventTaskCreated, e, "", askedDetail(t))
	d.watchTask(e, t, escalate)
	d.waitTimeout(e, step)
}

// newTask evaluates who is asked, what, and until when, and gives when others
// are asked too.
func (d *decider) newTask(e Execution, step *Step) (t Task, escalate *time.Time, err error) {
	t = Task{
		ID: d.env.NewID(), InstanceID: d.in.ID, ExecutionID: e.ID, Step: e.Step, Scope: e.Scope,
		Item: e.Role == EachItem, Visit: e.Visit, Index: e.Index, Status: TaskPending, Anyone: step.Human.Anyone, CreatedAt: d.env.Now,
	}
	vars := d.varsOf(e)
	if err := d.askWho(&t, step.Human, vars); err != nil {
		return t, nil, err
	}
	if err := d.askWhat(&t, step, vars); err != nil {
		return t, nil, err
	}
	escalate, err = d.deadlines(&t, step.Human, vars)
	return t, escalate, err
}

func (d *decider) askWho(t *Task, h *Human, vars scope) error {
	var err error
	if h.Assignee != nil {
		if t.Assignee, err = h.Assignee.String(vars); err != nil {
			return fmt.Errorf("assignee: %w", err)
		}
	}
	for _, list := range []struct {
		key  string
		from []*Setting
		to   *[]string
	}{
		{"candidate_users", h.CandidateUsers, &t.CandidateUsers},
		{"candidate_groups", h.CandidateGroups, &t.CandidateGroups},
		{"exclude", h.Exclude, &t.Excluded},
	} {
		if *list.to, err = settingStrings(list.from, vars); err != nil {
			return fmt.Errorf("%s: %w", list.key, err)
		}
	}
	t.CandidateUsers = slices.DeleteFunc(t.CandidateUsers, func(u string) bool { return slices.Contains(t.Excluded, u) })
	if slices.Contains(t.Excluded, t.Assignee) {
		t.Assignee = ""
	}
	if t.Guests, err = guestsOf(h, t.Excluded, vars); err != nil {
		return fmt.Errorf("guests: %w", err)
	}
	if t.Assignee == "" && len(t.CandidateUsers) == 0 && len(t.CandidateGroups) == 0 && !t.Anyone && len(t.Guests) == 0 {
		return &StepError{Code: "nobody", Message: fmt.Sprintf(
			"nobody may decide %q: its assignee and candidates are empty or excluded. Correct the data or the definition, then retry", t.Step)}
	}
	return nil
}

func settingStrings(list []*Setting, vars expr.Vars) ([]string, error) {
	var all []string
	for _, s := range list {
		values, err := s.Strings(vars)
		if err != nil {
			return nil, err
		}
		all = append(all, values...)
	}
	slices.Sort(all)
	all = slices.DeleteFunc(slices.Compact(all), func(s string) bool { return s == "" })
	return all, nil
}

func (d *decider) askWhat(t *Task, step *Step, vars scope) error {
	var err error
	t.Title = step.Label
	if step.Title != nil {
		if t.Title, err = step.Title.Render(noDeadline, vars, nil); err != nil {
			return fmt.Errorf("title: %w", err)
		}
	}
	if step.Description != nil {
		if t.Description, err = step.Description.Render(noDeadline, vars, escapeMarkdown); err != nil {
			return fmt.Errorf("description: %w", err)
		}
	}
	if t.Priority, err = step.Human.Priority.Int(vars); err != nil {
		return fmt.Errorf("priority: %w", err)
	}
	return nil
}

// escapeMarkdown makes an inserted value read as it is in Markdown.
func escapeMarkdown(s string) string { return markdownEscaper.Replace(s) }

var markdownEscaper = func() *strings.Replacer {
	var pairs []string
	for _, c := range "\\`*_{}[]()#+-.!|<>~&" {
		pairs = append(pairs, string(c), "\\"+string(c))
	}
	return strings.NewReplacer(pairs...)
}()

// closeTask cancels the open task of an execution that ended otherwise.
func (d *decider) closeTask(exec [16]byte) {
	if t, ok := d.taskOf(exec); ok {
		t.Status = TaskCanceled
		t.CompletedAt = &d.env.Now
		d.putTask(t)
	}
}

// open returns the task if it can still be changed by the command.
func (d *decider) open(id [16]byte, version int64) (Task, Execution, error) {
	t, ok := d.task(id)
	if !ok {
		return t, Execution{}, ErrTaskNotFound
	}
	switch err := t.closed(); {
	case err != nil:
		return t, Execution{}, err
	case d.in.Paused:
		return t, Execution{}, Errorf(KindConflict, ErrInvalidTransition.Code,
			"The workflow is paused. Decide the task once it has been resumed.")
	case version != 0 && version != t.Version:
		return t, Execution{}, Errorf(KindConflict, ErrStale.Code,
			"The task has changed since you loaded it. Look at it again, then repeat.")
	}
	return t, d.execOrNeed(t.ExecutionID), nil
}

// closed refuses what can be done to open tasks alone.
func (t Task) closed() error {
	switch t.Status {
	case TaskCompleted:
		return Errorf(KindConflict, ErrTaskCompleted.Code,
			"%s completed this task at %s. Nothing of yours was stored.", person(t.CompletedBy), clock(*t.CompletedAt))
	case TaskCanceled:
		return Errorf(KindConflict, "task_canceled", "This task is no longer needed: it was canceled at %s.", clock(*t.CompletedAt))
	}
	return nil
}

// Refusal says why the actor may not complete the task as it stands; nil when he
// may.
func (t Task) Refusal(a Actor) error {
	if err := t.closed(); err != nil {
		return err
	}
	return t.mayDecide(a)
}

// MayClaim reports whether the actor is a candidate who is not excluded, or
// stands in for one.
func (t Task) MayClaim(a Actor) bool {
	_, ok := t.right(a)
	return ok
}

// right tells by whose right the actor may decide: his own, which is "", or
// that of somebody for whom he stands in. Who is excluded has none to lend.
func (t Task) right(a Actor) (by string, ok bool) {
	if slices.Contains(t.Excluded, a.ID) {
		return "", false
	}
	if _, guest := GuestAddress(a.ID); guest {
		return "", t.Invites(a)
	}
	if t.Anyone || t.names(a.ID, a.Groups) {
		return "", true
	}
	for _, other := range a.For {
		if !slices.Contains(t.Excluded, other.Login) && t.names(other.Login, other.Groups) {
			return other.Login, true
		}
	}
	return "", false
}

// names reports whether the task names a person as its assignee or as one of
// its candidates.
func (t Task) names(login string, groups []string) bool {
	return login == t.Assignee || slices.Contains(t.CandidateUsers, login) ||
		slices.ContainsFunc(t.CandidateGroups, func(g string) bool { return slices.Contains(groups, g) })
}

// MayDecide reports whether the actor may complete the task as it stands.
func (t Task) MayDecide(a Actor) bool {
	return t.Status == TaskPending && t.Owner == "" && t.MayClaim(a) && !t.takenFrom(a)
}

// takenFrom reports whether somebody else holds the task: he has claimed it, or
// it was given to him alone.
func (t Task) takenFrom(a Actor) bool {
	return t.Assignee != "" && t.ClaimedAt != nil && !slices.Contains(a.Logins(), t.Assignee)
}

// mayDecide says why the actor may not take the task.
func (t Task) mayDecide(a Actor) error {
	if slices.Contains(t.Excluded, a.ID) {
		return Errorf(KindForbidden, ErrTaskForbidden.Code,
			"You may not decide this task: the workflow excludes you from it, so that somebody else looks at it.")
	}
	if t.Owner != "" {
		return Errorf(KindConflict, "task_delegated",
			"%s has delegated this task to %s. It can be decided once it has been given back.", person(t.Owner), person(t.Assignee))
	}
	if !t.MayClaim(a) {
		return Errorf(KindForbidden, ErrTaskForbidden.Code,
			"This task is not yours to decide. Ask %s, or have it reassigned.", t.whom())
	}
	if t.takenFrom(a) {
		return Errorf(KindConflict, ErrTaskClaimed.Code,
			"%s has claimed this task. Ask for it to be given back, or have it reassigned.", person(t.Assignee))
	}
	return nil
}

// whom names those who may decide.
func (t Task) whom() string {
	switch {
	case t.Assignee != "":
		return person(t.Assignee)
	case len(t.CandidateGroups) > 0:
		return "somebody of the group " + t.CandidateGroups[0]
	case len(t.CandidateUsers) > 0:
		return person(t.CandidateUsers[0])
	case len(t.Guests) > 0:
		return t.Guests[0]
	}
	return "an operator"
}

func person(login string) string {
	if login == "" {
		return "Somebody"
	}
	return strings.TrimPrefix(login, guestPrefix)
}

// clock gives a time as sentences show it.
func clock(t time.Time) string { return t.UTC().Format("15:04 UTC on 2 Jan 2006") }

func (d *decider) claimTask(c ClaimTask) error {
	t, e, err := d.open(c.TaskID, c.Version)
	if err != nil {
		return err
	}
	if err := t.mayDecide(c.Actor); err != nil {
		return err
	}
	if t.Assignee == c.Actor.ID && t.ClaimedAt != nil {
		return nil
	}
	if err := d.notVoted(t, c.Actor); err != nil {
		return err
	}
	d.claim(&t, e, c.Actor)
	return nil
}

func (d *decider) claim(t *Task, e Execution, a Actor) {
	t.ActsFor, _ = t.right(a)
	t.Assignee, t.ClaimedAt = a.ID, ptr(d.env.Now)
	d.putTask(*t)
	detail := map[string]any{"task_id": t.ID, "assignee": a.ID}
	if t.ActsFor != "" {
		detail["on_behalf_of"] = t.ActsFor
	}
	d.stepEvent(EventTaskClaimed, e, a.ID, detail)
}

func (d *decider) unclaimTask(c UnclaimTask) error {
	t, e, err := d.open(c.TaskID, c.Version)
	if err != nil {
		return err
	}
	if t.ClaimedAt == nil {
		return Errorf(KindConflict, ErrInvalidTransition.Code, "Nobody has claimed this task; there is nothing to give back.")
	}
	if t.Owner != "" {
		return Errorf(KindConflict, "task_delegated", "This task was delegated by %s. Return it to him instead.", person(t.Owner))
	}
	if t.Assignee != c.Actor.ID {
		if err := d.mayOperate(c.Actor); err != nil {
			return err
		}
	}
	step := d.def.Step(t.Step)
	t.Assignee, t.ClaimedAt, t.ActsFor = "", nil, ""
	if len(t.CandidateUsers) == 0 && len(t.CandidateGroups) == 0 && !t.Anyone && step.Human.Assignee != nil {
		if t.Assignee, err = step.Human.Assignee.String(d.varsOf(e)); err != nil {
			return Errorf(KindConflict, "expression_failed", "The task cannot be given back: %s", err)
		}
	}
	d.putTask(t)
	d.stepEvent(EventTaskUnclaimed, e, c.Actor.ID, map[string]any{"task_id": t.ID})
	return nil
}

func (d *decider) reassignTask(c ReassignTask) error {
	t, e, err := d.open(c.TaskID, c.Version)
	if err != nil {
		return err
	}
	if t.holder() != c.Actor.ID {
		if err := d.mayOperate(c.Actor); err != nil {
			return err
		}
	}
	if (c.User == "") == (c.Group == "") {
		return Errorf(KindInvalid, ErrInvalidInput.Code, "Name either a person or a group who gets the task.")
	}
	if slices.Contains(t.Excluded, c.User) && c.User != "" {
		return Errorf(KindInvalid, ErrInvalidInput.Code, "%s is excluded from this task by the workflow. Choose somebody else.", c.User)
	}
	from := t.Assignee
	t.ClaimedAt, t.ActsFor, t.Owner, t.Proposal = nil, "", "", nil
	t.Assignee = c.User
	if c.Group != "" {
		t.CandidateGroups = []string{c.Group}
		t.CandidateUsers, t.Guests, t.Anyone = nil, nil, false
	}
	d.putTask(t)
	d.stepEvent(EventTaskReassigned, e, c.Actor.ID, map[string]any{
		"task_id": t.ID, "from_assignee": from, "to_assignee": c.User, "to_group": c.Group,
		"reassigned_by": c.Actor.ID, "reason": c.Reason,
	})
	return nil
}

func (d *decider) completeTask(c CompleteTask) error {
	t, e, err := d.open(c.TaskID, c.Version)
	if err != nil {
		return err
	}
	if err := t.mayDecide(c.Actor); err != nil {
		return err
	}
	if err := d.notVoted(t, c.Actor); err != nil {
		return err
	}
	output := c.Output
	if len(output) == 0 {
		output = json.RawMessage("{}")
	}
	if err := d.checkDecision(d.def.Step(t.Step), c.Outcome, output); err != nil {
		return err
	}
	if err := CheckText(c.Comment, "comment"); err != nil {
		return err
	}
	by := decision{by: c.Actor.ID, outcome: c.Outcome, output: output, comment: c.Comment}
	if by.actsFor = t.ActsFor; t.Assignee != c.Actor.ID || t.ClaimedAt == nil {
		by.actsFor, _ = t.right(c.Actor)
	}
	d.decide(t, e, by)
	return nil
}

// CheckText refuses a text of people that cannot be kept: it is too long, or no
// text.
func CheckText(text, what string) error {
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return Errorf(KindInvalid, ErrInvalidInput.Code, "The %s holds characters that are no text. Type it anew.", what)
	}
	if utf8.RuneCountInString(text) > MaxComment {
		return Errorf(KindTooLarge, "too_large", "The %s is longer than %d characters. Shorten it.", what, MaxComment)
	}
	return nil
}

// checkDecision checks outcome and form data.
func (d *decider) checkDecision(step *Step, outcome string, output json.RawMessage) error {
	if len(output) > MaxResult {
		return Errorf(KindTooLarge, "too_large", "The form has %d bytes; at most %d are taken.", len(output), MaxResult)
	}
	f, err := step.formFor(outcome)
	if err != nil {
		return err
	}
	if f == nil {
		if errs := anyJSON.ValidateJSON(output); errs != nil {
			return invalidInput(errs)
		}
		if v, err := DecodeJSON(output); err != nil || !isObject(v) {
			return Errorf(KindInvalid, ErrInvalidInput.Code, "output_data must be a JSON object.")
		}
		return nil
	}
	if errs := f.ValidateJSON(output); errs != nil {
		return invalidInput(errs)
	}
	return nil
}

// formFor returns the form that an outcome is checked by, nil for none.
func (s *Step) formFor(outcome string) (*form.Form, error) {
	if len(s.Human.Outcomes) == 0 {
		if outcome != "" {
			return nil, outcomeError(s, "This task has no outcomes; leave outcome out.")
		}
		return s.Human.Form, nil
	}
	o := s.Human.Outcome(outcome)
	switch {
	case o == nil:
		return nil, outcomeError(s, "Choose one of the outcomes: %s.", outcomeNames(s))
	case o.SkipSchema:
		return nil, nil
	case o.Form != nil:
		return o.Form, nil
	}
	return s.Human.Form, nil
}

func outcomeError(_ *Step, format string, args ...any) error {
	e := Errorf(KindInvalid, ErrInvalidInput.Code, format, args...)
	e.Fields = []Problem{{Pointer: "/outcome", Message: e.Message, Code: "outcome"}}
	return e
}

func outcomeNames(s *Step) string {
	var names string
	for i, o := range s.Human.Outcomes {
		if i > 0 {
			names += ", "
		}
		names += o.Name
	}
	return names
}

// decision is what somebody, or the system, decided.
type decision struct {
	by, outcome, comment string
	actsFor              string // in whose place; empty = by his own right
	output               json.RawMessage
}

// decide is the one place where a task ends by a decision.
func (d *decider) decide(t Task, e Execution, by decision) {
	t.Status = TaskCompleted
	t.CompletedAt, t.CompletedBy = ptr(d.env.Now), by.by
	t.Outcome, t.Output, t.Comment = by.outcome, by.output, by.comment
	t.ActsFor = by.actsFor
	d.putTask(t)
	detail := map[string]any{
		"task_id": t.ID, "completed_by": by.by, "outcome": by.outcome, "form_data": by.output, "comment": by.comment,
	}
	if by.actsFor != "" {
		detail["on_behalf_of"] = by.actsFor
	}
	d.castVote(t, by)
	d.stepEvent(EventTaskCompleted, e, by.by, detail)
	e.CompletedBy, e.Outcome = by.by, by.outcome
	d.succeed(e, by.output)
}

// decideByTimeout lets the system decide with the outcome that on_timeout
// names.
func (d *decider) decideByTimeout(e Execution, outcome string) {
	if t, ok := d.taskOf(e.ID); ok {
		d.decide(t, e, decision{by: SystemActor(d.in.Tenant, "timeout").ID, outcome: outcome, output: json.RawMessage("{}")})
	}
}

// invalidInput turns a form's errors into a refusal; its cause keeps them for
// pages in other languages.
func invalidInput(errs *form.Errors) error {
	e := *ErrInvalidInput
	e.Err = errs
	for _, one := range errs.List {
		e.Fields = append(e.Fields, Problem{Pointer: one.Pointer, Message: one.Message, Code: one.Code})
	}
	return &e
}
