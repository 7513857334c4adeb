package memory

import (
	"slices"

	"tandem/internal/workflow"
)

// The functions here copy all that a caller could change in place.

func copied[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}

func cloneInstance(in workflow.Instance) workflow.Instance {
	in.Input, in.Data, in.Metadata = slices.Clone(in.Input), slices.Clone(in.Data), slices.Clone(in.Metadata)
	in.StartedAt, in.CompletedAt, in.FrozenAt = copied(in.StartedAt), copied(in.CompletedAt), copied(in.FrozenAt)
	in.ExpiresAt = copied(in.ExpiresAt)
	in.Error = copied(in.Error)
	in.WaitingFor = slices.Clone(in.WaitingFor)
	for i, w := range in.WaitingFor {
		w.Users, w.Groups = slices.Clone(w.Users), slices.Clone(w.Groups)
		w.TaskID, w.Until, w.Child = copied(w.TaskID), copied(w.Until), copied(w.Child)
		in.WaitingFor[i] = w
	}
	in.CurrentSteps = slices.Clone(in.CurrentSteps)
	in.State = in.State.Clone()
	return in
}

func cloneExecution(e workflow.Execution) workflow.Execution {
	e.ArrivedFrom = slices.Clone(e.ArrivedFrom)
	e.Attempts = slices.Clone(e.Attempts)
	for i, a := range e.Attempts {
		e.Attempts[i].Error, e.Attempts[i].StartedAt = copied(a.Error), copied(a.StartedAt)
	}
	e.Input, e.Output = slices.Clone(e.Input), slices.Clone(e.Output)
	e.Error = copied(e.Error)
	if e.Progress = copied(e.Progress); e.Progress != nil {
		e.Progress.Percent = copied(e.Progress.Percent)
	}
	e.DueAt, e.StartedAt, e.CompletedAt = copied(e.DueAt), copied(e.StartedAt), copied(e.CompletedAt)
	return e
}

func cloneTask(t workflow.Task) workflow.Task {
	t.CandidateUsers, t.CandidateGroups = slices.Clone(t.CandidateUsers), slices.Clone(t.CandidateGroups)
	t.Excluded, t.Guests = slices.Clone(t.Excluded), slices.Clone(t.Guests)
	t.ClaimedAt, t.DueAt, t.CompletedAt = copied(t.ClaimedAt), copied(t.DueAt), copied(t.CompletedAt)
	t.ReminderAt = copied(t.ReminderAt)
	t.Output = slices.Clone(t.Output)
	if t.Proposal = copied(t.Proposal); t.Proposal != nil {
		t.Proposal.Output = slices.Clone(t.Proposal.Output)
	}
	return t
}

func cloneHook(h workflow.Hook) workflow.Hook {
	h.Payload = slices.Clone(h.Payload)
	return h
}

func cloneDue(d workflow.Due) workflow.Due {
	d.Payload = slices.Clone(d.Payload)
	return d
}

func cloneEvent(e workflow.Event) workflow.Event {
	e.Detail, e.ArrivedFrom = slices.Clone(e.Detail), slices.Clone(e.ArrivedFrom)
	return e
}
