package memory

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// System implements engine.Reader: there is no database and no side job.
func (s *Store) System(ctx context.Context, tenant string) (engine.System, error) {
	var sys engine.System
	var err error
	if sys.Processes, err = s.Processes(ctx, 24*time.Hour, engine.MaxSystemRows); err != nil {
		return sys, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	topics, queues := map[string]*engine.TopicState{}, map[string]*engine.QueueState{}
	for _, r := range s.instances {
		for _, e := range r.executions {
			switch {
			case e.Status != workflow.StepScheduled || e.DueAt != nil:
			case e.Topic == "":
				q := queues[e.Queue]
				if q == nil {
					q = &engine.QueueState{Queue: e.Queue}
					queues[e.Queue] = q
				}
				q.Steps++
			case r.instance.Tenant == tenant:
				s.countTopic(topics, tenant, e)
			}
		}
	}
	for _, t := range topics {
		sys.Topics = append(sys.Topics, *t)
	}
	slices.SortFunc(sys.Topics, func(a, b engine.TopicState) int {
		return cmp.Or(cmp.Compare(b.Jobs, a.Jobs), strings.Compare(a.Topic, b.Topic))
	})
	for _, q := range queues {
		for _, p := range sys.Processes {
			if (q.Queue == "" || slices.Contains(p.Queues, q.Queue)) && s.now().Sub(p.SeenAt) <= engine.QueueSilence {
				q.Served++
			}
		}
		sys.Queues = append(sys.Queues, *q)
	}
	slices.SortFunc(sys.Queues, func(a, b engine.QueueState) int {
		return cmp.Or(cmp.Compare(b.Steps, a.Steps), strings.Compare(a.Queue, b.Queue))
	})
	return sys, nil
}

func (s *Store) countTopic(topics map[string]*engine.TopicState, tenant string, e workflow.Execution) {
	t := topics[e.Topic]
	if t == nil {
		t = &engine.TopicState{Topic: e.Topic, Oldest: e.CreatedAt}
		if at, ok := s.topics[topicKey{tenant, e.Topic}]; ok {
			t.Fetched = &at
		}
		topics[e.Topic] = t
	}
	t.Jobs++
	if e.CreatedAt.Before(t.Oldest) {
		t.Oldest = e.CreatedAt
	}
}
