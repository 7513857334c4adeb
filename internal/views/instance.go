package views

// InstanceView is the view model of one instance.
type InstanceView struct {
	Title          string
	Short          string // the end of its id
	ID             string
	State          string
	Why            []string // why nothing happens, or what does
	DefinitionHref string
	Version        string
	CorrelationID  string
	Parent         string // the workflow that started it; "" for none
	ParentHref     string
	CreatedBy      string
	Started        Moment
	Finished       Moment
	Advice         string      // what to do about a failure; "" when there is none
	First          *ActionLink // leads to what fits best; nil when that is one of Actions
	Actions        []Confirm
	Links          []ActionLink // to pages on which it is mended
	Graph          GraphView
	Timeline       TimelineView
	History        InstanceHistory
	Executions     []InstanceExecution
	ExecutionsNote string // "" when all are shown
	Tasks          []InstanceTask
	TasksNote      string // "" when all are shown
	Data           Data
	Input          Data
	LiveURL        string // "" when nothing can happen any more
}

// InstanceHistory is a part of an instance's history, the newest entry first.
type InstanceHistory struct {
	Lines       []InstanceEvent
	Note        string // "" when all of it is shown
	EarlierHref string
	NewestHref  string
	AllHref     string // of the page with filters
}

// InstanceEvent is one entry of the history.
type InstanceEvent struct {
	At    Moment
	State string // gives the entry its icon and hue
	Text  string
	Note  string // a reason, a comment, an error; "" for none
	Href  string // of the instance as it was then; "" for none
	Here  bool   // the page shows this moment
}

// MaxStepLevel is how deep rows of steps are indented.
const MaxStepLevel = 4

// InstanceExecution is one visit of a step, or says how many items of a list
// have no row.
type InstanceExecution struct {
	ID        string
	Level     int    // of groups and lists around it, at most MaxStepLevel
	More      string // the row says nothing else; "" for a visit
	Step      string
	Type      string
	State     string
	Visit     string
	Attempt   string
	Began     Moment
	Took      string
	Result    string // an outcome and who decided it
	Error     string
	Items     string   // the counts of a list
	Progress  string   // of an external worker
	Attempts  []string // that ended without success, when there is more to say than Error
	Next      Moment   // of the next attempt
	NextWords string
	Child     string // the instance that it started
	ChildHref string
}

// InstanceTask is one task of an instance.
type InstanceTask struct {
	ID     string
	Title  string
	Href   string
	State  string
	Who    string
	Due    Moment
	Result string
	Answer string // the first values of its form
}

// The ids of the regions of an instance's page.
const (
	InstanceHeadID       = "instance-head"
	InstanceActionsID    = "instance-actions"
	InstanceHistoryID    = "instance-history"
	InstanceExecutionsID = "instance-executions"
	InstanceTasksID      = "instance-tasks"
	InstanceDataID       = "instance-data"
)
