package memory

import (
	"slices"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// healthy reports whether one of the filter's conditions holds of an instance.
func (s *Store) healthy(r *record, f engine.InstanceFilter) bool {
	return len(f.Health) == 0 || slices.ContainsFunc(f.Health, func(h engine.Health) bool { return s.holds(r, h, f) })
}

func (s *Store) holds(r *record, h engine.Health, f engine.InstanceFilter) bool {
	in := r.instance
	moving := in.FrozenAt == nil && !in.Status.Finished()
	switch h {
	case engine.HealthFailed:
		return in.Status == workflow.StatusFailed
	case engine.HealthRetrying:
		return moving && r.some(func(e workflow.Execution) bool { return e.Status == workflow.StepScheduled && e.DueAt != nil })
	case engine.HealthOverdue:
		for _, t := range r.tasks {
			if overdue(t, f.Now) {
				return !in.Status.Finished()
			}
		}
	case engine.HealthNoWorker:
		return moving && r.some(func(e workflow.Execution) bool {
			return e.Status == workflow.StepScheduled && e.DueAt == nil && !s.hasWorker(in.Tenant, e)
		})
	case engine.HealthOnHold:
		return in.Paused && !in.Status.Finished()
	}
	return false
}

func (r *record) some(is func(workflow.Execution) bool) bool {
	for _, e := range r.executions {
		if is(e) {
			return true
		}
	}
	return false
}

// hasWorker reports whether somebody would do a ready step.
func (s *Store) hasWorker(tenant string, e workflow.Execution) bool {
	if e.Topic != "" {
		at, ok := s.topics[topicKey{tenant, e.Topic}]
		return ok && s.now().Sub(at) <= engine.TopicSilence
	}
	if e.Queue == "" {
		return true
	}
	for _, p := range s.processes {
		if slices.Contains(p.Queues, e.Queue) && s.now().Sub(p.SeenAt) <= engine.QueueSilence {
			return true
		}
	}
	return false
}

// labeled reports whether the instance's definition has one of the labels.
func (s *Store) labeled(in workflow.Instance, labels []string) bool {
	v, ok := s.definitions[versionKey{in.Tenant, in.Definition}]
	return len(labels) == 0 || ok && slices.ContainsFunc(v.labels, func(l string) bool { return slices.Contains(labels, l) })
}

// assignedTo reports whether an open task of the instance is one of the people's.
func (r *record) assignedTo(people []string) bool {
	if len(people) == 0 {
		return true
	}
	for _, t := range r.tasks {
		if isOpen(t) && t.Assignee != "" && slices.Contains(people, t.Assignee) {
			return true
		}
	}
	return false
}

// atStep reports whether one of the steps is under way.
func atStep(in workflow.Instance, steps []string) bool {
	return len(steps) == 0 || slices.ContainsFunc(in.CurrentSteps, func(step string) bool { return slices.Contains(steps, step) })
}
