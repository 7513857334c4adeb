package ui

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strconv"

	"tandem/internal/form"
	"tandem/internal/trial"
	"tandem/internal/views"
	"tandem/internal/workflow"
)

// show lays out the run and answers: a page, or to scripts what has changed.
func (t *trying) show(w http.ResponseWriter) error {
	v, p := &t.view, t.p
	v.Graph = graphOf(t.def)
	v.Graph.Live = true
	if t.run == nil {
		t.showStart()
	} else {
		t.showRun()
	}
	state, err := json.Marshal(t.state)
	if err != nil {
		return err
	}
	if t.state.Start != nil {
		v.Carried = append(v.Carried, views.Hidden{Name: "_state", Value: string(state)})
	}
	if isFragment(t.r) {
		return render(w, t.r, http.StatusOK, views.TrialMove(p, *v))
	}
	status := http.StatusOK
	if t.failed {
		status, p.Problem = http.StatusUnprocessableEntity, true
	}
	return render(w, t.r, status, views.TrialPage(p, *v))
}

// showStart shows the form that starts the run, filled in with a sample.
func (t *trying) showStart() {
	v, f := &t.view, t.def.StartForm()
	v.Start.As = cmp.Or(v.Start.As, actor(t.r).ID)
	v.Start.Unique = t.def.Unique
	if t.startForm.Values == nil && t.startForm.Stored == nil {
		t.startForm.Stored, _ = f.Sample()
	}
	v.Start.Form = t.shown(f, t.startForm)
}

// shown gives a form and puts what is wrong with it among the problems.
func (t *trying) shown(f *form.Form, state form.State) form.Shown {
	state.Lang, state.Zone = form.LangOf(t.p.Lang), t.p.Zone
	shown := f.Show(state)
	t.view.Problems.Items = append(t.view.Problems.Items, views.SummaryProblems(shown.Summary, views.TrialPartID).Items...)
	return shown
}

func (t *trying) showRun() {
	v, p, in := &t.view, t.p, t.run.Instance()
	names := t.u.naming(t.r)
	read := instanceRead{in: in, def: t.def, executions: t.run.Executions(), names: names}
	v.Begun, v.CanBack = true, true
	v.State, v.Clock, v.Graph = string(in.Status), p.Moment(t.run.Now()).Exact, read.graph(p)
	v.Data = read.labelled(p, "trial-data", in.Data)
	open := t.run.Open()
	t.choose(open)
	words := teller{p: p, def: t.def, names: names}
	for _, o := range open[:min(len(open), maxTrialWaits)] {
		v.Waits = append(v.Waits, t.wait(o, words))
		if o.Place == t.chosen {
			card := t.card(o, words)
			v.Card = &card
			v.Carried = append(v.Carried, views.Hidden{Name: "_at", Value: keyOf(o.Place)})
		}
	}
	due, waits := t.run.NextDue()
	if waits && !in.Status.Finished() {
		v.Jump = p.T("trial.due."+string(due.Kind), p.Moment(due.At).Exact, stepLabel(t.def, t.run.StepOf(due)))
		if due.Kind == workflow.DueInstanceTimeout || due.Kind == workflow.DueStart {
			v.Jump = p.T("trial.due."+string(due.Kind), p.Moment(due.At).Exact)
		}
	}
	v.Next = !in.Status.Finished() && (waits || len(open) > 0)
	v.Said = t.said(in, open, waits)
	t.turns(words)
}

// choose opens the first thing unless the chosen one still waits.
func (t *trying) choose(open []trial.Open) {
	for _, o := range open {
		if o.Place == t.chosen {
			return
		}
	}
	t.chosen = trial.Place{}
	if len(open) > 0 {
		t.chosen = open[0].Place
	}
}

// said is what has become of the run.
func (t *trying) said(in workflow.Instance, open []trial.Open, waits bool) string {
	switch {
	case t.note != "":
		return t.note
	case in.Status == workflow.StatusCompleted, in.Status == workflow.StatusCanceled:
		return t.p.T("trial.said." + string(in.Status))
	case in.Status == workflow.StatusFailed && len(open) == 0 && in.Error != nil:
		return t.p.T("trial.said.failed", in.Error.Message)
	case len(open) == 0 && !waits:
		return t.p.T("trial.said.waits")
	}
	return ""
}

func (t *trying) label(o trial.Open) string {
	return itemLabel(t.p, stepLabel(t.def, o.Execution.Step), o.Execution.Role == workflow.EachItem, o.Index)
}

func (t *trying) wait(o trial.Open, words teller) views.TrialWait {
	w := views.TrialWait{Key: keyOf(o.Place), Label: t.label(o), Kind: string(o.Kind), Open: o.Place == t.chosen}
	if o.Kind == trial.WaitsForPeople {
		w.Who = words.asked(o.Task.Assignee, append(o.Task.CandidateUsers, o.Task.Guests...), o.Task.CandidateGroups)
	} else {
		w.Who = t.p.T("trial.who." + string(o.Kind))
	}
	return w
}

// card lays out what can be done about one thing.
func (t *trying) card(o trial.Open, words teller) views.TrialCard {
	p := t.p
	c := views.TrialCard{Kind: string(o.Kind), Title: t.label(o), Input: p.Data("trial-input", o.Input)}
	switch o.Kind {
	case trial.WaitsForPeople:
		t.peopleCard(&c, o, words)
		return c
	case trial.HasFailed:
		c.Text = p.T("trial.failed")
		if o.Execution.Error != nil {
			c.Error = o.Execution.Error.Message
		}
		return c
	case trial.WaitsForSystem:
		c.Text = p.T("trial.system", o.Action)
	case trial.WaitsForWorker:
		c.Text = p.T("trial.worker", o.Execution.Topic)
	case trial.WaitsForWorkflow:
		c.Text = p.T("trial.workflow", o.Child.Definition)
	case trial.WaitsForMessage:
		c.Text = p.T("trial.message_of", o.Message.Name, o.Message.Key)
	case trial.WaitsForCall:
		c.Text = p.T("trial.call")
	}
	c.Submit = p.T("trial.go." + string(o.Kind))
	c.CanFail = o.Kind != trial.WaitsForCall && o.Kind != trial.WaitsForMessage
	t.answerCard(&c, o)
	return c
}

// answerCard asks for an answer: by the form of a webhook, else as JSON.
func (t *trying) answerCard(c *views.TrialCard, o trial.Open) {
	answer, _ := o.DefaultAnswer()
	if f := formOf(o); f != nil && f.Schema() != nil {
		if !t.typed {
			t.cardForm.Stored = decoded(answer)
		}
		c.HasForm, c.Form = true, t.shown(f, t.cardForm)
		return
	}
	c.Answer, c.Code = indented(answer), "failed"
	if t.typed {
		c.Answer, c.Code = t.values.Get("_answer"), t.values.Get("_code")
		c.Message, c.Status = t.values.Get("_message"), t.values.Get("_status")
	}
}

func (t *trying) peopleCard(c *views.TrialCard, o trial.Open, words teller) {
	human, task := o.Step.Human, o.Task
	if task.Title != "" {
		c.Title = itemLabel(t.p, task.Title, task.Item, task.Index)
	}
	c.Text = t.p.T("trial.people", words.asked(task.Assignee, append(task.CandidateUsers, task.Guests...), task.CandidateGroups))
	if task.Description != "" {
		c.Description = markdown(task.Description)
	}
	c.Input = views.Data{}
	c.People = trial.People(task)
	if len(c.People) > 0 {
		c.As = c.People[0]
	}
	for _, other := range human.Outcomes {
		c.Outcomes = append(c.Outcomes, views.TaskOutcome{Name: other.Name, Title: other.Title})
	}
	f := formOf(o)
	c.Submit = cmp.Or(f.SubmitText(), t.p.T("task.complete"))
	if t.typed {
		c.As = t.values.Get("_as")
	} else {
		sample, _ := trial.Sample(&workflow.Human{Form: human.Form}, "")
		t.cardForm.Stored = decoded(sample)
	}
	c.Form = t.shown(f, t.cardForm)
}

// turns tells what each move has made happen, the newest first.
func (t *trying) turns(words teller) {
	for i := len(t.run.Moves); i >= 0; i-- {
		turn := views.TrialTurn{Label: t.p.T("trial.turn.start", t.state.Start.As)}
		if i > 0 {
			turn.Label = t.turnLabel(t.run.Moves[i-1])
		}
		if i < len(t.run.Moves) {
			turn.To = "to:" + strconv.Itoa(i)
		}
		for _, e := range t.run.Since(i) {
			turn.Lines = append(turn.Lines, words.tell(e))
		}
		t.view.Turns = append(t.view.Turns, turn)
	}
}

func (t *trying) turnLabel(m trial.Move) string {
	key, step := "trial.turn."+string(m.Do), stepLabel(t.def, m.Step)
	switch m.Do {
	case trial.Decide:
		return t.p.T(key, m.As, cmp.Or(outcomeTitle(t.def, m.Step, m.Outcome), t.p.T("task.complete")))
	case trial.Jump, trial.Retry:
		return t.p.T(key)
	}
	return t.p.T(key, step)
}
