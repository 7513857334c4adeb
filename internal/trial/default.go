package trial

import (
	"encoding/json"
	"errors"

	"tandem/internal/form"
	"tandem/internal/workflow"
)

// ErrStuck says that nothing goes on by itself: the author has to make the move.
var ErrStuck = errors.New("no move goes without saying")

// answers are the results that actions have unless the author says otherwise.
var answers = map[string]string{
	"http.request": `{"status":200,"headers":{},"body":{}}`,
	"email.send":   `{"message_id":"<test-run@tandem.invalid>","recipients":[]}`,
}

// DefaultAnswer is what something that waits for the outside world gets unless
// the author says otherwise; ok is false when it would be refused.
func (o Open) DefaultAnswer() (json.RawMessage, bool) {
	switch o.Kind {
	case WaitsForSystem:
		if answer := answers[o.Action]; answer != "" {
			return json.RawMessage(answer), true
		}
	case WaitsForCall, WaitsForMessage:
		return sample(o.Step.Webhook.Form)
	}
	return json.RawMessage("{}"), true
}

// sample makes up what a form would take.
func sample(f *form.Form) (json.RawMessage, bool) {
	if f == nil || f.Schema() == nil {
		return json.RawMessage("{}"), true
	}
	value, ok := f.Sample()
	text, err := json.Marshal(value)
	return text, ok && err == nil
}

// Sample makes up what a task's form would take for one of its outcomes; ok is
// false when that cannot be guessed.
func Sample(human *workflow.Human, outcome string) (json.RawMessage, bool) {
	switch o := human.Outcome(outcome); {
	case o != nil && o.SkipSchema:
		return json.RawMessage("{}"), true
	case o != nil && o.Form != nil:
		return sample(o.Form)
	}
	return sample(human.Form)
}

// Next makes the move that goes without saying: somebody decides, with the first
// outcome that has not been tried and made-up data, the outside world answers
// well, else time goes on. ErrStuck when there is none.
func (r *Run) Next() error {
	for _, o := range r.Open() {
		if err := r.nextOf(o); err == nil || errors.Is(err, ErrTooLong) {
			return err
		}
	}
	if _, ok := r.NextDue(); ok {
		return r.Make(Move{Do: Jump})
	}
	return ErrStuck
}

func (r *Run) nextOf(o Open) error {
	switch o.Kind {
	case HasFailed:
		return ErrStuck
	case WaitsForPeople:
		return r.decideByDefault(o)
	}
	answer, ok := o.DefaultAnswer()
	if !ok {
		return ErrStuck
	}
	return r.Make(Move{Do: Answer, Place: o.Place, Output: answer})
}

// decideByDefault has the first who may decide do so. A step that is visited
// again gets the next outcome, so that loops end.
func (r *Run) decideByDefault(o Open) error {
	outcome, human := "", o.Step.Human
	if n := len(human.Outcomes); n > 0 {
		outcome = human.Outcomes[(o.Visit-1)%n].Name
	}
	output, ok := Sample(human, outcome)
	if !ok {
		return ErrStuck
	}
	err := ErrStuck
	for _, login := range People(o.Task) {
		err = r.Make(Move{Do: Decide, Place: o.Place, As: login, Outcome: outcome, Output: output})
		if workflow.KindOf(err) != workflow.KindConflict && workflow.KindOf(err) != workflow.KindForbidden {
			return err
		}
	}
	return err
}
