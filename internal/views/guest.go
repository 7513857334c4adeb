package views

// GuestLink is the personal link of somebody without an account.
type GuestLink struct {
	Address string // of e-mail
	URL     string
}

// GuestClosed tells a guest that there is nothing for him to decide, and why.
type GuestClosed struct {
	Title   string
	Text    string
	Task    string
	Outcome string // of his own decision, "" for none
	Typed   []DataRow
}
