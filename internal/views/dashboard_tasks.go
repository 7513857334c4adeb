package views

// OpenTasksView is the view model of the list of all open tasks.
type OpenTasksView struct {
	Title       string
	Overdue     bool // only those
	Filtered    bool
	Query       string
	Assignee    string
	Group       string
	Definitions []FilterChoice
	Rows        []OpenTask
	Give        string // address of the page that reassigns the ticked ones; "" for those who may not
	Back        string // of the list, without the path prefix
	Pager       Pager
}

// narrowed says whether a field of the filter is set.
func (v OpenTasksView) narrowed() bool {
	return v.Query != "" || v.Assignee != "" || v.Group != "" || anyChosen(v.Definitions)
}

// OpenTask is one open task of anybody.
type OpenTask struct {
	Pick         string // what is sent when it is ticked; "" where one may not
	Title        string
	Href         string
	State        string
	Who          string
	Definition   string
	InstanceHref string
	Short        string // the end of the instance's id
	Due          Moment
	Created      Moment
}
