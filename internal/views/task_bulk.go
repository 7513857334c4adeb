package views

// ManyTasksView is the page on which several tasks get one decision.
type ManyTasksView struct {
	Tasks    []ManyTasksTask
	Form     *TaskForm // nil when there is none for all of them
	OneByOne bool      // the form takes files, which belong to one task
	Groups   []ManyTasksGroup
	Left     []ManyTasksAnswer // chosen ones that cannot be decided
	Act      string            // address to post to, with the path prefix
	Inbox    string            // address of the inbox, with the path prefix
}

// ManyTasksTask is one of the chosen tasks.
type ManyTasksTask struct {
	Title     string
	Href      string // with the path prefix
	Value     string // what the form sends for it
	Requester string
	Due       Moment
	Overdue   bool
}

// ManyTasksGroup are chosen tasks that share a form.
type ManyTasksGroup struct {
	Title string
	Count string // in words
	Href  string // with the path prefix
}

// ManyTasksAnswer says what became of one task.
type ManyTasksAnswer struct {
	Title string
	Href  string // with the path prefix; "" for one that cannot be seen
	Done  bool
	Text  string
}

// ManyTasksResult says what became of several tasks.
type ManyTasksResult struct {
	Answers      []ManyTasksAnswer
	Done, Failed int
	Inbox        string // address of the list that they were chosen in, with the path prefix
	From, Again  string // what that list is called, and what leads back to it
}

// GiveTasksView is the page on which several tasks get a new holder.
type GiveTasksView struct {
	Tasks    []ManyTasksTask // for whom they wait stands in Requester
	Left     []ManyTasksAnswer
	To       TaskReassign
	Act      string // address to post to, with the path prefix
	Back     string // of the list, without the path prefix
	BackHref string
}

func manyState(done bool) string {
	if done {
		return "completed"
	}
	return "failed"
}
