package workflow

import (
	"regexp"

	"github.com/google/uuid"
)

// DefaultQueue is the queue of machine steps that name none.
const DefaultQueue = "default"

// maxQueue bounds the name of a queue, in bytes.
const maxQueue = 63

var queueName = regexp.MustCompile(`^[a-z][a-z0-9]*([_-][a-z0-9]+)*$`)

// ValidQueue reports whether a queue can have the name.
func ValidQueue(name string) bool { return len(name) <= maxQueue && queueName.MatchString(name) }

// ErrNoRoom refuses to lease a step in a process that has no slot for it, or
// does not serve its queue.
var ErrNoRoom = Errorf(KindUnavailable, "no_room", "This process has no room for the step at the moment.")

// findProcess finds a process for a ready machine step: this one, at once or as soon
// as it has slots, or by a job any that serves the queue.
func (d *decider) findProcess(e Execution) {
	serves := d.serves(e)
	switch {
	case serves && len(d.t.Work) < d.env.Slots:
		d.lease(e)
	case !serves || d.env.Full:
		d.offer(e)
	default:
		d.t.NeedsProcesses = true
	}
}

func (d *decider) queueOf(e Execution) string { return d.def.Step(e.Step).Machine.Queue }

func (d *decider) serves(e Execution) bool {
	return d.env.Serves == nil || d.env.Serves(d.queueOf(e))
}

// offer leaves a ready machine step to others by a job.
func (d *decider) offer(e Execution) {
	e.Queue = d.queueOf(e)
	d.put(e)
	d.t.Offers = append(d.t.Offers, Offer{InstanceID: d.in.ID, ExecutionID: e.ID, LeaseNo: e.LeaseNo, Queue: e.Queue})
}

// leaseOne leases what a job offers, or what was left without one. While nothing
// moves the job is dropped: the step gets another when the instance moves again.
func (d *decider) leaseOne(c LeaseOne) error {
	e, ok := d.exec(c.ExecutionID)
	if !ok || e.Status != StepScheduled || e.LeaseNo != c.LeaseNo || e.DueAt != nil {
		return nil
	}
	switch {
	case !d.moving():
		if e.Queue != "" {
			e.Queue = ""
			d.put(e)
		}
	case d.serves(e) && d.env.Slots > 0:
		d.lease(e)
	case e.Queue == "":
		d.offer(e)
	default:
		return ErrNoRoom
	}
	return nil
}

// releaseLease makes a step ready again whose process ends, unless it has begun
// and must not run twice.
func (d *decider) releaseLease(c ReleaseLease) error {
	e, ok := d.leased(c.ExecutionID, c.LeaseNo)
	if !ok {
		return nil
	}
	if c.Begun && d.def.Step(e.Step).Machine.OnLost == "fail" {
		d.failAttempt(e, &StepError{Code: "lost", Message: "the process that ran this step was stopped before the step had ended, and the step must not run twice"}, "lost")
		return nil
	}
	d.stepEvent(EventStepReleased, e, "", map[string]any{"begun": c.Begun})
	e.Status, e.LeaseOwner = StepScheduled, uuid.Nil
	e.LeaseNo++
	e.Attempt--
	d.put(e)
	return nil
}
