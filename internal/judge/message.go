package judge

import (
	"encoding/json"
	"fmt"
	"regexp"
)

// messages judges that each message is received once, by somebody who waits for
// its name and key, or is still kept; and that who received it gives its data.
func (t *trial) messages() {
	sent, got, ids := map[string]Message{}, map[string]int{}, map[string]string{}
	for _, m := range t.Messages {
		sent[m.Mark] = m
	}
	for _, mark := range t.Kept {
		got[mark]++
	}
	for _, h := range t.histories {
		if start := h.startedAt(); start >= 0 {
			if mark := markOf(h.events[start].Detail.InitialData); mark != "" {
				t.judged("starts by message")
				got[mark]++
			}
		}
		for i := range h.events {
			if e := &h.events[i]; e.Type == "message.received" && h.byExec[e.Execution] != nil {
				if other, twice := ids[e.Detail.MessageID]; twice {
					t.find("messages", h.id, e.Execution, "the message %s was received twice, before by %s", e.Detail.MessageID, other)
				}
				ids[e.Detail.MessageID] = e.Execution
				got[h.received(i, sent)]++
			}
		}
	}
	for _, m := range t.Messages {
		t.judged("messages")
		switch n := got[m.Mark]; {
		case n > 1:
			t.find("messages", "", "", "the message %s for %s %s was received %d times", m.Mark, m.Name, m.Key, n)
		case n == 0 && m.Accepted:
			t.find("messages", "", "", "the message %s for %s %s was taken and is lost", m.Mark, m.Name, m.Key)
		case n > 0 && m.Refused:
			t.find("messages", "", "", "the message %s for %s %s was refused and received", m.Mark, m.Name, m.Key)
		}
	}
}

// received judges one receipt and gives the mark of what was received.
func (h *history) received(at int, sent map[string]Message) string {
	e := &h.events[at]
	v := h.byExec[e.Execution]
	h.judged("receipts")
	want := v.step.Message
	if want == nil || want.Name != e.Detail.Name {
		h.find("messages", h.id, v.id, "%s received the message %s, for which it does not wait", v.step.path, e.Detail.Name)
		return ""
	}
	if latest(v.started, at) < 0 {
		h.find("messages", h.id, v.id, "%s received a message before it waited", v.step.path)
	}
	if key, known := h.keyOf(v, at); known && key != e.Detail.Key {
		h.find("messages", h.id, v.id, "%s received a message for %q, it waits for %q", v.step.path, e.Detail.Key, key)
	}
	output := v.output
	if v.end != "step.completed" {
		output = h.trial.results[v.id].Output
	}
	m, known := sent[markOf(output)]
	switch {
	case len(output) == 0: // what became of it is not known
	case !known:
		h.find("messages", h.id, v.id, "%s received a message and gives %s, which nobody sent", v.step.path, output)
	case m.Name != e.Detail.Name || m.Key != e.Detail.Key:
		h.find("messages", h.id, v.id, "%s received the message for %s %s as one for %s %s", v.step.path, m.Name, m.Key, e.Detail.Name, e.Detail.Key)
	case text(decode(output)) != text(decode(m.Data)):
		h.find("messages", h.id, v.id, "%s was sent %s and gives %s", v.step.path, m.Data, output)
	}
	return markOf(output)
}

var braces = regexp.MustCompile(`\{\{(.*?)\}\}`)

// keyOf gives the key of the messages for which a visit waits; false when it is
// beyond this package.
func (h *history) keyOf(v *visit, at int) (string, bool) {
	if v.step.Message.Key == "" {
		return h.row.Correlation, true
	}
	known := true
	key := braces.ReplaceAllStringFunc(v.step.Message.Key, func(text string) string {
		vars, ok := h.vars(latest(v.started, at))
		value, err := evaluate(text[2:len(text)-2], vars)
		known = known && ok && err == nil
		return fmt.Sprint(value)
	})
	return key, known
}

// markOf gives the mark of an object.
func markOf(raw json.RawMessage) string {
	object, _ := decode(raw).(map[string]any)
	mark, _ := object["mark"].(string)
	return mark
}
