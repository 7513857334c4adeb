package views

// The ids of parts of the inbox that follow the server.
const (
	InboxTabsID   = "inbox-tabs"
	InboxNewsID   = "inbox-news"
	InboxListID   = "inbox-list"
	InboxFollowID = "inbox-follow"
)

// InboxView is one view of the inbox.
type InboxView struct {
	Tabs      []InboxTab
	Rows      []InboxRow
	Completed bool       // shows decisions in place of due times
	Assignees bool       // shows for whom a task is
	Sorts     []InboxTab // orders of the list; none where there is one
	Bulk      string     // address of deciding several at once, with the path prefix; "" for none
	BulkClaim string     // address of claiming several at once, with the path prefix
	Empty     Empty
	Pager     Pager
	Live      string // address of the stream, with the path prefix
	Back      string // path that claiming leads back to, without the prefix
}

// InboxTab leads to a view of the inbox.
type InboxTab struct {
	Label   string
	Href    string // with the path prefix
	Count   string // "" when it is not counted
	Current bool
}

// InboxRow is a task in the inbox.
type InboxRow struct {
	ID         string
	Title      string
	Href       string // with the path prefix
	Definition string
	Requester  string
	For        string // who has it or may take it
	Due        Moment
	Overdue    bool
	Paused     bool // its instance is
	Created    Moment
	Decision   string
	Completed  Moment
	Claim      string // address to post to, with the path prefix; "" when it cannot be claimed
	Version    string
	Priority   string // in words, "" for the usual one
	Pick       string // what choosing it sends; "" when it cannot be decided
	Gone       string // what became of it since it was listed; "" while it belongs here
	GoneState  string // the same as a state
}

// picks reports whether a row can be chosen.
func (v InboxView) picks() bool {
	for _, row := range v.Rows {
		if row.Pick != "" {
			return v.Bulk != ""
		}
	}
	return false
}
