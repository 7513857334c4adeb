package db

import (
	"maps"
	"slices"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// A migration changes what no other transition does: the version of the
// definition, and the names of steps in all that is stored of the instance.
var (
	movedVersion = fieldsOf("instance_id uuid, version text")
	movedSteps   = fieldsOf("instance_id uuid, step_was text, step_is text")

	sqlMovedVersion = `UPDATE instances AS t SET definition_version = x.version FROM ` + unnest(movedVersion) +
		` WHERE t.id = x.instance_id AND ` + rowsOfStale
	sqlMovedExecutions = renameSteps("executions")
	sqlMovedTasks      = renameSteps("tasks")
	sqlMovedHooks      = renameSteps("hooks")
)

func renameSteps(table string) string {
	return `UPDATE ` + table + ` AS t SET step = x.step_is FROM ` + unnest(movedSteps) +
		` WHERE t.instance_id = x.instance_id AND t.step = x.step_was AND ` + rowsOfStale
}

// movedWriter collects the rows of migrations.
type movedWriter struct{ version, executions, tasks, hooks *rows }

func newMovedWriter() movedWriter {
	return movedWriter{
		version:    newRows(sqlMovedVersion, movedVersion),
		executions: newRows(sqlMovedExecutions, movedSteps),
		tasks:      newRows(sqlMovedTasks, movedSteps),
		hooks:      newRows(sqlMovedHooks, movedSteps),
	}
}

func (w movedWriter) all() []*rows { return []*rows{w.version, w.executions, w.tasks, w.hooks} }

func (w movedWriter) add(instance uuid.UUID, m *workflow.Moved) {
	if m == nil {
		return
	}
	w.version.next().id(instance)
	w.version.next().text(m.To.Version)
	for _, was := range slices.Sorted(maps.Keys(m.Steps)) {
		for _, r := range []*rows{w.executions, w.tasks, w.hooks} {
			r.next().id(instance)
			r.next().text(was)
			r.next().text(m.Steps[was])
		}
	}
}
