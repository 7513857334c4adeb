package memory

import (
	"context"
	"slices"
	"sync"
	"time"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// Limits of jobs.
const (
	offersAtOnce = 8
	offerPause   = 50 * time.Millisecond // until a job that was refused comes again
)

// addOffers queues jobs and wakes those who wait for them. The lock is held.
func (s *Store) addOffers(jobs []workflow.Offer) {
	if len(jobs) == 0 {
		return
	}
	s.offers = append(s.offers, jobs...)
	close(s.more)
	s.more = make(chan struct{})
}

// Work implements engine.Store.
func (s *Store) Work(ctx context.Context, queues []string, d engine.Desk) error {
	var wg sync.WaitGroup
	for range offersAtOnce {
		wg.Go(func() {
			for d.Await(ctx, true) {
				s.workWhileOpen(ctx, queues, d)
			}
		})
	}
	wg.Wait()
	return nil
}

// workWhileOpen gives jobs to a desk until it shuts.
func (s *Store) workWhileOpen(ctx context.Context, queues []string, d engine.Desk) {
	open, shut := context.WithCancel(ctx)
	defer shut()
	go func() {
		d.Await(open, false)
		shut()
	}()
	for {
		job, ok := s.nextOffer(open, queues)
		if !ok {
			return
		}
		if d.Take(ctx, job) != nil {
			s.putBack(ctx, job)
		}
	}
}

// nextOffer waits for a job of the queues; it reports false when ctx ended first.
func (s *Store) nextOffer(ctx context.Context, queues []string) (workflow.Offer, bool) {
	for ctx.Err() == nil {
		s.mu.Lock()
		more := s.more
		i := slices.IndexFunc(s.offers, func(j workflow.Offer) bool { return slices.Contains(queues, j.Queue) })
		if i >= 0 {
			job := s.offers[i]
			s.offers = slices.Delete(s.offers, i, i+1)
			s.mu.Unlock()
			return job, true
		}
		s.mu.Unlock()
		select {
		case <-more:
		case <-ctx.Done():
		}
	}
	return workflow.Offer{}, false
}

// putBack queues a job again after a pause, at once when ctx ends.
func (s *Store) putBack(ctx context.Context, job workflow.Offer) {
	timer := time.NewTimer(offerPause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addOffers([]workflow.Offer{job})
}
