package chaos

import (
	"context"
	crand "crypto/rand"
	"encoding/json"
	"maps"
	"net/http"
	"time"

	"tandem/internal/judge"
	"tandem/internal/story"
)

// speak sends messages: to those who wait, at times twice, under keys for which
// nobody waits, and such as start workflows.
func (w *people) speak(ctx context.Context) {
	for pause(ctx, 100*time.Millisecond) == nil {
		for _, wait := range rows(ctx, w.pair, `SELECT name, key FROM message_waits ORDER BY random() LIMIT 12`) {
			if !w.calm.Load() && w.draw(6) > 0 {
				continue // not everybody is quick: some waits time out
			}
			w.send(ctx, wait[0], wait[1], nil)
			if w.calm.Load() {
				continue
			}
			switch w.draw(6) {
			case 0:
				w.send(ctx, wait[0], wait[1], nil)
			case 1:
				w.send(ctx, wait[0], wait[1]+"x", nil)
			}
		}
		if !w.calm.Load() && w.draw(5) == 0 {
			w.startBy(ctx, w.pair.stories[w.draw(len(w.pair.stories))])
		}
	}
}

// send sends a message whose data have a mark, and keeps what its sender was
// told.
func (w *people) send(ctx context.Context, name, key string, data map[string]any) {
	mark := crand.Text()
	data = maps.Clone(data)
	if data == nil {
		data = map[string]any{}
	}
	data["mark"] = mark
	raw, err := json.Marshal(data)
	if err != nil {
		return
	}
	m := judge.Message{Name: name, Key: key, Mark: mark, Data: raw}
	status, answer := w.insist(ctx, "otto", "POST /api/v1/messages", crand.Text(), map[string]any{"name": name, "key": key, "data": json.RawMessage(raw)})
	m.Accepted = status == http.StatusAccepted
	m.Refused = status >= 400 && status != http.StatusConflict
	w.mu.Lock()
	defer w.mu.Unlock()
	w.messages = append(w.messages, m)
	if id := asText(answer["instance_id"]); m.Accepted && id != "" {
		w.started[id] = true
	}
}

// startBy sends the message that starts a story, if one does.
func (w *people) startBy(ctx context.Context, s story.Story) {
	if s.StartOn == "" {
		return
	}
	var data map[string]any
	if json.Unmarshal(s.Input, &data) != nil {
		return
	}
	data["who"] = crand.Text()
	w.send(ctx, s.StartOn, crand.Text(), data)
}
