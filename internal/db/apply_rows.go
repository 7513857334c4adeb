package db

import (
	"bytes"
	"slices"
	"time"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// The fields of each table in the order in which rows are written below.
var (
	instanceKeys  = fieldsOf("id uuid, from_version bigint")
	instanceFixed = fieldsOf("tenant_id text, definition_name text, definition_version text, created_by text, correlation_id text, created_at timestamptz, " +
		"parent_instance uuid, parent_execution uuid, depth integer")
	instanceMutable = fieldsOf("version bigint, status text, paused boolean, started_at timestamptz, completed_at timestamptz, " +
		"expires_at timestamptz, frozen_at timestamptz, waiting_since timestamptz, current_steps text[], audience text[], error json, waiting_for json, state json")
	newInstance = concat(instanceKeys[:1], instanceFixed, instanceMutable)
	oldInstance = concat(instanceKeys, instanceMutable)

	newData = fieldsOf("instance_id uuid, data json, input json, metadata json, trace text")
	oldData = newData[:2]

	executionKeys    = fieldsOf("instance_id uuid, id uuid")
	executionFixed   = fieldsOf("step text, type text, scope uuid, role text, visit integer, idx integer, created_at timestamptz")
	executionMutable = fieldsOf("status text, hold text, live boolean, child uuid, attempt integer, lost integer, failures integer, lease_owner uuid, lease_no bigint, queue text, topic text, progress json, " +
		"started_at timestamptz, completed_at timestamptz, due_at timestamptz, arrived_from uuid[], outcome text, completed_by text, " +
		"input json, output json, error json, attempts json")
	newExecution = concat(executionKeys, executionFixed, executionMutable)
	oldExecution = concat(executionKeys, executionMutable)

	taskKeys    = fieldsOf("id uuid, instance_id uuid")
	taskFixed   = fieldsOf("tenant_id text, definition_name text, execution_id uuid, step text, scope uuid, item boolean, visit integer, idx integer, created_at timestamptz")
	taskMutable = fieldsOf("status text, version bigint, priority integer, title text, description text, assignee text, " +
		"candidate_users text[], candidate_groups text[], excluded text[], anyone boolean, guests text[], claimed_at timestamptz, acts_for text, owner text, proposal json, due_at timestamptz, reminder_at timestamptz, " +
		"completed_at timestamptz, completed_by text, outcome text, comment text, output json")
	newTask = concat(taskKeys, taskFixed, taskMutable)
	oldTask = concat(taskKeys, taskMutable)

	hookFields  = fieldsOf("instance_id uuid, step text, visit integer, idx integer, payload json, received_at timestamptz, consumed boolean")
	newDue      = fieldsOf("id uuid, instance_id uuid, execution_id uuid, kind text, at timestamptz, visible_at timestamptz, frozen boolean, item boolean, payload json")
	newSend     = fieldsOf("instance_id uuid, id uuid, target uuid, at timestamptz, visible_at timestamptz, payload json") // of the instance that sends
	doneDue     = fieldsOf("instance_id uuid, id uuid")
	oneInstance = fieldsOf("instance_id uuid")
	thawnDue    = fieldsOf("instance_id uuid, shift_us bigint")
	eventFields = fieldsOf("instance_id uuid, type text, at timestamptz, execution_id uuid, scope uuid, step text, step_type text, " +
		"visit integer, idx integer, attempt integer, actor text, node uuid, detail json")
)

// ofActiveVersion leaves out a start of a version that has been deactivated or
// deleted.
const ofActiveVersion = ` WHERE NOT EXISTS (SELECT FROM definitions AS d
		WHERE d.tenant_id = x.tenant_id AND d.name = x.definition_name AND d.version = x.definition_version AND NOT d.is_active)
	AND NOT EXISTS (SELECT FROM deleted_versions AS d
		WHERE d.tenant_id = x.tenant_id AND d.name = x.definition_name AND d.version = x.definition_version)`

// The statements of Apply.
var (
	sqlNewInstances    = guarded(insertInto("instances", newInstance) + ofActiveVersion + ` ON CONFLICT (id) DO NOTHING RETURNING id`)
	sqlUpdateInstances = `UPDATE instances AS t SET ` +
		join(instanceMutable, func(f field) string { return f.name + " = " + f.value() }) +
		` FROM ` + unnest(oldInstance) + ` WHERE t.id = x.id AND t.version = x.from_version`
	sqlOldInstances = guarded(sqlUpdateInstances + ` RETURNING t.id`)

	sqlNewData       = insertInto("instance_data", newData) + " WHERE " + rowsOfStale
	sqlOldData       = update("instance_data", 1, oldData) + " AND " + rowsOfStale
	sqlNewExecutions = insertInto("executions", newExecution) + " WHERE " + rowsOfStale
	sqlOldExecutions = update("executions", len(executionKeys), oldExecution) + " AND " + rowsOfStale
	sqlNewTasks      = insertInto("tasks", newTask) + " WHERE " + rowsOfStale
	sqlOldTasks      = update("tasks", len(taskKeys), oldTask) + " AND " + rowsOfStale
	sqlNewHooks      = insertInto("hooks", hookFields) + " WHERE " + rowsOfStale
	sqlOldHooks      = update("hooks", 4, hookFields) + " AND " + rowsOfStale
	sqlEvents        = insertInto("events", eventFields) + " WHERE " + rowsOfStale

	// Commands on their way to an instance are neither dropped nor frozen with it.
	ofInstance  = ` WHERE t.instance_id = x.instance_id AND t.kind <> 'send' AND `
	sqlDropDues = `DELETE FROM due AS t USING ` + unnest(oneInstance) + ofInstance + rowsOfStale
	sqlDoneDues = `DELETE FROM due AS t USING ` + unnest(doneDue) + ` WHERE t.id = x.id AND ` + rowsOfStale
	// Of frozen time people get back what they lost; machines' times stay, and
	// those that came due meanwhile fire at once.
	sqlThawDues = `UPDATE due AS t SET frozen = false, at = t.at + ` + thawShift + `, visible_at = t.at + ` + thawShift + `
		FROM ` + unnest(thawnDue) + ofInstance + rowsOfStale
	sqlFreezeDues = `UPDATE due AS t SET frozen = true FROM ` + unnest(oneInstance) + ofInstance + rowsOfStale
	sqlNewDues    = insertInto("due", newDue) + " WHERE " + rowsOfStale
	sqlNewSends   = `INSERT INTO due (id, instance_id, kind, at, visible_at, payload)
		SELECT x.id, x.target, 'send', x.at, x.visible_at, x.payload FROM ` + unnest(newSend) + ` WHERE ` + rowsOfStale
)

// thawShift is by how much the row t moves when its instance x is thawed.
var thawShift = `CASE WHEN t.kind = ANY ('` + arrayLiteral(movingKinds()) + `') THEN x.shift_us ELSE 0 END * interval '1 microsecond'`

func movingKinds() []string {
	var kinds []string
	for _, k := range workflow.DueKinds() {
		if k.Moves() {
			kinds = append(kinds, string(k))
		}
	}
	return kinds
}

// writer sorts what transitions change into the rows of statements.
type writer struct {
	newInstances, oldInstances   *rows
	starts, startKeys, keys      *rows
	lockKeyed, usedKeys          *rows
	doneWaits, newWaits          *rows
	newData, oldData             *rows
	newExecutions, oldExecutions *rows
	newTasks, oldTasks           *rows
	newHooks, oldHooks           *rows
	dropDues, doneDues, thawDues *rows
	freezeDues, newDues          *rows
	newSends                     *rows
	offers, events, records      *rows
	comments                     *rows
	doneSearch, newSearch        *rows
	moved                        movedWriter
	counts                       tally
}

func newWriter() *writer {
	return &writer{
		newInstances:  newRows(sqlNewInstances, newInstance),
		oldInstances:  newRows(sqlOldInstances, oldInstance),
		starts:        newRows(sqlStarts, startFields),
		startKeys:     newRows(sqlStartKeys, keyFields),
		keys:          newRows(sqlKeys, keyFields),
		lockKeyed:     newRows(sqlLockKeyed, oneInstance),
		usedKeys:      newRows(sqlUsedKeys, keyFields),
		doneWaits:     newRows(sqlDoneWaits, waitsDone),
		newWaits:      newRows(sqlNewWaits, waitFields),
		newData:       newRows(sqlNewData, newData),
		oldData:       newRows(sqlOldData, oldData),
		newExecutions: newRows(sqlNewExecutions, newExecution),
		oldExecutions: newRows(sqlOldExecutions, oldExecution),
		newTasks:      newRows(sqlNewTasks, newTask),
		oldTasks:      newRows(sqlOldTasks, oldTask),
		newHooks:      newRows(sqlNewHooks, hookFields),
		oldHooks:      newRows(sqlOldHooks, hookFields),
		dropDues:      newRows(sqlDropDues, oneInstance),
		doneDues:      newRows(sqlDoneDues, doneDue),
		thawDues:      newRows(sqlThawDues, thawnDue),
		freezeDues:    newRows(sqlFreezeDues, oneInstance),
		newDues:       newRows(sqlNewDues, newDue),
		newSends:      newRows(sqlNewSends, newSend),
		offers:        newRows(sqlOffers, offerFields),
		events:        newRows(sqlEvents, eventFields),
		records:       newRows(sqlRecordsOf, recordFields),
		comments:      newRows(sqlComments, commentFields),
		doneSearch:    newRows(sqlDoneSearch, oneInstance),
		newSearch:     newRows(sqlNewSearch, searchFields),
		moved:         newMovedWriter(),
	}
}

func (w *writer) guards() []*rows {
	return []*rows{w.newInstances, w.starts, w.startKeys, w.lockKeyed, w.usedKeys, w.oldInstances}
}

// writes lists the statements after the guards in their order: due rows are
// removed, thawed and frozen before those of the transition come.
func (w *writer) writes() []*rows {
	return append(w.moved.all(),
		w.newData, w.oldData, w.newExecutions, w.oldExecutions, w.newTasks, w.oldTasks, w.newHooks, w.oldHooks,
		w.dropDues, w.doneDues, w.thawDues, w.freezeDues, w.newDues, w.newSends, w.offers, w.events, w.comments, w.records, w.keys, w.doneWaits, w.newWaits, w.doneSearch, w.newSearch,
	)
}

func (w *writer) transition(t *workflow.Transition) error {
	if err := w.instance(t); err != nil {
		return err
	}
	for i := range t.Executions {
		if err := w.execution(&t.Executions[i]); err != nil {
			return err
		}
	}
	for i := range t.Tasks {
		if err := w.task(&t.Instance, &t.Tasks[i]); err != nil {
			return err
		}
	}
	for i := range t.Hooks {
		w.hook(&t.Hooks[i])
	}
	w.dues(t)
	w.moved.add(t.InstanceID, t.Moved)
	for _, j := range t.Offers {
		w.offer(j)
	}
	w.waits(t)
	w.search(t)
	for i := range t.Events {
		w.event(t.InstanceID, &t.Events[i])
	}
	for i := range t.Comments {
		w.comment(t.Instance.Tenant, &t.Comments[i])
	}
	for i := range t.Records {
		record(w.records, &t.Records[i])
	}
	return nil
}

func (w *writer) instance(t *workflow.Transition) error {
	w.data(t)
	w.counts.add(t.InstanceID, t.Was, t.Instance.Standing())
	if exclusive(t) {
		return nil // in the order of what they claim
	}
	if t.From == 0 {
		return newInstanceRow(w.newInstances, &t.Instance)
	}
	w.oldInstances.next().id(t.InstanceID)
	w.oldInstances.next().int64(t.From)
	return mutableInstance(w.oldInstances, &t.Instance)
}

func newInstanceRow(r *rows, in *workflow.Instance) error {
	r.next().id(in.ID)
	r.next().text(in.Tenant)
	r.next().text(in.Definition.Name)
	r.next().text(in.Definition.Version)
	r.next().text(in.CreatedBy)
	r.next().word(in.CorrelationID)
	r.next().time(in.CreatedAt)
	r.next().id(in.Parent.InstanceID)
	r.next().id(in.Parent.ExecutionID)
	r.next().int32(in.Depth)
	return mutableInstance(r, in)
}

func mutableInstance(r *rows, in *workflow.Instance) error {
	r.next().int64(in.Version)
	r.next().text(string(in.Status))
	r.next().bool(in.Paused)
	r.next().when(in.StartedAt)
	r.next().when(in.CompletedAt)
	r.next().when(in.ExpiresAt)
	r.next().when(in.FrozenAt)
	r.next().when(waitingSince(in))
	r.next().words(in.CurrentSteps)
	r.next().words(in.State.Tasks.Audience())
	if err := optional(r.next(), in.Error); err != nil {
		return err
	}
	if err := list(r.next(), in.WaitingFor); err != nil {
		return err
	}
	return r.next().json(&in.State)
}

// waitingSince is when the longest wait of an instance that waits began.
func waitingSince(in *workflow.Instance) *time.Time {
	switch {
	case in.Status != workflow.StatusWaiting:
		return nil
	case len(in.WaitingFor) == 0:
		return &in.CreatedAt
	}
	first := slices.MinFunc(in.WaitingFor, func(a, b workflow.Waiting) int { return a.Since.Compare(b.Since) })
	return &first.Since
}

// optional appends a value as a JSON document; nil is NULL.
func optional[T any](c *column, v *T) error {
	if v == nil {
		c.null()
		return nil
	}
	return c.json(v)
}

// list appends a list as a JSON document; the empty one is NULL.
func list[T any](c *column, v []T) error {
	if len(v) == 0 {
		c.null()
		return nil
	}
	return c.json(v)
}

func (w *writer) data(t *workflow.Transition) {
	switch {
	case t.From == 0:
		w.newData.next().id(t.InstanceID)
		if bytes.Equal(t.Instance.Data, t.Instance.Input) {
			w.newData.next().null() // most keep their start data a while: no need to write them twice
		} else {
			w.newData.next().raw(t.Instance.Data)
		}
		w.newData.next().raw(t.Instance.Input)
		w.newData.next().raw(t.Instance.Metadata)
		w.newData.next().word(t.Instance.Trace)
	case t.DataChanged:
		w.oldData.next().id(t.InstanceID)
		w.oldData.next().raw(t.Instance.Data)
	}
}

func (w *writer) execution(row *workflow.Row[workflow.Execution]) error {
	e, r := &row.Value, w.oldExecutions
	if row.Created {
		r = w.newExecutions
	}
	r.next().id(e.InstanceID)
	r.next().id(e.ID)
	if row.Created {
		r.next().text(e.Step)
		r.next().text(string(e.Type))
		r.next().id(e.Scope)
		r.next().word(string(e.Role))
		r.next().int32(e.Visit)
		r.next().int32(e.Index)
		r.next().time(e.CreatedAt)
	}
	return mutableExecution(r, e)
}

func mutableExecution(r *rows, e *workflow.Execution) error {
	r.next().text(string(e.Status))
	r.next().word(string(e.Hold))
	r.next().bool(e.Live)
	r.next().id(e.Child)
	r.next().int32(e.Attempt)
	r.next().int32(e.Lost)
	r.next().int32(e.Failures)
	r.next().id(e.LeaseOwner)
	r.next().int64(e.LeaseNo)
	r.next().word(e.Queue)
	r.next().word(e.Topic)
	if err := optional(r.next(), e.Progress); err != nil {
		return err
	}
	r.next().when(e.StartedAt)
	r.next().when(e.CompletedAt)
	r.next().when(e.DueAt)
	r.next().words(texts(e.ArrivedFrom))
	r.next().word(e.Outcome)
	r.next().word(e.CompletedBy)
	r.next().raw(e.Input)
	r.next().raw(e.Output)
	if err := optional(r.next(), e.Error); err != nil {
		return err
	}
	return list(r.next(), e.Attempts)
}

func texts(ids []uuid.UUID) []string {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = id.String()
	}
	return list
}

func (w *writer) task(of *workflow.Instance, row *workflow.Row[workflow.Task]) error {
	t, r := &row.Value, w.oldTasks
	if row.Created {
		r = w.newTasks
	}
	r.next().id(t.ID)
	r.next().id(t.InstanceID)
	if row.Created {
		r.next().text(of.Tenant)
		r.next().text(of.Definition.Name)
		r.next().id(t.ExecutionID)
		r.next().text(t.Step)
		r.next().id(t.Scope)
		r.next().bool(t.Item)
		r.next().int32(t.Visit)
		r.next().int32(t.Index)
		r.next().time(t.CreatedAt)
	}
	return mutableTask(r, t)
}

func mutableTask(r *rows, t *workflow.Task) error {
	r.next().text(string(t.Status))
	r.next().int64(t.Version)
	r.next().int32(t.Priority)
	r.next().text(t.Title)
	r.next().text(t.Description)
	r.next().word(t.Assignee)
	r.next().text(arrayLiteral(t.CandidateUsers))
	r.next().text(arrayLiteral(t.CandidateGroups))
	r.next().text(arrayLiteral(t.Excluded))
	r.next().bool(t.Anyone)
	r.next().text(arrayLiteral(t.Guests))
	r.next().when(t.ClaimedAt)
	r.next().word(t.ActsFor)
	r.next().word(t.Owner)
	if err := optional(r.next(), t.Proposal); err != nil {
		return err
	}
	r.next().when(t.DueAt)
	r.next().when(t.ReminderAt)
	r.next().when(t.CompletedAt)
	r.next().word(t.CompletedBy)
	r.next().word(t.Outcome)
	r.next().word(t.Comment)
	r.next().raw(t.Output)
	return nil
}

func (w *writer) hook(row *workflow.Row[workflow.Hook]) {
	h, r := &row.Value, w.oldHooks
	if row.Created {
		r = w.newHooks
	}
	r.next().id(h.InstanceID)
	r.next().text(h.Step)
	r.next().int32(h.Visit)
	r.next().int32(h.Index)
	r.next().raw(h.Payload)
	r.next().time(h.ReceivedAt)
	r.next().bool(h.Consumed)
}

func (w *writer) dues(t *workflow.Transition) {
	if t.DeleteAllDues {
		w.dropDues.next().id(t.InstanceID)
	}
	for _, id := range t.DuesDone {
		w.doneDues.next().id(t.InstanceID)
		w.doneDues.next().id(id)
	}
	if t.ThawDues {
		w.thawDues.next().id(t.InstanceID)
		w.thawDues.next().int64(t.ThawShift.Microseconds())
	}
	if t.FreezeDues {
		w.freezeDues.next().id(t.InstanceID)
	}
	for i := range t.Dues {
		w.due(&t.Dues[i])
	}
	for i := range t.Sends {
		w.send(t.InstanceID, t.Sends[i].Due())
	}
}

// send stores a command for another instance. The process that commits it
// delivers it at once; it becomes visible to others only when that has not
// happened for a while.
func (w *writer) send(from uuid.UUID, due workflow.Due) {
	r := w.newSends
	r.next().id(from)
	r.next().id(due.ID)
	r.next().id(due.InstanceID)
	r.next().time(due.At)
	r.next().time(due.At.Add(engine.SendHold))
	r.next().raw(due.Payload)
}

func (w *writer) due(due *workflow.Due) {
	r := w.newDues
	r.next().id(due.ID)
	r.next().id(due.InstanceID)
	r.next().id(due.ExecutionID)
	r.next().text(string(due.Kind))
	r.next().time(due.At)
	r.next().time(due.At)
	r.next().bool(due.Frozen)
	r.next().bool(due.Item)
	r.next().raw(due.Payload)
}

func (w *writer) event(instance uuid.UUID, e *workflow.Event) {
	r := w.events
	r.next().id(instance)
	r.next().text(string(e.Type))
	r.next().time(e.At)
	r.next().id(e.ExecutionID)
	r.next().id(e.Scope)
	r.next().word(e.Step)
	r.next().word(string(e.StepType))
	r.next().number(e.Visit)
	r.next().number(e.Index)
	r.next().number(e.Attempt)
	r.next().word(e.Actor)
	r.next().id(e.Node)
	r.next().raw(e.Detail)
}

// number appends a number; 0 is NULL.
func (c *column) number(v int) {
	if v == 0 {
		c.null()
		return
	}
	c.int32(v)
}
