package views

import (
	"strings"
	"time"

	"github.com/a-h/templ"

	"tandem/internal/form"
)

// TaskView is the page of a task.
type TaskView struct {
	Act         string // address of its page, with the path prefix; what is done with it is below
	Title       string
	Description templ.Component // nil for none
	Request     TaskData        // what the instance was started with
	Facts       TaskFacts
	Version     string

	Changed Comparison // what is not as it was when the viewer opened the task
	Merge   *TaskMerge // in place of the form, where values are to be chosen first; nil = no

	Form   *TaskForm // nil when the viewer may not decide
	Why    string    // why there is no form, "" when it is decided
	Answer *TaskData // of a completed task
	Note   string    // the comment of a completed task

	MayClaim   bool
	MayUnclaim bool
	Reassign   *TaskReassign // nil when the viewer may not
	Talk       TaskTalk
	Around     string      // address of what stands around it, with the path prefix; "" for none
	Links      []GuestLink // of guests, for who passes them on
}

// TaskData is a JSON object as people read it: labelled rows and its text.
type TaskData struct {
	Rows    []DataRow
	Data    Data // shown where there are no rows
	Nothing bool // nothing was filled in: shown instead of both
}

// TaskFacts stand beside a task.
type TaskFacts struct {
	State      string
	Definition string
	Requester  string
	Asked      Moment
	Created    Moment
	Due        Moment
	Overdue    bool
	Assignee   string // in words
	Owner      string // who has delegated it, "" for nobody
	May        string // who may decide, in words
	Instance   string // address, with the path prefix
	Outcome    string
	DoneBy     string
	DoneAt     Moment
}

// TaskForm is the form by which a task is decided.
type TaskForm struct {
	Form     form.Shown
	Problems Problems
	Outcomes []TaskOutcome // none: one button
	Submit   string        // of the one button, "" for the usual one
	Propose  *TaskPropose  // the form proposes a decision; nil = it decides
	Comment  string
	TooLong  string     // what is wrong with the comment, "" for nothing
	Warning  string     // said above the form, "" for nothing
	Draft    *TaskDraft // nil where nothing is saved
	Seen     string     // what the page says beside the form, for comparing later
}

// TaskPropose is what a form asks that only proposes a decision.
type TaskPropose struct {
	Text    string
	Choices []form.Option // decisions to propose; none where there is nothing to choose
}

// TaskDraft is what is saved of a form that is not sent yet.
type TaskDraft struct {
	Action string // address, with the path prefix
	Saved  string // when, in words; "" when nothing is saved
}

// TaskOutcome is a button that decides.
type TaskOutcome struct {
	Name  string
	Title string
}

// TaskReassign gives a task to somebody else.
type TaskReassign struct {
	Person, Group, Reason string   // as typed
	Load                  []string // who has how many tasks, in words
	Problem               string   // "" for none
	At                    string   // id of the control that the problem is about
	Open                  bool
}

// TaskConflictView says that a decision came too late or may not be taken, and
// what was typed.
type TaskConflictView struct {
	Title   string
	Why     string     // "" for none
	Text    string     // what became of the decision
	Task    string     // title of the task
	Href    string     // of the task, with the path prefix
	Decided *TaskFacts // what was decided, nil while the task is open
	Typed   []DataRow
	Both    Comparison // what was typed beside what was decided; in place of Typed
}

// TaskRows lists fields by their labels, as text. Empty ones are left out.
func (p Page) TaskRows(fields []form.Field) []DataRow {
	var rows []DataRow
	for _, f := range fields {
		row := p.taskRow(f)
		if row.Value != "" || len(row.Rows) > 0 {
			rows = append(rows, row)
		}
	}
	return rows
}

func (p Page) taskRow(f form.Field) DataRow {
	row := DataRow{Key: f.Label, Value: p.written(f)}
	switch f.Kind {
	case form.Row:
		row.Value, row.Rows = "", p.TaskRows(f.Children)
		if isPlainRow(f) && len(row.Rows) == 1 {
			row.Value, row.Rows = row.Rows[0].Value, nil
		}
	case form.Group, form.List:
		row.Value, row.Rows = "", p.TaskRows(f.Children)
	case form.File:
		row.Value = ""
		if f.File != nil {
			row.Value = f.File.Name
		}
	case form.Checkbox:
		row.Value = p.yesNo(f.Checked)
	case form.Select, form.Radio, form.Checkboxes, form.MultiSelect:
		row.Value = p.picked(f.Options)
	case form.Password:
		row.Value = ""
	}
	return row
}

// written is a field's value as people read it: dates in words, times with
// their zone.
func (p Page) written(f form.Field) string {
	kind := f.Kind
	if kind == form.Static {
		kind = f.Was
	}
	switch {
	case f.Value == "":
	case kind == form.Date:
		if day, err := time.Parse(time.DateOnly, f.Value); err == nil {
			return day.Format(p.T("time.date"))
		}
	case kind == form.Time:
		return f.Value + " " + f.Zone
	case kind == form.DateTimeLocal:
		day, hour, _ := strings.Cut(f.Value, "T")
		if at, err := time.Parse(time.DateOnly, day); err == nil {
			return at.Format(p.T("time.date")) + ", " + hour + " " + f.Zone
		}
		return f.Value + " " + f.Zone
	}
	return f.Value
}

// picked joins the labels of the options that are chosen.
func (p Page) picked(options []form.Option) string {
	text := ""
	for _, o := range options {
		if !o.Selected || o.Value == "" {
			continue
		}
		if text != "" {
			text += ", "
		}
		text += p.optionLabel(o)
	}
	return text
}

func (p Page) submitText(f TaskForm) string {
	if f.Submit != "" {
		return f.Submit
	}
	return p.T("task.complete")
}

// outcomeClass makes the first button the one that stands out.
func outcomeClass(i int) string {
	if i == 0 {
		return "btn-primary"
	}
	return "btn-quiet"
}

// taskFormAct is where the form is sent.
func taskFormAct(v TaskView, f TaskForm) string {
	if f.Propose != nil {
		return v.Act + "/return"
	}
	return v.Act + "/complete"
}
