package ui

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"

	"tandem/internal/views"
	"tandem/internal/workflow"
)

// eventDetail holds the fields of events that history tells.
type eventDetail struct {
	Reason          string   `json:"reason"`
	Error           string   `json:"error"`
	FailedStep      string   `json:"failed_step"`
	HandledBy       string   `json:"handled_by"`
	Fired           []string `json:"fired"`
	Outcome         string   `json:"outcome"`
	Comment         string   `json:"comment"`
	Title           string   `json:"title"`
	Assignee        string   `json:"assignee"`
	CandidateUsers  []string `json:"candidate_users"`
	Guests          []string `json:"guests"`
	CandidateGroups []string `json:"candidate_groups"`
	Users           []string `json:"users"`
	Groups          []string `json:"groups"`
	CompletedBy     string   `json:"completed_by"`
	ToAssignee      string   `json:"to_assignee"`
	OnBehalfOf      string   `json:"on_behalf_of"`
	Text            string   `json:"text"`
	ToGroup         string   `json:"to_group"`
	StepName        string   `json:"step_name"`
	Topic           string   `json:"topic"`
	Worker          string   `json:"worker"`

	NextAt *time.Time `json:"next_at"`
}

// detailOf reads an event's own fields; what cannot be read is left out.
func detailOf(e workflow.Event) eventDetail {
	var d eventDetail
	if len(e.Detail) > 0 {
		_ = json.Unmarshal(e.Detail, &d) // a field of another shape is told as if it were absent
	}
	return d
}

// teller puts events into words.
type teller struct {
	p     views.Page
	def   *workflow.Definition
	names *naming
}

// tell says what an event was.
func (t teller) tell(e workflow.Event) views.InstanceEvent {
	d := detailOf(e)
	line := views.InstanceEvent{At: t.p.Moment(e.At), State: eventState(e.Type), Note: d.Reason}
	switch family, _, _ := strings.Cut(string(e.Type), "."); family {
	case "workflow":
		line.Text = t.workflow(e, d)
	case "step":
		line.Text = t.step(e, d)
	default:
		line.Text = t.task(e, d)
	}
	switch {
	case d.Error != "":
		line.Note = d.Error
	case d.Comment != "":
		line.Note = d.Comment
	case e.Type == workflow.EventTaskCommented:
		line.Note = plainMarkdown(d.Text)
	}
	return line
}

func (t teller) workflow(e workflow.Event, d eventDetail) string {
	switch {
	case e.Type == workflow.EventWorkflowFailed && d.FailedStep == "":
		return t.p.T("event.workflow.failed_whole")
	case e.Type == workflow.EventWorkflowFailed:
		return t.p.T("event.workflow.failed", stepLabel(t.def, d.FailedStep))
	case e.Type == workflow.EventWorkflowCompleted:
		return t.p.T("event.workflow.completed")
	}
	return t.p.T("event."+string(e.Type), t.names.of(e.Actor))
}

func (t teller) step(e workflow.Event, d eventDetail) string {
	key, step := "event."+string(e.Type), t.label(e)
	switch {
	case e.Type == workflow.EventStepRetrying && d.NextAt != nil:
		return t.p.T(key, step, e.Attempt, t.p.Moment(*d.NextAt).Exact)
	case e.Type == workflow.EventStepStarted && d.Topic != "":
		return t.p.T(key+"_worker", step, cmp.Or(d.Worker, t.names.of(e.Actor)), e.Attempt)
	case e.Type == workflow.EventStepStarted && e.Attempt > 1:
		return t.p.T(key+"_again", step, e.Attempt)
	case e.Type == workflow.EventStepCompleted && len(d.Fired) > 0:
		return t.p.T(key+"_to", step, t.labels(d.Fired))
	case e.Type == workflow.EventStepFailed && d.HandledBy != "":
		return t.p.T(key+"_handled", step, stepLabel(t.def, d.HandledBy))
	}
	return t.p.T(key, step)
}

// label names the event's step, and its item in a list.
func (t teller) label(e workflow.Event) string {
	return itemLabel(t.p, stepLabel(t.def, e.Step), e.Role == workflow.EachItem, e.Index)
}

func (t teller) labels(steps []string) string {
	list := make([]string, 0, len(steps))
	for _, s := range steps {
		list = append(list, stepLabel(t.def, s))
	}
	return strings.Join(list, ", ")
}

func (t teller) task(e workflow.Event, d eventDetail) string {
	key, step, who := "event."+string(e.Type), t.label(e), t.names.acting(t.p, e.Actor, d.OnBehalfOf)
	switch e.Type {
	case workflow.EventTaskCreated:
		return t.p.T(key, t.asked(d.Assignee, append(d.CandidateUsers, d.Guests...), d.CandidateGroups), d.Title)
	case workflow.EventTaskReassigned, workflow.EventTaskDelegated, workflow.EventTaskReturned:
		return t.p.T(key, who, step, t.given(d))
	case workflow.EventTaskReopened:
		return t.p.T(key, t.names.of(d.CompletedBy), step)
	case workflow.EventTaskOverdue:
		return t.p.T(key, step)
	case workflow.EventTaskReminded:
		return t.p.T(key, t.asked(d.Assignee, append(d.CandidateUsers, d.Guests...), d.CandidateGroups), step)
	case workflow.EventTaskEscalated:
		return t.p.T(key, step, t.asked("", d.Users, d.Groups))
	case workflow.EventTaskCompleted:
		if d.Outcome != "" {
			return t.p.T(key+"_outcome", who, step, outcomeTitle(t.def, e.Step, d.Outcome))
		}
		return t.p.T(key, who, step)
	case workflow.EventDataEdited, workflow.EventInstanceMigrated:
		return t.p.T(key, who)
	case workflow.EventHookReceived:
		if e.Step == "" {
			step = stepLabel(t.def, d.StepName)
		}
		return t.p.T(key, step)
	}
	return t.p.T(key, who, step)
}

// asked says who is asked by a task: its assignee, else its candidates.
func (t teller) asked(assignee string, users, groups []string) string {
	switch {
	case assignee != "":
		return t.names.of(assignee)
	case len(groups) > 0:
		return t.p.T("event.group", strings.Join(groups, ", "))
	case len(users) > 0:
		return t.names.list(users)
	}
	return t.p.T("event.anyone")
}

func (t teller) given(d eventDetail) string {
	if d.ToAssignee != "" {
		return t.names.of(d.ToAssignee)
	}
	return t.p.T("event.group", d.ToGroup)
}

// outcomeTitle is what the button of an outcome says.
func outcomeTitle(def *workflow.Definition, step, outcome string) string {
	return cmp.Or(titleOfOutcome(def.Step(step), outcome), outcome)
}

// eventStates gives each event the state whose icon and hue it has.
var eventStates = map[workflow.EventType]string{
	workflow.EventWorkflowCompleted: "completed",
	workflow.EventWorkflowFailed:    "failed",
	workflow.EventWorkflowCanceled:  "canceled",
	workflow.EventWorkflowPaused:    "paused",
	workflow.EventStepCompleted:     "succeeded",
	workflow.EventStepFailed:        "failed",
	workflow.EventStepSkipped:       "skipped",
	workflow.EventStepCanceled:      "canceled",
	workflow.EventStepLost:          "failed",
	workflow.EventStepRetrying:      "failed",
	workflow.EventTaskCreated:       "waiting",
	workflow.EventTaskClaimed:       "waiting",
	workflow.EventTaskUnclaimed:     "waiting",
	workflow.EventTaskReassigned:    "waiting",
	workflow.EventTaskDelegated:     "waiting",
	workflow.EventTaskReturned:      "waiting",
	workflow.EventTaskCommented:     "waiting",
	workflow.EventTaskOverdue:       "overdue",
	workflow.EventTaskReminded:      "waiting",
	workflow.EventTaskEscalated:     "waiting",
	workflow.EventTaskReopened:      "waiting",
	workflow.EventTaskCompleted:     "succeeded",
}

func eventState(kind workflow.EventType) string {
	if state, ok := eventStates[kind]; ok {
		return state
	}
	return "running"
}
