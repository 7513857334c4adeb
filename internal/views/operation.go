package views

// BulkForm offers verbs for the rows of a list.
type BulkForm struct {
	Action string
	Verbs  []FilterChoice
	All    string   // says how many the filter finds; "" without one
	Hidden []Hidden // the filter
}

// BulkView asks before a verb is done to many instances.
type BulkView struct {
	Verb     string
	Text     string // what will happen
	Count    string
	Rows     []InstanceRow // the first ones
	More     string        // how many more; "" for none
	Nothing  bool          // no instance is chosen
	Migrate  bool
	Versions []FilterChoice
	To       string
	Action   string
	Back     string
	Hidden   []Hidden
	Once     string
	Reason   string // as typed
	Danger   bool
	Problems Problems
}

// OperationView is how far a verb for many instances is.
type OperationView struct {
	Title      string
	State      string
	Progress   Progress
	Done       string
	Failed     string
	Left       string
	SomeFailed bool
	By         string
	Began      Moment
	Finished   Moment
	Reason     string
	ToVersion  string // of a migration
	Note       string
	Errors     []OperationError
	MoreErrors string
	Stop       *Confirm // nil when there is nothing to stop
	Reload     string
	LiveURL    string // "" when it has ended
}

// Progress is how far something is.
type Progress struct {
	Ended, Total string // for machines
	Percent      string
	Text         string // "40 of 100"
}

// OperationsView lists verbs for many instances.
type OperationsView struct {
	Open          bool // only those under way
	All, OnlyOpen string
	Rows          []OperationRow
	Pager         Pager
	LiveURL       string // "" when all have ended
}

// OperationRow is one of them.
type OperationRow struct {
	ID         string // of its progress, which a live page replaces
	Title      string
	Href       string
	State      string
	Progress   Progress
	Failed     string
	SomeFailed bool
	By         string
	Began      Moment
	Finished   Moment
	Reason     string
	Stop       *Confirm
}

// OperationError says why an instance refused.
type OperationError struct {
	Short   string
	Href    string
	Message string
}

// OperationID is the id of the region of an operation.
const OperationID = "operation"
