package db

import (
	"encoding/json"

	"github.com/jackc/pgx/v5"

	"tandem/internal/workflow"
)

// The columns of each table in the order of its scan. NULL stands for the zero
// value; pgx leaves pointers, slices and JSON nil for it.
const (
	noID = `'00000000-0000-0000-0000-000000000000'::uuid`

	instanceColumns = `i.id, i.tenant_id, i.definition_name, i.definition_version, i.status, i.version, i.paused,
		i.created_at, i.started_at, i.completed_at, i.expires_at, i.frozen_at, i.created_by, coalesce(i.correlation_id, ''),
		coalesce(i.parent_instance, ` + noID + `), coalesce(i.parent_execution, ` + noID + `), i.depth, i.current_steps, i.error, i.waiting_for, i.state`
	// documentColumns follow them, of the row d of instance_data.
	documentColumns = `, d.input, coalesce(d.data, d.input), d.metadata, coalesce(d.trace, '')`

	executionColumns = `e.instance_id, e.id, e.step, e.type, coalesce(e.scope, ` + noID + `), coalesce(e.role, ''), e.visit, e.idx, e.status,
		coalesce(e.hold, ''), e.live, coalesce(e.child, ` + noID + `), e.attempt, e.lost, e.failures, coalesce(e.lease_owner, ` + noID + `), e.lease_no, coalesce(e.queue, ''), coalesce(e.topic, ''), e.progress,
		e.created_at, e.started_at, e.completed_at, e.due_at, e.arrived_from, coalesce(e.outcome, ''),
		coalesce(e.completed_by, ''), e.input, e.output, e.error, e.attempts`

	taskColumns = `t.id, t.instance_id, t.execution_id, t.step, coalesce(t.scope, ` + noID + `), t.item, t.visit, t.idx, t.status,
		t.version, t.priority, t.title, t.description, coalesce(t.assignee, ''), nullif(t.candidate_users, '{}'),
		nullif(t.candidate_groups, '{}'), nullif(t.excluded, '{}'), t.anyone, nullif(t.guests, '{}'), t.claimed_at, coalesce(t.acts_for, ''), coalesce(t.owner, ''), t.proposal, t.due_at, t.reminder_at, t.created_at,
		t.completed_at, coalesce(t.completed_by, ''), coalesce(t.outcome, ''), coalesce(t.comment, ''), t.output`

	dueColumns = `d.id, d.instance_id, coalesce(d.execution_id, ` + noID + `), d.kind, d.at, d.frozen, d.item, d.payload`

	hookColumns = `h.instance_id, h.step, h.visit, h.idx, h.payload, h.received_at, h.consumed`

	eventColumns = `ev.seq, ev.instance_id, ev.type, ev.at, coalesce(ev.execution_id, ` + noID + `),
		coalesce(ev.scope, ` + noID + `), coalesce(ev.step, ''), coalesce(ev.step_type, ''), coalesce(ev.visit, 0),
		coalesce(ev.idx, 0), coalesce(ev.attempt, 0), coalesce(ev.actor, ''), coalesce(ev.node, ` + noID + `), ev.detail,
		coalesce(x.role, ''), x.arrived_from`
	// withExecution joins the execution x that the event ev is about: the ways on
	// which it was reached are stored once.
	withExecution = ` LEFT JOIN executions AS x ON x.instance_id = ev.instance_id AND x.id = ev.execution_id`
)

// document scans JSON with the text that it was written with.
func document(v *json.RawMessage) *[]byte { return (*[]byte)(v) }

func instanceTargets(in *workflow.Instance) []any {
	return []any{
		&in.ID, &in.Tenant, &in.Definition.Name, &in.Definition.Version, &in.Status, &in.Version, &in.Paused,
		&in.CreatedAt, &in.StartedAt, &in.CompletedAt, &in.ExpiresAt, &in.FrozenAt, &in.CreatedBy, &in.CorrelationID,
		&in.Parent.InstanceID, &in.Parent.ExecutionID, &in.Depth, &in.CurrentSteps, &in.Error, &in.WaitingFor, &in.State,
	}
}

func taskTargets(t *workflow.Task) []any {
	return []any{
		&t.ID, &t.InstanceID, &t.ExecutionID, &t.Step, &t.Scope, &t.Item, &t.Visit, &t.Index, &t.Status,
		&t.Version, &t.Priority, &t.Title, &t.Description, &t.Assignee, &t.CandidateUsers,
		&t.CandidateGroups, &t.Excluded, &t.Anyone, &t.Guests, &t.ClaimedAt, &t.ActsFor, &t.Owner, &t.Proposal, &t.DueAt, &t.ReminderAt, &t.CreatedAt,
		&t.CompletedAt, &t.CompletedBy, &t.Outcome, &t.Comment, document(&t.Output),
	}
}

// scanInstance reads an instance with its documents.
func scanInstance(row pgx.CollectableRow) (in workflow.Instance, err error) {
	documents := []any{document(&in.Input), document(&in.Data), document(&in.Metadata), &in.Trace}
	return in, row.Scan(append(instanceTargets(&in), documents...)...)
}

func scanExecution(row pgx.CollectableRow) (e workflow.Execution, err error) {
	return e, row.Scan(&e.InstanceID, &e.ID, &e.Step, &e.Type, &e.Scope, &e.Role, &e.Visit, &e.Index, &e.Status,
		&e.Hold, &e.Live, &e.Child, &e.Attempt, &e.Lost, &e.Failures, &e.LeaseOwner, &e.LeaseNo, &e.Queue, &e.Topic, &e.Progress,
		&e.CreatedAt, &e.StartedAt, &e.CompletedAt, &e.DueAt, &e.ArrivedFrom, &e.Outcome,
		&e.CompletedBy, document(&e.Input), document(&e.Output), &e.Error, &e.Attempts)
}

func scanTask(row pgx.CollectableRow) (t workflow.Task, err error) {
	return t, row.Scan(taskTargets(&t)...)
}

func scanDue(row pgx.CollectableRow) (due workflow.Due, err error) {
	return due, row.Scan(&due.ID, &due.InstanceID, &due.ExecutionID, &due.Kind, &due.At, &due.Frozen, &due.Item, document(&due.Payload))
}

func scanHook(row pgx.CollectableRow) (h workflow.Hook, err error) {
	return h, row.Scan(&h.InstanceID, &h.Step, &h.Visit, &h.Index, document(&h.Payload), &h.ReceivedAt, &h.Consumed)
}

func scanEvent(row pgx.CollectableRow) (ev workflow.Event, err error) {
	return ev, row.Scan(eventTargets(&ev)...)
}

func eventTargets(ev *workflow.Event) []any {
	return []any{&ev.Seq, &ev.InstanceID, &ev.Type, &ev.At, &ev.ExecutionID, &ev.Scope,
		&ev.Step, &ev.StepType, &ev.Visit, &ev.Index, &ev.Attempt, &ev.Actor, &ev.Node, document(&ev.Detail), &ev.Role, &ev.ArrivedFrom}
}
