package workflow

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// Mending is what operators do to an instance that went wrong. It is not open
// to somebody whose decision is asked for at present, nor to somebody who is
// kept from it: otherwise a verb would get round four eyes.

// mayMend refuses a verb to those who have no right to it, and on a finished
// instance.
func (d *decider) mayMend(a Actor, verb string) error {
	if err := d.mayOperate(a); err != nil {
		return err
	}
	if err := d.unfinished(verb); err != nil {
		return err
	}
	return d.noPart(a)
}

// because refuses a verb that needs a reason and has none.
func because(reason string) error {
	if strings.TrimSpace(reason) == "" {
		return badField("/reason", "Say why: this needs a reason, which is kept in the history.")
	}
	return nil
}

// noPart refuses somebody whom an open human step excludes, or who is assigned
// in it.
func (d *decider) noPart(a Actor) error {
	for _, e := range d.allLive() {
		if e.Type != StepHuman || e.Status == StepSucceeded || e.Status == StepSkipped {
			continue
		}
		for _, t := range d.asked(e) {
			if err := t.noPart(a); err != nil {
				return err
			}
		}
	}
	return nil
}

// noPart refuses somebody whom the task excludes or who is assigned in it.
func (t Task) noPart(a Actor) error {
	switch {
	case slices.Contains(t.Excluded, a.ID):
		return Errorf(KindForbidden, "four_eyes",
			"The step %q is open, and the workflow keeps you from deciding it. Ask another operator to do this.", t.Step)
	case a.ID != "" && (slices.Contains(a.Logins(), t.Assignee) || slices.Contains(a.Logins(), t.Owner)):
		return Errorf(KindForbidden, "four_eyes",
			"The step %q is open and yours to decide. Decide it, have it reassigned, or ask another operator to do this.", t.Step)
	}
	return nil
}

// NoPart refuses somebody who has a part in an open task of the snapshot.
func (s *Snapshot) NoPart(a Actor) error {
	for _, t := range s.Tasks {
		if t.Status != TaskPending {
			continue
		}
		if err := t.noPart(a); err != nil {
			return err
		}
	}
	return nil
}

// Children lists the instances that live steps of the snapshot have started.
func (s *Snapshot) Children() []uuid.UUID {
	var list []uuid.UUID
	for _, e := range s.Executions {
		if e.Live && e.Child != uuid.Nil {
			list = append(list, e.Child)
		}
	}
	return list
}

// Holders gives the executions that hold live items.
func (s *Snapshot) Holders() []uuid.UUID {
	var list []uuid.UUID
	for id, scope := range s.Instance.State.Scopes {
		if scope.Items != nil && scope.Live > 0 {
			list = append(list, id)
		}
	}
	return list
}

// maxAsked bounds the items whose people are computed for one verb.
const maxAsked = 10_000

// asked gives who is asked by a live human step: its open task, or, when it has
// failed or has not begun, those it would ask.
func (d *decider) asked(e Execution) []Task {
	if t, ok := d.taskOf(e.ID); ok {
		return []Task{t}
	}
	if d.in.State.Scopes[e.ID] != nil {
		return nil // its items are asked
	}
	human := d.def.Step(e.Step).Human
	if e.Role != EachHolder {
		return []Task{d.wouldAsk(e, human, d.varsOf(e))}
	}
	var all []Task
	for i, item := range d.list(e)[:min(d.total(e), maxAsked)] {
		all = append(all, d.wouldAsk(e, human, d.varsOf(e).withItem(item, i)))
	}
	return all
}

// wouldAsk evaluates who is asked, as far as that can be evaluated.
func (d *decider) wouldAsk(e Execution, human *Human, vars scope) Task {
	t := Task{Step: e.Step}
	_ = d.askWho(&t, human, vars) // a step that cannot say whom it asks asks nobody
	return t
}

// forceComplete ends the instance as completed, whatever lives in it.
func (d *decider) forceComplete(c ForceComplete) error {
	if err := d.mayMend(c.Actor, "completed"); err != nil {
		return err
	}
	if err := because(c.Reason); err != nil {
		return err
	}
	if d.in.StartedAt == nil {
		return Errorf(KindConflict, ErrInvalidTransition.Code, "The instance has not begun. Cancel it instead.")
	}
	steps := d.in.CurrentSteps
	for _, e := range d.allLive() {
		d.cancelExec(e, "the instance was completed by hand")
	}
	d.in.Status = StatusCompleted
	d.in.CompletedAt = ptr(d.env.Now)
	d.in.Paused, d.in.FrozenAt, d.in.State.Failed, d.in.Error = false, nil, false, nil
	d.dropAllDues()
	d.tellParent(StatusCompleted, mustJSON(d.dataMap()), nil)
	d.event(EventWorkflowCompleted, c.Actor.ID, map[string]any{
		"status": StatusCompleted, "duration_seconds": seconds(d.env.Now.Sub(*d.in.StartedAt)),
		"forced": true, "completed_by": c.Actor.ID, "reason": c.Reason, "current_step": first(steps),
	})
	return nil
}

// DataMark names a state of an instance's data; any change gives another.
func DataMark(data json.RawMessage) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:16])
}

// editData changes the instance's data.
func (d *decider) editData(c EditData) error {
	if err := d.mayMend(c.Actor, "edited"); err != nil {
		return err
	}
	if err := because(c.Reason); err != nil {
		return err
	}
	if c.Seen != "" && c.Seen != DataMark(d.dataText()) {
		return Errorf(KindConflict, ErrStale.Code, "The data has changed since you loaded it. Look at it again, then repeat your change.")
	}
	before := d.dataMap()
	after, err := c.edited(before)
	if err != nil {
		return err
	}
	keys := slices.DeleteFunc(slices.Sorted(maps.Keys(after)), func(key string) bool { return sameJSON(before, after, key) })
	for _, key := range slices.Sorted(maps.Keys(before)) {
		if _, kept := after[key]; !kept {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	if raw, err := boundedJSON(after, MaxData, "data"); err != nil {
		return Errorf(KindTooLarge, "too_large", "After this change %s. Keep references instead of contents.", err)
	} else if errs := anyJSON.ValidateJSON(raw); errs != nil {
		return under("/patch", invalidInput(errs))
	}
	d.data, d.t.DataChanged = after, true
	d.event(EventDataEdited, c.Actor.ID, map[string]any{
		"reason": c.Reason, "edited_by": c.Actor.ID, "before": valuesOf(before, keys), "after": valuesOf(after, keys),
	})
	return nil
}

// edited gives the data after the change; what was there stays as it was.
func (c EditData) edited(before map[string]any) (map[string]any, error) {
	if c.Whole != nil {
		return readObject(c.Whole, "/data", "The data must be a JSON object.")
	}
	patch, err := readObject(c.Patch, "/patch", "The patch must be a JSON object: its keys are written into the data, null removes one.")
	if err != nil {
		return nil, err
	}
	after, _ := merged(before, patch).(map[string]any)
	return after, nil
}

// readObject decodes what stands in a field; other says what it is to be.
func readObject(raw json.RawMessage, field, other string) (map[string]any, error) {
	if len(raw) > MaxData {
		return nil, Errorf(KindTooLarge, "too_large", "The change has %d bytes; at most %d are taken.", len(raw), MaxData)
	}
	if len(raw) == 0 {
		raw = json.RawMessage("null")
	}
	if errs := anyJSON.ValidateJSON(raw); errs != nil {
		return nil, under(field, invalidInput(errs))
	}
	v, err := DecodeJSON(raw)
	object, ok := v.(map[string]any)
	if err != nil || !ok {
		return nil, badField(field, "%s", other)
	}
	return object, nil
}

// under places the faults of a value below the field that holds it.
func under(field string, err error) error {
	e, ok := err.(*Error)
	if !ok {
		return err
	}
	for i := range e.Fields {
		e.Fields[i].Pointer = field + e.Fields[i].Pointer
	}
	return e
}

// merged applies a merge patch (RFC 7396); what was there stays as it was.
func merged(target, patch any) any {
	changes, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	object, _ := target.(map[string]any)
	result := maps.Clone(object)
	if result == nil {
		result = map[string]any{}
	}
	for key, change := range changes {
		if change == nil {
			delete(result, key)
			continue
		}
		result[key] = merged(result[key], change)
	}
	return result
}

func sameJSON(a, b map[string]any, key string) bool {
	x, hadX := a[key]
	y, hadY := b[key]
	return hadX == hadY && string(mustJSON(x)) == string(mustJSON(y))
}

// maxExcerpt is how many bytes of one value the history of an edit keeps.
const maxExcerpt = 16 << 10

// valuesOf gives the keys with their values, of long ones only how long they are.
func valuesOf(data map[string]any, keys []string) map[string]any {
	values := map[string]any{}
	for _, key := range keys {
		v, ok := data[key]
		if !ok {
			continue
		}
		values[key] = v
		if n := len(mustJSON(v)); n > maxExcerpt {
			values[key] = fmt.Sprintf("(%d bytes)", n)
		}
	}
	return values
}
