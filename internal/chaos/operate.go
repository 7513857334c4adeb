package chaos

import (
	"context"
	"crypto/hmac"
	crand "crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"tandem/internal/judge"
	"tandem/internal/story"
)

// rows reads a few rows as texts; none while the database is away.
func rows(ctx context.Context, p *pair, sql string, args ...any) [][]string {
	answer, err := p.pool.Query(ctx, sql, args...)
	if err != nil {
		return nil
	}
	defer answer.Close()
	var list [][]string
	for answer.Next() {
		values, err := answer.Values()
		if err != nil {
			return nil
		}
		row := make([]string, len(values))
		for i, v := range values {
			if id, isID := v.([16]byte); isID {
				v = hexID(id)
			}
			row[i] = fmt.Sprint(v)
		}
		list = append(list, row)
	}
	if answer.Err() != nil {
		return nil
	}
	return list
}

// hexID writes an id as the API does.
func hexID(id [16]byte) string {
	h := hex.EncodeToString(id[:])
	return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
}

// hook posts what webhook steps wait for, some of it twice.
func (w *people) hook(ctx context.Context) {
	for pause(ctx, 60*time.Millisecond) == nil {
		waiting := rows(ctx, w.pair, `SELECT instance_id, step, visit, idx FROM executions
			WHERE live AND status = 'waiting' AND type = 'webhook' ORDER BY id LIMIT 60`)
		for _, row := range waiting {
			a := judge.Answer{Instance: row[0], Step: row[1]}
			a.Visit, _ = strconv.Atoi(row[2]) // the columns are numbers
			a.Index, _ = strconv.Atoi(row[3])
			if w.draw(3) > 0 {
				w.post(ctx, a)
			}
			if w.draw(6) == 0 {
				w.post(ctx, a)
			}
		}
	}
}

// post sends a webhook. What is sent to one visit is always the same, so that
// it does not matter which of several was taken.
func (w *people) post(ctx context.Context, a judge.Answer) {
	a.Payload = fmt.Appendf(nil, `{"visit": %d, "index": %d}`, a.Visit, a.Index)
	status, _ := w.call(ctx, "", "POST /hooks/"+hookToken(w.hookKey, a), "", json.RawMessage(a.Payload))
	if status == http.StatusAccepted {
		w.answered(status, a)
	}
}

// hookToken makes the address of a visit as its workflow would be told it.
func hookToken(key string, a judge.Answer) string {
	secret, _ := hex.DecodeString(key) // Postgres wrote it
	raw, _ := hex.DecodeString(strings.ReplaceAll(a.Instance, "-", ""))
	raw = binary.AppendUvarint(raw, uint64(a.Visit))
	raw = binary.AppendUvarint(raw, uint64(a.Index))
	raw = append(raw, a.Step...)
	mac := hmac.New(sha256.New, secret)
	mac.Write(raw)
	return base64.RawURLEncoding.EncodeToString(append(raw, mac.Sum(nil)[:16]...))
}

// patience is how often a failed instance is retried before it is canceled.
const patience = 8

// operate pauses, resumes, retries and cancels instances.
func (w *people) operate(ctx context.Context) {
	for pause(ctx, 80*time.Millisecond) == nil {
		if !w.calm.Load() {
			for _, row := range rows(ctx, w.pair, `SELECT id FROM instances WHERE status IN ('running', 'waiting') ORDER BY random() LIMIT 1`) {
				w.meddle(ctx, row[0])
			}
		}
		for _, row := range rows(ctx, w.pair, `SELECT id FROM instances WHERE paused AND status NOT IN ('completed', 'canceled') ORDER BY id LIMIT 40`) {
			if w.calm.Load() || w.draw(4) == 0 {
				w.verb(ctx, row[0], "resume")
			}
		}
		for _, row := range rows(ctx, w.pair, `SELECT id FROM instances WHERE status = 'failed' AND correlation_id IS NOT NULL ORDER BY id LIMIT 40`) {
			if w.calm.Load() || w.draw(3) == 0 {
				w.mend(ctx, row[0])
			}
		}
	}
}

// meddle does to an instance that goes its way what operators may do.
func (w *people) meddle(ctx context.Context, instance string) {
	switch w.draw(32) {
	case 0, 1:
		w.verb(ctx, instance, "cancel")
	case 2, 3, 4, 5, 6:
		w.verb(ctx, instance, "pause")
	case 7:
		w.verb(ctx, instance, "force-complete")
	case 8, 9:
		w.edit(ctx, instance)
	case 10, 11, 12:
		w.skip(ctx, instance)
	case 13, 14, 15, 16, 17, 18, 19, 20:
		w.migrate(ctx, instance)
	}
}

// edit changes an instance's data, with a mark.
func (w *people) edit(ctx context.Context, instance string) {
	mark := crand.Text()
	status, _ := w.insist(ctx, "olga", "PATCH /api/v1/instances/"+instance+"/data", crand.Text(),
		map[string]any{"reason": "chaos", "patch": map[string]any{"x": w.draw(3), "note": mark}})
	w.answered(status, judge.Answer{Verb: "edit", Instance: instance, Actor: "olga", Payload: fmt.Appendf(nil, "%q", mark)})
}

// migrate moves an instance to the other version of its workflow, if it has one.
func (w *people) migrate(ctx context.Context, instance string) {
	for _, row := range rows(ctx, w.pair, `SELECT definition_name, definition_version FROM instances WHERE id = $1`, instance) {
		s, ok := w.pair.story(row[0])
		if !ok || s.Later == nil {
			continue
		}
		to, steps := story.LaterVersion, s.Steps
		if row[1] == to {
			to, steps = s.Version, map[string]string{}
			for old, name := range s.Steps {
				steps[name] = old
			}
		}
		status, _ := w.insist(ctx, "olga", "POST /api/v1/instances/"+instance+"/migrate", crand.Text(),
			map[string]any{"reason": "chaos", "to_version": to, "step_map": steps})
		w.answered(status, judge.Answer{Verb: "migrate", Instance: instance, Actor: "olga"})
	}
}

// story finds what a definition was told by.
func (p *pair) story(name string) (story.Story, bool) {
	for _, s := range p.stories {
		for _, one := range s.All() {
			if one.Name == name {
				return one, true
			}
		}
	}
	return story.Story{}, false
}

// skip skips something that waits or has failed.
func (w *people) skip(ctx context.Context, instance string) {
	for _, row := range rows(ctx, w.pair, `SELECT id FROM executions WHERE instance_id = $1 AND live AND status IN ('waiting', 'failed')
		ORDER BY random() LIMIT 1`, instance) {
		w.call(ctx, "olga", "POST /api/v1/instances/"+instance+"/skip", "", map[string]any{"reason": "chaos", "execution_id": row[0]})
	}
}

// again retries a failed instance from a step that it has come by.
func (w *people) again(ctx context.Context, instance string) {
	for _, row := range rows(ctx, w.pair, `SELECT step FROM executions WHERE instance_id = $1 ORDER BY random() LIMIT 1`, instance) {
		w.call(ctx, "olga", "POST /api/v1/instances/"+instance+"/retry", "", map[string]any{"reason": "chaos", "from_step": row[0], "confirm": true})
	}
}

// mend retries a failed instance, and cancels one that has had enough.
func (w *people) mend(ctx context.Context, instance string) {
	if w.retries[instance] > patience {
		w.verb(ctx, instance, "cancel")
		return
	}
	switch w.draw(8) {
	case 0:
		w.skip(ctx, instance)
	case 1:
		w.again(ctx, instance)
	}
	if status := w.verb(ctx, instance, "retry"); status == 200 {
		w.retries[instance]++
	}
}

func (w *people) verb(ctx context.Context, instance, verb string) int {
	status, _ := w.call(ctx, "olga", "POST /api/v1/instances/"+instance+"/"+verb, "", map[string]any{"reason": "chaos"})
	return status
}
