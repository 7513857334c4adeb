package views

// TaskAroundView shows where a task stands and what has happened so far.
type TaskAroundView struct {
	Title   string // of the task
	Href    string // of the task, with the path prefix
	Graph   GraphView
	History InstanceHistory
}
