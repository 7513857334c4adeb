package chaos

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"tandem/internal/judge"
	"tandem/internal/story"
)

// job is a step that an external worker has fetched.
type job struct {
	ID       string `json:"id"`
	Instance string `json:"instance_id"`
	Step     string `json:"step_name"`
	Visit    int    `json:"visit"`
	Index    int    `json:"index"`
	Attempt  int    `json:"attempt"`
	Key      string `json:"idempotency_key"`
	Input    script `json:"input_data"`
}

// work is an external worker: it fetches jobs and does what their input scripts.
func (w *people) work(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	for pause(ctx, 30*time.Millisecond) == nil {
		_, answer := w.call(ctx, "olga", "POST /api/v1/worker/jobs/fetch", "", map[string]any{
			"topics": []string{story.Topic}, "max": 3, "lock_for": "2s", "wait": "1s", "worker": "robot",
		})
		for _, one := range jobs(answer) {
			wg.Go(func() { w.do(ctx, one) })
		}
	}
}

// jobs reads the answer to a fetch.
func jobs(answer map[string]any) []job {
	raw, err := json.Marshal(answer["items"])
	if err != nil {
		return nil
	}
	var list []job
	_ = json.Unmarshal(raw, &list) // nothing was fetched
	return list
}

// do acts once and reports, unless it forgets to: then the lock ends.
func (w *people) do(ctx context.Context, j job) {
	slow := time.Duration(j.Input.Slow) * time.Millisecond
	if j.Input.SlowAttempts > 0 && j.Attempt > j.Input.SlowAttempts {
		slow = 0
	}
	if pause(ctx, slow/2) != nil {
		return
	}
	effect := judge.Effect{Key: j.Key, Mark: rand.Text(), Instance: j.Instance, Step: j.Step, Visit: j.Visit, Index: j.Index, Attempt: j.Attempt}
	defer func() { w.acted(effect) }()
	switch w.draw(10) {
	case 0:
		return
	case 1:
		w.call(ctx, "olga", "POST /api/v1/worker/jobs/"+j.ID+"/extend", "", map[string]any{"lock_for": "3s"})
	case 2, 3:
		w.call(ctx, "olga", "POST /api/v1/worker/jobs/"+j.ID+"/progress", "", map[string]any{"percent": 50, "message": "half of it"})
	}
	if pause(ctx, slow-slow/2) != nil {
		return
	}
	if j.Attempt <= j.Input.Fail {
		w.report(ctx, j, "fail", map[string]any{"code": j.Input.Code, "message": "its script fails this attempt"})
		return
	}
	effect.Told = w.report(ctx, j, "complete", map[string]any{"output_data": map[string]any{"mark": effect.Mark, "attempt": j.Attempt}})
}

// report tells the end of a job until somebody answers; it says whether it was
// taken.
func (w *people) report(ctx context.Context, j job, end string, body any) bool {
	for range 5 {
		status, _ := w.call(ctx, "olga", fmt.Sprintf("POST /api/v1/worker/jobs/%s/%s", j.ID, end), "", body)
		if status > 0 && status < 500 {
			return status == http.StatusOK
		}
		if pause(ctx, 200*time.Millisecond) != nil {
			break
		}
	}
	return false
}

func (w *people) acted(e judge.Effect) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.effects = append(w.effects, e)
}
