package api

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"tandem/internal/auth"
	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// HumanTask is what a person is asked to do.
type HumanTask struct {
	ID                string     `json:"id" format:"uuid"`
	InstanceID        string     `json:"instance_id" format:"uuid"`
	ExecutionID       string     `json:"execution_id" format:"uuid"`
	DefinitionName    string     `json:"definition_name"`
	DefinitionVersion string     `json:"definition_version"`
	StepName          string     `json:"step_name"`
	Visit             int        `json:"visit" doc:"Of the step, from 1."`
	Index             *int       `json:"index" doc:"Of the item in a for_each, from 0; null outside one."`
	Scope             *string    `json:"scope" format:"uuid" doc:"The execution around it, of a group or of a for_each."`
	Title             string     `json:"title"`
	Description       string     `json:"description" doc:"Markdown."`
	Assignee          *string    `json:"assignee"`
	CandidateUsers    []string   `json:"candidate_users" nullable:"false"`
	CandidateGroups   []string   `json:"candidate_groups" nullable:"false"`
	Guests            []string   `json:"guests" nullable:"false" doc:"E-mail addresses of people without an account who may decide it by a personal link."`
	Status            string     `json:"status" enum:"pending,completed,canceled"`
	Outcomes          []Outcome  `json:"outcomes" nullable:"false"`
	Outcome           *string    `json:"outcome" doc:"That was chosen."`
	OutputData        Object     `json:"output_data" doc:"That was given; null before it is completed."`
	Comment           *string    `json:"comment"`
	Priority          int        `json:"priority" doc:"Higher is more urgent."`
	DueDate           *time.Time `json:"due_date"`
	ReminderAt        *time.Time `json:"reminder_at"`
	CreatedAt         time.Time  `json:"created_at"`
	ClaimedAt         *time.Time `json:"claimed_at" doc:"Null unless the assignee took it himself."`
	Owner             *string    `json:"owner" doc:"Who has delegated it to the assignee, and decides once it is returned."`
	OnBehalfOf        *string    `json:"on_behalf_of" doc:"In whose place the assignee has claimed or decided it."`
	Proposal          *Proposal  `json:"proposal" doc:"Of somebody to whom it was delegated."`
	CompletedAt       *time.Time `json:"completed_at"`
	CompletedBy       *string    `json:"completed_by"`
	FormSchema        Object     `json:"form_schema"`
	FormUI            Object     `json:"form_ui"`
	Version           int64      `json:"version" doc:"Grows with claim, assignment and completion; also the ETag."`
}

// TaskDetail is a task with the data of its instance.
type TaskDetail struct {
	HumanTask
	Comments    []Comment `json:"comments" nullable:"false" doc:"Oldest first, at most 1,000."`
	ContextData Object    `json:"context_data" doc:"The instance's data, as the request is about it."`
	Draft       *Draft    `json:"draft" doc:"Yours, if you have saved one."`

	GuestLinks []GuestLink `json:"guest_links" nullable:"false" doc:"Of the guests of an open task, for who operates the instance, is not excluded, and may write tasks."`
}

// GuestLink is the personal link of somebody without an account.
type GuestLink struct {
	Guest string `json:"guest" doc:"His e-mail address."`
	URL   string `json:"url" doc:"Whoever has it can decide the task in his name."`
}

type (
	taskList struct {
		Paging
		Mine           bool      `query:"mine" doc:"Assigned to you: open ones, unless status says otherwise."`
		Claimable      bool      `query:"claimable" doc:"That you may claim. With mine: either."`
		AssigneeID     []string  `query:"assignee_id,explode"`
		AssigneeGroup  []string  `query:"assignee_group,explode" doc:"Of the candidates."`
		Status         []string  `query:"status,explode" enum:"pending,completed,canceled"`
		Overdue        string    `query:"overdue" enum:"true,false"`
		DefinitionName []string  `query:"definition_name,explode"`
		InstanceID     string    `query:"instance_id"`
		DueBefore      time.Time `query:"due_before"`
		Q              string    `query:"q" maxLength:"200" doc:"A part of the title."`
		Priority       []int     `query:"priority,explode"`
		Sort           string    `query:"sort" enum:"due_date,-priority" default:"due_date" doc:"Soonest due first, none last; or the most urgent first."`
	}
	taskInput struct {
		ID string `path:"id"`
	}
	taskVerbInput struct {
		ID string `path:"id"`
		Precondition
		Once
		Body *struct {
			Behalf
			Version int64 `json:"version,omitempty" minimum:"1" doc:"That the task must still have."`
		}
	}
	completeInput struct {
		ID string `path:"id"`
		Precondition
		Preference
		Once
		Body struct {
			OutputData  Object `json:"output_data,omitempty" doc:"Must fit the form, unless the outcome does not need it."`
			Outcome     string `json:"outcome,omitempty" doc:"One of the task's outcomes, where it has any."`
			Comment     string `json:"comment,omitempty"`
			Version     int64  `json:"version,omitempty" minimum:"1" doc:"That the task must still have."`
			CompletedBy string `json:"completed_by,omitempty" doc:"As user_id; give one of them."`
			Behalf
		}
	}
	reassignInput struct {
		ID string `path:"id"`
		Precondition
		Once
		Body struct {
			Behalf
			NewAssignee string `json:"new_assignee,omitempty" doc:"A login; this or new_group."`
			NewGroup    string `json:"new_group,omitempty"`
			Reason      string `json:"reason,omitempty" doc:"Kept in the history."`
		}
	}
	tasksAnswer struct{ Body List[HumanTask] }
	taskAnswer  struct {
		ETag string `header:"ETag"`
		Replayed
		Body HumanTask
	}
	taskDetailAnswer struct {
		ETag string `header:"ETag"`
		Body TaskDetail
	}
)

func (b *builder) taskRoutes() {
	const one = "/tasks/{id}"
	handle(b, endpoint{Route: reads("/tasks", "tasks"), ID: "list-tasks", Summary: "List tasks, soonest due first", Refusals: []int{422},
		Doc: "Every filter combines with every other; repeated keys mean one of them."}, b.listTasks)
	handle(b, endpoint{Route: reads(one, "tasks"), ID: "get-task", Summary: "Get a task with its form and data", Refusals: []int{404}}, b.getTask)
	handleOnce(b, endpoint{Route: changes(one+"/claim", "tasks"), ID: "claim-task", Summary: "Take a task", Refusals: verbRefusals}, b.taskVerb(b.Engine.ClaimTask), taskAgain[taskVerbInput](b.API))
	handleOnce(b, endpoint{Route: changes(one+"/unclaim", "tasks"), ID: "unclaim-task", Summary: "Give a task back to its candidates", Refusals: verbRefusals}, b.taskVerb(b.Engine.UnclaimTask), taskAgain[taskVerbInput](b.API))
	handleOnce(b, endpoint{Route: changes(one+"/complete", "tasks"), ID: "complete-task", Summary: "Decide a task", Refusals: verbRefusals,
		Doc: "Of several who try at once exactly one succeeds. Answers with the instance when the decision is durable."}, b.completeTask, instanceAgain[completeInput](b.API))
	handleOnce(b, endpoint{Route: changes(one+"/reassign", "tasks"), ID: "reassign-task", Summary: "Give a task to another person or group", Refusals: verbRefusals}, b.reassignTask, taskAgain[reassignInput](b.API))
	b.talkRoutes(one)
}

func (a *API) listTasks(ctx context.Context, who workflow.Actor, in *taskList) (*tasksAnswer, error) {
	filter, err := a.taskFilter(who, in)
	if err != nil {
		return nil, err
	}
	page, err := a.Read.Tasks(ctx, who, filter, in.engine())
	if err != nil {
		return nil, err
	}
	list, err := listOf(page, func(row engine.TaskRow) (HumanTask, error) { return a.taskOf(ctx, who, row.Task, row.Definition) })
	return &tasksAnswer{list}, err
}

func (a *API) taskFilter(who workflow.Actor, in *taskList) (engine.TaskFilter, error) {
	f := engine.TaskFilter{
		View: taskView(in), Assignees: in.AssigneeID, Groups: in.AssigneeGroup, Statuses: converted[workflow.TaskStatus](in.Status),
		DefinitionNames: in.DefinitionName, DueBefore: given(in.DueBefore), Query: in.Q, Now: a.Now().UTC(),
		Priorities: in.Priority, Urgent: in.Sort == "-priority",
	}
	if in.Overdue != "" {
		overdue := in.Overdue == "true"
		f.Overdue = &overdue
	}
	if id, ok := parseID(in.InstanceID); ok {
		f.InstanceID = &id
	} else if in.InstanceID != "" {
		return f, workflow.Errorf(workflow.KindMalformed, "bad_filter", "The parameter instance_id is no id.")
	}
	if in.Mine && f.View == "" {
		if len(in.AssigneeID) > 0 && !slices.Contains(in.AssigneeID, who.ID) {
			return f, workflow.Errorf(workflow.KindMalformed, "bad_filter", "The parameters mine and assignee_id exclude each other. Take one of them.")
		}
		f.Assignees = []string{who.ID}
	}
	return f, nil
}

// taskView chooses the view; views hold open tasks only, so that mine with a
// status is no view.
func taskView(in *taskList) engine.TaskView {
	switch {
	case in.Mine && in.Claimable:
		return engine.TasksInbox
	case in.Claimable:
		return engine.TasksClaimable
	case in.Mine && len(in.Status) == 0:
		return engine.TasksMine
	}
	return ""
}

func (a *API) getTask(ctx context.Context, who workflow.Actor, in *taskInput) (*taskDetailAnswer, error) {
	row, err := a.task(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	shape, err := a.taskOf(ctx, who, row.Task, row.Definition)
	if err != nil {
		return nil, err
	}
	instance, err := a.Read.Instance(ctx, who, row.InstanceID)
	if err != nil {
		return nil, err
	}
	comments, err := a.Read.Comments(ctx, who, row.ID)
	if err != nil {
		return nil, err
	}
	def, err := a.Engine.Definition(ctx, who, row.Definition.Name, row.Definition.Version)
	if err != nil {
		return nil, err
	}
	detail := TaskDetail{HumanTask: shape, ContextData: Object(instance.Data), Comments: make([]Comment, len(comments)), GuestLinks: a.guestLinks(def, who, row.Task)}
	for i, c := range comments {
		detail.Comments[i] = commentOf(c)
	}
	detail.Draft, err = a.ownDraft(ctx, who, row.Task)
	return &taskDetailAnswer{ETag: etag(row.Version), Body: detail}, err
}

// guestLinks lists the personal links of a task's guests, if the caller may pass
// them on.
func (a *API) guestLinks(def *workflow.Definition, who workflow.Actor, t workflow.Task) []GuestLink {
	links := []GuestLink{}
	if !def.ShowsLinks(t, who) || !auth.Allows(who, "tasks", true) {
		return links
	}
	for _, guest := range t.Guests {
		links = append(links, GuestLink{Guest: guest, URL: a.PublicURL + "/guest/" + a.Engine.GuestToken(who.Tenant, t, guest)})
	}
	return links
}

// task reads a task that the caller may see.
func (a *API) task(ctx context.Context, who workflow.Actor, id string) (engine.TaskRow, error) {
	key, ok := parseID(id)
	if !ok {
		return engine.TaskRow{}, workflow.ErrTaskNotFound
	}
	return a.Read.Task(ctx, who, key)
}

// seenTask reads a task that is about to change and checks If-Match.
func (a *API) seenTask(ctx context.Context, who workflow.Actor, id string, p Precondition) (engine.TaskRow, error) {
	row, err := a.task(ctx, who, id)
	if err != nil {
		return row, err
	}
	return row, p.holds(row.Version)
}

// taskVerb makes an operation of an engine's verb.
func (a *API) taskVerb(do func(context.Context, workflow.Actor, uuid.UUID, int64) (workflow.Instance, error)) func(context.Context, workflow.Actor, *taskVerbInput) (*taskAnswer, error) {
	return func(ctx context.Context, who workflow.Actor, in *taskVerbInput) (*taskAnswer, error) {
		seen, err := a.seenTask(ctx, who, in.ID, in.Precondition)
		if err != nil {
			return nil, err
		}
		var version int64
		if in.Body != nil {
			version = in.Body.Version
		}
		if _, err := do(ctx, who, seen.ID, in.demanded(version, seen.Version)); err != nil {
			return nil, in.failed(err, seen.Version)
		}
		return a.changedTask(ctx, who, seen.ID)
	}
}

func (a *API) completeTask(ctx context.Context, who workflow.Actor, in *completeInput) (*instanceAnswer, error) {
	seen, err := a.seenTask(ctx, who, in.ID, in.Precondition)
	if err != nil {
		return nil, err
	}
	instance, err := a.Engine.CompleteTask(ctx, who, seen.ID, engine.Completion{
		Output: in.Body.OutputData.raw("{}"), Outcome: in.Body.Outcome, Comment: in.Body.Comment, Version: in.demanded(in.Body.Version, seen.Version),
	})
	if err != nil {
		return nil, under("/output_data", in.failed(err, seen.Version))
	}
	return a.answer(ctx, instance, in.Preference)
}

// taskAgain answers a repeated verb with the task as it is by now.
func taskAgain[I any](a *API) func(context.Context, workflow.Actor, *I, workflow.KeyUse) (*taskAnswer, error) {
	return func(ctx context.Context, who workflow.Actor, _ *I, _ workflow.KeyUse) (*taskAnswer, error) {
		key, ok := parseID(pathID(ctx))
		if !ok {
			return nil, workflow.ErrTaskNotFound
		}
		return a.changedTask(ctx, who, key)
	}
}

func (a *API) reassignTask(ctx context.Context, who workflow.Actor, in *reassignInput) (*taskAnswer, error) {
	seen, err := a.seenTask(ctx, who, in.ID, in.Precondition)
	if err != nil {
		return nil, err
	}
	if _, err := a.Engine.ReassignTask(ctx, who, seen.ID, engine.Reassignment{
		User: in.Body.NewAssignee, Group: in.Body.NewGroup, Reason: in.Body.Reason, Version: in.demanded(0, seen.Version),
	}); err != nil {
		return nil, in.failed(err, seen.Version)
	}
	return a.changedTask(ctx, who, seen.ID)
}

// changedTask gives a task that the caller has just changed, even if he has
// given it away and may see it no longer.
func (a *API) changedTask(ctx context.Context, who workflow.Actor, id uuid.UUID) (*taskAnswer, error) {
	row, err := a.Read.Task(ctx, workflow.SystemActor(who.Tenant, "answer"), id)
	if err != nil {
		return nil, err
	}
	shape, err := a.taskOf(ctx, who, row.Task, row.Definition)
	return &taskAnswer{ETag: etag(row.Version), Body: shape}, err
}

func (a *API) taskOf(ctx context.Context, who workflow.Actor, t workflow.Task, ref workflow.Ref) (HumanTask, error) {
	shape := HumanTask{
		ID: t.ID.String(), InstanceID: t.InstanceID.String(), ExecutionID: t.ExecutionID.String(),
		DefinitionName: ref.Name, DefinitionVersion: ref.Version, StepName: t.Step, Title: t.Title, Description: t.Description,
		Assignee: orNull(t.Assignee), CandidateUsers: orEmpty(t.CandidateUsers), CandidateGroups: orEmpty(t.CandidateGroups), Guests: orEmpty(t.Guests),
		Status: string(t.Status), Outcomes: []Outcome{}, Outcome: orNull(t.Outcome), OutputData: Object(t.Output), Comment: orNull(t.Comment),
		Priority: t.Priority, DueDate: t.DueAt, CreatedAt: t.CreatedAt, ClaimedAt: t.ClaimedAt,
		CompletedAt: t.CompletedAt, CompletedBy: orNull(t.CompletedBy), Version: t.Version,
		Visit: t.Visit, Scope: idOrNull(t.Scope), ReminderAt: t.ReminderAt,
		Owner: orNull(t.Owner), OnBehalfOf: orNull(t.ActsFor), Proposal: proposalOf(t.Proposal),
	}
	if t.Item {
		shape.Index = &t.Index
	}
	def, err := a.Engine.Definition(ctx, who, ref.Name, ref.Version)
	if err != nil {
		return shape, err
	}
	if step := def.Step(t.Step); step != nil && step.Human != nil {
		shape.Outcomes = outcomesOf(step.Human)
		shape.FormSchema, shape.FormUI = Object(step.Human.FormSchema), Object(step.Human.FormUI)
	}
	return shape, nil
}
