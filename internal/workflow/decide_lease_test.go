package workflow

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const two = `
steps:
  - {name: fork, type: gateway, mode: parallel}
  - {name: a, type: machine, action: noop}
  - {name: b, type: machine, action: noop, queue: gpu}
  - {name: c, type: machine, action: noop, on_lost: fail}
edges: [{source: fork, target: a}, {source: fork, target: b}, {source: fork, target: c}]`

// placed says where each step of a sim is: leased, in a queue, or left.
func (s *sim) placed() map[string]string {
	where := map[string]string{}
	for _, e := range s.all {
		switch {
		case e.Type != StepMachine:
		case e.Status == StepScheduled && e.Queue == "":
			where[e.Step] = "left"
		case e.Status == StepScheduled:
			where[e.Step] = e.Queue
		default:
			where[e.Step] = string(e.Status)
		}
	}
	return where
}

func startWith(t *testing.T, slots int, full bool, queue string) (*sim, *Transition) {
	t.Helper()
	s := newSim(t, parse(t, "format: 1\nname: test\nversion: 1.0.0\n"+two))
	s.slots, s.full, s.queue = slots, full, queue
	return s, s.must(Start{InstanceID: s.id(), Actor: otto, Input: json.RawMessage(`{}`)})
}

func TestPlace(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		slots int
		full  bool
		queue string
		want  map[string]string
		jobs  int
		left  bool
	}{
		"room for all":              {slots: 3, want: map[string]string{"a": "running", "b": "running", "c": "running"}},
		"slots to come":             {slots: 1, want: map[string]string{"a": "running", "b": "left", "c": "left"}, left: true},
		"a full pool":               {slots: 1, full: true, want: map[string]string{"a": "running", "b": "gpu", "c": "default"}, jobs: 2},
		"a queue that others serve": {slots: 3, queue: "default", want: map[string]string{"a": "running", "b": "gpu", "c": "running"}, jobs: 1},
		"a queue beyond the slots":  {slots: 1, queue: "default", want: map[string]string{"a": "running", "b": "gpu", "c": "left"}, jobs: 1, left: true},
		"only one queue served":     {slots: 3, queue: "gpu", want: map[string]string{"a": "default", "b": "running", "c": "default"}, jobs: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, tr := startWith(t, tt.slots, tt.full, tt.queue)
			if diff := cmp.Diff(tt.want, s.placed()); diff != "" {
				t.Errorf("steps (-want +got):\n%s", diff)
			}
			if len(tr.Offers) != tt.jobs || tr.NeedsProcesses != tt.left {
				t.Errorf("%d jobs, left %v; want %d, %v", len(tr.Offers), tr.NeedsProcesses, tt.jobs, tt.left)
			}
			for _, j := range tr.Offers {
				if e := s.all[j.ExecutionID]; e.Queue != j.Queue || e.LeaseNo != j.LeaseNo || j.InstanceID != s.snap.Instance.ID {
					t.Errorf("job %+v of %+v", j, e)
				}
			}
		})
	}
}

// TestLeaseOne leases what a job offers, once.
func TestLeaseOne(t *testing.T) {
	t.Parallel()
	s, tr := startWith(t, 0, true, "")
	job := tr.Offers[0]
	take := LeaseOne{ExecutionID: job.ExecutionID, LeaseNo: job.LeaseNo}
	if _, err := s.do(take); !errors.Is(err, ErrNoRoom) {
		t.Errorf("a job in a process without room: %v, want %v", err, ErrNoRoom)
	}
	s.slots = 3
	if tr := s.must(Lease{}); tr.Changed() {
		t.Errorf("steps that lie as jobs are leased without them: %v", s.placed())
	}
	s.must(take)
	if diff := cmp.Diff(map[string]string{"a": "running", "b": "gpu", "c": "default"}, s.placed()); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	for name, again := range map[string]LeaseOne{
		"the job again":  take,
		"an older lease": {ExecutionID: tr.Offers[1].ExecutionID, LeaseNo: -1},
		"another step":   {ExecutionID: s.id()},
	} {
		if tr := s.must(again); tr.Changed() {
			t.Errorf("%s changes something: %+v", name, tr.Executions)
		}
	}
}

// TestLeaseOne_while_nothing_moves drops the job, and the step is offered again.
func TestLeaseOne_while_nothing_moves(t *testing.T) {
	t.Parallel()
	s, tr := startWith(t, 0, true, "")
	job := tr.Offers[0]
	s.must(Pause{Actor: olga})
	s.slots = 1
	s.must(LeaseOne{ExecutionID: job.ExecutionID, LeaseNo: job.LeaseNo})
	if got := s.placed()["a"]; got != "left" {
		t.Errorf("the step whose job came while nothing moved is %s, want left", got)
	}
	s.slots = 0
	if tr := s.must(Resume{Actor: olga}); len(tr.Offers) != 1 || tr.Offers[0].ExecutionID != job.ExecutionID {
		t.Errorf("on resume the jobs are %+v, want one for that step", tr.Offers)
	}
}

func TestReleaseLease(t *testing.T) {
	t.Parallel()
	s, _ := startWith(t, 3, false, "")
	s.slots, s.full = 0, true
	for _, e := range s.running() {
		tr := s.must(ReleaseLease{ExecutionID: e.ID, LeaseNo: e.LeaseNo, Begun: true})
		now := s.all[e.ID]
		if e.Step == "c" {
			if now.Status != StepFailed || now.Error.Code != "lost" {
				t.Errorf("a step that must not run twice is %s (%v), want failed, as lost", now.Status, now.Error)
			}
			continue
		}
		if now.Status != StepScheduled || now.Lost != 0 || now.Attempt != 0 || now.LeaseNo <= e.LeaseNo {
			t.Errorf("given back: %+v, want scheduled, no attempt and no loss counted, a later lease", now)
		}
		if len(tr.Offers) != 1 || tr.Offers[0].LeaseNo != now.LeaseNo {
			t.Errorf("jobs = %+v, want one for others to take it at once", tr.Offers)
		}
		if again := s.must(ReleaseLease{ExecutionID: e.ID, LeaseNo: e.LeaseNo}); again.Changed() {
			t.Errorf("given back twice: %+v", again.Executions)
		}
	}
}

// TestReleaseLease_not_begun hands a step on that must not run twice, as its
// action was never called.
func TestReleaseLease_not_begun(t *testing.T) {
	t.Parallel()
	s, _ := startWith(t, 3, false, "")
	s.slots = 0
	for _, e := range s.running() {
		s.must(ReleaseLease{ExecutionID: e.ID, LeaseNo: e.LeaseNo})
	}
	if diff := cmp.Diff(map[string]string{"a": "left", "b": "left", "c": "left"}, s.placed()); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
}

func TestParse_queue(t *testing.T) {
	t.Parallel()
	def := parse(t, "format: 1\nname: test\nversion: 1.0.0\n"+two)
	for step, want := range map[string]string{"a": DefaultQueue, "b": "gpu"} {
		if got := def.Step(step).Machine.Queue; got != want {
			t.Errorf("queue of %s = %q, want %q", step, got, want)
		}
	}
	_, _, err := Parse([]byte("format: 1\nname: test\nversion: 1.0.0\nsteps: [{name: a, type: machine, action: noop, queue: GPU 1}]"), Options{})
	var e *Error
	if !errors.As(err, &e) || len(e.Fields) != 1 || e.Fields[0].Pointer != "/steps/0/queue" || e.Fields[0].Code != "bad_name" {
		t.Errorf("a bad name of a queue: %v, want bad_name at /steps/0/queue", err)
	}
}
