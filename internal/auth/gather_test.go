package auth

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tandem/internal/workflow"
)

func TestGather_Get(t *testing.T) {
	t.Parallel()

	t.Run("who asks while a query runs gets the next one's answer", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var queries atomic.Int64
			release := make(chan struct{})
			g := newGather(time.Minute, func(context.Context, string) (int64, error) {
				n := queries.Add(1)
				<-release
				return n, nil
			})
			answers := make(chan int64, 11)
			ask := func() {
				n, err := g.get(t.Context(), "ada")
				if err != nil {
					t.Errorf("get: %v", err)
				}
				answers <- n
			}
			go ask()
			synctest.Wait()
			for range 10 {
				go ask()
			}
			synctest.Wait()
			release <- struct{}{}
			if got := <-answers; got != 1 {
				t.Errorf("the first got answer %d, want 1", got)
			}
			release <- struct{}{}
			for range 10 {
				if got := <-answers; got != 2 {
					t.Errorf("one who came later got answer %d, want 2", got)
				}
			}
			synctest.Wait()
			if got := queries.Load(); got != 2 {
				t.Errorf("%d queries for 11 callers, want 2", got)
			}
			if got := len(g.busy); got != 0 {
				t.Errorf("%d keys left, want none", got)
			}
		})
	})

	t.Run("a caller leaves without ending the others' query", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			release := make(chan struct{})
			g := newGather(time.Minute, func(ctx context.Context, _ string) (string, error) {
				<-release
				return "answer", ctx.Err()
			})
			ctx, cancel := context.WithCancel(t.Context())
			gone := make(chan error, 1)
			go func() {
				_, err := g.get(ctx, "ada")
				gone <- err
			}()
			synctest.Wait()
			cancel()
			if err := <-gone; !errors.Is(err, context.Canceled) {
				t.Errorf("who left got %v, want canceled", err)
			}
			close(release)
			if got, err := g.get(t.Context(), "ada"); got != "answer" || err != nil {
				t.Errorf("the next got %q, %v", got, err)
			}
		})
	})

	t.Run("a query without end is unavailable", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			g := newGather(5*time.Second, func(ctx context.Context, _ string) (string, error) {
				<-ctx.Done()
				return "", ctx.Err()
			})
			_, err := g.get(t.Context(), "ada")
			if got := workflow.KindOf(err); got != workflow.KindUnavailable {
				t.Errorf("kind %v of %v, want unavailable", got, err)
			}
		})
	})
}
