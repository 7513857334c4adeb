package views

// InstanceListView is the view model of the list of instances.
type InstanceListView struct {
	Filter   InstanceFilter
	Filtered bool // some filter is set
	TooBroad bool // the search would take too long; there are no rows
	Rows     []InstanceRow
	Pager    Pager
	LiveURL  string
}

// InstanceFilter is what stands in the form above the list.
type InstanceFilter struct {
	Statuses       []FilterChoice
	Definitions    []FilterChoice
	Versions       []string // carried along unseen
	Query          string
	CreatedBy      string
	CompletedSince string
	More           bool // one of those below is set
	Healths        []FilterChoice
	Assignee       string
	Step           string
	Label          string
	DataPath       string
	DataOps        []FilterChoice
	DataValue      string
}

// FilterChoice is one value of a filter.
type FilterChoice struct {
	Value  string
	Label  string
	Chosen bool
}

// InstanceRow is one instance in a list.
type InstanceRow struct {
	ID        string
	Title     string
	Short     string // the end of its id
	Href      string
	About     string // tells it from others of its definition; "" for nothing
	State     string
	Why       string
	CreatedBy string
	Started   Moment
	Finished  Moment
}

// InstanceRowsID is the id of the list's region.
const InstanceRowsID = "instance-rows"
