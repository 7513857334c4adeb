package ui_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

const shapes = `
format: 1
name: shapes
version: 1.0.0
title: All shapes
steps:
  - {name: fork, type: gateway, mode: parallel}
  - name: vote
    type: human
    title: "Approve {{ item }}"
    for_each: data.pages
    candidate_groups: [finance]
  - name: office
    type: group
    title: Office
    mode: conditional
    condition: "'far'"
    branches: {far: {type: machine, action: worker, topic: scan, title: Scan}, near: {type: machine, action: noop}}
  - {name: pay, type: machine, action: fail, title: Pay, with: {message: The bank is closed}, retry: {max_attempts: 5, initial: 1h}}
  - {name: travel, type: workflow, definition: expense_approval, input: {purpose: Train, amount: 6000, category: travel}}
edges:
  - {source: fork, target: vote}
  - {source: fork, target: office}
  - {source: fork, target: pay}
  - {source: fork, target: travel}
`

// begun starts an instance of all shapes with that many pages, and waits until
// its branches wait.
func (h *taskHouse) begun(pages int) workflow.Instance {
	h.t.Helper()
	list := make([]string, pages)
	for i := range list {
		list[i] = fmt.Sprintf("page %d", i)
	}
	input, err := json.Marshal(map[string]any{"pages": list})
	if err != nil {
		h.t.Fatal(err)
	}
	in, err := h.engine.Start(h.t.Context(), taskPeople["otto"], engine.StartInput{Definition: "shapes", Input: input})
	if err != nil {
		h.t.Fatal(err)
	}
	changed, stop := h.engine.Watch(in.ID)
	defer stop()
	for len(in.WaitingFor) < 4 || in.State.Steps["pay"].Visits == 0 {
		if in, err = h.store.Instance(h.t.Context(), taskPeople["olga"], in.ID); err != nil {
			h.t.Fatal(err)
		}
		if len(in.WaitingFor) >= 4 {
			return in
		}
		select {
		case <-changed:
		case <-time.After(10 * time.Second):
			h.t.Fatalf("waits for %+v, want four branches", in.WaitingFor)
		}
	}
	return in
}

func TestInstance_Shapes(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "/x")
	h.saveAlso(shapes)
	in := h.begun(60)
	path := "/x/instances/" + in.ID.String()
	page := h.get("olga", path)
	page.expect(t, http.StatusOK, "")
	page.lacks(t, "main", "%!")
	page.says(t, "[data-why]", "“Vote”: 60 items are open.")
	page.says(t, "[data-why]", "“Office › Scan” waits for a worker for under 1 min. No program has ever asked for the topic scan.")
	page.says(t, "[data-why]", "“Pay” failed and is tried again in")
	page.says(t, "[data-why]", "attempt 2 of 5. Last error: The bank is closed")
	page.says(t, "#instance-executions", "Waiting 60")
	page.says(t, "#instance-executions", "Item 50")
	page.lacks(t, "#instance-executions", "Item 51")
	page.says(t, "#instance-executions", "and 10 more items")
	page.says(t, "#instance-executions", "The bank is closed")
	page.says(t, "#instance-executions", "(attempt 2 of 5)")
	page.has(t, "#instance-executions tr[data-level='1']", 52) // the items, what is left of them, and the branch
	page.has(t, "#instance-tasks tbody tr", 50)
	page.says(t, "#instance-tasks", "Of a list the first 50 items are shown")
	page.says(t, "tr[data-node=n1]", "0 of 60 items")
	page.has(t, "tr[data-node=n2][data-state=waiting]", 1) // the group
	page.has(t, "#graph-steps tr[data-state=retrying]", 1)
	page.has(t, "#graph-steps tr[data-node=n1][data-count='0/60']", 1) // written at the node
	page.says(t, "#instance-executions", "Trying again")
	h.get("finn", "/x/tasks?view=groups").says(t, "main", "Approve page 7, item 8")

	child := page.page.Find("#instance-executions a[href^='/x/instances/']").AttrOr("href", "")
	below := h.get("olga", child)
	below.expect(t, http.StatusOK, "")
	below.has(t, "#instance-head a[href='"+path+"']", 1)
	below.says(t, "#instance-head", "Part of")
}

// What a worker says is on the page, and in the history who took the job.
func TestInstance_Worker(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	h.saveAlso(shapes)
	in := h.begun(1)
	jobs, err := h.engine.FetchJobs(t.Context(), taskPeople["olga"], engine.JobQuery{Topics: []string{"scan"}, Max: 1, Lock: time.Minute, Worker: "scanner 1"})
	if err != nil || len(jobs) != 1 {
		t.Fatalf("FetchJobs = %v, %v, want the job", jobs, err)
	}
	percent := 40.0
	if err := h.engine.ReportJob(t.Context(), taskPeople["olga"], jobs[0].ID, &percent, "page 2 of 5"); err != nil {
		t.Fatal(err)
	}
	page := h.get("olga", "/instances/"+in.ID.String())
	page.says(t, "#instance-executions", "40 % · page 2 of 5")
	page.says(t, "#instance-history", "“Office › Scan” was taken by scanner 1, attempt 1")
	page.lacks(t, "[data-why]", "waits for a worker")
}

func TestDefinition_Shapes(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	h.saveAlso(shapes)
	page := h.get("olga", "/definitions/shapes")
	page.expect(t, http.StatusOK, "")
	page.lacks(t, "main", "%!")
	for _, want := range []string{
		"Once for each of data.pages", "Runs one of its branches", "Branch far", "Done by an external worker that fetches scan",
		"Up to 5 attempts; the wait between them grows from 1 h by the factor 2", "Runs the workflow expense_approval", "the end of its group",
	} {
		page.says(t, "main", want)
	}
	r, err := http.NewRequest(http.MethodGet, "/definitions/shapes", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept-Language", "de")
	german := ask(t, h.pages, r, "olga")
	german.lacks(t, "main", "%!")
	german.says(t, "main", "Bis zu 5 Versuche; die Pause dazwischen wächst von 1 Std. mit dem Faktor 2")
}
