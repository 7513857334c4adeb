package ui_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// failing is a definition whose only step fails.
const failing = `
format: 1
name: failing
version: 1.0.0
title: Failing
steps:
  - {name: charge, type: machine, title: Charge the card, action: fail, with: {message: "the card <b>was</b> declined", code: declined}}
`

// saveAlso stores one more document.
func (h *taskHouse) saveAlso(document string) {
	h.t.Helper()
	if _, _, _, err := h.engine.SaveDefinition(h.t.Context(), workflow.SystemActor(workflow.DefaultTenant, "test"), []byte(document)); err != nil {
		h.t.Fatal(err)
	}
}

// failed starts an instance that fails.
func (h *taskHouse) failed() workflow.Instance {
	h.t.Helper()
	in, err := h.engine.Start(h.t.Context(), taskPeople["otto"], engine.StartInput{Definition: "failing", Input: []byte("{}")})
	if err == nil {
		in, err = h.engine.Wait(h.t.Context(), in, 5*time.Second)
	}
	if err != nil || in.Status != workflow.StatusFailed {
		h.t.Fatalf("start: %s, %v, want it failed", in.Status, err)
	}
	return in
}

// decide completes a task and waits until its instance is at rest.
func (h *taskHouse) decide(who string, task engine.TaskRow, c engine.Completion) {
	h.t.Helper()
	in, err := h.engine.CompleteTask(h.t.Context(), taskPeople[who], task.ID, c)
	if err == nil {
		in, err = h.engine.Wait(h.t.Context(), in, 5*time.Second)
	}
	if err != nil || in.Status == workflow.StatusRunning {
		h.t.Fatalf("decide: %s, %v, want it at rest", in.Status, err)
	}
}

func TestDashboard_EveryCountIsTrueOfItsList(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "/x")
	h.saveAlso(failing)
	h.failed()
	paused := h.expense("Fair", 6000)
	h.expense("Desk", 1500)
	if _, err := h.engine.Pause(t.Context(), taskPeople["olga"], paused.InstanceID, ""); err != nil {
		t.Fatal(err)
	}
	done := h.begin("survey", "{}")
	h.decide("otto", done, engine.Completion{Output: []byte(`{"stars":5}`)})
	for who, want := range map[string][]int{
		"olga": {0, 1, 1, 1, 2, 0, 1}, // running, waiting, paused, failed, open and overdue tasks, completed today
		"finn": {0, 0, 1, 0, 1, 0, 1},
	} {
		var got []int
		page := h.get(who, "/x/")
		page.expect(t, http.StatusOK, "")
		page.page.Find("#dashboard-counts a").Each(func(_ int, a *goquery.Selection) {
			n, err := strconv.Atoi(a.Find("span").First().Text())
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, n)
			list := h.get(who, a.AttrOr("href", ""))
			list.expect(t, http.StatusOK, "")
			list.has(t, "main tbody tr", n)
		})
		if len(got) != len(want) {
			t.Fatalf("%s sees the counts %v, want %v", who, got, want)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s sees the counts %v, want %v", who, got, want)
				break
			}
		}
	}
}

func TestDashboard_SaysWhatIsSick(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	empty := h.get("olga", "/")
	empty.says(t, "main", "Nothing has been started yet")
	h.saveAlso(failing)
	h.failed()
	h.expense("Fair", 6000)
	page := h.get("olga", "/")
	page.says(t, "#dashboard-failures tbody tr", "the card <b>was</b> declined")
	page.says(t, "#dashboard-failures tbody th", "Charge the card")
	page.says(t, "#dashboard-longest tbody tr", "for somebody of finance")
	page.has(t, "#dashboard-definitions tbody tr", 2)
	h.get("olga", page.page.Find("#dashboard-failures tbody a").AttrOr("href", "")).has(t, "main tbody tr", 1)
	h.later = 3 * 24 * time.Hour
	h.get("olga", "/tasks/open?overdue=true").says(t, "main tbody tr", "Overdue")
}

func TestDashboard_FollowsTheServer(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	s := h.follow("olga", "/live/dashboard")
	s.expect("#dashboard-counts", "#dashboard-days", "#dashboard-definitions", "#dashboard-longest", "#dashboard-failures", "#inbox-count")
	h.expense("Fair", 6000)
	for s.next() != "#dashboard-longest" || !strings.Contains(s.data, "finance") {
	}
}
