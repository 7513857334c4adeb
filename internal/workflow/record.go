package workflow

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Record is one line of the audit: who did, or tried to do, what to what. It is
// stored with the change that it tells of, and never changed afterwards.
type Record struct {
	Seq        int64 // given by the store
	At         time.Time
	Tenant     string
	Actor      string // login name, or "system:…"; empty = nobody was signed in
	Caller     string // who really called, when a token acted as the actor
	Via        string // session, token, link, system
	Token      string // id of the token
	Address    string // IP that it came from
	Request    string // id of the request
	Action     string // what was done, as "task.complete"
	Object     string // the sort of thing that it was done to, as "task"
	ObjectID   string
	InstanceID uuid.UUID // that the thing belongs to; zero for none
	Definition string    // name of the instance's definition
	Refused    string    // code of the refusal; empty = it was done
	Reason     string    // of the person, or the sentence of the refusal
	Before     json.RawMessage
	After      json.RawMessage
}

// Record begins a line of the audit about what the actor does.
func (a Actor) Record(at time.Time, action, object, id string) Record {
	return Record{
		At: at, Tenant: a.Tenant, Actor: a.ID, Caller: a.Caller, Via: a.Via, Token: a.Token,
		Address: a.Address, Request: a.Request, Action: action, Object: object, ObjectID: id,
	}
}

// deed is what a command of a person is to the audit.
type deed struct {
	actor  Actor
	action string
	reason string
	task   uuid.UUID // zero: it is done to the instance
}

// deedOf gives the deed of a command, false when the command is no person's.
func deedOf(cmd Command) (deed, bool) {
	switch c := cmd.(type) {
	case Start:
		return deed{actor: c.Actor, action: "instance.start"}, c.Parent == Parent{}
	case ClaimTask:
		return deed{actor: c.Actor, action: "task.claim", task: c.TaskID}, true
	case UnclaimTask:
		return deed{actor: c.Actor, action: "task.unclaim", task: c.TaskID}, true
	case ReassignTask:
		return deed{actor: c.Actor, action: "task.reassign", task: c.TaskID, reason: c.Reason}, true
	case DelegateTask:
		return deed{actor: c.Actor, action: "task.delegate", task: c.TaskID, reason: c.Reason}, true
	case ReturnTask:
		return deed{actor: c.Actor, action: "task.return", task: c.TaskID, reason: c.Comment}, true
	case CommentTask:
		return deed{actor: c.Actor, action: "task.comment", task: c.TaskID, reason: c.Text}, true
	case CompleteTask:
		return deed{actor: c.Actor, action: "task.complete", task: c.TaskID}, true
	case Cancel:
		return deed{actor: c.Actor, action: "instance.cancel", reason: c.Reason}, true
	case Pause:
		return deed{actor: c.Actor, action: "instance.pause", reason: c.Reason}, true
	case Resume:
		return deed{actor: c.Actor, action: "instance.resume", reason: c.Reason}, true
	case Retry:
		return deed{actor: c.Actor, action: "instance.retry", reason: c.Reason}, true
	case Skip:
		return deed{actor: c.Actor, action: "instance.skip", reason: c.Reason}, true
	case ForceComplete:
		return deed{actor: c.Actor, action: "instance.force_complete", reason: c.Reason}, true
	case Migrate:
		return deed{actor: c.Actor, action: "instance.migrate", reason: c.Reason}, true
	case EditData:
		return deed{actor: c.Actor, action: "instance.edit_data", reason: c.Reason}, true
	}
	return deed{}, false
}

// RefusalOf gives the line about a command of a person that was refused; ok is
// false when there is none to write: the command is no person's, or its fault
// is one of the input or of ours.
func RefusalOf(cmd Command, instance uuid.UUID, err error, at time.Time) (line Record, ok bool) {
	var e *Error
	done, ok := deedOf(cmd)
	if !ok || !errors.As(err, &e) || !e.Kind.Refusal() {
		return Record{}, false
	}
	line = done.actor.Record(at, done.action, "instance", "")
	line.InstanceID, line.Refused, line.Reason = instance, e.Code, e.Message
	switch {
	case done.task != uuid.Nil:
		line.Object, line.ObjectID = "task", done.task.String()
	case instance != uuid.Nil:
		line.ObjectID = instance.String()
	}
	return line, true
}

// RefusedBy gives the line about the attempt, false when the error is none that
// says that somebody may not.
func (r Record) RefusedBy(err error) (Record, bool) {
	var e *Error
	if !errors.As(err, &e) || !e.Kind.Refusal() {
		return Record{}, false
	}
	r.Refused, r.Reason, r.Before, r.After = e.Code, e.Message, nil, nil
	return r, true
}

// Refusal reports whether an error of the kind says that somebody tried what he
// may not do, or what the state does not allow.
func (k Kind) Refusal() bool {
	switch k {
	case KindUnauthorized, KindForbidden, KindNotFound, KindConflict, KindStale, KindTooMany:
		return true
	}
	return false
}

// verbOf names what the system does to a task in a person's place.
var verbOf = map[EventType]string{EventTaskCompleted: "task.complete", EventTaskEscalated: "task.escalate"}

// recordDeeds writes what the audit says of the command: the person's deed, or
// what the system decided in a person's place.
func (d *decider) recordDeeds(cmd Command) {
	if !d.touched {
		return
	}
	if done, ok := deedOf(cmd); ok {
		d.t.Records = append(d.t.Records, d.recordOf(done))
		return
	}
	for _, ev := range d.t.Events {
		if verbOf[ev.Type] == "" {
			continue
		}
		for _, id := range d.torder {
			if t := d.tasks[id].Value; t.ExecutionID == ev.ExecutionID {
				by := SystemActor(d.in.Tenant, cmp.Or(strings.TrimPrefix(ev.Actor, systemPrefix), "deadline"))
				d.t.Records = append(d.t.Records, d.recordOf(deed{actor: by, action: verbOf[ev.Type], task: id}))
			}
		}
	}
}

func (d *decider) recordOf(done deed) Record {
	r := done.actor.Record(d.env.Now, done.action, "instance", d.in.ID.String())
	r.InstanceID, r.Definition, r.Reason = d.in.ID, d.in.Definition.Name, done.reason
	if done.task != uuid.Nil {
		r.Object, r.ObjectID = "task", done.task.String()
		if t, ok := d.snap.Tasks[done.task]; ok {
			r.Before = mustJSON(taskFacts(t))
		}
		t, _ := d.task(done.task)
		r.After = mustJSON(taskFacts(t))
		return r
	}
	if d.t.From == 0 {
		return r // the instance tells how it began; each line costs every start
	}
	r.Before = mustJSON(d.instanceFacts(&d.snap.Instance, nil))
	r.After = mustJSON(d.instanceFacts(d.in, d.ownDetail(done.actor)))
	return r
}

// ownDetail gives what the first event by the actor tells beside the state: the
// data before and after an edit, the step that was skipped.
func (d *decider) ownDetail(a Actor) json.RawMessage {
	for _, ev := range d.t.Events {
		if ev.Actor == a.ID {
			return ev.Detail
		}
	}
	return nil
}

// auditedTask is what the audit keeps of a task.
type auditedTask struct {
	Title           string     `json:"title,omitempty"`
	Status          TaskStatus `json:"status"`
	Assignee        string     `json:"assignee,omitempty"`
	ActsFor         string     `json:"acts_for,omitempty"`
	Owner           string     `json:"owner,omitempty"`
	CandidateUsers  []string   `json:"candidate_users,omitempty"`
	CandidateGroups []string   `json:"candidate_groups,omitempty"`
	Guests          []string   `json:"guests,omitempty"`
	Outcome         string     `json:"outcome,omitempty"`
	Comment         string     `json:"comment,omitempty"`
	Output          any        `json:"output,omitempty"`
	Version         int64      `json:"version"`
}

// maxAudited is how many bytes of a decision's form the audit keeps; of more
// only the digest.
const maxAudited = 4 << 10

func taskFacts(t Task) auditedTask {
	a := auditedTask{
		Title: t.Title, Status: t.Status, Assignee: t.Assignee, ActsFor: t.ActsFor, Owner: t.Owner, CandidateUsers: t.CandidateUsers, CandidateGroups: t.CandidateGroups, Guests: t.Guests,
		Outcome: t.Outcome, Comment: t.Comment, Version: t.Version,
	}
	switch {
	case len(t.Output) > maxAudited:
		sum := sha256.Sum256(t.Output)
		a.Output = map[string]any{"bytes": len(t.Output), "sha256": hex.EncodeToString(sum[:])}
	case len(t.Output) > 0:
		a.Output = t.Output
	}
	return a
}

// auditedInstance is what the audit keeps of an instance.
type auditedInstance struct {
	Status  Status          `json:"status"`
	Version string          `json:"definition_version"`
	Steps   []string        `json:"current_steps,omitempty"`
	Detail  json.RawMessage `json:"detail,omitempty"`
}

func (d *decider) instanceFacts(in *Instance, detail json.RawMessage) auditedInstance {
	return auditedInstance{Status: in.Status, Version: in.Definition.Version, Steps: in.CurrentSteps, Detail: detail}
}
