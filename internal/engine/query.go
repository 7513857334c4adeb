package engine

import (
	"context"
	"time"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// Reader answers the questions of pages and API. Lists hold only what the
// viewer may see; something that he may not see is not found. Lists page by
// key: a cursor is opaque and comes from the page before.
type Reader interface {
	Instances(ctx context.Context, viewer workflow.Actor, f InstanceFilter, p Paging) (Page[InstanceRow], error)
	Instance(ctx context.Context, viewer workflow.Actor, id uuid.UUID) (workflow.Instance, error)
	Visible(ctx context.Context, viewer workflow.Actor, ids []uuid.UUID) ([]uuid.UUID, error) // those of the instances that he may see
	Executions(ctx context.Context, viewer workflow.Actor, instance uuid.UUID, limit int) ([]workflow.Execution, error)
	Steps(ctx context.Context, viewer workflow.Actor, instance uuid.UUID, limit int) ([]workflow.Execution, error)
	StepPage(ctx context.Context, viewer workflow.Actor, instance, holder uuid.UUID, p Paging) (Page[workflow.Execution], error)     // by offset: oldest first without the items of lists, or the items of one list by index
	History(ctx context.Context, viewer workflow.Actor, instance uuid.UUID, f HistoryFilter, p Paging) (Page[workflow.Event], error) // newest first
	ItemCounts(ctx context.Context, viewer workflow.Actor, instance uuid.UUID) ([]ItemCount, error)
	InstanceTasks(ctx context.Context, viewer workflow.Actor, instance uuid.UUID, limit int) ([]workflow.Task, error)
	Events(ctx context.Context, viewer workflow.Actor, instance uuid.UUID, p Paging) (Page[workflow.Event], error)
	Tasks(ctx context.Context, viewer workflow.Actor, f TaskFilter, p Paging) (Page[TaskRow], error)
	Task(ctx context.Context, viewer workflow.Actor, id uuid.UUID) (TaskRow, error)
	Workload(ctx context.Context, viewer workflow.Actor, logins []string) (map[string]int, error)    // open tasks of each, in the viewer's tenant
	Comments(ctx context.Context, viewer workflow.Actor, task uuid.UUID) ([]workflow.Comment, error) // oldest first, at most workflow.MaxComments
	InboxCount(ctx context.Context, viewer workflow.Actor) (int, error)                              // of TasksInbox, at most MaxInboxCount
	Definitions(ctx context.Context, viewer workflow.Actor, f DefinitionFilter, p Paging) (Page[DefinitionRow], error)
	Versions(ctx context.Context, viewer workflow.Actor, name string) ([]DefinitionRow, error)
	Schedules(ctx context.Context, viewer workflow.Actor) ([]ScheduleRow, error) // at most MaxTotal
	Stats(ctx context.Context, viewer workflow.Actor, now time.Time) (Stats, error)
	System(ctx context.Context, tenant string) (System, error)                                                // of the whole server; topics, dead letters and seals of the tenant
	Topics(ctx context.Context, tenant string, topics []string) (map[string]time.Time, error)                 // when a program last asked for jobs of each
	Audit(ctx context.Context, viewer workflow.Actor, f AuditFilter, p Paging) (Page[workflow.Record], error) // newest first; see MayAudit
}

// Limits of lists.
const (
	DefaultLimit = 50
	MaxLimit     = 200
	MaxOffset    = 10_000
	MaxTotal     = 10_000 // totals are exact up to here and capped beyond

	MaxInboxCount = 100 // every page shows the count
	ShownTotal    = 500 // pages count so far: the count costs more than all they show
)

// ShownItems is how many items of one list Reader.Steps and InstanceTasks give:
// those of the lowest indexes. Reader.ItemCounts tells of all.
const ShownItems = 50

// MaxItemCounts bounds Reader.ItemCounts.
const MaxItemCounts = 2000

// HistoryFilter narrows the history of an instance; fields combine as in
// InstanceFilter.
type HistoryFilter struct {
	Families []string // what stands before the dot of a type: workflow, step, task, …
	Steps    []string
	Actors   []string
}

// ItemCount counts the executions inside one that holds items.
type ItemCount struct {
	Holder uuid.UUID
	Status workflow.StepStatus
	Count  int
}

// ErrTooBroad is what a list answers whose search takes longer than two seconds.
var ErrTooBroad = workflow.Errorf(workflow.KindInvalid, "too_broad",
	"This search takes too long. Narrow it: name a workflow, a state or a time, or search by data that the workflow lists under search.")

// Paging asks for one page of a list.
type Paging struct {
	Limit  int    // 1 to MaxLimit; 0 = DefaultLimit
	Cursor string // empty = from the beginning
	Offset int    // up to MaxOffset, when there is no cursor
	Most   int    // how many rows are counted; 0 = MaxTotal
}

// Page is one page of a list.
type Page[T any] struct {
	Items         []T
	Total         int
	TotalIsCapped bool
	Limit         int
	NextCursor    string // empty = this is the last page
}

// InstanceFilter narrows a list of instances. Empty fields do not; several
// values of one field mean "one of them", several fields mean "all of them".
type InstanceFilter struct {
	IDs             []uuid.UUID
	DefinitionNames []string
	Versions        []string
	Statuses        []workflow.Status
	CreatedBy       []string
	CorrelationIDs  []string
	Query           string // part of an id, a correlation id or a definition's name
	StartedAfter    *time.Time
	StartedBefore   *time.Time
	CompletedAfter  *time.Time
	CompletedBefore *time.Time
	Steps           []string // one of which is under way
	Labels          []string // of the definition
	Assignees       []string // of an open task
	Health          []Health // one of which holds
	FailedSteps     []string // at which a failed instance failed, and with what message:
	FailedWith      []string // of both the first workflow.MaxFailure characters
	Data            []DataFilter
	Now             time.Time // for HealthOverdue; zero = the present
	Oldest          bool      // oldest first; newest first otherwise
}

// Health names a condition that operators look for.
type Health string

// The conditions.
const (
	HealthFailed   Health = "failed"
	HealthRetrying Health = "retrying"  // it moves, and a step waits for its next attempt
	HealthOverdue  Health = "overdue"   // an open task is late
	HealthNoWorker Health = "no_worker" // it moves, and a ready step has nobody: see TopicSilence and QueueSilence
	HealthOnHold   Health = "on_hold"   // somebody has paused it
)

// Healths lists every condition.
func Healths() []Health {
	return []Health{HealthFailed, HealthRetrying, HealthOverdue, HealthNoWorker, HealthOnHold}
}

// A ready step has nobody when no program has asked for its topic for
// TopicSilence, or no process that serves its queue was heard for QueueSilence.
const (
	TopicSilence = 5 * time.Minute
	QueueSilence = time.Minute
)

// DataFilter compares what data holds at a path. A value that can be read as a
// number is compared with numbers, any other with texts, byte by byte. Of a list
// each item counts. See workflow.SearchValues.
type DataFilter struct {
	Path   string
	Op     DataOp
	Values []string // one of which fits
}

// DataOp is how values are compared.
type DataOp string

// The comparisons. OpNotEqual needs a value that is another, OpContains passes
// over case.
const (
	OpEqual    DataOp = "eq"
	OpNotEqual DataOp = "ne"
	OpLess     DataOp = "lt"
	OpAtMost   DataOp = "lte"
	OpMore     DataOp = "gt"
	OpAtLeast  DataOp = "gte"
	OpContains DataOp = "contains"
)

// DataOps lists every comparison.
func DataOps() []DataOp {
	return []DataOp{OpEqual, OpNotEqual, OpLess, OpAtMost, OpMore, OpAtLeast, OpContains}
}

// MaxDataFilters bounds InstanceFilter.Data.
const MaxDataFilters = 8

// InstanceRow is an instance in a list: no data, no input, no state.
type InstanceRow struct {
	workflow.Instance
	DefinitionTitle string
}

// TaskView names one of the inbox's views.
type TaskView string

// The views of the inbox.
const (
	TasksMine       TaskView = "mine"       // assigned to the viewer
	TasksGroups     TaskView = "groups"     // the viewer is a candidate, nobody has it
	TasksUnassigned TaskView = "unassigned" // visible to the viewer, nobody has it
	TasksClaimable  TaskView = "claimable"  // the viewer may claim it
	TasksInbox      TaskView = "inbox"      // mine or claimable: what the viewer could decide
	TasksCompleted  TaskView = "completed"  // completed by the viewer
)

// TaskFilter narrows a list of tasks; fields combine as in InstanceFilter.
type TaskFilter struct {
	View            TaskView // empty = all that the viewer may see
	IDs             []uuid.UUID
	Assignees       []string
	Groups          []string
	Statuses        []workflow.TaskStatus
	DefinitionNames []string
	InstanceID      *uuid.UUID
	InstanceIDs     []uuid.UUID
	Overdue         *bool
	DueBefore       *time.Time
	DecidedSince    *time.Time // those with a due time that were decided then or later
	InTime          *bool      // of these, those that were decided in time, or too late
	Priorities      []int
	Urgent          bool   // the most urgent first, then by due; by due first otherwise
	Query           string // part of the title
	Now             time.Time
}

// Decided reports whether the filter is for tasks that have been decided: the
// newest decision comes first, whatever was due when.
func (f TaskFilter) Decided() bool { return f.View == TasksCompleted || f.DecidedSince != nil }

// TaskRow is a task with what lists and pages show of its instance.
type TaskRow struct {
	workflow.Task
	Definition      workflow.Ref
	DefinitionTitle string
	InstanceStatus  workflow.Status
	StartedBy       string
	StartedAt       time.Time
}

// DefinitionFilter narrows a list of definitions.
type DefinitionFilter struct {
	AllVersions bool   // otherwise the latest active version of each
	Query       string // part of the name or title
	Label       string
}

// DefinitionRow is a version of a definition in a list, without its document.
type DefinitionRow struct {
	workflow.Ref
	Title     string
	Labels    []string
	IsActive  bool
	CreatedAt time.Time
	CreatedBy string
	Instances int // that use it
	Open      int // of these, not finished
}

// Stats are the dashboard's figures, of what the viewer may see.
type Stats struct {
	ByStatus        map[workflow.Status]int
	OpenTasks       int
	OverdueTasks    int
	OverdueIsCapped bool // there are more; of who does not see all, at most ShownTotal are counted
	CompletedToday  int  // UTC day
	ByDefinition    []DefinitionStats
	LongestWaiting  []InstanceRow // at most 10, longest first
	Failures        []FailureStats
	Days            []DayStats  // since StatsWeek, each day
	Hours           []HourStats // since StatsDay, each hour
	Decided         int         // tasks with a due time, the last MaxDecided that were decided since StatsWeek
	DecidedInTime   int         // of these
}

// MaxDecided bounds how many decided tasks Stats looks at.
const MaxDecided = 1000

// DayStats is how many instances were completed on a day, in UTC.
type DayStats struct {
	Day       time.Time
	Completed int
}

// HourStats is how many instances were completed in an hour, which begins at
// Hour, in UTC.
type HourStats struct {
	Hour      time.Time
	Completed int
}

// StatsHours is how many hours Stats looks back on, the present one among them.
const StatsHours = 24

// StatsDay is when the first of them begins.
func StatsDay(now time.Time) time.Time {
	return now.UTC().Truncate(time.Hour).Add(-(StatsHours - 1) * time.Hour)
}

// StatsWeek is when the seven days begin that Stats looks back on: today and the
// six days before, in UTC.
func StatsWeek(now time.Time) time.Time { return now.UTC().Truncate(24*time.Hour).AddDate(0, 0, -6) }

// DefinitionStats are one definition's figures.
type DefinitionStats struct {
	Name          string
	ByStatus      map[workflow.Status]int
	CompletedWeek int           // since StatsWeek
	P50, P95      time.Duration // from start to completion, since StatsWeek: within an eighth of the nearest rank's
}

// FailureStats counts the failed instances by step and message, of both the
// first workflow.MaxFailure characters.
type FailureStats struct {
	Definition string
	Step       string
	Message    string
	Count      int
}
