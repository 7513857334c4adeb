package ui_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

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
func (h *taskHouse) failed() workflow.Instance { return h.started("failing") }

// started starts an instance of a definition that fails.
func (h *taskHouse) started(name string) workflow.Instance {
	h.t.Helper()
	in, err := h.engine.Start(h.t.Context(), taskPeople["otto"], engine.StartInput{Definition: name, Input: []byte("{}")})
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
	byDefinition := map[string]int{}
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
		page.page.Find("#dashboard-definitions tbody td:not(:nth-last-child(-n+2)) a").Each(func(_ int, a *goquery.Selection) { // without durations
			n, err := strconv.Atoi(strings.TrimSpace(a.Contents().First().Text()))
			if err != nil {
				t.Fatal(err)
			}
			list := h.get(who, a.AttrOr("href", ""))
			if found := list.page.Find("main tbody tr").Length(); found != n || n == 0 {
				t.Errorf("%s sees %d of a definition, and the list at %s has %d", who, n, a.AttrOr("href", ""), found)
			}
			byDefinition[who] += n
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
	if byDefinition["olga"] != 4 || byDefinition["finn"] != 2 { // waiting, paused, failed, completed
		t.Errorf("by definition olga sees %d instances, finn %d, want 4 and 2", byDefinition["olga"], byDefinition["finn"])
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
	h.saveAlso(strings.NewReplacer("name: failing", "name: failing_too", "declined\"", "taken  back\"").Replace(failing))
	h.started("failing_too")
	h.started("failing_too")
	h.get("olga", page.page.Find("#dashboard-failures tbody a").AttrOr("href", "")).has(t, "main tbody tr", 1)
	again := h.get("olga", "/")
	again.has(t, "#dashboard-failures tbody tr", 2)
	again.page.Find("#dashboard-failures tbody tr").Each(func(_ int, row *goquery.Selection) {
		a := row.Find("a")
		want, err := strconv.Atoi(strings.TrimSpace(a.Contents().First().Text()))
		if err != nil {
			t.Fatal(err)
		}
		list := h.get("olga", a.AttrOr("href", ""))
		list.has(t, "main tbody tr", want)
		list.says(t, "main form", "failed with “the card <b>was</b>")
		list.page.Find("main form input[name=failed_with]").Each(func(_ int, kept *goquery.Selection) { // of the filter and of verbs
			if got, said := kept.AttrOr("value", ""), row.Find("td").First().Text(); got != said {
				t.Errorf("the list keeps %q, want %q", got, said)
			}
		})
	})
	h.later = 3 * 24 * time.Hour
	h.get("olga", "/tasks/open?overdue=true").says(t, "main tbody tr", "Overdue")
}

// What the share of decisions in time counts can be looked at.
func TestDashboard_DecidedInTime(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "/x")
	h.get("olga", "/x/").has(t, "#dashboard-sla", 0)
	approve := engine.Completion{Outcome: "approve", Output: []byte(`{"cost_centre": "CC-1"}`)}
	h.decide("finn", h.expense("Fair", 6000), approve)
	h.decide("finn", h.expense("Desk", 6100), approve)
	h.expense("Chair", 6200) // open
	page := h.get("olga", "/x/")
	page.says(t, "#dashboard-sla", "100 % of decisions in time: 2 of the last 2 tasks with a due time")
	page.has(t, "#dashboard-sla a", 2)
	page.page.Find("#dashboard-sla a").Each(func(_ int, a *goquery.Selection) {
		list := h.get("olga", a.AttrOr("href", ""))
		list.has(t, "main tbody tr", 2)
		list.says(t, "main tbody tr:first-child", "In time")
		list.says(t, "main tbody tr:first-child", "Finn")
	})
	h.get("olga", "/x/tasks/decided?in_time=false").says(t, "main", "No such decisions")
	h.get("otto", "/x/tasks/decided").has(t, "main tbody tr", 2) // he began them
	h.get("mia", "/x/tasks/decided").has(t, "main tbody tr", 0)
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

// The charts and their tables say the same, and each number is true of its list.
func TestDashboard_Charts(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "/x")
	for range 3 {
		h.decide("otto", h.begin("survey", "{}"), engine.Completion{Output: []byte(`{"stars":5}`)})
	}
	page := h.get("olga", "/x/")
	for chart, bars := range map[string]int{"#dashboard-hours": 24, "#dashboard-days-chart": 7} {
		page.has(t, chart+" tbody tr", bars)
		page.says(t, chart+" tbody tr:last-child td", "3")
		page.has(t, chart+" svg a", 1)
		page.has(t, chart+" svg rect.chart-bar[height='68.00%']", 1)
		page.says(t, chart+" svg .chart-value", "3")
		table, bar, total := page.page.Find(chart+" tbody a"), page.page.Find(chart+" svg a"), page.page.Find(chart+" h2 a")
		for _, link := range []*goquery.Selection{table, bar, total} {
			list := h.get("olga", link.AttrOr("href", ""))
			list.expect(t, http.StatusOK, "")
			list.has(t, "main tbody tr", 3)
		}
		if got := bar.AttrOr("href", ""); got != table.AttrOr("href", "") {
			t.Errorf("the bar of %s leads to %s, its row to %s", chart, got, table.AttrOr("href", ""))
		}
	}
	page.has(t, "#dashboard-took .span-row svg circle", 2)
	page.has(t, "#dashboard-definitions tbody td a[href*=completed_since]", 3) // how many, p50, p95
	h.later = 2 * time.Hour
	list := h.get("olga", h.get("olga", "/x/").page.Find("#dashboard-hours svg a").AttrOr("href", ""))
	list.has(t, "main tbody tr", 3)
	list.says(t, "main form", "And: Finished since")
	list.has(t, "main form input[type=hidden][name=completed_since]", 2)
	list.has(t, "main form input[type=date][name=completed_since][value='']", 1)
}

// Of very many definitions those are shown that matter, by name.
func TestDashboard_FewDefinitions(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	names := make([]string, 0, 25)
	for i := range 25 {
		name := "failing_" + strconv.Itoa(100+i)
		h.saveAlso(strings.Replace(failing, "name: failing", "name: "+name, 1))
		if i >= 5 {
			names = append(names, name)
			h.started(name)
		}
		h.started(name)
	}
	page := h.get("olga", "/")
	var shown []string
	page.page.Find("#dashboard-definitions tbody th code").Each(func(_ int, s *goquery.Selection) { shown = append(shown, s.Text()) })
	if diff := cmp.Diff(names, shown); diff != "" {
		t.Errorf("definitions (-want +got):\n%s", diff)
	}
	page.says(t, "#dashboard-definitions", "20 of 25 definitions")
}
