package engine

import (
	"context"
	"encoding/json"

	"tandem/internal/workflow"
)

// ScheduleReader gives the schedules of a document as they begin.
type ScheduleReader func(source []byte) ([]ScheduleRow, error)

// VersionStore changes what may be done with versions of a definition. Of one
// definition one change is made at a time.
type VersionStore interface {
	// ActivateVersion says whether a version may be started, and stores the line,
	// unless it is so already: changed is false then. The definition's schedules
	// become those of its latest active release, if they were not.
	// ErrDefinitionNotFound when there is no such version.
	ActivateVersion(ctx context.Context, by workflow.Record, ref workflow.Ref, active bool, schedules ScheduleReader) (changed bool, err error)

	// DeleteVersion removes a version and leaves its hash. ErrVersionActive and
	// ErrVersionInUse when it is active or any instance is of it.
	DeleteVersion(ctx context.Context, by workflow.Record, ref workflow.Ref) error
}

// ActivateVersion lets a version be started, or not any more: then its schedules
// start nothing either. Instances of it go on. What is so already is no change.
func (e *Engine) ActivateVersion(ctx context.Context, actor workflow.Actor, ref workflow.Ref, active bool, reason string) error {
	verb := "activate"
	if !active {
		verb = "deactivate"
	}
	line, err := e.versionLine(actor, "definition."+verb, ref, reason)
	if err != nil {
		return err
	}
	line.Before, line.After = isActive(!active), isActive(active)
	changed, err := e.storage.ActivateVersion(ctx, line, ref, active, func(source []byte) ([]ScheduleRow, error) {
		def, _, err := e.Parse(source)
		if err != nil {
			return nil, err
		}
		return SchedulesOf(actor.Tenant, def, line.At), nil
	})
	if changed {
		e.clock.look()
	}
	e.refusedVersion(line, err)
	return err
}

// DeleteVersion removes a version that is not active and that no instance uses.
// Its name and number stay taken for other content.
func (e *Engine) DeleteVersion(ctx context.Context, actor workflow.Actor, ref workflow.Ref, reason string) error {
	line, err := e.versionLine(actor, "definition.delete", ref, reason)
	if err != nil {
		return err
	}
	err = e.storage.DeleteVersion(ctx, line, ref)
	e.refusedVersion(line, err)
	return err
}

func isActive(yes bool) json.RawMessage {
	if yes {
		return json.RawMessage(`{"is_active":true}`)
	}
	return json.RawMessage(`{"is_active":false}`)
}

// versionLine begins the audit's line about a change of a version.
func (e *Engine) versionLine(actor workflow.Actor, action string, ref workflow.Ref, reason string) (workflow.Record, error) {
	line := actor.Record(e.now(), action, "definition", ref.String())
	line.Definition, line.Reason = ref.Name, reason
	err := workflow.CheckText(reason, "reason")
	if !actor.System && !actor.Is(workflow.RoleAuthor) {
		err = workflow.Errorf(workflow.KindForbidden, workflow.ErrForbidden.Code, "Only authors may change versions of workflows. Ask an admin for the role.")
	}
	e.refusedVersion(line, err)
	return line, err
}

// refusedVersion tells the audit of a change of a version that was refused.
func (e *Engine) refusedVersion(line workflow.Record, err error) {
	if e.hearRefused == nil {
		return
	}
	if line, ok := line.RefusedBy(err); ok {
		e.hearRefused(line)
	}
}
