package bench

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Steady is how pages are answered that come at a fixed rate, whether those
// before have been answered or not.
type Steady struct {
	PerSecond int     `json:"per_second"`
	Requests  int     `json:"requests"`
	P50       float64 `json:"p50_ms"`
	P99       float64 `json:"p99_ms"`
	Worst     float64 `json:"worst_ms"`
}

// The rate, how long it is kept up, and the pages, in turn and by each person.
const (
	steadyRate = 50
	steadyTime = 20 * time.Second
)

var steadyPages = []string{"/", "/tasks", "/tasks?view=groups", "/instances", "/instances/{id}", "/definitions", "/start", "/profile"}

// Steady asks for pages at a steady rate and times the answers from the moment
// at which each was due, so that one that waits for others counts in full.
func (s Scale) Steady(ctx context.Context) (Steady, error) {
	type page struct {
		client *http.Client
		person ScalePerson
		path   string
	}
	var pages []page
	for _, person := range s.People {
		client, err := s.signIn(ctx, person)
		if err != nil {
			return Steady{}, err
		}
		for _, path := range steadyPages {
			if path, err = s.fill(ctx, client, person, path); err != nil {
				return Steady{}, err
			}
			pages = append(pages, page{client, person, path})
		}
	}
	n := int(steadyTime.Seconds()) * steadyRate
	took, failed := make([]time.Duration, n), make([]error, n)
	var all sync.WaitGroup
	begin := time.Now()
	for i := range n {
		due := begin.Add(time.Duration(i) * time.Second / steadyRate)
		select {
		case <-time.After(time.Until(due)):
		case <-ctx.Done():
			return Steady{}, ctx.Err()
		}
		one := pages[i%len(pages)]
		all.Go(func() {
			status, _, err := s.get(ctx, one.client, one.person, one.path)
			if err == nil && status != http.StatusOK {
				err = fmt.Errorf("%s answered %d", one.path, status)
			}
			took[i], failed[i] = time.Since(due), err
		})
	}
	all.Wait()
	for _, err := range failed {
		if err != nil {
			return Steady{}, err
		}
	}
	slices.Sort(took)
	return Steady{PerSecond: steadyRate, Requests: n, P50: ms(took[n/2]), P99: ms(took[n*99/100]), Worst: ms(took[n-1])}, nil
}

// Print writes the figures as a line.
func (s Steady) Print(w io.Writer) {
	fmt.Fprintf(w, "%d pages, %d a second: p50 %.1f ms, p99 %.1f ms, worst %.1f ms\n", s.Requests, s.PerSecond, s.P50, s.P99, s.Worst)
}
