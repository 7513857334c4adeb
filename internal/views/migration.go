package views

// MigrateReport is what a move to another version would do: to each step of one
// instance, or to each of several instances.
type MigrateReport struct {
	Notice    Notice   // whether it can be done
	Problems  []string // of the instance as a whole
	Instances bool     // the lines are of instances
	Lines     []MigrateLine
}

// MigrateLine is what happens to one visit of a step, or to one instance.
type MigrateLine struct {
	Subject string
	Href    string // of an instance
	State   string
	Started Moment // of an instance
	To      string // the step that a step goes to
	Does    []string
	Problem string // why it cannot move
}

// MigrateStep asks where a step goes whose name the other version does not have.
type MigrateStep struct {
	Name    string // of the control
	Label   string
	Choices []FilterChoice
}

// migrateLabel names the table of a report for screen readers.
func migrateLabel(p Page, r MigrateReport) string {
	if r.Instances {
		return p.T("migrate.lines")
	}
	return p.T("mend.lines")
}
