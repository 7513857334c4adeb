package judge_test

import (
	"testing"

	"tandem/internal/judge"
)

const hears = `steps: [{name: a, type: webhook, message: {name: news}}, {name: b, type: webhook, message: {name: news, key: "k{{ data.x }}"}}]
edges: [{source: a, target: b}]`

const heard = `
workflow.started {"initial_data": {"x": 1}}
step.started ea a attempt=1
message.received ea a attempt=1 {"message_id": "1", "name": "news", "key": "order-7"}
step.completed ea a attempt=1 fired=b {"output_data": {"mark": "m1"}}
step.started eb b attempt=1 from=ea
message.received eb b attempt=1 {"message_id": "2", "name": "news", "key": "k1"}
step.completed eb b attempt=1 from=ea {"output_data": {"mark": "m2"}}
workflow.completed`

func TestAudit_messages(t *testing.T) {
	t.Parallel()
	message := func(mark, key string) judge.Message {
		return judge.Message{Name: "news", Key: key, Mark: mark, Data: []byte(`{"mark": "` + mark + `"}`), Accepted: true}
	}
	sent := func(more ...judge.Message) func(*judge.Case) {
		return func(c *judge.Case) {
			c.Instances[0].Correlation = "order-7"
			c.Messages = append([]judge.Message{message("m1", "order-7"), message("m2", "k1")}, more...)
		}
	}
	kept := func(c *judge.Case) { sent(message("m3", "nobody"))(c); c.Kept = []string{"m3"} }
	refused := message("m1", "order-7")
	refused.Accepted, refused.Refused = false, true
	run(t, map[string]trial{
		"received": {doc: hears, log: heard, more: sent(), applied: "receipts"},
		"kept":     {doc: hears, log: heard, more: kept, applied: "messages"},
		"lost":     {doc: hears, log: heard, more: sent(message("m3", "nobody")), rule: "messages", says: "m3 for news nobody was taken and is lost"},
		"received and kept": {doc: hears, log: heard, more: func(c *judge.Case) { sent()(c); c.Kept = []string{"m1"} }, rule: "messages",
			says: "m1 for news order-7 was received 2 times"},
		"received twice":     {doc: hears, log: replace(heard, `"message_id": "2"`, `"message_id": "1"`), more: sent(), rule: "messages", says: "the message 1 was received twice"},
		"for another":        {doc: hears, log: replace(heard, "order-7", "order-8"), more: sent(), rule: "messages", says: `for "order-8", it waits for "order-7"`},
		"for another x":      {doc: hears, log: replace(heard, `"x": 1`, `"x": 2`), more: sent(), rule: "messages", says: `for "k1", it waits for "k2"`},
		"of another name":    {doc: replace(hears, "{name: news}", "{name: other}"), log: heard, more: sent(), rule: "messages", says: "received the message news, for which it does not wait"},
		"in the wrong place": {doc: hears, log: replace(replace(replace(heard, `"m1"`, `"mx"`), `"m2"`, `"m1"`), `"mx"`, `"m2"`), more: sent(), rule: "messages", says: "received the message for news k1 as one for news order-7"},
		"that nobody sent":   {doc: hears, log: replace(heard, `"m1"`, `"m9"`), more: sent(), rule: "messages", says: "which nobody sent"},
		"with other data":    {doc: hears, log: replace(heard, `{"mark": "m1"}`, `{"mark": "m1", "n": 1}`), more: sent(), rule: "messages", says: "was sent"},
		"before it waits": {doc: hears, more: sent(), rule: "messages", says: "before it waited", log: replace(replace(heard, "step.started ea a attempt=1\n", ""),
			"step.completed ea", "step.started ea a attempt=1\nstep.completed ea")},
		"refused and received": {doc: hears, log: heard, more: func(c *judge.Case) { sent()(c); c.Messages[0] = refused }, rule: "messages", says: "was refused and received"},
		"starts two": {doc: `steps: [{name: a, type: gateway}]`, rule: "messages", says: "received 2 times", log: startedBy("i") + startedBy("j"), more: func(c *judge.Case) {
			c.Messages = []judge.Message{message("m1", "k")}
			c.Instances = append(c.Instances, judge.Instance{ID: "j", Definition: "d 1.0.0", Status: "completed"})
		}},
		"starts one": {doc: `steps: [{name: a, type: gateway}]`, applied: "starts by message", log: startedBy("i"), more: func(c *judge.Case) {
			c.Messages = []judge.Message{message("m1", "k")}
		}},
	})
}

// startedBy is the log of an instance that a message started.
func startedBy(id string) string {
	return replace(`
		in ID: workflow.started {"initial_data": {"mark": "m1"}}
		in ID: step.started e_ID a attempt=1
		in ID: step.completed e_ID a attempt=1
		in ID: workflow.completed`, "ID", id)
}
