package engine

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// Limits of waiting for jobs.
const (
	maxPollers = 2000                  // that may wait in one process
	jobRecheck = 2 * time.Second       // how often waiting jobs are looked for whatever was heard
	jobGap     = 20 * time.Millisecond // between two looks
	jobOffers  = 200                   // jobs of one look
)

var errPollers = workflow.Errorf(workflow.KindUnavailable, "busy", "Too many workers wait in this process. Fetch again in a moment.")

// jobBoard brings jobs and the workers that wait for them together. A job
// calls one worker; one that is called and leaves, or finds more than it
// takes, calls the next.
type jobBoard struct {
	mu      sync.Mutex
	pollers []*poller          // in the order in which they came
	taking  map[uuid.UUID]bool // jobs that a fetcher of this process is locking
	looks   chan struct{}      // others may have jobs
}

type poller struct {
	tenant string
	topics []string
	called chan struct{}
}

func newJobBoard() *jobBoard {
	return &jobBoard{taking: map[uuid.UUID]bool{}, looks: make(chan struct{}, 1)}
}

// join has a worker called when there may be a job for it.
func (b *jobBoard) join(tenant string, topics []string) (called <-chan struct{}, leave func(), err error) {
	p := &poller{tenant: tenant, topics: topics, called: make(chan struct{}, 1)}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.pollers) >= maxPollers {
		return nil, nil, errPollers
	}
	b.pollers = append(b.pollers, p)
	return p.called, func() { b.leave(p) }, nil
}

func (b *jobBoard) leave(p *poller) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pollers = slices.DeleteFunc(b.pollers, func(o *poller) bool { return o == p })
	select {
	case <-p.called:
		for _, topic := range p.topics {
			b.callOne(p.tenant, topic)
		}
	default:
	}
}

// call tells the worker that has waited longest for the topic.
func (b *jobBoard) call(tenant, topic string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.callOne(tenant, topic)
}

func (b *jobBoard) callOne(tenant, topic string) {
	for _, p := range b.pollers {
		if p.tenant != tenant || !slices.Contains(p.topics, topic) {
			continue
		}
		select {
		case p.called <- struct{}{}:
			return
		default: // called already
		}
	}
}

// reserve gives up to most of the jobs to one fetcher of this process, and
// those that it leaves to others.
func (b *jobBoard) reserve(found []Job, most int) (mine, left []Job) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, j := range found {
		switch {
		case b.taking[j.ExecutionID]:
		case len(mine) == most:
			left = append(left, j)
		default:
			b.taking[j.ExecutionID] = true
			mine = append(mine, j)
		}
	}
	return mine, left
}

func (b *jobBoard) free(jobs []Job) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, j := range jobs {
		delete(b.taking, j.ExecutionID)
	}
}

// look has the store asked soon.
func (b *jobBoard) look() {
	select {
	case b.looks <- struct{}{}:
	default:
	}
}

// stored tells of the jobs that a stored transition has made ready.
func (b *jobBoard) stored(t *workflow.Transition) {
	if t.ThawDues {
		b.look()
	}
	for i := range t.Executions {
		if x := &t.Executions[i].Value; x.Topic != "" && x.WaitsForWorker() {
			b.call(t.Instance.Tenant, x.Topic)
		}
	}
}

// wanted lists the topics that are waited for, by tenant.
func (b *jobBoard) wanted() map[string][]string {
	b.mu.Lock()
	defer b.mu.Unlock()
	topics := map[string][]string{}
	for _, p := range b.pollers {
		for _, topic := range p.topics {
			if !slices.Contains(topics[p.tenant], topic) {
				topics[p.tenant] = append(topics[p.tenant], topic)
			}
		}
	}
	return topics
}

// jobLoop calls workers for jobs that other processes have made ready. It asks
// nothing while nobody waits.
func (e *Engine) jobLoop(ctx context.Context) {
	for {
		select {
		case <-e.jobs.looks:
		case <-time.After(jobRecheck):
		case <-ctx.Done():
			return
		}
		for tenant, topics := range e.jobs.wanted() {
			found, err := e.storage.Jobs(ctx, tenant, topics, jobOffers)
			if err != nil {
				break // the next heartbeat says so
			}
			for _, j := range found {
				e.jobs.call(tenant, j.Topic)
			}
		}
		if !sleep(ctx, jobGap) {
			return
		}
	}
}
