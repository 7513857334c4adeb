package views

// SystemView is how the machinery stands.
type SystemView struct {
	Facts     []SystemFact
	Processes []SystemProcess
	Waiting   []SystemWaiting // ready steps by queue, jobs by topic
	Jobs      []SystemCount
	Dead      []SystemCount
	Tables    []SystemTable
}

// SystemFact is one figure; State gives it icon and hue when something is wrong
// with it.
type SystemFact struct {
	Label string
	Value string
	State string // "" for a plain figure
}

// SystemProcess is one process.
type SystemProcess struct {
	Name    string
	Kind    string
	Version string
	Queues  string
	Leases  string
	Started Moment
	Seen    Moment
	State   string // running, or failed when it is silent
}

// SystemWaiting is work that waits for somebody to take it.
type SystemWaiting struct {
	What  string
	Count string
	Since Moment
	Who   string // who would take it
	State string // failed when nobody would
}

// SystemCount is a named number.
type SystemCount struct {
	Label string
	Note  string
	Count string
}

// SystemTable is one table of the database.
type SystemTable struct {
	Name, Size, Rows string
}

// SystemID is the id of the region of the system's page.
const SystemID = "system"
