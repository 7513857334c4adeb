package views

// IdentitiesView lists by which identity providers a person signs in.
type IdentitiesView struct {
	Rows []IdentityRow
	Link []Link // providers that can be added
}

// IdentityRow is one identity of a person.
type IdentityRow struct {
	Provider string
	Subject  string
	Since    Moment
	Unlink   Confirm
}
