package engine

import (
	"time"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// AuditFilter narrows the audit; fields combine as in InstanceFilter.
type AuditFilter struct {
	Actors      []string
	Actions     []string
	Objects     []string // the sorts of things, as "task"
	ObjectIDs   []string
	Definitions []string
	InstanceID  *uuid.UUID
	Refused     *bool
	After       *time.Time
	Before      *time.Time
}

// MayAudit refuses those who may not read the audit: all but auditors and
// admins.
func MayAudit(a workflow.Actor) error {
	if a.System || a.Is(workflow.RoleAuditor) {
		return nil
	}
	return workflow.Errorf(workflow.KindForbidden, workflow.ErrForbidden.Code, "Only auditors may read the audit. Ask an admin for the role.")
}

// Refused tells the audit of a command that somebody tried and that was refused
// before it came to the engine. A nil err says that the state did not allow it.
func (e *Engine) Refused(cmd workflow.Command, instance uuid.UUID, err error) {
	if err == nil {
		err = workflow.ErrInvalidTransition
	}
	e.refused(cmd, instance, err)
}

// refused tells the audit of a command that its person may not do, or that the
// state did not allow. Faults of the input and of ours are not attempts.
func (e *Engine) refused(cmd workflow.Command, instance uuid.UUID, err error) {
	if err == nil || e.hearRefused == nil {
		return
	}
	if line, ok := workflow.RefusalOf(cmd, instance, err, e.now()); ok {
		e.hearRefused(line)
	}
}
