package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"tandem/internal/engine"
	"tandem/internal/memory"
	"tandem/internal/workflow"
)

const scanning = `
steps:
  - {name: scan, type: machine, action: worker, topic: scan, with: "{{ data.page }}", output: text}`

func query(wait time.Duration) engine.JobQuery {
	return engine.JobQuery{Topics: []string{"fax", "scan"}, Max: 1, Lock: time.Minute, Wait: wait, Worker: "w1"}
}

func (h *house) fetch(q engine.JobQuery) []engine.LockedJob {
	h.t.Helper()
	jobs, err := h.FetchJobs(h.t.Context(), olga, q)
	if err != nil {
		h.t.Fatalf("FetchJobs: %v", err)
	}
	return jobs
}

func (h *house) fetchOne() engine.LockedJob {
	h.t.Helper()
	jobs := h.fetch(query(20 * time.Second))
	if len(jobs) != 1 {
		h.t.Fatalf("FetchJobs gave %d jobs, want one", len(jobs))
	}
	return jobs[0]
}

func TestEngine_Jobs(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		h := run(t, open())
		h.save("scan", scanning)
		if jobs := h.fetch(query(0)); len(jobs) != 0 {
			t.Fatalf("jobs of nobody: %v", jobs)
		}
		in := h.start("scan", `{"page": 1.50}`)
		job := h.fetchOne()
		if string(job.Execution.Input) != "1.50" || job.Instance.ID != in.ID || job.IdempotencyKey != job.Execution.ID.String() {
			t.Errorf("job = %+v", job)
		}
		if jobs := h.fetch(query(0)); len(jobs) != 0 {
			t.Errorf("a job that is locked was given again: %v", jobs)
		}
		percent := 40.0
		if err := h.ReportJob(t.Context(), olga, job.ID, &percent, "half"); err != nil {
			t.Errorf("ReportJob: %v", err)
		}
		if p := h.executions(in.ID, "scan")[0].Progress; p == nil || *p.Percent != 40 || p.Message != "half" {
			t.Errorf("progress = %+v", p)
		}
		for _, id := range []string{"", "x", job.ID + "A", job.ID[:len(job.ID)-2] + "xx"} {
			if err := h.CompleteJob(t.Context(), olga, id, nil); !errors.Is(err, workflow.ErrJobNotFound) {
				t.Errorf("CompleteJob(%q) = %v, want ErrJobNotFound", id, err)
			}
		}
		for range 2 { // the second time as if the first answer had been lost
			if err := h.CompleteJob(t.Context(), olga, job.ID, json.RawMessage(`"Hello"`)); err != nil {
				t.Errorf("CompleteJob: %v", err)
			}
		}
		h.until(in.ID, workflow.StatusCompleted)
		if n := h.count(in.ID, workflow.EventStepCompleted); n != 1 {
			t.Errorf("completed %d times, want once", n)
		}
		if err := h.FailJob(t.Context(), olga, job.ID, workflow.StepError{Code: "x", Message: "x"}); !errors.Is(err, workflow.ErrJobLost) {
			t.Errorf("FailJob of a completed job = %v, want ErrJobLost", err)
		}
	})
}

// A lock that runs out gives the job to another, as a lost attempt.
func TestEngine_Jobs_lock_runs_out(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		h := run(t, open())
		h.save("scan", scanning)
		in := h.start("scan", `{"page": 1}`)
		short := query(0)
		short.Lock = time.Second
		var first []engine.LockedJob
		eventually(t, "the job", func() bool { first = h.fetch(short); return len(first) == 1 })
		second := h.fetchOne()
		if second.ID == first[0].ID || second.Execution.Attempt != 2 || len(second.Execution.Attempts) != 1 {
			t.Errorf("second = %+v", second.Execution)
		}
		if err := h.CompleteJob(t.Context(), olga, first[0].ID, json.RawMessage(`"late"`)); !errors.Is(err, workflow.ErrJobLost) {
			t.Errorf("the first worker's result = %v, want ErrJobLost", err)
		}
		if err := h.CompleteJob(t.Context(), olga, second.ID, json.RawMessage(`"in time"`)); err != nil {
			t.Errorf("the second worker's result: %v", err)
		}
		h.until(in.ID, workflow.StatusCompleted)
	})
}

// Workers of two processes race for jobs that appear meanwhile: each job goes to
// one of them.
func TestEngine_Jobs_raced(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		const jobs, workers = 60, 8
		s := open()
		one, two := run(t, s), run(t, open())
		one.save("scan", scanning)
		ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
		defer stop()
		var mu sync.Mutex
		taken := map[string]int{}
		var all sync.WaitGroup
		for n := range workers {
			h := []*house{one, two}[n%2]
			all.Go(func() {
				for ctx.Err() == nil {
					q := query(5 * time.Second)
					q.Max = 1 + n%3
					list, err := h.FetchJobs(ctx, olga, q)
					if err != nil {
						t.Errorf("FetchJobs: %v", err)
						return
					}
					for _, j := range list {
						if err := h.CompleteJob(t.Context(), olga, j.ID, nil); err != nil {
							t.Errorf("CompleteJob: %v", err)
						}
						mu.Lock()
						if taken[j.Execution.ID.String()]++; len(taken) == jobs {
							stop()
						}
						mu.Unlock()
					}
				}
			})
		}
		for n := range jobs {
			one.start("scan", fmt.Sprintf(`{"page": %d}`, n))
		}
		all.Wait()
		if len(taken) != jobs {
			t.Fatalf("%d jobs were done, want %d", len(taken), jobs)
		}
		for id, n := range taken {
			if n != 1 {
				t.Errorf("job %s was given %d times", id, n)
			}
		}
	})
}

// A worker that waits hears at once of a job that another process has made, and
// of one whose instance moves again.
func TestEngine_Jobs_wake(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		h, other := run(t, open()), run(t, open())
		other.save("scan", scanning)
		in := other.start("scan", `{"page": 1}`)
		if _, err := other.Pause(t.Context(), olga, in.ID, ""); err != nil {
			t.Fatal(err)
		}
		if jobs := h.fetch(query(0)); len(jobs) != 0 {
			t.Fatalf("a job of a paused instance was given: %v", jobs)
		}
		fetched := make(chan []engine.LockedJob)
		go func() {
			jobs, _ := h.FetchJobs(t.Context(), olga, query(20*time.Second))
			fetched <- jobs
		}()
		if _, err := other.Resume(t.Context(), olga, in.ID, ""); err != nil {
			t.Fatal(err)
		}
		if jobs := <-fetched; len(jobs) != 1 {
			t.Fatalf("after the instance moved again: %v, want its job", jobs)
		}
		if _, err := other.Cancel(t.Context(), olga, in.ID, ""); err != nil {
			t.Fatal(err)
		}
	})
}

func TestEngine_Jobs_refusals(t *testing.T) {
	t.Parallel()
	h := run(t, memory.New(memory.Options{}))
	for what, change := range map[string]func(*engine.JobQuery){
		"no topic":      func(q *engine.JobQuery) { q.Topics = nil },
		"a bad topic":   func(q *engine.JobQuery) { q.Topics = []string{"a b"} },
		"many topics":   func(q *engine.JobQuery) { q.Topics = slices.Repeat([]string{"a"}, engine.MaxTopics+1) },
		"no jobs":       func(q *engine.JobQuery) { q.Max = 0 },
		"many jobs":     func(q *engine.JobQuery) { q.Max = engine.MaxJobs + 1 },
		"a short lock":  func(q *engine.JobQuery) { q.Lock = time.Millisecond },
		"a long lock":   func(q *engine.JobQuery) { q.Lock = 25 * time.Hour },
		"a long wait":   func(q *engine.JobQuery) { q.Wait = time.Minute },
		"a bad name":    func(q *engine.JobQuery) { q.Worker = "\x00" },
		"negative wait": func(q *engine.JobQuery) { q.Wait = -1 },
	} {
		q := query(0)
		change(&q)
		if _, err := h.FetchJobs(t.Context(), olga, q); workflow.KindOf(err) != workflow.KindInvalid {
			t.Errorf("%s: error = %v, want one of KindInvalid", what, err)
		}
	}
}
