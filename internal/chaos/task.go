package chaos

import (
	"context"
	crand "crypto/rand"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"tandem/internal/judge"
	"tandem/internal/story"
	"tandem/internal/workflow"
)

// handle does to open tasks what people do beside deciding them.
func (w *people) handle(ctx context.Context) {
	for pause(ctx, 120*time.Millisecond) == nil {
		if w.calm.Load() {
			continue
		}
		for _, task := range rows(ctx, w.pair, `SELECT t.id, t.instance_id, coalesce(t.owner, ''), coalesce(t.assignee, '') FROM tasks t
			WHERE t.status = 'pending' ORDER BY random() LIMIT 3`) {
			w.handleOne(ctx, task)
		}
	}
}

func (w *people) handleOne(ctx context.Context, task []string) {
	who, other := []string{"mia", "otto", "olga"}[w.draw(3)], []string{"mia", "otto", "olga"}[w.draw(3)]
	owner, holder := task[2], task[3]
	draw := w.draw(8)
	switch {
	case owner != "" && draw > 2:
		w.task(ctx, holder, "return", task, map[string]any{"outcome": "yes"})
	case draw < 3:
		var wg sync.WaitGroup
		for _, login := range []string{"mia", "otto"} {
			wg.Go(func() { w.task(ctx, login, "claim", task, map[string]any{}) })
		}
		wg.Wait()
	case draw == 3:
		w.task(ctx, who, "unclaim", task, map[string]any{})
	case draw == 4 && w.draw(2) == 0:
		w.task(ctx, "olga", "reassign", task, map[string]any{"new_group": story.Group, "reason": "chaos"})
	case draw == 4:
		w.task(ctx, "olga", "reassign", task, map[string]any{"new_assignee": other, "reason": "chaos"})
	case draw == 5 && other != who:
		w.task(ctx, who, "delegate", task, map[string]any{"to": other, "reason": "chaos"})
	}
}

// task does something to a task and keeps the answer.
func (w *people) task(ctx context.Context, login, verb string, task []string, body map[string]any) {
	status, _ := w.insist(ctx, login, "POST /api/v1/tasks/"+task[0]+"/"+verb, crand.Text(), body)
	w.answered(status, judge.Answer{Verb: verb, Task: task[0], Instance: task[1], Actor: login})
}

// visit decides a task by the personal link of its guest, if it has one.
func (w *people) visit(ctx context.Context, task, instance string) {
	status, detail := w.call(ctx, "olga", "GET /api/v1/tasks/"+task, "", nil)
	links, _ := detail["guest_links"].([]any)
	if status != http.StatusOK || len(links) == 0 {
		return
	}
	link, _ := links[0].(map[string]any)
	address, err := url.Parse(asText(link["url"]))
	if err != nil {
		return
	}
	outcome := []string{"yes", "no"}[w.draw(2)]
	status = w.form(ctx, address.Path+"/complete", url.Values{"_outcome": {outcome}})
	a := judge.Answer{Task: task, Instance: instance, Actor: workflow.GuestID(asText(link["guest"])), Outcome: outcome}
	if status == http.StatusSeeOther {
		w.answered(http.StatusOK, a)
	} else if status >= 400 {
		w.answered(status, a)
	}
}

func asText(v any) string {
	text, _ := v.(string)
	return text
}

// form sends a form as a browser does, and gives the status: 0 when nobody
// answered.
func (w *people) form(ctx context.Context, path string, values url.Values) int {
	address := w.pair.nodes[0].at()
	if address == "" {
		return 0
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+path, strings.NewReader(values.Encode()))
	if err != nil {
		return 0
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := w.client.Do(req)
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	return answer.StatusCode
}
