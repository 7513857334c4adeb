package views

// TenantsView is the view model of the list of tenants.
type TenantsView struct {
	Rows  []TenantRow
	Pager Pager
	Add   FormBox
}

// TenantRow is one tenant of a list.
type TenantRow struct {
	Name        string
	Title       string
	Href        string
	State       Mark
	Live        Allowance
	Definitions Allowance
	Users       Allowance
	Storage     Allowance
}

// Allowance is what a tenant has of a thing, and how much it may have.
type Allowance struct {
	Has string
	Of  string // "" for no limit
	Out bool   // nothing is left
}

// TenantView is the page of one tenant.
type TenantView struct {
	TenantRow
	Starts  string // limit of starts in a minute; "" for none
	Since   Moment
	Edit    FormBox
	Toggle  *Confirm // closes or opens it; nil for the one that stays
	Members []GuestRow
	Add     FormBox
}

// GuestRow is somebody of another tenant who was let in.
type GuestRow struct {
	Login  string
	Name   string
	Home   string
	Roles  []string
	State  Mark
	Remove *Act // nil for one who is out
}

// TenantChoice is another tenant that the person may switch to.
type TenantChoice struct {
	Name  string
	Title string
}

// TenantState gives the mark of a tenant: open, closed.
func (p Page) TenantState(closed bool) Mark {
	if closed {
		return Mark{Class: "state-canceled", Icon: "ban", Word: p.T("tenant.closed")}
	}
	return Mark{Class: "state-completed", Icon: "circle-check", Word: p.T("tenant.open")}
}

// Allow gives an allowance of things that are counted.
func (p Page) Allow(has int, most *int) Allowance {
	a := Allowance{Has: p.Count(has)}
	if most != nil {
		a.Of, a.Out = p.Count(*most), has >= *most
	}
	return a
}

// AllowBytes gives an allowance of bytes.
func (p Page) AllowBytes(has int64, most *int64) Allowance {
	a := Allowance{Has: p.fileSize(has)}
	if most != nil {
		a.Of, a.Out = p.fileSize(*most), has >= *most
	}
	return a
}
