package celery

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"
)

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 256 << 20

// errLost says that a job belongs to another, and errOver that nobody wants its
// result: its step was canceled.
var (
	errLost = errors.New("the job is not ours any more")
	errOver = errors.New("the step was canceled")
)

// typeOver is the type of the problem that says so.
const typeOver = "tandem:job_canceled"

// refused is an answer that will not change.
type refused struct {
	status int
	text   string
}

func (r *refused) Error() string { return fmt.Sprintf("the server answered %d: %s", r.status, r.text) }

// call posts to the API of workers.
func (b *Bridge) call(ctx context.Context, path string, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, b.Server+"/worker/jobs/"+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+b.Token)
	answer, err := b.Client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	read, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	switch {
	case err != nil:
		return err
	case answer.StatusCode/100 == 2 && into != nil:
		return json.Unmarshal(read, into)
	case answer.StatusCode/100 == 2:
		return nil
	case answer.StatusCode == http.StatusConflict || answer.StatusCode == http.StatusNotFound:
		return gone(read)
	case answer.StatusCode >= 500 || answer.StatusCode == http.StatusTooManyRequests:
		return fmt.Errorf("the server answered %s", answer.Status)
	}
	return &refused{answer.StatusCode, string(read[:min(len(read), 500)])}
}

// gone reads why a job is not ours any more.
func gone(problem []byte) error {
	var p struct{ Type string }
	if json.Unmarshal(problem, &p) == nil && p.Type == typeOver {
		return errOver
	}
	return errLost
}

func (b *Bridge) fetch(ctx context.Context, most int) ([]job, error) {
	var list struct {
		Items []job `json:"items"`
	}
	err := b.call(ctx, "fetch", map[string]any{
		"topics": b.topics, "max": most, "lock_for": b.Lock.String(), "wait": fetchWait, "worker": b.Name,
	}, &list)
	return list.Items, err
}

// report tells the server, as often as it takes, until the job is lost.
func (b *Bridge) report(ctx context.Context, j job, what string, body any) error {
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		err := b.call(ctx, url.PathEscape(j.ID)+"/"+what, body, nil)
		if err == nil || errors.Is(err, errLost) || errors.Is(err, errOver) || errors.As(err, new(*refused)) || ctx.Err() != nil {
			return err
		}
		b.Log.Warn("a result was not reported; this is repeated", "job", j.ID, "error", err)
		sleep(ctx, pause)
	}
}

// extend keeps the lock of a job until ctx ends, and says with lose when it is
// another's or over.
func (b *Bridge) extend(ctx context.Context, lose func(error), j job, log *slog.Logger) {
	tick := time.NewTicker(b.Lock / 3)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		err := b.call(ctx, url.PathEscape(j.ID)+"/extend", map[string]any{"lock_for": b.Lock.String()}, nil)
		switch {
		case errors.Is(err, errOver):
			lose(err)
			return
		case errors.Is(err, errLost):
			log.Info("a job is another's, who waits for its task")
			lose(err)
			return
		case err != nil && ctx.Err() == nil:
			log.Warn("a lock was not extended; this is repeated", "error", err)
		}
	}
}
