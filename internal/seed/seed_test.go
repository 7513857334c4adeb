package seed_test

import (
	"bytes"
	"log/slog"
	"testing"
	"time"

	"tandem"
	"tandem/internal/db"
	"tandem/internal/db/dbtest"
	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// What is made is what the engine would have written: counted as it is counted,
// found by its data, and going on when somebody decides.
func TestSeed(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t, nil)
	app, err := tandem.New(t.Context(), tandem.Config{DatabaseURL: url, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(app.Close)
	const n, tasks = 600, 120
	if err := app.Seed(t.Context(), tandem.SeedConfig{Instances: n, Tasks: tasks, Progress: &bytes.Buffer{}}); err != nil {
		t.Fatal(err)
	}
	store, err := db.Open(t.Context(), url, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	if wrong, err := store.Miscounted(t.Context(), time.Now()); wrong != 0 || err != nil {
		t.Errorf("counters: %d are wrong, %v", wrong, err)
	}
	ada := workflow.Actor{ID: "ada", Tenant: workflow.DefaultTenant, Roles: []workflow.Role{workflow.RoleAdmin}}
	stats, err := store.Stats(t.Context(), ada, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	sum := 0
	for _, count := range stats.ByStatus {
		sum += count
	}
	if sum != n || stats.OpenTasks < tasks/2 || stats.OpenTasks > tasks*2 || stats.ByStatus[workflow.StatusFailed] == 0 {
		t.Errorf("%d instances, %d open tasks, %v; want %d, about %d, and some of each", sum, stats.OpenTasks, stats.ByStatus, n, tasks)
	}
	page, err := store.Instances(t.Context(), ada, engine.InstanceFilter{Statuses: []workflow.Status{workflow.StatusCompleted}}, engine.Paging{Limit: 1})
	if err != nil || len(page.Items) != 1 {
		t.Fatalf("Instances = %v, %v", page, err)
	}
	in, err := store.Instance(t.Context(), ada, page.Items[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	customer := workflow.SearchValues("customer", workflow.DecodeData(in.Data))
	if len(customer) != 1 {
		t.Fatalf("data of an instance = %s, want a customer", in.Data)
	}
	found, err := store.Instances(t.Context(), ada, engine.InstanceFilter{
		Data: []engine.DataFilter{{Path: "customer", Op: engine.OpEqual, Values: []string{customer[0].Text}}},
	}, engine.Paging{})
	if err != nil || found.Total == 0 || found.Total > n/10 {
		t.Errorf("found by customer: %d, %v; want a few", found.Total, err)
	}
	steps, err := store.Steps(t.Context(), ada, in.ID, 100)
	if err != nil || len(steps) != 10 {
		t.Errorf("%d steps, %v; want 10", len(steps), err)
	}
	events, err := store.Events(t.Context(), ada, in.ID, engine.Paging{Limit: 100})
	if err != nil || len(events.Items) < 20 || events.Items[0].Type != workflow.EventWorkflowStarted || events.Items[len(events.Items)-1].Type != workflow.EventWorkflowCompleted {
		t.Errorf("%d events, %v; want the whole history", len(events.Items), err)
	}
	for _, e := range events.Items {
		if e.At.Before(in.CreatedAt) || e.At.After(in.CompletedAt.Add(time.Second)) {
			t.Errorf("event %s at %s is not between %s and %s", e.Type, e.At, in.CreatedAt, in.CompletedAt)
		}
	}
}
