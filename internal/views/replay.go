package views

// ReplayView is an instance as it was at one entry of its history.
type ReplayView struct {
	MendFrame
	Position string // which entry it is, and when
	State    string
	Event    InstanceEvent
	First    string // addresses with the path prefix; "" where there is none
	Previous string
	Next     string
	Last     string
	Graph    GraphView
	Around   []InstanceEvent // entries before and after, oldest first
}

// HistoryPageView is the whole history of an instance, by a filter that stands
// in the address.
type HistoryPageView struct {
	MendFrame
	Kinds []FilterChoice
	Steps []FilterChoice
	Who   string
	Lines []InstanceEvent // newest first
	Pager Pager
}

// narrowed says whether a field of the filter is set.
func (v HistoryPageView) narrowed() bool {
	return v.Who != "" || anyChosen(v.Kinds) || anyChosen(v.Steps)
}
