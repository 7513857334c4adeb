package celery_test

import (
	"encoding/json"
	"testing"

	"tandem"
	"tandem/internal/celery"
)

// canceled has a step canceled whose task is under way or waits.
func (h *house) canceled(id tandem.ID) {
	h.t.Helper()
	if _, err := h.app.Engine().Cancel(h.t.Context(), ana, id, "not wanted"); err != nil {
		h.t.Fatal(err)
	}
}

// ends waits until Celery knows what became of a task, and gives it.
func (h *house) ends(task string) string {
	h.t.Helper()
	var meta struct{ Status string }
	eventually(h.t, "the task "+task+" has ended", func() bool {
		text, err := h.redis.Client.Get(h.t.Context(), "celery-task-meta-"+task).Bytes()
		return err == nil && json.Unmarshal(text, &meta) == nil && meta.Status != ""
	})
	return meta.Status
}

// underWay waits until so many tasks are written down and gives their ids.
func (h *house) underWay(want int) map[string]bool {
	h.t.Helper()
	tasks := map[string]bool{}
	eventually(h.t, "tasks are under way", func() bool {
		clear(tasks)
		keys, err := h.redis.Client.Keys(h.t.Context(), "tandem-celery:*").Result()
		for _, key := range keys {
			var mark struct{ Task string }
			if err == nil {
				err = json.Unmarshal([]byte(h.redis.Client.Get(h.t.Context(), key).Val()), &mark)
			}
			tasks[mark.Task] = true
		}
		return err == nil && len(tasks) == want
	})
	return tasks
}

// TestBridge_revokes_before_a_worker_has_it takes the message of a canceled step
// out of the queue.
func TestBridge_revokes_before_a_worker_has_it(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.bridge(nil)
	id := h.start("slow", `{}`)
	waiting := func(want int64) func() bool {
		return func() bool { return h.redis.Client.LLen(t.Context(), "celery").Val() == want }
	}
	eventually(t, "the task waits", waiting(1))
	h.canceled(id)
	eventually(t, "the task is taken back", waiting(0))
	h.underWay(0)
}

// TestBridge_revokes has workers not begin a canceled step's task whose message
// comes back, as kombu brings back what a worker has left: Celery itself says that
// it is revoked.
func TestBridge_revokes(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.worker("--pool", "threads", "--concurrency", "1", "--prefetch-multiplier", "1")
	h.bridge(nil)
	left := func(want int64) func() bool {
		return func() bool { return h.redis.Client.LLen(t.Context(), "celery").Val() == want }
	}
	h.start("slow", `{}`)
	eventually(t, "the first task runs", func() bool { return h.redis.Client.Get(t.Context(), "runs").Val() == "1" })
	h.start("slow", `{}`)
	others := h.underWay(2)
	eventually(t, "the worker has reserved the second", left(0))
	third := h.start("slow", `{}`)
	all := h.underWay(3)
	eventually(t, "the third waits", left(1))
	message := h.redis.Client.LIndex(t.Context(), "celery", 0).Val()
	h.canceled(third)
	h.underWay(2)
	if err := h.redis.Client.RPush(t.Context(), "celery", message).Err(); err != nil {
		t.Fatal(err)
	}
	if err := h.redis.Client.Set(t.Context(), "go", 1, 0).Err(); err != nil {
		t.Fatal(err)
	}
	for task := range all {
		want := "REVOKED"
		if others[task] {
			want = "SUCCESS"
		}
		if got := h.ends(task); got != want {
			t.Errorf("the task %s ended as %s, want %s", task, got, want)
		}
	}
	if runs := h.redis.Client.Get(t.Context(), "runs").Val(); runs != "2" {
		t.Errorf("tasks ran %s times, want twice", runs)
	}
}

// TestBridge_terminates stops a task that is under way, where that is wanted.
func TestBridge_terminates(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.worker("--pool", "prefork", "--concurrency", "1")
	h.bridge(func(c *celery.Config) { c.Terminate = true })
	id := h.start("slow", `{}`)
	eventually(t, "the task runs", func() bool { return h.redis.Client.Get(t.Context(), "runs").Val() == "1" })
	for task := range h.underWay(1) {
		h.canceled(id)
		if got := h.ends(task); got != "REVOKED" {
			t.Errorf("the task ended as %s, want REVOKED", got)
		}
	}
}

// TestBridge_drops what a task gives whose step was canceled, when it is not
// stopped.
func TestBridge_drops(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.worker()
	h.bridge(nil)
	id := h.start("slow", `{}`)
	eventually(t, "the task runs", func() bool { return h.redis.Client.Get(t.Context(), "runs").Val() == "1" })
	for task := range h.underWay(1) {
		h.canceled(id)
		h.underWay(0)
		if err := h.redis.Client.Set(t.Context(), "go", 1, 0).Err(); err != nil {
			t.Fatal(err)
		}
		if got := h.ends(task); got != "SUCCESS" {
			t.Errorf("the task ended as %s, want SUCCESS: it was under way", got)
		}
	}
	if in := h.until(id, tandem.Canceled); len(in.Data) > 2 {
		t.Errorf("the canceled instance has the data %s", in.Data)
	}
}
