package storetest

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

var messageTests = []test{
	{"message_goes_to_who_waits", messageFinds},
	{"kept_message_is_found", messageKept},
	{"first_to_the_first", messageOrder},
	{"ended_wait_gets_nothing", waitEnds},
	{"expired_message_is_gone", messageExpires},
	{"unwanted_message_comes_back_once", messageReturns},
	{"messages_and_waits_race", racedMessages},
	{"too_many_are_refused", messageLimit},
	{"who_is_started", startedBy},
}

// message gives one under a key.
func (b *bench) message(key string) workflow.Message {
	at := b.tick()
	return workflow.Message{
		MessageKey: messageKey(key), ID: newID(), Data: js(`{"n": 1.50}`), SentBy: "otto", SentAt: at, ExpiresAt: time.Now().UTC().Add(time.Hour).Truncate(time.Microsecond),
	}
}

func messageKey(key string) workflow.MessageKey {
	return workflow.MessageKey{Tenant: workflow.DefaultTenant, Name: "paid", Key: key}
}

// wait stores an instance that waits under a key.
func (b *bench) wait(key string) workflow.MessageWait {
	b.Helper()
	begin := start(b.instance())
	w := b.waitOf(begin.Instance, key)
	begin.Waits = []workflow.MessageWait{w}
	b.apply(begin)
	return w
}

func (b *bench) waitOf(in workflow.Instance, key string) workflow.MessageWait {
	return workflow.MessageWait{MessageKey: messageKey(key), InstanceID: in.ID, ExecutionID: newID(), Attempt: 2, Since: b.tick()}
}

// sendMessage sends and gives the instance that was reached.
func (b *bench) sendMessage(m workflow.Message) ([]workflow.Send, uuid.UUID) {
	b.Helper()
	sends, to, err := b.SendMessage(b.Context(), m, true, nil)
	b.ok("SendMessage", err)
	return sends, to
}

func (b *bench) match(key string) []workflow.Send {
	b.Helper()
	sends, err := b.MatchMessages(b.Context(), messageKey(key))
	b.ok("MatchMessages", err)
	return sends
}

// arrived reads what a send brings.
func (b *bench) arrived(s workflow.Send) workflow.MessageArrived {
	b.Helper()
	var c workflow.MessageArrived
	b.ok("read a send", json.Unmarshal(s.Payload, &c))
	return c
}

func messageFinds(b *bench) {
	w, m := b.wait("a"), b.message("a")
	_, to := b.sendMessage(b.message("b"))
	b.same("reached under another key", to, uuid.Nil)
	sends, to := b.sendMessage(m)
	b.same("reached", to, w.InstanceID)
	b.same("sends", len(sends), 1)
	b.same("command", b.arrived(sends[0]), workflow.MessageArrived{ExecutionID: w.ExecutionID, Attempt: 2, Message: m})
	ids, _ := b.claim(10, 0)
	b.same("stored sends that others may deliver at once", len(ids), 0)
	_, to = b.sendMessage(b.message("a"))
	b.same("reached by the next", to, uuid.Nil)
}

func messageKept(b *bench) {
	m := b.message("a")
	b.sendMessage(m)
	b.same("matched without a wait", len(b.match("a")), 0)
	w := b.wait("a")
	sends := b.match("a")
	b.same("matched", len(sends), 1)
	b.same("command", b.arrived(sends[0]), workflow.MessageArrived{ExecutionID: w.ExecutionID, Attempt: 2, Message: m})
	b.same("matched again", len(b.match("a")), 0)
	b.wait("a")
	b.same("matched with another wait", len(b.match("a")), 0)
}

func messageOrder(b *bench) {
	first, second, third := b.message("a"), b.message("a"), b.message("a")
	b.sendMessage(first)
	b.sendMessage(second)
	one, two := b.wait("a"), b.wait("a")
	sends, to := b.sendMessage(third)
	b.same("reached by the third", to, uuid.Nil)
	var got []string
	for _, s := range sends {
		got = append(got, fmt.Sprint(b.arrived(s).Message.ID, " to ", s.To))
	}
	b.same("sends", got, []string{fmt.Sprint(first.ID, " to ", one.InstanceID), fmt.Sprint(second.ID, " to ", two.InstanceID)})
	three := b.wait("a")
	sends, to, err := b.SendMessage(b.Context(), b.message("a"), false, nil)
	b.ok("SendMessage", err)
	b.same("sends, reached", []any{len(sends), sends[0].To, b.arrived(sends[0]).Message.ID, to}, []any{1, three.InstanceID, third.ID, uuid.Nil})
	b.wait("a")
	b.same("matched by a message that was not to be kept", len(b.match("a")), 0)
}

func waitEnds(b *bench) {
	begin := start(b.instance())
	w := b.waitOf(begin.Instance, "a")
	begin.Waits = []workflow.MessageWait{w}
	b.apply(begin)
	again := next(begin.Instance)
	w.Attempt = 3
	again.WaitsDone, again.Waits = []uuid.UUID{w.ExecutionID}, []workflow.MessageWait{w}
	b.apply(again)
	sends, _ := b.sendMessage(b.message("a"))
	b.same("attempts that got it", each(sends, func(s workflow.Send) int { return b.arrived(s).Attempt }), []int{3})

	begin = start(b.instance())
	w = b.waitOf(begin.Instance, "b")
	begin.Waits = []workflow.MessageWait{w}
	b.apply(begin)
	stale := next(begin.Instance)
	stale.From, stale.WaitsDone = 7, []uuid.UUID{w.ExecutionID}
	b.same("stale", b.staleOf(stale), []bool{true})
	end := next(begin.Instance)
	end.WaitsDone = []uuid.UUID{w.ExecutionID}
	keys, err := b.SweepMessages(b.Context(), 10)
	b.ok("SweepMessages", err)
	b.same("unmatched without a message", len(keys), 0)
	b.apply(end)
	_, to := b.sendMessage(b.message("b"))
	b.same("reached after the end", to, uuid.Nil)
}

func messageExpires(b *bench) {
	m, lasting := b.message("a"), b.message("b")
	m.ExpiresAt = time.Now().UTC().Add(-time.Second).Truncate(time.Microsecond)
	b.sendMessage(m)
	b.sendMessage(lasting)
	b.wait("a")
	b.same("matched with an expired message", len(b.match("a")), 0)
	b.wait("b")
	keys, err := b.SweepMessages(b.Context(), 10)
	b.ok("SweepMessages", err)
	b.same("unmatched", keys, []workflow.MessageKey{messageKey("b")})
	b.same("matched after the sweep", len(b.match("b")), 1)
}

func messageReturns(b *bench) {
	first, later := b.message("a"), b.message("a")
	b.wait("a")
	sends, _ := b.sendMessage(first)
	b.sendMessage(later)
	b.ok("ReturnMessage", b.ReturnMessage(b.Context(), sends[0].ID, first))
	b.ok("ReturnMessage", b.ReturnMessage(b.Context(), sends[0].ID, first))
	b.ok("ReturnMessage of none", b.ReturnMessage(b.Context(), newID(), b.message("a")))
	b.wait("a")
	b.wait("a")
	b.wait("a")
	var got []uuid.UUID
	for _, s := range b.match("a") {
		got = append(got, b.arrived(s).Message.ID)
	}
	b.same("messages", got, []uuid.UUID{first.ID, later.ID})
}

// racedMessages lets messages and waits come at once: every message finds one
// wait, and none is left.
func racedMessages(b *bench) {
	const each = 20
	var mu sync.Mutex
	got := map[uuid.UUID]int{}
	note := func(sends []workflow.Send) {
		mu.Lock()
		defer mu.Unlock()
		for _, s := range sends {
			got[b.arrived(s).Message.ID]++
		}
	}
	var wg sync.WaitGroup
	for i := range each {
		m, begin, key := b.message(fmt.Sprint(i%2)), start(b.instance()), fmt.Sprint(i%2)
		begin.Waits = []workflow.MessageWait{b.waitOf(begin.Instance, key)}
		wg.Go(func() {
			sends, _, err := b.SendMessage(b.Context(), m, true, nil)
			b.ok("SendMessage", err)
			note(sends)
		})
		wg.Go(func() {
			_, err := b.Apply(b.Context(), []*workflow.Transition{begin})
			b.ok("Apply", err)
			sends, err := b.MatchMessages(b.Context(), messageKey(key))
			b.ok("MatchMessages", err)
			note(sends)
		})
	}
	wg.Wait()
	b.same("messages that found a wait", len(got), each)
	for id, times := range got {
		if times != 1 {
			b.Errorf("message %s was given %d times", id, times)
		}
	}
}

func messageLimit(b *bench) {
	for range workflow.MaxMessages {
		b.sendMessage(b.message("a"))
	}
	if _, _, err := b.SendMessage(b.Context(), b.message("a"), true, nil); workflow.KindOf(err) != workflow.KindTooMany {
		b.Errorf("one more gave %v", err)
	}
	b.sendMessage(b.message("b"))
}

func startedBy(b *bench) {
	on := func(message string) func(*workflow.Definition) {
		return func(d *workflow.Definition) { d.StartOn = &workflow.StartOn{Message: message} }
	}
	b.define(workflow.DefaultTenant, workflow.Ref{Name: "two", Version: "1.0.0"}, on("paid"))
	b.define(workflow.DefaultTenant, workflow.Ref{Name: "one", Version: "1.0.0"}, on("paid"))
	b.define(workflow.DefaultTenant, workflow.Ref{Name: "one", Version: "1.1.0"}, on("paid"))
	b.define("other", workflow.Ref{Name: "three", Version: "1.0.0"}, on("paid"))
	names, err := b.StartedBy(b.Context(), workflow.DefaultTenant, "paid", 10)
	b.ok("StartedBy", err)
	b.same("started", names, []string{"one", "two"})
	names, err = b.StartedBy(b.Context(), workflow.DefaultTenant, "shipped", 10)
	b.ok("StartedBy", err)
	b.same("started by another", len(names), 0)
}
