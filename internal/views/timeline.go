package views

// TimelineView is the time of an instance's steps as bars, with the same in
// words. Bars are placed in hundredths of a per cent of the shown time.
type TimelineView struct {
	From, To Moment
	Ticks    []TimelineTick
	Rows     []TimelineRow
	Note     string     // "" when all rows are shown
	Zoom     []ZoomLink // plain links; none in the short form
	FullHref string     // the whole timeline; "" on its own page
	Pager    Pager
}

// TimelineTick is a line with a time.
type TimelineTick struct {
	At    string // in per cent
	Label string
	End   bool // the label stands before the line
}

// TimelineRow is one visit of a step.
type TimelineRow struct {
	ID       string
	Label    string
	State    string
	Note     string // attempts, items
	Bars     []TimelineBar
	Worked   string
	Waited   string
	ItemHref string // of its items; "" for none
	Items    string
}

// TimelineBar is a stretch of time.
type TimelineBar struct {
	X, Width string // in per cent
	Kind     string // work, failed, wait, around
	State    string
	Title    string
}

// ZoomLink shows another stretch of time.
type ZoomLink struct {
	Label string
	Icon  string
	Href  string // "" when it leads nowhere
}

// TimelinePageView is the page of a timeline.
type TimelinePageView struct {
	MendFrame
	List     string // the list whose items are shown; "" for the steps
	ListHref string // back to the steps
	Timeline TimelineView
	Jump     *RowJump // nil where one page shows all
}

// RowJump leads to a place in a long list.
type RowJump struct {
	Action string
	Hidden []Hidden
	Value  string // rows before the shown ones
	Most   string
}

// InstanceTimelineID is the id of the region of the timeline.
const InstanceTimelineID = "instance-timeline"
