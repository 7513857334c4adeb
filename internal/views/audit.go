package views

// AuditView is the view model of the audit.
type AuditView struct {
	Actor      string
	ObjectID   string
	After      string
	Before     string
	Actions    []FilterChoice
	Outcomes   []FilterChoice
	Rows       []AuditRow
	Pager      Pager
	ExportCSV  string
	ExportJSON string
}

// narrowed says whether a field of the filter is set.
func (v AuditView) narrowed() bool {
	return v.Actor != "" || v.ObjectID != "" || v.After != "" || v.Before != "" || anyChosen(v.Actions) || anyChosen(v.Outcomes)
}

// AuditRow is one line of the audit.
type AuditRow struct {
	At      Moment
	Who     string
	How     string // by what means and from where; "" for nothing
	Action  string
	Object  string
	Href    string // of the thing, "" for none
	Refused string // the code, "" when it was done
	Reason  string
	Before  string // as text, "" for none
	After   string
}

// SubstitutesView lists who stands in for a person.
type SubstitutesView struct {
	Rows []SubstituteRow
	For  []string // sentences about whom the person stands in for
	Add  FormBox
}

// SubstituteRow is one substitution.
type SubstituteRow struct {
	Name   string
	From   Moment
	Until  Moment
	Remove Act
}
