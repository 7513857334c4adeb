package views

// DashboardView is the view model of the dashboard.
type DashboardView struct {
	Empty       bool // nothing was ever started that the reader may see
	Counts      []DashboardCount
	Definitions []DashboardDefinition
	Days        []DashboardDay
	SLA         string // how many decisions were in time; "" when there was none
	Longest     []DashboardWait
	Failures    []DashboardFailure
}

// DashboardCount is a figure that leads to its list.
type DashboardCount struct {
	Label string
	Value string
	State string // gives the figure its icon and hue
	Some  bool   // the figure is not zero
	Href  string
}

// DashboardDefinition is the row of one definition.
type DashboardDefinition struct {
	Title         string
	Name          string
	Href          string
	Running       CountLink
	Waiting       CountLink
	Paused        CountLink
	Failed        CountLink
	CompletedWeek CountLink
	P50, P95      string // "" when nothing was completed
}

// DashboardDay is one bar of the chart of completed instances. Its measures are
// in per cent of the chart.
type DashboardDay struct {
	Day       string
	Count     CountLink
	X, Width  string
	Y, Height string
	Middle    string
}

// CountLink is a number that leads to its list.
type CountLink struct {
	Value string
	Some  bool
	Href  string
	Label string // what is counted, for screen readers
}

// DashboardWait is an instance that waits.
type DashboardWait struct {
	Title string
	Short string // the last digits of its id
	Href  string
	Why   string
}

// DashboardFailure counts instances that failed at one step in one way.
type DashboardFailure struct {
	Definition string
	Step       string
	Message    string
	Count      CountLink
}

// The ids of the dashboard's regions.
const (
	DashboardCountsID      = "dashboard-counts"
	DashboardDefinitionsID = "dashboard-definitions"
	DashboardLongestID     = "dashboard-longest"
	DashboardFailuresID    = "dashboard-failures"
	DashboardDaysID        = "dashboard-days"
)
