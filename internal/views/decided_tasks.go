package views

// DecidedTasksView is the list of tasks with a due time that were decided lately.
type DecidedTasksView struct {
	Tabs  []InboxTab
	Rows  []DecidedTask
	Pager Pager
}

// DecidedTask is one of them.
type DecidedTask struct {
	Title      string
	Href       string
	Definition string
	By         string
	Late       bool
	Due        Moment
	At         Moment
}

func (p Page) inTime(late bool) Mark {
	if late {
		return Mark{Class: "state-overdue", Icon: "alarm-clock", Word: p.T("decided.late")}
	}
	return Mark{Class: "state-completed", Icon: "circle-check", Word: p.T("decided.in_time")}
}
