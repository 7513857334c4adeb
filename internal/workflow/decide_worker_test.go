package workflow

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
)

const scanning = `
steps:
  - {name: scan, type: machine, action: worker, topic: scan, with: {page: 1}, output: text, timeout: 10m,
     retry: {max_attempts: 2, initial: 10s, jitter: 0}}
`

// fetch locks the job of a step for a minute.
func (s *sim) fetch(step string) JobLock {
	s.t.Helper()
	for _, e := range s.all {
		if e.Step == step && e.WaitsForWorker() {
			s.must(FetchJob{ExecutionID: e.ID, Lock: s.id(), For: time.Minute, Worker: "w1", Actor: olga})
			return JobLock{e.ID, s.all[e.ID].LeaseNo}
		}
	}
	s.t.Fatalf("no job of %s waits", step)
	return JobLock{}
}

// lost fails the test unless a worker's command is refused because its lock is
// lost.
func (s *sim) lost(what string, cmd Command) {
	s.t.Helper()
	if _, err := s.do(cmd); !errors.Is(err, ErrJobLost) {
		s.t.Fatalf("%s: error = %v, want ErrJobLost", what, err)
	}
}

func TestWorker_waits_until_it_is_fetched(t *testing.T) {
	t.Parallel()
	s := started(t, scanning, `{}`)
	s.status(t, StatusRunning)
	if w := s.snap.Instance.WaitingFor; len(w) != 1 || w[0].Kind != WaitingWorker || w[0].Topic != "scan" {
		t.Fatalf("waits for %+v, want a worker of the topic scan", w)
	}
	if tr := s.must(Lease{}); tr.Changed() || len(tr.Work) > 0 {
		t.Fatalf("a process leased the job: %+v", tr.Work)
	}
	lock := s.fetch("scan")
	e := s.all[lock.ExecutionID]
	if string(e.Input) != `{"page":1}` || e.Attempt != 1 || !e.DueAt.Equal(s.now.Add(time.Minute)) {
		t.Fatalf("fetched %s, attempt %d, until %v", e.Input, e.Attempt, e.DueAt)
	}
	if w := s.snap.Instance.WaitingFor; len(w) != 0 {
		t.Fatalf("waits for %+v although a worker has it", w)
	}
	s.lost("fetching it again", FetchJob{ExecutionID: e.ID, Lock: s.id(), For: time.Minute, Actor: olga})
	end := EndJob{JobLock: lock, Output: json.RawMessage(`"hello"`), Actor: olga}
	s.lost("the result with another lock", EndJob{JobLock: JobLock{e.ID, lock.LeaseNo + 1}, Actor: olga})
	s.lost("the result from another tenant", EndJob{JobLock: lock, Actor: Actor{ID: "eve", Tenant: "other"}})
	s.must(end)
	s.status(t, StatusCompleted)
	if got := s.data("text"); got != `"hello"` {
		t.Errorf("data.text = %s, want the worker's result", got)
	}
	if len(s.dues) != 0 {
		t.Errorf("due rows are left: %v", s.dues)
	}
	if tr := s.must(end); tr.Changed() {
		t.Error("the same result again changed something")
	}
	s.lost("a failure after the result", EndJob{JobLock: lock, Err: &StepError{Code: "x", Message: "x"}, Actor: olga})
}

func TestWorker_fails_and_is_retried(t *testing.T) {
	t.Parallel()
	s := started(t, scanning, `{}`)
	first := s.fetch("scan")
	s.must(EndJob{JobLock: first, Err: &StepError{Code: "jam", Message: "paper jam", RetryAfter: 30 * time.Second}, Actor: olga})
	e := s.all[first.ExecutionID]
	if e.Status != StepScheduled || e.DueAt == nil || !e.DueAt.Equal(s.now.Add(30*time.Second)) {
		t.Fatalf("after a failure: %s, due %v, want a back-off of 30 s", e.Status, e.DueAt)
	}
	s.lost("a report of the first attempt", ReportJob{JobLock: first, Actor: olga})
	s.lost("fetching during the back-off", FetchJob{ExecutionID: e.ID, Lock: s.id(), For: time.Minute, Actor: olga})
	s.fire()
	second := s.fetch("scan")
	s.must(EndJob{JobLock: second, Err: &StepError{Code: "jam", Message: "paper jam"}, Actor: olga})
	s.status(t, StatusFailed)
	s.must(Retry{Actor: olga})
	s.must(EndJob{JobLock: s.fetch("scan"), Actor: olga})
	s.status(t, StatusCompleted)
}

func TestWorker_lock_runs_out(t *testing.T) {
	t.Parallel()
	s := started(t, scanning, `{}`)
	for n := 1; n < MaxLost; n++ {
		lock := s.fetch("scan")
		s.fire()
		s.lost("a result after the lock", EndJob{JobLock: lock, Actor: olga})
		e := s.all[lock.ExecutionID]
		if len(e.Attempts) != n || e.Attempts[n-1].Status != "lost" || !e.WaitsForWorker() {
			t.Fatalf("after loss %d: %s, attempts %+v", n, e.Status, e.Attempts)
		}
		if len(s.dues) != 0 {
			t.Fatalf("due rows of the lost attempt are left: %v", s.dues)
		}
	}
	lock := s.fetch("scan")
	s.now = s.now.Add(50 * time.Second)
	s.must(ExtendJob{JobLock: lock, For: 5 * time.Minute, Actor: olga})
	s.must(ReportJob{JobLock: lock, Progress: Progress{Message: "page 2"}, Actor: olga})
	if e := s.all[lock.ExecutionID]; !e.DueAt.Equal(s.now.Add(5*time.Minute)) || e.Progress == nil || !e.Progress.At.Equal(s.now) {
		t.Fatalf("extended until %v, progress %+v", e.DueAt, e.Progress)
	}
	if len(s.dues) != 2 {
		t.Fatalf("due rows = %v, want one of the lock and one of the timeout", s.dues)
	}
	s.must(EndJob{JobLock: lock, Actor: olga})
	s.status(t, StatusCompleted)
	if e := s.all[lock.ExecutionID]; e.Progress != nil || e.DueAt != nil {
		t.Errorf("a finished job keeps progress %+v and lock %v", e.Progress, e.DueAt)
	}
}

func TestWorker_on_lost_fail(t *testing.T) {
	t.Parallel()
	s := started(t, "steps:\n  - {name: scan, type: machine, action: worker, topic: scan, on_lost: fail}\n", `{}`)
	s.fetch("scan")
	s.fire()
	s.status(t, StatusFailed)
	if got := s.snap.Instance.Error.Code; got != "lost" {
		t.Errorf("error code = %q, want lost", got)
	}
}

func TestWorker_timeout_is_of_the_attempt(t *testing.T) {
	t.Parallel()
	s := started(t, scanning, `{}`)
	s.now = s.now.Add(time.Hour) // nobody fetches: that is no attempt
	lock := s.fetch("scan")
	s.must(ExtendJob{JobLock: lock, For: time.Hour, Actor: olga})
	s.fire()
	e := s.all[lock.ExecutionID]
	if e.Status != StepScheduled || e.Error == nil || e.Error.Code != "timeout" {
		t.Fatalf("after ten minutes: %s, %v, want a back-off after a timeout", e.Status, e.Error)
	}
	s.lost("the result after the timeout", EndJob{JobLock: lock, Actor: olga})
}

func TestWorker_frozen_and_canceled(t *testing.T) {
	t.Parallel()
	s := started(t, scanning, `{}`)
	lock := s.fetch("scan")
	s.must(Pause{Actor: olga})
	s.must(ExtendJob{JobLock: lock, For: time.Hour, Actor: olga})
	s.must(EndJob{JobLock: lock, Output: json.RawMessage(`1`), Actor: olga})
	s.status(t, StatusPaused)
	s.must(Resume{Actor: olga})
	s.status(t, StatusCompleted)

	s = started(t, scanning, `{}`)
	lock = s.fetch("scan")
	s.must(Cancel{Actor: olga})
	if _, err := s.do(EndJob{JobLock: lock, Actor: olga}); !errors.Is(err, ErrJobCanceled) {
		t.Errorf("the result after the cancellation: %v, want ErrJobCanceled", err)
	}

	s = started(t, scanning, `{}`)
	waits := s.snap.Instance.State
	s.must(Pause{Actor: olga})
	for id := range s.snap.Executions {
		s.lost("fetching while paused", FetchJob{ExecutionID: id, Lock: s.id(), For: time.Minute, Actor: olga})
	}
	if waits.Tokens.Ready != 0 {
		t.Errorf("the job counts as ready for a process: %+v", waits.Tokens)
	}
}

func TestWorker_items(t *testing.T) {
	t.Parallel()
	s := started(t, `
steps:
  - {name: scan, type: machine, action: worker, topic: "{{ 'scan/' + item }}", for_each: data.pages, output: texts, with: "{{ item }}"}
`, `{"pages": ["a", "b", "c"]}`)
	if w := s.snap.Instance.WaitingFor; len(w) != 1 || w[0].Kind != WaitingWorker || w[0].Count != 3 {
		t.Fatalf("waits for %+v, want a worker for three items", w)
	}
	topics := map[string]uuid.UUID{}
	for id, e := range s.all {
		topics[e.Topic] = id
	}
	for _, topic := range []string{"scan/c", "scan/a", "scan/b"} {
		e := s.all[topics[topic]]
		s.must(FetchJob{ExecutionID: e.ID, Lock: s.id(), For: time.Minute, Actor: olga})
		s.must(EndJob{JobLock: JobLock{e.ID, 1}, Output: e.Input, Actor: olga})
	}
	s.status(t, StatusCompleted)
	if got := s.data("texts"); got != `["a","b","c"]` {
		t.Errorf("data.texts = %s", got)
	}
}

func TestWorker_bad_topic_fails_the_step(t *testing.T) {
	t.Parallel()
	s := started(t, "steps:\n  - {name: scan, type: machine, action: worker, topic: \"{{ data.topic }}\"}\n", `{"topic": "not a topic"}`)
	s.status(t, StatusFailed)
}
