package chaos

import (
	"bytes"
	"context"
	crand "crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"tandem"
	"tandem/internal/judge"
	"tandem/internal/story"
)

// people are those who use a pair over its JSON API.
type people struct {
	pair   *pair
	tokens map[string]string // by login
	client *http.Client
	calm   atomic.Bool

	mu      sync.Mutex
	rand    *rand.Rand
	answers []judge.Answer
	effects []judge.Effect  // of external workers
	started map[string]bool // instances whose starter was told so
	retries map[string]int  // by instance
	races   int
	wg      sync.WaitGroup  // of starts
	hookKey string          // signs the addresses of webhooks
	tried   map[string]bool // tasks that are being decided, webhooks that were posted

	messages []judge.Message
}

// groups are those of the people who act.
var groups = map[string][]string{"mia": {story.Group}, "otto": {story.Group}, "olga": {story.Bosses}}

// hire makes the accounts of those who act.
func hire(ctx context.Context, app *tandem.Tandem, p *pair) (*people, error) {
	w := &people{
		pair: p, tokens: map[string]string{}, client: &http.Client{Timeout: 4 * time.Second, CheckRedirect: stay},
		rand:    rand.New(rand.NewPCG(p.config.Seed, uint64(p.number)+0x9e0)),
		started: map[string]bool{}, retries: map[string]int{}, tried: map[string]bool{},
	}
	for login, member := range groups {
		roles := []string{"user"}
		if login == "olga" {
			roles = append(roles, "operator")
		}
		if err := app.CreateUser(ctx, tandem.NewUser{Login: login, Password: "correct horse battery", Roles: roles, Groups: member}); err != nil {
			return nil, err
		}
		token, err := app.CreateToken(ctx, login, "chaos", nil)
		if err != nil {
			return nil, err
		}
		w.tokens[login] = token
	}
	return w, nil
}

// stay keeps the answer that leads elsewhere.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// peace lets people only finish what was begun.
func (w *people) peace() { w.calm.Store(true) }

// draw gives a random number below n.
func (w *people) draw(n int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.rand.IntN(n)
}

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 4 << 20

// insist sends a request under a key of its own until somebody answers. Whatever
// became of the tries before, it is done once.
func (w *people) insist(ctx context.Context, login, what, key string, body any) (int, map[string]any) {
	for range 5 {
		status, answer := w.call(ctx, login, what, key, body)
		if status > 0 && status < 500 {
			return status, answer
		}
		if pause(ctx, 300*time.Millisecond) != nil {
			break
		}
	}
	return 0, nil
}

// call sends a request to one of the nodes. Status 0: nobody answered, and
// whether it was done is not known.
func (w *people) call(ctx context.Context, login, what, key string, body any) (int, map[string]any) {
	method, path, _ := strings.Cut(what, " ")
	node := w.pair.nodes[w.draw(len(w.pair.nodes))]
	if node.mute {
		node = w.pair.nodes[0]
	}
	address := node.at()
	if address == "" {
		return 0, nil
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return 0, nil
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://"+address+path, bytes.NewReader(raw))
	if err != nil {
		return 0, nil
	}
	req.Header.Set("Content-Type", "application/json")
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	if login != "" {
		req.Header.Set("Authorization", "Bearer "+w.tokens[login])
	}
	answer, err := w.client.Do(req)
	if err != nil {
		return 0, nil
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return 0, nil
	}
	var object map[string]any
	_ = json.Unmarshal(text, &object) // not every answer has a body
	return answer.StatusCode, object
}

// start starts instances of random stories until ctx ends.
func (w *people) start(ctx context.Context) {
	for n := 0; pause(ctx, w.pair.config.Pace) == nil; n++ {
		for n%10 == 0 && w.crowded(ctx) {
			if pause(ctx, time.Second) != nil {
				break
			}
		}
		if ctx.Err() != nil {
			continue
		}
		s := w.pair.stories[w.draw(len(w.pair.stories))]
		key := crand.Text()
		if s.Unique { // somebody else may be at it
			key = fmt.Sprint("u", w.draw(3))
			w.wg.Go(func() { w.startOne(ctx, s, key) })
		}
		w.wg.Go(func() { w.startOne(ctx, s, key) })
	}
	w.wg.Wait()
}

// crowd is how many instances may be open before nobody starts another.
const crowd = 200

func (w *people) crowded(ctx context.Context) bool {
	open := rows(ctx, w.pair, `SELECT FROM instances WHERE status NOT IN ('completed', 'canceled') LIMIT $1`, crowd)
	return len(open) == crowd
}

// startOne starts an instance, at times a little later, and at times sends its
// first webhooks and messages before it waits for them.
func (w *people) startOne(ctx context.Context, s story.Story, correlation string) {
	key := crand.Text()
	body := map[string]any{
		"definition_name": s.Name, "version": s.Version, "input_data": json.RawMessage(s.Input), "correlation_id": correlation,
		"metadata": map[string]any{"key": key},
	}
	if w.draw(8) == 0 {
		body["start_at"] = time.Now().Add(time.Duration(w.draw(2000)) * time.Millisecond).UTC()
	}
	status, in := w.insist(ctx, "otto", "POST /api/v1/instances", key, body)
	switch {
	case status == http.StatusCreated:
		id := fmt.Sprint(in["id"])
		w.mu.Lock()
		w.started[id] = true
		w.mu.Unlock()
		if len(s.Webhooks) > 0 && w.draw(4) == 0 {
			w.post(ctx, judge.Answer{Instance: id, Step: s.Webhooks[w.draw(len(s.Webhooks))], Visit: 1})
		}
		if len(s.Messages) > 0 && w.draw(3) == 0 {
			w.send(ctx, s.Messages[w.draw(len(s.Messages))], correlation, nil)
		}
	case status == http.StatusConflict: // a twin of it is being answered still
	case status >= 400:
		fmt.Fprintln(w.pair.config.Out, "a start was refused:", status, in)
	}
}

// decide decides open tasks, each raced by two people.
func (w *people) decide(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	for pause(ctx, 60*time.Millisecond) == nil {
		tasks := rows(ctx, w.pair, `SELECT t.id, t.instance_id, coalesce(t.owner, '') FROM tasks t JOIN instances i ON i.id = t.instance_id
			WHERE t.status = 'pending' AND NOT i.paused ORDER BY t.id LIMIT 60`)
		for _, task := range tasks {
			if w.draw(3) == 0 || !w.claim(task[0]) {
				continue // not everybody is quick: some waits time out
			}
			wg.Go(func() {
				defer w.release(task[0])
				if task[2] != "" && (w.calm.Load() || w.draw(2) == 0) {
					w.task(ctx, "olga", "reassign", task, map[string]any{"new_group": story.Group, "reason": "it waits"})
				}
				w.race(ctx, task[0], task[1])
			})
		}
	}
}

// claim notes that somebody is at it; false when somebody already is.
func (w *people) claim(what string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.tried[what] {
		return false
	}
	w.tried[what] = true
	return true
}

func (w *people) release(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.tried, what)
}

// race lets two people or more decide a task at the same moment.
func (w *people) race(ctx context.Context, task, instance string) {
	var wg sync.WaitGroup
	voters := []string{"mia", "otto"}
	if w.calm.Load() || w.draw(3) == 0 {
		voters = append(voters, "olga")
	}
	if w.draw(2) == 0 {
		wg.Go(func() { w.visit(ctx, task, instance) })
	}
	for _, login := range voters {
		outcome := []string{"yes", "no"}[w.draw(2)]
		wg.Go(func() {
			status, _ := w.insist(ctx, login, "POST /api/v1/tasks/"+task+"/complete", crand.Text(), map[string]any{"outcome": outcome})
			w.answered(status, judge.Answer{Task: task, Instance: instance, Actor: login, Outcome: outcome})
		})
	}
	wg.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.races++
}

// answered keeps an answer that says whether something was done.
func (w *people) answered(status int, a judge.Answer) {
	if status < 200 || status >= 500 {
		return
	}
	a.Accepted = status < 300
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answers = append(w.answers, a)
}
