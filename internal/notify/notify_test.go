package notify_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tandem/internal/action"
	"tandem/internal/db"
	"tandem/internal/db/dbtest"
	"tandem/internal/engine"
	"tandem/internal/notify"
	"tandem/internal/secret"
	"tandem/internal/workflow"
)

var ada = workflow.Actor{ID: "ada", Tenant: workflow.DefaultTenant, Roles: []workflow.Role{workflow.RoleAdmin}}

// receiver is whoever is told of events.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	status int // that it answers
	got    []call
	came   chan struct{}
}

type call struct {
	header http.Header
	body   []byte
}

func receive(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{status: 204, came: make(chan struct{}, 1000)}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		r.mu.Lock()
		r.got = append(r.got, call{q.Header, body})
		status := r.status
		r.mu.Unlock()
		w.WriteHeader(status)
		r.came <- struct{}{}
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) answers(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

// next waits for a call.
func (r *receiver) next(t *testing.T) call {
	t.Helper()
	select {
	case <-r.came:
	case <-time.After(30 * time.Second):
		t.Fatal("nothing was received")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.got[len(r.got)-1]
}

func (r *receiver) calls() []call {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]call(nil), r.got...)
}

// house is an engine with subscriptions.
type house struct {
	*notify.Service
	t      *testing.T
	engine *engine.Engine
	url    string
	store  *db.DB
}

func setup(t *testing.T, allow ...string) *house {
	t.Helper()
	h := &house{t: t, url: dbtest.URL(t, db.Migrate)}
	var err error
	if h.store, err = db.Open(t.Context(), h.url, db.Options{Process: uuid.Must(uuid.NewV7()), MaxConns: 6, EngineConns: 4}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.store.Close)
	log := slog.New(slog.DiscardHandler)
	h.engine = engine.New(engine.Config{Store: h.store, Log: log, HookKey: []byte("key")})
	h.Service = h.service(t, allow...)
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := h.engine.Run(ctx, time.Second); err != nil {
			t.Errorf("engine: %v", err)
		}
	})
	running.Go(func() { h.Run(ctx) })
	t.Cleanup(func() { stop(); running.Wait() })
	return h
}

func (h *house) service(t *testing.T, allow ...string) *notify.Service {
	t.Helper()
	return h.serviceWith(t, strings.Repeat("A", 43), allow...)
}

// serviceWith is another service on the same store, with master keys of its own.
func (h *house) serviceWith(t *testing.T, masterKeys string, allow ...string) *notify.Service {
	t.Helper()
	keys, err := secret.ParseKeys(masterKeys)
	if err != nil {
		t.Fatal(err)
	}
	client, err := action.NewClient(allow)
	if err != nil {
		t.Fatal(err)
	}
	return notify.New(notify.Config{
		Store: db.NewSubscriptions(h.store.Pool()), Vault: secret.New(db.NewSecrets(h.store.Pool()), keys, nil), Client: client,
		Watch: func() (<-chan struct{}, func()) { return h.engine.Watch(uuid.Nil) }, Log: slog.New(slog.DiscardHandler),
	})
}

func (h *house) subscribe(url string, kinds ...string) (notify.Subscription, string) {
	h.t.Helper()
	sub, key, err := h.Create(h.t.Context(), ada, notify.Edit{URL: &url, EventTypes: &kinds})
	if err != nil {
		h.t.Fatal(err)
	}
	return sub, key
}

func (h *house) start(name string) workflow.Instance {
	h.t.Helper()
	doc := "format: 1\nname: " + name + "\nversion: 1.0.0\nsteps: [{name: a, type: machine, action: noop}]\n"
	if _, _, _, err := h.engine.SaveDefinition(h.t.Context(), ada, []byte(doc)); err != nil {
		h.t.Fatal(err)
	}
	in, err := h.engine.Start(h.t.Context(), ada, engine.StartInput{Definition: name})
	if err != nil {
		h.t.Fatal(err)
	}
	if in, err = h.engine.Wait(h.t.Context(), in, 30*time.Second); err != nil || in.Status != workflow.StatusCompleted {
		h.t.Fatalf("%s is %s, %v", name, in.Status, err)
	}
	return in
}

// delivery waits until the latest delivery of a subscription is as wanted.
func (h *house) delivery(sub notify.Subscription, is func(notify.Delivery) bool) notify.Delivery {
	h.t.Helper()
	var last []notify.Delivery
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(30 * time.Second); ; {
		var err error
		if last, err = h.Deliveries(h.t.Context(), ada, sub.ID, nil, uuid.Nil, 1); err != nil {
			h.t.Fatal(err)
		}
		if len(last) > 0 && is(last[0]) {
			return last[0]
		}
		select {
		case <-tick.C:
		case <-deadline:
			h.t.Fatalf("the delivery is %+v", last)
		}
	}
}

// exec runs SQL beside the service.
func (h *house) exec(sql string, args ...any) {
	h.t.Helper()
	conn, err := pgx.Connect(h.t.Context(), h.url)
	if err != nil {
		h.t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(h.t.Context(), sql, args...); err != nil {
		h.t.Fatal(err)
	}
}

// believes has the reference library of Standard Webhooks verify a call.
func believes(t *testing.T, key string, c call) bool {
	t.Helper()
	input, err := json.Marshal(map[string]any{"key": key, "body": string(c.body), "headers": map[string]string{
		"webhook-id": c.header.Get("webhook-id"), "webhook-timestamp": c.header.Get("webhook-timestamp"), "webhook-signature": c.header.Get("webhook-signature"),
	}})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "-e", `
		const { Webhook } = require("standardwebhooks");
		const q = JSON.parse(require("fs").readFileSync(0));
		try { new Webhook(q.key).verify(q.body, q.headers); console.log("believed"); }
		catch (e) { if (e.constructor.name !== "WebhookVerificationError") throw e; console.log("refused"); }`)
	cmd.Dir, cmd.Stdin = "../..", bytes.NewReader(input)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("the reference library (make assets installs it): %v\n%s", err, out)
	}
	return strings.TrimSpace(string(out)) == "believed"
}

// TestDeliver: each event comes once, signed as the reference library wants it,
// filtered by type; after a change of keys both sign.
func TestDeliver(t *testing.T) {
	t.Parallel()
	r := receive(t)
	h := setup(t, "127.0.0.1")
	before := h.start("quick")
	sub, key := h.subscribe(r.URL, "workflow.completed")
	in := h.start("quick")
	got := r.next(t)
	var body struct {
		Type string
		Data struct {
			InstanceID     uuid.UUID `json:"instance_id"`
			DefinitionName string    `json:"definition_name"`
		}
	}
	if err := json.Unmarshal(got.body, &body); err != nil {
		t.Fatal(err)
	}
	if body.Type != "workflow.completed" || body.Data.InstanceID != in.ID || body.Data.InstanceID == before.ID || body.Data.DefinitionName != "quick" {
		t.Errorf("told %s", got.body)
	}
	if !believes(t, key, got) {
		t.Error("the reference library does not believe the call")
	}
	forged := got
	forged.body = append([]byte(" "), got.body...)
	if believes(t, key, forged) {
		t.Error("the reference library believes another body")
	}
	_, second, err := h.Update(t.Context(), ada, sub.ID, notify.Edit{NewKey: true})
	if err != nil || second == key {
		t.Fatalf("a new key: %v", err)
	}
	h.start("quick")
	both := r.next(t)
	if !believes(t, key, both) || !believes(t, second, both) {
		t.Errorf("after a change one of the keys is not believed: %s", both.header.Get("webhook-signature"))
	}
	d := h.delivery(sub, func(d notify.Delivery) bool { return d.Status == notify.Delivered })
	if d.LastStatus != 204 || d.Attempts != 1 || d.WebhookID() != both.header.Get("webhook-id") {
		t.Errorf("kept as %+v", d)
	}
	if calls := r.calls(); len(calls) != 2 {
		t.Errorf("%d calls of 2 events", len(calls))
	}
}

// TestDeliver_exactlyOnce: two processes make deliveries of one feed; each event
// makes one.
func TestDeliver_exactlyOnce(t *testing.T) {
	t.Parallel()
	r := receive(t)
	h := setup(t, "127.0.0.1")
	other := h.service(t, "127.0.0.1")
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); other.Run(ctx) }()
	t.Cleanup(func() { stop(); <-ended })
	h.subscribe(r.URL)
	const each = 15
	for range each {
		h.start("quick")
	}
	for range 4 * each {
		r.next(t)
	}
	seen := map[string]bool{}
	for _, c := range r.calls() {
		var body struct{ Data struct{ ID string } }
		if err := json.Unmarshal(c.body, &body); err != nil || seen[body.Data.ID] {
			t.Errorf("the event %s came again, %v", body.Data.ID, err)
		}
		seen[body.Data.ID] = true
	}
	if len(seen) != 4*each {
		t.Errorf("%d events of %d", len(seen), 4*each)
	}
}

// TestDeliver_retried: what fails is sent again under its webhook-id, given up
// at last, and can be sent again by hand.
func TestDeliver_retried(t *testing.T) {
	t.Parallel()
	r := receive(t)
	h := setup(t, "127.0.0.1")
	sub, _ := h.subscribe(r.URL)
	r.answers(500)
	d, err := h.Test(t.Context(), ada, sub.ID)
	if err != nil {
		t.Fatal(err)
	}
	for attempt := 1; attempt <= 10; attempt++ {
		if id := r.next(t).header.Get("webhook-id"); id != d.WebhookID() {
			t.Fatalf("attempt %d came as %s, want %s", attempt, id, d.WebhookID())
		}
		now := h.delivery(sub, func(d notify.Delivery) bool { return d.Attempts == attempt })
		if dead := attempt == 10; (now.Status == notify.Dead) != dead || now.LastStatus != 500 || now.LastError == "" || !dead && now.NextAt.Before(time.Now()) {
			t.Fatalf("after attempt %d: %+v", attempt, now)
		}
		h.exec(`UPDATE deliveries SET next_at = now() WHERE status = 'pending'`)
	}
	dead, err := h.DeadLetters(t.Context(), ada, []uuid.UUID{sub.ID, uuid.New()})
	if n, countErr := h.CountDeliveries(t.Context(), ada, sub.ID, notify.Dead); n != 1 || len(dead) != 1 || dead[sub.ID] != 1 || err != nil || countErr != nil {
		t.Errorf("dead letters %v, counted %d, %v, %v; want one", dead, n, err, countErr)
	}
	if list, err := h.Deliveries(t.Context(), ada, sub.ID, []notify.DeliveryStatus{notify.Pending, notify.Delivered}, uuid.Nil, 10); len(list) != 0 || err != nil {
		t.Errorf("of other states: %v, %v", list, err)
	}
	r.answers(200)
	if again, err := h.Redeliver(t.Context(), ada, d.ID); err != nil || again.Status != notify.Pending {
		t.Fatalf("again: %+v, %v", again, err)
	}
	if id := r.next(t).header.Get("webhook-id"); id != d.WebhookID() {
		t.Errorf("again as %s", id)
	}
	h.delivery(sub, func(d notify.Delivery) bool { return d.Status == notify.Delivered })
}

// TestDeliver_disabled: after a week of failures, and by a 410 at once.
func TestDeliver_disabled(t *testing.T) {
	t.Parallel()
	r := receive(t)
	h := setup(t, "127.0.0.1")
	sub, _ := h.subscribe(r.URL)
	fails := func(status int) notify.Subscription {
		t.Helper()
		r.answers(status)
		if _, err := h.Test(t.Context(), ada, sub.ID); err != nil {
			t.Fatal(err)
		}
		r.next(t)
		h.delivery(sub, func(d notify.Delivery) bool { return d.Attempts > 0 })
		now, err := h.Get(t.Context(), ada, sub.ID)
		if err != nil {
			t.Fatal(err)
		}
		return now
	}
	if now := fails(503); now.FailingSince == nil || !now.IsActive {
		t.Fatalf("after a failure: %+v", now)
	}
	if now := fails(200); now.FailingSince != nil {
		t.Fatalf("after a success: %+v", now)
	}
	fails(503)
	h.exec(`UPDATE subscriptions SET failing_since = now() - interval '7 days'`)
	if now := fails(503); now.IsActive || !strings.Contains(now.DisabledReason, "Nothing has arrived since") {
		t.Fatalf("after a week: %+v", now)
	}
	if _, err := h.Test(t.Context(), ada, sub.ID); workflow.KindOf(err) != workflow.KindConflict {
		t.Errorf("a test of a disabled one: %v", err)
	}
	yes := true
	if now, _, err := h.Update(t.Context(), ada, sub.ID, notify.Edit{IsActive: &yes}); err != nil || !now.IsActive || now.DisabledReason != "" || now.FailingSince != nil {
		t.Fatalf("enabled: %+v, %v", now, err)
	}
	if now := fails(410); now.IsActive || !strings.Contains(now.DisabledReason, "410") {
		t.Errorf("after a 410: %+v", now)
	}
}

// TestReseal gives subscriptions another master key; they sign as before.
func TestReseal(t *testing.T) {
	t.Parallel()
	h := setup(t)
	sub, _ := h.subscribe("https://example.com/hooks")
	fresh := secret.NewKey()
	both := h.serviceWith(t, fresh+"\n"+strings.Repeat("A", 43))
	for i, want := range []int{1, 0} {
		if n, err := both.Reseal(t.Context(), ada); n != want || err != nil {
			t.Errorf("time %d: %d, %v, want %d", i+1, n, err, want)
		}
	}
	// Another key needs the one before: it can be opened by the new master key.
	if _, key, err := h.serviceWith(t, fresh).Update(t.Context(), ada, sub.ID, notify.Edit{NewKey: true}); err != nil || key == "" {
		t.Errorf("with the new master key alone: %v", err)
	}
	if _, err := both.Reseal(t.Context(), workflow.Actor{ID: "otto", Tenant: ada.Tenant}); workflow.KindOf(err) != workflow.KindForbidden {
		t.Errorf("somebody reseals: %v", err)
	}
}

// TestDeliver_private: an address inside is refused as http.request refuses it.
func TestDeliver_private(t *testing.T) {
	t.Parallel()
	r := receive(t)
	h := setup(t)
	sub, _ := h.subscribe(r.URL)
	if _, err := h.Test(t.Context(), ada, sub.ID); err != nil {
		t.Fatal(err)
	}
	d := h.delivery(sub, func(d notify.Delivery) bool { return d.Attempts > 0 })
	if !strings.Contains(d.LastError, "private") || len(r.calls()) > 0 {
		t.Errorf("%+v after %d calls", d, len(r.calls()))
	}
}

func TestSubscriptions(t *testing.T) {
	t.Parallel()
	h := setup(t)
	olga := workflow.Actor{ID: "olga", Tenant: workflow.DefaultTenant, Roles: []workflow.Role{workflow.RoleOperator}}
	eve := workflow.Actor{ID: "eve", Tenant: "other", Roles: []workflow.Role{workflow.RoleAdmin}}
	address := "https://example.com/hooks"
	if _, _, err := h.Create(t.Context(), olga, notify.Edit{URL: &address}); workflow.KindOf(err) != workflow.KindForbidden {
		t.Errorf("an operator: %v", err)
	}
	for _, bad := range []string{"", "example.com", "ftp://example.com", "https://a:b@example.com", "https://"} {
		if _, _, err := h.Create(t.Context(), ada, notify.Edit{URL: &bad}); workflow.KindOf(err) != workflow.KindInvalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
	kinds := []string{"Workflow Completed"}
	if _, _, err := h.Create(t.Context(), ada, notify.Edit{URL: &address, EventTypes: &kinds}); workflow.KindOf(err) != workflow.KindInvalid {
		t.Errorf("a bad type: %v", err)
	}
	sub, key := h.subscribe(address)
	if _, err := h.Get(t.Context(), eve, sub.ID); workflow.KindOf(err) != workflow.KindNotFound {
		t.Errorf("of another tenant: %v", err)
	}
	if list, err := h.List(t.Context(), ada, uuid.Nil, 10); err != nil || len(list) != 1 || bytes.Contains(list[0].Keys.Ciphertext, []byte(key)) {
		t.Errorf("listed %+v, %v", list, err)
	}
	if err := h.Delete(t.Context(), eve, sub.ID); workflow.KindOf(err) != workflow.KindNotFound {
		t.Errorf("deleted by another tenant: %v", err)
	}
	if err := h.Delete(t.Context(), ada, sub.ID); err != nil {
		t.Error(err)
	}
	if _, err := h.Get(t.Context(), ada, sub.ID); workflow.KindOf(err) != workflow.KindNotFound {
		t.Errorf("after its end: %v", err)
	}
}
