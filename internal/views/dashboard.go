package views

// DashboardView is the view model of the dashboard.
type DashboardView struct {
	Empty       bool // nothing was ever started that the reader may see
	Counts      []DashboardCount
	Hours       BarChart
	Days        BarChart
	SLA         *DashboardSLA // nil when nothing with a due time was decided
	Definitions []DashboardDefinition
	Took        SpanChart
	Others      string // says how many definitions are not shown; "" for none
	Longest     []DashboardWait
	Failures    []DashboardFailure
}

// DashboardSLA says how many decisions were in time.
type DashboardSLA struct {
	Share      string // in per cent, in words
	InTime     string
	InTimeHref string
	All        string
	AllHref    string
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
	P50, P95      CountLink // not Some when nothing was completed
}

// BarChart is a chart of numbers, one after the other, with a table of the same.
type BarChart struct {
	ID    string
	Title string
	Head  string    // what a bar stands for, in the table
	Total CountLink // of all bars
	Bars  []Bar
}

// Bar is one bar of a chart. Its measures are in per cent of the chart.
type Bar struct {
	Name        string // of its row
	Label       string // below the bar; "" for none
	Count       CountLink
	Shown       bool // the number stands above the bar
	Left, Place string
	X, Width    string
	Y, Height   string
	Middle      string
}

// SpanChart shows from where to where something goes, one row for each, on one
// scale, which is logarithmic. Its table is that of the definitions.
type SpanChart struct {
	Rows  []Span
	Ticks []Tick
}

// Span is one row of a SpanChart, in per cent of its width.
type Span struct {
	Title    string
	Href     string
	From, To string
	Text     string // both ends in words
}

// Tick is a mark of the scale.
type Tick struct{ At, Label string }

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
