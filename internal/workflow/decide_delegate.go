package workflow

import (
	"slices"
	"strings"
)

// Delegation: who has a task lets somebody else prepare the decision. The other
// one cannot decide; he returns the task with a proposal, and its owner decides.

// holder is whose task it is: its owner while it is delegated.
func (t Task) holder() string {
	if t.Owner != "" {
		return t.Owner
	}
	return t.Assignee
}

func (d *decider) delegateTask(c DelegateTask) error {
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
	switch {
	case c.To == "":
		return badField("/to", "Name who gets the task.")
	case c.To == c.Actor.ID:
		return badField("/to", "You have the task already. Name somebody else.")
	case slices.Contains(t.Excluded, c.To):
		return badField("/to", "The workflow excludes that person from this task. Choose somebody else.")
	}
	if t.Assignee != c.Actor.ID || t.ClaimedAt == nil {
		t.ActsFor, _ = t.right(c.Actor)
	}
	t.Owner, t.Assignee, t.ClaimedAt, t.Proposal = c.Actor.ID, c.To, ptr(d.env.Now), nil
	d.putTask(t)
	d.stepEvent(EventTaskDelegated, e, c.Actor.ID, map[string]any{
		"task_id": t.ID, "from_assignee": t.Owner, "to_assignee": c.To, "reason": c.Reason,
	})
	return nil
}

func (d *decider) returnTask(c ReturnTask) error {
	t, e, err := d.open(c.TaskID, c.Version)
	if err != nil {
		return err
	}
	if t.Owner == "" {
		return Errorf(KindConflict, ErrInvalidTransition.Code, "This task is not delegated; there is nobody to return it to.")
	}
	mine := slices.Contains(c.Actor.Logins(), t.Assignee)
	if !mine && !slices.Contains(c.Actor.Logins(), t.Owner) {
		if err := d.mayOperate(c.Actor); err != nil {
			return err
		}
	}
	if mine {
		if t.Proposal, err = d.proposal(t, c); err != nil {
			return err
		}
	}
	from := t.Assignee
	t.Assignee, t.Owner, t.ClaimedAt = t.Owner, "", ptr(d.env.Now)
	d.putTask(t)
	detail := map[string]any{"task_id": t.ID, "from_assignee": from, "to_assignee": t.Assignee, "comment": c.Comment}
	if t.Proposal != nil && t.Proposal.Outcome != "" {
		detail["outcome"] = t.Proposal.Outcome
	}
	if t.Proposal != nil && t.Proposal.Output != nil {
		detail["form_data"] = t.Proposal.Output
	}
	d.stepEvent(EventTaskReturned, e, c.Actor.ID, detail)
	return nil
}

// proposal is what comes back with a task; it need not be complete.
func (d *decider) proposal(t Task, c ReturnTask) (*Proposal, error) {
	if err := CheckText(c.Comment, "comment"); err != nil {
		return nil, err
	}
	if human := d.def.Step(t.Step).Human; c.Outcome != "" && human.Outcome(c.Outcome) == nil {
		return nil, outcomeError(d.def.Step(t.Step), "Choose one of the outcomes: %s.", outcomeNames(d.def.Step(t.Step)))
	}
	if len(c.Output) > MaxResult {
		return nil, Errorf(KindTooLarge, "too_large", "The form has %d bytes; at most %d are taken.", len(c.Output), MaxResult)
	}
	if len(c.Output) > 0 {
		if errs := anyJSON.ValidateJSON(c.Output); errs != nil {
			return nil, invalidInput(errs)
		}
		if v, err := DecodeJSON(c.Output); err != nil || !isObject(v) {
			return nil, badField("/output_data", "output_data must be a JSON object.")
		}
	}
	if len(c.Output) == 0 && c.Outcome == "" && strings.TrimSpace(c.Comment) == "" {
		return nil, nil
	}
	p := &Proposal{By: c.Actor.ID, Outcome: c.Outcome, Comment: c.Comment}
	if len(c.Output) > 0 {
		p.Output = slices.Clone(c.Output)
	}
	return p, nil
}

// MaxComments bounds the comments of one task.
const MaxComments = 1000

func (d *decider) commentTask(c CommentTask) error {
	if d.in.Status.Finished() {
		return Errorf(KindConflict, ErrAlreadyFinished.Code, "The workflow has ended; nothing is added to it any more.")
	}
	t, ok := d.task(c.TaskID)
	if !ok {
		return ErrTaskNotFound
	}
	if !d.mayComment(t, c.Actor) {
		return Errorf(KindForbidden, ErrTaskForbidden.Code, "You have no part in this task, so you cannot comment on it.")
	}
	if strings.TrimSpace(c.Text) == "" {
		return badField("/text", "Write something.")
	}
	if err := CheckText(c.Text, "comment"); err != nil {
		return err
	}
	d.touched = true
	d.t.Comments = append(d.t.Comments, Comment{
		ID: c.CommentID, InstanceID: d.in.ID, TaskID: t.ID, Author: c.Actor.ID, Text: c.Text, At: c.At,
	})
	d.stepEvent(EventTaskCommented, d.execOrNeed(t.ExecutionID), c.Actor.ID, map[string]any{"task_id": t.ID, "comment_id": c.CommentID, "text": c.Text})
	return nil
}

// mayComment reports whether somebody has a part in a task: he could decide it,
// has decided it, asked for it, or watches over it.
func (d *decider) mayComment(t Task, a Actor) bool {
	return a.System || d.def.MayOperate(a) || d.def.Permissions.View.Among(a) || d.in.CreatedBy == a.ID ||
		t.MayClaim(a) || t.CompletedBy == a.ID || t.Owner == a.ID
}
