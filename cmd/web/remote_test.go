package main

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
)

const asking = `
format: 1
name: asking
version: 1.0.0
input_schema: {type: object, properties: {amount: {type: number}}, required: [amount]}
steps:
  - {name: ask, type: human, title: "Pay {{ data.amount }}?", anyone: true, outcomes: [yes, no]}
  - {name: pay, type: machine, action: noop, when: data.amount < 100}
  - {name: refuse, type: machine, action: fail, with: {message: Too much}, when: data.amount >= 100}
edges: [{source: ask, target: pay}, {source: pay, target: refuse}]
`

// TestRemote drives a server by commands alone.
func TestRemote(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	s := p.serve("--demo")
	p.run("apply", p.file("asking.yaml", asking)).want(t, 0)
	p.env["TANDEM_SERVER"], p.env["TANDEM_TOKEN"] = s.address, p.client(s.address, "ada").token
	one := func(args ...string) (id string) {
		t.Helper()
		r := p.run(append([]string{"start", "asking", "--json"}, args...)...)
		r.want(t, 0)
		var in instance
		if err := json.Unmarshal([]byte(r.out), &in); err != nil {
			t.Fatalf("%v\n%s", err, r.out)
		}
		return in.ID
	}
	taskOf := func(id string) string {
		t.Helper()
		r := p.run("tasks", "--instance", id, "--json")
		r.want(t, 0)
		var list page[task]
		if err := json.Unmarshal([]byte(r.out), &list); err != nil || len(list.Items) != 1 {
			t.Fatalf("%v: %s", err, r.out)
		}
		return list.Items[0].ID
	}

	events := newFollower(p, "events", "--after", "0-0")
	id := one("--input", `{"amount": 5}`, "--correlation-id", "order-1", "--key", "k1")
	if again := one("--input", `{"amount": 5}`, "--correlation-id", "order-1", "--key", "k1"); again != id {
		t.Errorf("the same key started %s beside %s", again, id)
	}
	p.run("list", "--definition", "asking", "--status", "waiting", "--data", "amount[lt]=6").want(t, 0, "WORKFLOW", id, "ask (human", "1 of 1")
	p.run("tasks", "--instance", id).want(t, 0, "Pay 5?", "yes, no", "OUTCOMES")
	p.run("show", id).want(t, 0, "order-1", "STEP", "ask", "waiting", `"amount": 5`)
	p.run("complete", taskOf(id), "--outcome", "yes", "--wait").want(t, 0, "completed:", "asking 1.0.0  completed")
	events.until(t, "workflow.started", "task.created", "step.completed", "workflow.completed")

	failed := one("-i", p.at("input.json", `{"amount": 500}`))
	p.run("complete", taskOf(failed), "-o", "yes", "--wait").want(t, exitEnded, "Too much", "has failed")
	p.run("cancel", failed, "--reason", "not wanted").want(t, 0, "canceled")
	open := one("-i", `{"amount": 7}`)
	p.run("start", "asking", "-i", `{"amount": 1}`, "--wait", "--timeout", "300ms").want(t, exitWaiting, "has not ended yet", "waiting: ask")
	p.feed(`{"amount": 8}`, "start", "asking", "-i", "-").want(t, 0, "waiting")

	for _, tt := range []struct {
		args string
		code int
		want string
	}{
		{"start unknown", 1, "unknown"},
		{"start asking", 1, "/input_data/amount"},
		{"start asking -i {", 2, "is no JSON object"},
		{"start asking --server tandem.example", 2, "is no address"},
		{"start asking --server http://127.0.0.1:1", 1, "cannot be reached"},
		{"show 01900000-0000-7000-8000-000000000000", 1, "instance"},
		{"list --limit 900", 1, "limit"},
		{"list --data amount", 2, "is no filter"},
		{"complete " + taskOf(open) + " -o perhaps", 1, "outcome"},
		{"events 01900000-0000-7000-8000-000000000000", 1, "instance"},
		{"list --token wrong", 1, "token"},
	} {
		p.run(strings.Fields(tt.args)...).want(t, tt.code, tt.want)
	}
	delete(p.env, "TANDEM_TOKEN")
	p.run("list").want(t, 2, "set TANDEM_TOKEN")
}

// at writes a file and gives it as @FILE.
func (p *place) at(name, content string) string { return "@" + p.file(name, content) }

// following is a command that runs until the test ends.
type following struct{ out lockedBuffer }

func newFollower(p *place, args ...string) *following {
	f := &following{}
	ctx, stop := context.WithCancel(p.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, args, p.lookup, std{strings.NewReader(""), &f.out, &f.out}) }()
	p.t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			p.t.Errorf("%v: %v", args, err)
		}
	})
	return f
}

// until waits for words in the output, each once.
func (f *following) until(t *testing.T, words ...string) {
	t.Helper()
	eventually(t, "events "+strings.Join(words, ", "), func() bool {
		for _, word := range words {
			if !strings.Contains(f.out.String(), word) {
				return false
			}
		}
		return true
	})
	if got := strings.Count(f.out.String(), "workflow.completed"); got != 1 {
		t.Errorf("workflow.completed was shown %d times\n%s", got, f.out.String())
	}
}

func TestPrintable(t *testing.T) {
	t.Parallel()
	if got, want := printable("a\x1b[31mb\u202ec\nd\x07"), "a[31mbc\nd"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
