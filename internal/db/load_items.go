package db

import (
	"github.com/jackc/pgx/v5"
)

// Items of a for_each are loaded only when they are named: by themselves, by a
// task or a due row of theirs, or by what holds them. $1 holds the instances,
// $2 what is named, $3 the index of each item.
const (
	namedExecutions = `SELECT e.instance_id, e.id FROM unnest($2::uuid[]) AS w(id), unnest($1::uuid[]) AS x(id)
			JOIN executions AS e ON e.instance_id = x.id WHERE e.id = w.id`
	executionsOfTasks = `SELECT t.instance_id, t.execution_id FROM tasks AS t WHERE t.id = ANY ($2) AND t.instance_id = ANY ($1)`
	executionsOfDues  = `SELECT d.instance_id, d.execution_id FROM due AS d WHERE d.id = ANY ($2) AND d.instance_id = ANY ($1)`
	executionsInside  = `SELECT e.instance_id, e.id FROM unnest($2::uuid[]) AS w(id), unnest($1::uuid[]) AS x(id)
			JOIN executions AS e ON e.instance_id = x.id WHERE e.scope = w.id`
	liveInside = executionsInside + ` AND e.live`
	itemsByKey = `SELECT e.instance_id, e.id FROM unnest($2::uuid[], $3::integer[]) AS w(scope, idx), unnest($1::uuid[]) AS x(id)
			JOIN executions AS e ON e.instance_id = x.id WHERE e.scope = w.scope AND e.idx = w.idx AND e.live`
)

// The parts of items that a query named.
func executionsNamed(named string) string {
	return `WITH n (instance_id, id) AS MATERIALIZED (` + named + `) SELECT ` + executionColumns + ` FROM n
		JOIN executions AS e ON e.instance_id = n.instance_id AND e.id = n.id`
}

func tasksNamed(named string) string {
	return `WITH n (instance_id, id) AS MATERIALIZED (` + named + `) SELECT ` + taskColumns + ` FROM n
		JOIN tasks AS t ON t.execution_id = n.id WHERE t.item AND t.completed_at IS NULL`
}

func duesNamed(named string) string {
	return `WITH n (instance_id, id) AS MATERIALIZED (` + named + `) SELECT ` + dueColumns + ` FROM n
		JOIN due AS d ON d.execution_id = n.id WHERE d.item`
}

func (l *loading) queueItems(b *pgx.Batch) {
	w := l.want
	if len(w.Executions) > 0 {
		l.queueNamed(b, namedExecutions, idColumn(w.Executions))
	}
	if len(w.Tasks) > 0 {
		l.queueNamed(b, executionsOfTasks, idColumn(w.Tasks))
	}
	if len(w.Dues) > 0 {
		l.queueNamed(b, executionsOfDues, idColumn(w.Dues))
	}
	if len(w.Scopes) > 0 {
		l.queueNamed(b, executionsInside, idColumn(w.Scopes))
	}
	if len(w.Live) > 0 {
		l.queueNamed(b, liveInside, idColumn(w.Live))
	}
	if len(w.Items) > 0 {
		scopes, indexes := &column{}, &column{}
		for _, key := range w.Items {
			scopes.id(key.Scope)
			indexes.int32(key.Index)
		}
		l.queueNamed(b, itemsByKey, scopes, indexes)
	}
}

// queueNamed asks for executions with their open tasks and due rows.
func (l *loading) queueNamed(b *pgx.Batch, named string, args ...any) {
	args = append([]any{l.ids}, args...)
	each(b.Queue(executionsNamed(named), args...), scanExecution, l.addExecution)
	each(b.Queue(tasksNamed(named), args...), scanTask, l.addTask)
	each(b.Queue(duesNamed(named), args...), scanDue, l.addDue)
}
