package ui

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/form"
	"tandem/internal/mermaid"
	"tandem/internal/views"
	"tandem/internal/workflow"
)

// Limits of an instance's page.
const (
	maxExecutions = 1000
	maxTasks      = 200
	historyPart   = 100 // entries of the history that are shown at once
)

// instanceRead is what a page knows of an instance.
type instanceRead struct {
	in         workflow.Instance
	def        *workflow.Definition
	executions []workflow.Execution
	total      stepTotal          // of visits that are not all read
	counts     []engine.ItemCount // of items; nil when no step has any
	parent     *workflow.Instance // that started it, when the reader may see it
	tasks      []workflow.Task
	events     []workflow.Event // the shown part, oldest first
	allEvents  engine.Page[workflow.Event]
	skipped    int // entries newer than the shown part
	names      *naming
	topics     map[string]time.Time            // that it waits for
	children   map[uuid.UUID]workflow.Instance // that it waits for, at most maxWhy
}

// readInstance reads an instance and its parts, as far as the reader may see it.
func (u *UI) readInstance(r *http.Request, id uuid.UUID) (instanceRead, error) {
	ctx, a := r.Context(), actor(r)
	read := instanceRead{names: u.naming(r), skipped: historySkip(r.URL.Query())}
	var err error
	if read.in, err = u.Read.Instance(ctx, a, id); err != nil {
		return read, err
	}
	if read.def, err = u.Engine.Definition(ctx, a, read.in.Definition.Name, read.in.Definition.Version); err != nil {
		return read, err
	}
	if err := u.readSteps(r, &read); err != nil {
		return read, err
	}
	if err := u.readAround(r, &read); err != nil {
		return read, err
	}
	if read.tasks, err = u.Read.InstanceTasks(ctx, a, id, maxTasks); err != nil {
		return read, err
	}
	if err := u.readEvents(r, id, &read); err != nil {
		return read, err
	}
	read.know()
	return read, nil
}

// know looks up at once who is named.
func (read *instanceRead) know() {
	logins := []string{read.in.CreatedBy}
	for _, e := range read.allEvents.Items {
		logins = append(logins, e.Actor)
	}
	for _, t := range read.tasks {
		logins = append(logins, t.Assignee, t.CompletedBy)
	}
	slices.Sort(logins)
	read.names.know(slices.Compact(logins)...)
}

// readAround reads the counts of items and the workflow above.
func (u *UI) readAround(r *http.Request, read *instanceRead) error {
	ctx, a := r.Context(), actor(r)
	if slices.ContainsFunc(read.executions, func(e workflow.Execution) bool { return e.Role == workflow.EachHolder }) {
		counts, err := u.Read.ItemCounts(ctx, a, read.in.ID)
		if err != nil {
			return err
		}
		read.counts = counts
	}
	if err := u.readWaits(r, read); err != nil {
		return err
	}
	if read.in.Parent == (workflow.Parent{}) {
		return nil
	}
	parent, err := u.Read.Instance(ctx, a, read.in.Parent.InstanceID)
	if workflow.KindOf(err) == workflow.KindNotFound {
		return nil // not the reader's to see
	}
	read.parent = &parent
	return err
}

// readWaits reads what else is known of that for which the instance waits.
func (u *UI) readWaits(r *http.Request, read *instanceRead) error {
	var topics []string
	read.children = map[uuid.UUID]workflow.Instance{}
	for _, w := range read.in.WaitingFor {
		if w.Topic != "" {
			topics = append(topics, w.Topic)
		}
		if w.Child == nil || len(read.children) == maxWhy {
			continue
		}
		child, err := u.Read.Instance(r.Context(), actor(r), *w.Child)
		switch {
		case err == nil:
			read.children[*w.Child] = child
		case workflow.KindOf(err) != workflow.KindNotFound:
			return err
		}
	}
	if len(topics) == 0 {
		return nil
	}
	var err error
	read.topics, err = u.Read.Topics(r.Context(), read.in.Tenant, topics)
	return err
}

// historySkip reads how many of the newest entries the address leaves out.
func historySkip(query url.Values) int {
	n, err := strconv.Atoi(query.Get("skip"))
	if err != nil {
		return 0
	}
	return min(max(n, 0), engine.MaxOffset)
}

// readEvents reads the shown part of the history, which ends read.skipped
// entries before the newest.
func (u *UI) readEvents(r *http.Request, id uuid.UUID, read *instanceRead) error {
	page, err := u.Read.Events(r.Context(), actor(r), id, engine.Paging{Limit: historyPart})
	if err != nil {
		return err
	}
	read.allEvents = page
	end := max(page.Total-read.skipped, 0)
	start := max(end-historyPart, 0)
	if start == 0 {
		read.events = page.Items[:min(end, len(page.Items))]
		return nil
	}
	page, err = u.Read.Events(r.Context(), actor(r), id, engine.Paging{Limit: end - start, Offset: min(start, engine.MaxOffset)})
	read.events = page.Items
	return err
}

// instanceView reads an instance and lays it out for its reader.
func (u *UI) instanceView(r *http.Request, id uuid.UUID) (views.Page, views.InstanceView, error) {
	read, err := u.readInstance(r, id)
	if err != nil {
		return views.Page{}, views.InstanceView{}, err
	}
	in, def := read.in, read.def
	p := u.page(r, def.Title+" "+shortID(id), views.NavInstances)
	view := views.InstanceView{
		Title: def.Title, Short: shortID(id), ID: id.String(), State: string(in.Status), Why: read.why(p).sentences(),
		DefinitionHref: p.Href(definitionPath(def.Name) + "?version=" + url.QueryEscape(def.Version)), Version: def.Version,
		CorrelationID: in.CorrelationID, CreatedBy: read.names.of(in.CreatedBy),
		Started: momentOf(p, in.StartedAt), Finished: momentOf(p, in.CompletedAt),
		Graph: read.graph(p), Timeline: read.timeline(p), History: read.history(p),
		Tasks: read.taskRows(p), Data: read.labelled(p, "data", in.Data), Input: read.labelled(p, "input", in.Input),
	}
	read.offers(p, actor(r), &view)
	if read.parent != nil {
		view.Parent = p.T("instance.of", read.parent.Definition.Name, shortID(read.parent.ID))
		view.ParentHref = p.Href(instancePath(read.parent.ID))
	}
	view.Executions = read.stepRows(p)
	if !read.total.all() {
		view.ExecutionsNote = p.T("instance.newest_of", read.total.words(p))
	}
	if slices.ContainsFunc(read.tasks, func(t workflow.Task) bool { return t.Item && t.Index == engine.ShownItems-1 }) {
		view.TasksNote = p.T("instance.tasks_part", engine.ShownItems)
	}
	if !in.Status.Finished() {
		view.LiveURL = p.Href("/live" + instancePath(id))
		if read.skipped > 0 {
			view.LiveURL += "?skip=" + strconv.Itoa(read.skipped)
		}
	}
	return p, view, nil
}

// labelled lays out data by the labels of the start form.
func (read instanceRead) labelled(p views.Page, id string, value json.RawMessage) views.Data {
	data, f := p.Data(id, value), read.def.StartForm()
	if f == nil || f.Schema() == nil {
		return data
	}
	return data.Labelled(p, f.Fields(form.State{Stored: decoded(value), Lang: form.LangOf(p.Lang), Zone: p.Zone}))
}

func (read instanceRead) why(p views.Page) why {
	y := why{p: p, in: read.in, def: read.def, names: read.names, steps: read.executions, topics: read.topics, children: read.children}
	for i, e := range read.events {
		switch e.Type {
		case workflow.EventWorkflowPaused:
			y.held = &read.events[i]
		case workflow.EventWorkflowCanceled:
			y.ending = &read.events[i]
		}
	}
	return y
}

// actionsOf offers what the reader may do and the state allows.
func actionsOf(p views.Page, in workflow.Instance, def *workflow.Definition, a workflow.Actor) []views.Confirm {
	operator, starter := def.MayOperate(a), in.CreatedBy == a.ID
	var list []views.Confirm
	for _, v := range verbs {
		if !v.offer(in, operator, starter) {
			continue
		}
		key := "instance." + v.name
		list = append(list, views.Confirm{
			ID: v.name, Label: p.T(key), Icon: v.icon, Text: p.T(key + "_text"), Button: p.T(key + "_button"),
			Action: p.Href(instancePath(in.ID) + "/" + v.name), Reason: true, ReasonRequired: v.reason, Danger: v.danger,
		})
	}
	return list
}

// graph draws the definition; states stand in the tables beside it.
func (read instanceRead) graph(p views.Page) views.GraphView {
	v := graphOf(read.def)
	v.Live = true
	d := mermaid.Of(read.def, "TD").WithState(read.in, read.executions)
	again := map[string]bool{}
	for _, e := range read.executions {
		again[e.Step] = again[e.Step] || e.Role != workflow.EachItem && backsOff(e)
	}
	unread := read.unread()
	for i, n := range d.Nodes {
		v.Steps[i].State = cmp.Or(unread[n.ID], n.State)
		if again[n.ID] && n.State == string(workflow.StepScheduled) {
			v.Steps[i].State = stateRetrying
		}
		v.Steps[i].Visits = read.in.State.Steps[n.ID].Visits
		v.Steps[i].Href = read.taskHref(p, n.ID)
		if n.Total > 0 {
			v.Steps[i].Items = p.T("instance.items_done", p.Count(n.Done), p.Count(n.Total))
			v.Steps[i].Count = p.Count(n.Done) + "/" + p.Count(n.Total)
		} else if v.Steps[i].Visits > 1 {
			v.Steps[i].Count = p.Count(v.Steps[i].Visits) + "×"
		}
	}
	for i, e := range d.Edges {
		v.Ways[i].Taken = e.Taken
	}
	return v
}

// taskHref leads to the latest task of a step, "" when there is none.
func (read instanceRead) taskHref(p views.Page, step string) string {
	for _, t := range slices.Backward(read.tasks) {
		if t.Step == step {
			return p.Href(taskPath(t.ID))
		}
	}
	return ""
}

func (read instanceRead) history(p views.Page) views.InstanceHistory {
	var h views.InstanceHistory
	words := teller{p: p, def: read.def, names: read.names}
	h.AllHref = p.Href(instancePath(read.in.ID) + "/history")
	for _, e := range slices.Backward(read.events) {
		line := words.tell(e)
		line.Href = p.Href(replayPath(read.in.ID, e))
		h.Lines = append(h.Lines, line)
	}
	total := read.allEvents.Total
	if total <= len(read.events) {
		return h
	}
	h.Note = p.T("instance.history_part", p.Count(len(read.events)), p.Count(total))
	if read.skipped > 0 {
		h.NewestHref = p.Href(instancePath(read.in.ID))
	}
	if earlier := read.skipped + historyPart; earlier < total {
		h.EarlierHref = p.Href(instancePath(read.in.ID) + "?skip=" + strconv.Itoa(earlier))
	}
	return h
}

// stateRetrying is the state of a step between two attempts, as people see it.
const stateRetrying = "retrying"

// backsOff reports whether an attempt has failed and the next is to come.
func backsOff(e workflow.Execution) bool {
	return e.Live && e.Status == workflow.StepScheduled && e.DueAt != nil && e.Error != nil
}

// stateOf is the state of an execution as people see it: failed also when only
// its exit failed, paused while its instance is.
func (read instanceRead) stateOf(e workflow.Execution) string {
	switch {
	case e.Hold == workflow.HoldFailed:
		return string(workflow.StepFailed)
	case e.Live && read.in.Status == workflow.StatusPaused:
		return string(workflow.StatusPaused)
	case backsOff(e):
		return stateRetrying
	}
	return string(e.Status)
}

// resultOf says how somebody decided.
func (read instanceRead) resultOf(e workflow.Execution) string {
	switch {
	case e.CompletedBy == "":
		return ""
	case e.Outcome == "":
		return read.names.of(e.CompletedBy)
	}
	return read.names.of(e.CompletedBy) + ": " + outcomeTitle(read.def, e.Step, e.Outcome)
}

func (read instanceRead) taskRows(p views.Page) []views.InstanceTask {
	var rows []views.InstanceTask
	words := teller{p: p, def: read.def, names: read.names}
	for _, t := range read.tasks {
		row := views.InstanceTask{
			ID: t.ID.String(), Title: itemLabel(p, cmp.Or(t.Title, stepLabel(read.def, t.Step)), t.Item, t.Index), Href: p.Href(taskPath(t.ID)),
			State: read.taskState(p, t), Due: momentOf(p, t.DueAt),
			Who: words.asked(t.Assignee, append(slices.Clone(t.CandidateUsers), t.Guests...), t.CandidateGroups),
		}
		if t.Status == workflow.TaskCompleted {
			row.Who, row.Due = read.names.of(t.CompletedBy), views.Moment{}
			row.Result, row.Answer = outcomeTitle(read.def, t.Step, t.Outcome), read.answerOf(p, t)
		}
		rows = append(rows, row)
	}
	return rows
}

// Limits of what a row tells of a form.
const (
	maxAnswers = 3
	maxAnswer  = 60 // bytes of a value
)

// answerOf tells the first values that a completed task's form said, in short.
func (read instanceRead) answerOf(p views.Page, t workflow.Task) string {
	step := read.def.Step(t.Step)
	if step == nil || step.Human == nil || step.Human.Form == nil || step.Human.Form.Schema() == nil {
		return ""
	}
	var told []string
	state := form.State{Stored: decoded(t.Output), Lang: form.LangOf(p.Lang), Zone: p.Zone}
	for _, row := range p.TaskRows(step.Human.Form.Fields(state)) {
		if row.Value == "" || len(told) == maxAnswers {
			continue
		}
		value := clip(row.Value, maxAnswer)
		if value != row.Value {
			value += "…"
		}
		told = append(told, row.Key+": "+value)
	}
	return strings.Join(told, " · ")
}

// taskState is the state of a task: one that waits is held with its instance.
func (read instanceRead) taskState(p views.Page, t workflow.Task) string {
	if t.Status == workflow.TaskPending && read.in.Status == workflow.StatusPaused {
		return string(workflow.StatusPaused)
	}
	return taskBadge(p, t)
}

// taskBadge is the state of a task among others.
func taskBadge(p views.Page, t workflow.Task) string {
	switch {
	case t.Status != workflow.TaskPending:
		return string(t.Status)
	case overdue(p, t):
		return "overdue"
	}
	return string(workflow.StatusWaiting)
}
