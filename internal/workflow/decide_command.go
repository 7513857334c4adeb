package workflow

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
)

// command applies one command. Tokens that it sets in motion wait in arrived
// until settle.
func (d *decider) command(cmd Command) error {
	switch c := cmd.(type) {
	case Start:
		return d.start(c)
	case ChildDone:
		return d.childDone(c)
	case FromAbove:
		return d.fromAbove(c)
	case Lease:
		if d.moving() && d.in.State.Tokens.Ready > 0 {
			d.allLive()
			d.leaseScheduled()
		}
		return nil
	case LeaseOne:
		return d.leaseOne(c)
	case ReleaseLease:
		return d.releaseLease(c)
	case StepDone:
		return d.stepDone(c)
	case LeaseLost:
		return d.leaseLost(c)
	case DueFired:
		return d.dueFired(c)
	case ReceiveHook:
		return d.receiveHook(c)
	case MessageArrived:
		return d.messageArrived(c)
	case ClaimTask:
		return d.claimTask(c)
	case UnclaimTask:
		return d.unclaimTask(c)
	case ReassignTask:
		return d.reassignTask(c)
	case DelegateTask:
		return d.delegateTask(c)
	case ReturnTask:
		return d.returnTask(c)
	case CommentTask:
		return d.commentTask(c)
	case CompleteTask:
		return d.completeTask(c)
	case Cancel:
		return d.cancel(c)
	case Pause:
		return d.pause(c)
	case Resume:
		return d.resume(c)
	case Retry:
		return d.retry(c)
	case Skip:
		return d.skipByHand(c)
	case ForceComplete:
		return d.forceComplete(c)
	case Migrate:
		return d.migrate(c)
	case EditData:
		return d.editData(c)
	case FetchJob:
		return d.fetchJob(c)
	case EndJob:
		return d.endJob(c)
	case ExtendJob:
		return d.extendJob(c)
	case ReportJob:
		return d.reportJob(c)
	}
	return fmt.Errorf("workflow: unknown command %T", cmd)
}

func (d *decider) start(c Start) error {
	if d.t.From > 0 {
		return Errorf(KindConflict, ErrInvalidTransition.Code, "The instance has been started already.")
	}
	if !d.def.MayStart(c.Actor) {
		return Errorf(KindForbidden, "forbidden", "You may not start %q. Ask one of those whom the workflow names.", d.def.Title)
	}
	if err := d.checkStart(c); err != nil {
		return err
	}
	input := c.Input
	if len(input) == 0 {
		input = []byte("{}")
	}
	if errs := d.def.StartForm().ValidateJSON(input); errs != nil {
		return invalidInput(errs)
	}
	d.touched = true
	d.in.ID, d.t.InstanceID = c.InstanceID, c.InstanceID
	d.in.Tenant = c.Actor.Tenant
	d.in.Definition = d.def.Ref
	d.in.Input, d.in.Data, d.in.Metadata = input, input, c.Metadata
	d.in.CorrelationID, d.in.Trace = c.CorrelationID, c.Trace
	d.in.CreatedBy = cmp.Or(c.CreatedBy, c.Actor.ID)
	d.in.CreatedAt = d.env.Now
	d.in.Parent, d.in.Depth = c.Parent, c.Depth
	d.t.Unique = d.def.Unique
	if c.At != nil && c.At.After(d.env.Now) {
		d.shown = true
		d.addDue(Execution{}, DueStart, *c.At)
		d.event(EventWorkflowScheduled, c.Actor.ID, map[string]any{"start_at": *c.At})
		return nil
	}
	return d.beginInstance()
}

// beginInstance sends the first token on its way.
func (d *decider) beginInstance() error {
	d.touched = true
	d.in.Status = StatusRunning
	d.in.StartedAt = ptr(d.env.Now)
	detail := map[string]any{
		"workflow_name": d.def.Name, "workflow_version": d.def.Version,
		"initial_data": d.in.Input, "user_id": d.in.CreatedBy, "tenant_id": d.in.Tenant,
	}
	if d.in.Parent != (Parent{}) {
		detail["parent"] = map[string]any{"instance_id": d.in.Parent.InstanceID, "execution_id": d.in.Parent.ExecutionID}
	}
	d.event(EventWorkflowStarted, d.in.CreatedBy, detail)
	d.arrived = append(d.arrived, arrival{step: d.def.InitialStep})
	return d.armInstance()
}

// armInstance sets the instance's own timeout.
func (d *decider) armInstance() error {
	if d.def.Timeout == nil {
		return nil
	}
	after, err := d.settingDuration(d.def.Timeout, Execution{})
	if err != nil {
		return Errorf(KindInvalid, "expression_failed", "The workflow's timeout cannot be computed: %s", err)
	}
	d.addDue(Execution{}, DueInstanceTimeout, d.env.Now.Add(after))
	return nil
}

// leased returns the execution if the lease number is its current one.
func (d *decider) leased(id uuid.UUID, leaseNo int64) (Execution, bool) {
	e, ok := d.exec(id)
	return e, ok && e.Status == StepRunning && e.LeaseNo == leaseNo
}

func (d *decider) stepDone(c StepDone) error {
	e, ok := d.leased(c.ExecutionID, c.LeaseNo)
	if !ok {
		return nil
	}
	if c.Err != nil {
		d.failAttempt(e, c.Err, "failed")
		return nil
	}
	if c.Skipped {
		d.skip(e, c.Reason, "")
		return nil
	}
	if len(c.Output) > MaxResult {
		d.failAttempt(e, &StepError{Code: "too_large", Message: fmt.Sprintf(
			"the result has %d bytes; at most %d are kept. Return a reference instead of the content", len(c.Output), MaxResult)}, "failed")
		return nil
	}
	if len(c.Output) == 0 {
		c.Output = nil
	} else if errs := anyJSON.ValidateJSON(c.Output); errs != nil {
		d.failAttempt(e, &StepError{Code: "bad_result", Message: fmt.Sprintf("the result cannot be kept: %s", errs.List[0].Message)}, "failed")
		return nil
	}
	if cause := d.unsuccessful(e, c); cause != nil {
		e.Output = c.Output
		d.failAttempt(e, cause, "failed")
		return nil
	}
	e.CompletedBy = ""
	d.succeed(e, c.Output)
	return nil
}

// unsuccessful judges a result by success_when.
func (d *decider) unsuccessful(e Execution, c StepDone) *StepError {
	cond := d.def.Step(e.Step).Machine.SuccessWhen
	if cond == nil {
		return nil
	}
	result, err := DecodeJSON(c.Output)
	if err != nil {
		return evaluationError(err)
	}
	ok, err := cond.EvalBool(noDeadline, d.varsOf(e).with("result", result))
	if err != nil {
		return evaluationError(err)
	}
	if !ok {
		return &StepError{Code: "not_successful", Status: answered(d.def.Step(e.Step), result), Message: fmt.Sprintf("the result does not meet success_when: %s", cond.Source())}
	}
	return nil
}

// MaxLost is how often a step's process may fall silent before the step fails.
const MaxLost = 3

func (d *decider) leaseLost(c LeaseLost) error {
	e, ok := d.leased(c.ExecutionID, c.LeaseNo)
	if !ok {
		return nil
	}
	d.lose(e, "the process that ran this step fell silent")
	return nil
}

// lose ends an attempt that nobody will report any more. A few times the step
// is given to another.
func (d *decider) lose(e Execution, reason string) {
	e.Lost++
	lost := &StepError{Code: "lost", Message: reason}
	d.stepEvent(EventStepLost, e, "", map[string]any{"lost": e.Lost})
	if e.Lost >= MaxLost || d.def.Step(e.Step).Machine.OnLost == "fail" {
		d.failAttempt(e, lost, "lost")
		return
	}
	e.Attempts = appendAttempt(e.Attempts, Attempt{
		Attempt: e.Attempt, Status: "lost", Error: lost, StartedAt: e.StartedAt, EndedAt: d.env.Now,
	})
	e.Status, e.LeaseOwner, e.DueAt = StepScheduled, uuid.Nil, nil
	e.LeaseNo++
	d.dropDues(e.ID)
	d.put(e)
}

// dueEarly is how much earlier than its time a due row may fire: the clocks of
// processes differ. A row that is earlier was moved after it had been claimed.
const dueEarly = 5 * time.Second

func (d *decider) dueFired(c DueFired) error {
	due, ok := d.snap.Dues[c.DueID]
	if !ok || !d.moving() || due.At.After(d.env.Now.Add(dueEarly)) {
		return nil
	}
	d.touched = true
	d.t.DuesDone = append(d.t.DuesDone, due.ID)
	switch due.Kind {
	case DueInstanceTimeout:
		d.failWhole(&StepError{Code: codeTimeout, Message: "the workflow took longer than its timeout allows"})
		return nil
	case DueStart:
		return d.beginInstance()
	}
	if e, ok := d.exec(due.ExecutionID); ok && e.Live {
		d.dueOf(e, due)
	}
	return nil
}

// dueOf does what an execution's due row asks for, unless the wait that it
// belongs to is over.
func (d *decider) dueOf(e Execution, due Due) {
	switch {
	case due.Kind == DueRetry:
		d.tryAgain(e)
	case e.Topic != "" && e.Status == StepRunning:
		d.jobDue(e, due)
	case e.Status != StepWaiting:
	case due.Kind == DueTimer:
		d.succeed(e, mustJSON(map[string]any{"fired_at": d.env.Now}))
	case due.Kind == DueStepTimeout:
		d.timedOut(e)
	default:
		d.deadline(e, due.Kind)
	}
}

// timedOut ends a wait: with the outcome that on_timeout names, else without
// success.
func (d *decider) timedOut(e Execution) {
	on := d.def.Step(e.Step).onTimeout()
	if on != nil && on.Outcome != "" {
		d.decideByTimeout(e, on.Outcome)
		return
	}
	d.closeChild(e, "the step that started it was not done in time")
	cause := &StepError{Code: codeTimeout, Message: fmt.Sprintf("step %q was not done in time", e.Step)}
	if e.Type == StepWorkflow {
		d.failAttempt(e, cause, "failed")
		return
	}
	d.fail(e, cause)
}

// ReceiveHook's visits: the current one, or the next one before it waits.
func (d *decider) receiveHook(c ReceiveHook) error {
	if to, renamed := d.in.State.Aliases[c.Step]; renamed {
		c.Step = to
	}
	step := d.def.Step(c.Step)
	if step == nil || step.Webhook == nil || c.Visit < 1 {
		return ErrHookNotFound
	}
	if err := c.Proof.meets(step.Webhook.Verify); err != nil {
		return err
	}
	if d.in.Status.Finished() {
		return Errorf(KindConflict, ErrHookUsed.Code, "The workflow has ended; nothing waits at this address any more.")
	}
	if len(c.Payload) > MaxResult {
		return Errorf(KindTooLarge, "too_large", "The payload has %d bytes; at most %d are taken.", len(c.Payload), MaxResult)
	}
	f := anyJSON
	if step.Webhook.Form != nil {
		f = step.Webhook.Form
	}
	if errs := f.ValidateJSON(c.Payload); errs != nil {
		return invalidInput(errs)
	}
	if step.Each != nil {
		d.needItem(c)
	}
	for _, e := range d.liveExecs() {
		if c.meets(e) && e.Status == StepWaiting {
			d.hookReceived(e, c)
			return nil
		}
	}
	return d.keepHook(c)
}

// needItem makes sure that the item which a webhook is for is at hand.
func (d *decider) needItem(c ReceiveHook) {
	for _, e := range d.liveExecs() {
		if e.Step != c.Step || e.Visit != c.Visit || e.Role != EachHolder {
			continue
		}
		key := ItemKey{Scope: e.ID, Index: c.Index}
		if !slices.Contains(d.snap.Loaded.Items, key) && !slices.ContainsFunc(d.liveExecs(), c.meets) {
			d.need(Need{Items: []ItemKey{key}})
		}
	}
}

// meets reports whether the webhook is for the execution.
func (c ReceiveHook) meets(e Execution) bool {
	return e.Step == c.Step && e.Visit == c.Visit && e.Index == c.Index && e.Role != EachHolder
}

func (d *decider) hookReceived(e Execution, c ReceiveHook) {
	d.hooks = append(d.hooks, Row[Hook]{Created: true, Value: Hook{
		InstanceID: d.in.ID, Step: c.Step, Visit: c.Visit, Index: c.Index,
		ReceivedAt: d.env.Now, Consumed: true,
	}})
	d.stepEvent(EventHookReceived, e, "", c.Proof.detail(map[string]any{"early": false}))
	d.succeed(e, c.Payload)
}

// keepHook stores a payload that came before its step waits, once.
func (d *decider) keepHook(c ReceiveHook) error {
	if !d.upcoming(c) {
		return ErrHookUsed
	}
	d.touched = true
	d.hooks = append(d.hooks, Row[Hook]{Created: true, Value: Hook{
		InstanceID: d.in.ID, Step: c.Step, Visit: c.Visit, Index: c.Index,
		Payload: c.Payload, ReceivedAt: d.env.Now,
	}})
	d.event(EventHookReceived, "", c.Proof.detail(map[string]any{"step_name": c.Step, "visit": c.Visit, "index": c.Index, "early": true}))
	return nil
}

// upcoming reports whether the visit has not begun to wait, or will wait again
// after a retry, and has no payload.
func (d *decider) upcoming(c ReceiveHook) bool {
	for _, h := range d.snap.Hooks {
		if h.Step == c.Step && h.Visit == c.Visit && h.Index == c.Index {
			return false
		}
	}
	visits := d.in.State.Steps[c.Step].Visits
	if c.Visit == visits+1 {
		return true
	}
	for _, e := range d.liveExecs() {
		if e.Step == c.Step && e.Visit == c.Visit && (e.Status == StepPending || e.Status == StepFailed || d.toCome(e, c.Index)) {
			return true
		}
	}
	return false
}

// toCome reports whether an execution that holds items has not begun the one of
// that index.
func (d *decider) toCome(e Execution, index int) bool {
	s := d.in.State.Scopes[e.ID]
	return e.Role == EachHolder && s != nil && index < s.Items.Total && (index >= s.Items.Next || slices.Contains(s.Items.Again, index))
}

func (d *decider) mayOperate(a Actor) error {
	if d.def.MayOperate(a) {
		return nil
	}
	return Errorf(KindForbidden, "forbidden", "You may not operate this workflow. Ask an operator.")
}

// unfinished refuses a verb on a finished instance.
func (d *decider) unfinished(verb string) error {
	if !d.in.Status.Finished() {
		return nil
	}
	return Errorf(KindConflict, ErrAlreadyFinished.Code,
		"The instance is %s since %s; it cannot be %s.", d.in.Status, clock(*d.in.CompletedAt), verb)
}

func (d *decider) cancel(c Cancel) error {
	if c.Actor.ID != d.in.CreatedBy {
		if err := d.mayOperate(c.Actor); err != nil {
			return err
		}
	}
	if err := d.unfinished("canceled"); err != nil {
		return err
	}
	d.endCanceled(c.Actor.ID, c.Reason)
	return nil
}

// endCanceled ends the instance with all that lives in it.
func (d *decider) endCanceled(by, reason string) {
	for _, e := range d.allLive() {
		d.cancelExec(e, "the instance was canceled")
	}
	steps := d.in.CurrentSteps
	d.in.Status = StatusCanceled
	d.in.CompletedAt = ptr(d.env.Now)
	d.in.Paused, d.in.FrozenAt, d.in.State.Failed = false, nil, false
	d.dropAllDues()
	d.event(EventWorkflowCanceled, by, map[string]any{
		"reason": reason, "canceled_by": by, "current_step": first(steps),
	})
	d.tellParent(StatusCanceled, nil, &StepError{Code: codeCanceled, Message: "the workflow that the step started was canceled"})
}

func (d *decider) pause(c Pause) error {
	if err := d.mayOperate(c.Actor); err != nil {
		return err
	}
	if err := d.unfinished("paused"); err != nil {
		return err
	}
	if d.in.Paused {
		return Errorf(KindConflict, ErrInvalidTransition.Code, "The instance is paused already.")
	}
	d.hold(c.Actor.ID, c.Reason)
	return nil
}

// hold pauses the instance and the children of its steps.
func (d *decider) hold(by, reason string) {
	d.in.Paused = true
	d.freeze()
	d.event(EventWorkflowPaused, by, map[string]any{
		"reason": reason, "paused_by": by, "paused_at_step": first(d.in.CurrentSteps),
	})
	d.tellChildren(FromAbove{Verb: verbPause, Reason: reason, Actor: by})
}

func (d *decider) resume(c Resume) error {
	if err := d.mayOperate(c.Actor); err != nil {
		return err
	}
	if err := d.unfinished("resumed"); err != nil {
		return err
	}
	if !d.in.Paused {
		return Errorf(KindConflict, ErrInvalidTransition.Code, "The instance is not paused; there is nothing to resume.")
	}
	d.letGo(c.Actor.ID, c.Reason)
	return nil
}

// letGo resumes the instance and the children that were paused with it.
func (d *decider) letGo(by, reason string) {
	d.in.Paused, d.in.State.Above = false, false
	d.event(EventWorkflowResumed, by, map[string]any{
		"reason": reason, "resumed_by": by, "resuming_at_step": first(d.in.CurrentSteps),
	})
	d.tellChildren(FromAbove{Verb: verbResume, Reason: reason, Actor: by})
	if !d.failedNow() {
		d.thaw()
	}
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}
