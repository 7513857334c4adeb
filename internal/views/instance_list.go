package views

import "slices"

// InstanceListView is the view model of the list of instances.
type InstanceListView struct {
	Views    SavedViews
	Filter   InstanceFilter
	Filtered bool // some filter is set
	TooBroad bool // the search would take too long; there are no rows
	Rows     []InstanceRow
	Bulk     *BulkForm // nil for those who may do nothing to the rows
	Pager    Pager
	LiveURL  string
}

// ListNews says how many rows have come since a page was loaded.
type ListNews struct {
	Text string // "" for none
	Href string
}

// SavedViews are filters kept under names.
type SavedViews struct {
	List    []SavedView
	Query   string // of the present filter; "" when there is none to keep
	Action  string // address to post a new one to
	MaxName int
}

// SavedView is one of them.
type SavedView struct {
	Name    string
	Href    string
	By      string // who shares it; "" for one's own
	Shared  bool
	Current bool
	Delete  string // address to post to; "" when one may not
}

// InstanceFilter is what stands in the form above the list.
type InstanceFilter struct {
	Statuses        []FilterChoice
	Definitions     []FilterChoice
	Query           string
	CreatedBy       string
	Healths         []FilterChoice
	More            bool // one of those below is set
	Version         string
	Assignee        string
	Step            string
	Label           string
	StartedAfter    string
	StartedBefore   string
	CompletedSince  string
	CompletedBefore string
	Correlation     string
	DataPath        string
	DataOps         []FilterChoice
	DataValue       string
	Oldest          bool
	Carried         []CarriedFilter
}

// CarriedFilter narrows the list beside what the controls show.
type CarriedFilter struct {
	Hidden
	Words   string
	Without string // leads to the list without it
}

// FilterChoice is one value of a filter.
type FilterChoice struct {
	Value  string
	Label  string
	Chosen bool
}

func anyChosen(choices []FilterChoice) bool {
	return slices.ContainsFunc(choices, func(c FilterChoice) bool { return c.Chosen && c.Value != "" })
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

// The ids of parts of the list.
const (
	InstanceRowsID = "instance-rows"
	InstanceNewsID = "instance-news"
)
