package ui

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"tandem/internal/form"
	"tandem/internal/trial"
)

// move makes the move that a button asks for.
func (t *trying) move(do, detail string) {
	t.chosen = placeOf(t.values.Get("_at"))
	switch {
	case t.values.Get("_op") != "":
		t.cardForm, t.typed = t.act(), true
	case t.values.Has("_outcome") || do == "decide":
		t.decide()
	case do == "choose":
		t.chosen = placeOf(detail)
	case do == "answer":
		t.answer()
	case do == "fail":
		t.fail()
	case do == "finish":
		t.finish()
	case do == "jump" || do == "retry" || do == "skip":
		t.make(trial.Move{Do: trial.Verb(do), Place: t.at(do)})
	}
	t.state.Moves = t.run.Moves
}

// at is where a move is made; time and retries have no place.
func (t *trying) at(do string) trial.Place {
	if do == "skip" {
		return t.chosen
	}
	return trial.Place{}
}

// make makes a move, or says why not.
func (t *trying) make(m trial.Move) bool {
	if err := t.run.Make(m); err != nil {
		t.refuseFor(err)
		return false
	}
	t.chosen = trial.Place{}
	return true
}

// open is the thing that was chosen, ok is false when it waits no more.
func (t *trying) open() (trial.Open, bool) {
	for _, o := range t.run.Open() {
		if o.Place == t.chosen {
			return o, true
		}
	}
	return trial.Open{}, false
}

// act changes the shape of the open form.
func (t *trying) act() form.State {
	o, ok := t.open()
	f := formOf(o)
	if !ok || f == nil {
		return form.State{}
	}
	t.fakeFiles(f)
	return acted(t.r, f, t.values, t.decoding())
}

func (t *trying) decide() {
	o, ok := t.open()
	if !ok || o.Kind != trial.WaitsForPeople {
		t.refuseFor(trial.ErrGone)
		return
	}
	f, outcome := formOf(o), t.values.Get("_outcome")
	t.fakeFiles(f)
	mode, known := modeOf(o.Step.Human, outcome)
	value, errs := f.Submit(t.values, t.decoding(), mode)
	if !errs.Empty() || !known {
		t.failed, t.typed = true, true
		t.cardForm = form.State{Values: t.values, Errors: errs}
		if !known {
			t.refuse(t.p.T("task.choose", outcomeTitles(o.Step)))
		}
		return
	}
	output, err := json.Marshal(value)
	if err != nil {
		t.refuse(err.Error())
		return
	}
	if !t.make(trial.Move{Do: trial.Decide, Place: o.Place, As: strings.TrimSpace(t.values.Get("_as")), Outcome: outcome, Output: output}) {
		t.cardForm, t.typed = form.State{Values: t.values}, true
	}
}

// answer gives what the outside world says.
func (t *trying) answer() {
	o, ok := t.open()
	if !ok {
		t.refuseFor(trial.ErrGone)
		return
	}
	t.typed = true
	output := bytes.TrimSpace([]byte(t.values.Get("_answer")))
	if f := formOf(o); f != nil && f.Schema() != nil {
		t.fakeFiles(f)
		value, errs := f.Submit(t.values, t.decoding(), form.Full)
		t.cardForm = form.State{Values: t.values, Errors: errs}
		if !errs.Empty() {
			t.failed = true
			return
		}
		output, _ = json.Marshal(value) // a decoded value always encodes
	}
	if len(output) == 0 {
		output = []byte("null")
	}
	if !json.Valid(output) {
		t.refuse(t.p.T("trial.answer_bad"))
		return
	}
	t.typed = !t.make(trial.Move{Do: trial.Answer, Place: o.Place, Output: output})
}

func (t *trying) fail() {
	status, err := strconv.Atoi(cmp.Or(strings.TrimSpace(t.values.Get("_status")), "0"))
	if err != nil || status < 0 || status > 999 {
		t.typed = true
		t.refuse(t.p.T("trial.status_bad"))
		return
	}
	t.make(trial.Move{
		Do: trial.Fail, Place: t.chosen, Status: status,
		Code: strings.TrimSpace(t.values.Get("_code")), Message: strings.TrimSpace(t.values.Get("_message")),
	})
}

// finish makes the moves that go without saying.
func (t *trying) finish() {
	t.chosen = trial.Place{}
	for range maxFinish {
		switch err := t.run.Next(); {
		case errors.Is(err, trial.ErrStuck):
			if !t.run.Instance().Status.Finished() {
				t.note = t.p.T("trial.stuck")
			}
			return
		case err != nil:
			t.refuseFor(err)
			return
		}
		if t.run.Instance().Status.Finished() {
			return
		}
	}
	t.note = t.p.T("trial.many", t.p.Count(len(t.run.Moves)))
}

// formOf is the form of something that is open, nil where it has none.
func formOf(o trial.Open) *form.Form {
	switch {
	case o.Step == nil:
		return nil
	case o.Step.Human != nil && o.Step.Human.Form != nil:
		return o.Step.Human.Form
	case o.Step.Human != nil:
		return &form.Form{}
	case o.Step.Webhook != nil:
		return o.Step.Webhook.Form
	}
	return nil
}

// keyOf and placeOf write and read where something waits.
func keyOf(at trial.Place) string {
	return strings.Join([]string{at.Step, strconv.Itoa(at.Visit), strconv.Itoa(at.Index)}, " ")
}

func placeOf(key string) trial.Place {
	parts := strings.Fields(key)
	if len(parts) != 3 {
		return trial.Place{}
	}
	visit, _ := strconv.Atoi(parts[1]) // what is no number is no place either
	index, _ := strconv.Atoi(parts[2])
	return trial.Place{Step: parts[0], Visit: visit, Index: index}
}
