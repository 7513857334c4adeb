package web_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"tandem"
	"tandem/internal/auth"
	"tandem/internal/db"
	"tandem/internal/db/dbtest"
	"tandem/internal/workflow"
)

// A way is one by which a person can bring a task to its decision. It gives the
// status of the answer.
type way struct {
	name string
	verb bool // an operator's: who has the right to decide has no part in it
	link bool // a guest's: who the rule is about has no part in it
	try  func(h *house, who, instance, task string) int
}

func viaPage(h *house, who, _, task string) int {
	return h.ask(formPost(who, "/tasks/"+task+"/complete", url.Values{"_outcome": {"reject"}})).status
}

func viaAPI(h *house, who, _, task string) int {
	return h.ask(jsonPost(who, "/api/v1/tasks/"+task+"/complete", `{"outcome": "reject"}`)).status
}

func viaToken(h *house, who, _, task string) int {
	q := jsonPost("", "/api/v1/tasks/"+task+"/complete", `{"outcome": "reject"}`)
	q.Token = h.token(who, "tasks:write")
	return h.ask(q).status
}

// viaMany decides one of many at once, of which each has an answer of its own.
func viaMany(h *house, who, _, task string) int {
	a := h.expect(http.StatusOK, jsonPost(who, "/api/v1/tasks/bulk", `{"action": "complete", "outcome": "reject", "ids": ["`+task+`"]}`))
	var answer struct{ Items []struct{ Status any } }
	if err := json.Unmarshal([]byte(a.body), &answer); err != nil || len(answer.Items) != 1 {
		h.t.Fatalf("%v: %s", err, a.body)
	}
	if status, refused := answer.Items[0].Status.(float64); refused {
		return int(status)
	}
	return http.StatusOK
}

// viaManyOnPage is viaMany by the inbox, which says in words what was refused.
func viaManyOnPage(h *house, who, _, task string) int {
	version := regexp.MustCompile(`"version":\s*(\d+)`).FindStringSubmatch(h.expect(http.StatusOK, get("ada", "/api/v1/tasks/"+task)).body)
	a := h.ask(formPost(who, "/tasks/bulk", url.Values{"_task": {task + "." + version[1]}, "_outcome": {"reject"}}))
	if a.status == http.StatusConflict || a.status == http.StatusOK && !strings.Contains(a.body, "1 task is done.") {
		return inWords
	}
	return a.status
}

// inWords is the status of a page that says what was refused.
const inWords = -1

// viaForm is an operator's verb on the page of the instance.
func viaForm(verb string, values url.Values) func(h *house, who, instance, task string) int {
	return func(h *house, who, instance, _ string) int {
		form := maps.Clone(values)
		form.Set("reason", "r")
		return h.ask(formPost(who, "/instances/"+instance+verb, form)).status
	}
}

// viaSkipForm skips the execution of the task.
func viaSkipForm(h *house, who, instance, task string) int {
	execution := h.expect(http.StatusOK, get("ada", "/api/v1/tasks/"+task)).field(h.t, "execution_id")
	return viaForm("/skip", url.Values{"execution": {execution}})(h, who, instance, task)
}

func viaLink(h *house, _, _, _ string) int {
	return h.ask(formPost("", h.link+"/complete", url.Values{"_outcome": {"reject"}})).status
}

func viaVerb(verb, body string) func(h *house, who, instance, task string) int {
	return func(h *house, who, instance, task string) int {
		return h.ask(jsonPost(who, "/api/v1/instances/"+instance+verb, strings.ReplaceAll(body, "TASK", task))).status
	}
}

var ways = []way{
	{name: "page", try: viaPage},
	{name: "API with a session", try: viaAPI},
	{name: "API with a token", try: viaToken},
	{name: "API, one of many", try: viaMany},
	{name: "inbox, one of many", try: viaManyOnPage},
	{name: "guest link", link: true, try: viaLink},
	{name: "skip of the task", verb: true, try: viaVerb("/skip", `{"task_id": "TASK", "reason": "r"}`)},
	{name: "skip of the step", verb: true, try: viaVerb("/skip", `{"step": "finance", "reason": "r"}`)},
	{name: "force-complete", verb: true, try: viaVerb("/force-complete", `{"reason": "r"}`)},
	{name: "skip on the page", verb: true, try: viaSkipForm},
	{name: "force-complete on the page", verb: true, try: viaForm("/force-complete", url.Values{})},
}

// A rule is a state of a task and somebody who tries to decide it.
type rule struct {
	name  string
	who   string
	setup func(h *house, instance, task string)
	want  map[bool][]int // by way.verb: statuses of the answer; nil = it succeeds
	link  []int          // of a guest's link; nil = it succeeds
}

// may and mayNot are what rules say of deciding and of verbs.
func only(decide []int, verb []int) map[bool][]int { return map[bool][]int{false: decide, true: verb} }

var (
	refused  = []int{http.StatusForbidden}
	unseen   = []int{http.StatusNotFound}
	lost     = []int{http.StatusConflict}
	unseenOr = []int{http.StatusNotFound, http.StatusForbidden}
)

func asks(who, path, body string) func(h *house, instance, task string) {
	return func(h *house, instance, task string) {
		h.expect(http.StatusOK, jsonPost(who, "/api/v1"+strings.NewReplacer("INSTANCE", instance, "TASK", task).Replace(path), body))
	}
}

var rules = []rule{
	{name: "candidate", who: "finn", want: only(nil, refused)},
	{name: "claimed by himself", who: "finn", setup: asks("finn", "/tasks/TASK/claim", `{}`), want: only(nil, refused), link: lost},
	{name: "given to him", who: "mia", setup: asks("olga", "/tasks/TASK/reassign", `{"new_assignee": "mia"}`), want: only(nil, refused)},
	{name: "given away", who: "finn", setup: asks("olga", "/tasks/TASK/reassign", `{"new_group": "managers"}`), want: only(unseen, unseenOr), link: unseen},
	{name: "no candidate", who: "mia", want: only(unseen, unseenOr)},
	{name: "excluded", who: "otto", want: only(refused, refused)},
	{name: "admin without a part", who: "ada", want: only(refused, nil)},
	{name: "operator without a part", who: "olga", want: only(refused, nil)},
	{name: "operator who has the task", who: "olga", setup: asks("ada", "/tasks/TASK/reassign", `{"new_assignee": "olga"}`), want: only(nil, refused)},
	{name: "operator to whom it was delegated", who: "olga", setup: asks("finn", "/tasks/TASK/delegate", `{"to": "olga"}`), want: only(lost, refused), link: lost},
	{name: "claimed by another", who: "fred", setup: asks("finn", "/tasks/TASK/claim", `{}`), want: only(lost, refused), link: lost},
	{name: "delegated away", who: "finn", setup: asks("finn", "/tasks/TASK/delegate", `{"to": "mia"}`), want: only(lost, refused), link: lost},
	{name: "delegated to him", who: "mia", setup: asks("finn", "/tasks/TASK/delegate", `{"to": "mia"}`), want: only(lost, refused), link: lost},
	{name: "delegated and returned", who: "finn", setup: func(h *house, instance, task string) {
		asks("finn", "/tasks/TASK/delegate", `{"to": "mia"}`)(h, instance, task)
		asks("mia", "/tasks/TASK/return", `{"comment": "fine"}`)(h, instance, task)
	}, want: only(nil, refused), link: lost},
	{name: "paused", who: "finn", setup: asks("olga", "/instances/INSTANCE/pause", `{}`), want: only(lost, refused), link: lost},
	{name: "completed", who: "finn", setup: func(h *house, _, task string) { viaAPI(h, "fred", "", task) }, want: only(lost, refused), link: lost},
	{name: "canceled", who: "finn", setup: asks("olga", "/instances/INSTANCE/cancel", `{}`), want: only(lost, refused), link: lost},
	{name: "operator, canceled", who: "ada", setup: asks("olga", "/instances/INSTANCE/cancel", `{}`), want: only(append(refused, lost...), lost), link: lost},
	{name: "in somebody's place", who: "sam", setup: standIn("finn", "sam"), want: only(nil, refused)},
	{name: "in the place of who is excluded", who: "sam", setup: standIn("otto", "sam"), want: only(unseen, unseenOr)},
	{name: "operator in the place of who has it", who: "olga", setup: func(h *house, instance, task string) {
		asks("finn", "/tasks/TASK/claim", `{}`)(h, instance, task)
		standIn("finn", "olga")(h, instance, task)
	}, want: only(nil, refused), link: lost},
}

// standIn has somebody stand in for another, until the rule has been tried.
func standIn(login, substitute string) func(h *house, instance, task string) {
	return func(h *house, _, _ string) {
		h.expect(http.StatusSeeOther, formPost(login, "/profile/substitutes", url.Values{"substitute": {substitute}, "until": {time.Now().AddDate(0, 1, 0).Format(time.DateOnly)}}))
	}
}

// Every way to decide keeps every rule: what is refused changes nothing and is in
// the audit, what is allowed decides once.
func TestDecide_every_way_keeps_every_rule(t *testing.T) {
	t.Parallel()
	base := setup(t)
	for login, groups := range map[string][]string{"fred": {"finance"}, "sam": nil} {
		if err := base.app.CreateUser(t.Context(), tandem.NewUser{Login: login, Groups: groups, Password: rulesPassword}); err != nil {
			t.Fatal(err)
		}
		base.cookies[login] = base.signIn(login, rulesPassword)
	}
	definition := base.invite()
	for _, r := range rules {
		for _, w := range ways {
			t.Run(r.name+"/"+w.name, func(t *testing.T) {
				h := base.on(t)
				instance, task := h.startOf(definition)
				h.link = h.guestLink(task)
				if r.setup != nil {
					r.setup(h, instance, task)
					defer h.endSubstitutes()
				}
				before := h.taskState(task)
				got := w.try(h, r.who, instance, task)
				who, want := r.who, r.want[w.verb]
				if w.link {
					who, want = "guest:"+guestAddress, r.link
				}
				if want == nil {
					h.checkDecided(w, got, task)
					return
				}
				if !contains(want, got) && got != inWords {
					t.Errorf("got %d, want one of %v", got, want)
				}
				if after := h.taskState(task); after != before {
					t.Errorf("a refused attempt changed the task from %s to %s", before, after)
				}
				if w.link && got == http.StatusNotFound {
					return // a link that opens nothing is nobody's
				}
				h.eventually("the refusal is in the audit", func() bool { return h.refusals(who, instance, task) > 0 })
			})
		}
	}
}

const rulesPassword = "a password of the rules"

func contains(list []int, n int) bool {
	for _, one := range list {
		if one == n {
			return true
		}
	}
	return false
}

// endSubstitutes lets nobody stand in for anybody.
func (h *house) endSubstitutes() {
	h.t.Helper()
	for _, who := range []string{"finn", "otto"} {
		page := h.ask(get(who, "/profile")).body
		for {
			i := strings.Index(page, "/profile/substitutes/")
			if i < 0 {
				break
			}
			path, rest, _ := strings.Cut(page[i:], `"`)
			h.expect(http.StatusSeeOther, formPost(who, path, nil))
			page = rest
		}
	}
}

func (h *house) taskState(task string) string {
	h.t.Helper()
	a := h.expect(http.StatusOK, get("ada", "/api/v1/tasks/"+task))
	return fmt.Sprintf("%s, with %s", a.field(h.t, "status"), a.body[strings.Index(a.body, `"assignee"`):][:40])
}

func (h *house) checkDecided(w way, got int, task string) {
	h.t.Helper()
	if got != http.StatusOK && got != http.StatusSeeOther {
		h.t.Errorf("got %d, want it to succeed", got)
	}
	want := "completed"
	if w.verb {
		want = "canceled"
	}
	if state := h.taskState(task); !strings.HasPrefix(state, want) {
		h.t.Errorf("the task is %s, want %s", state, want)
	}
}

// refusals counts the lines of the audit about what somebody was refused with a
// task or its instance.
func (h *house) refusals(who, instance, task string) int {
	h.t.Helper()
	a := h.expect(http.StatusOK, get("ada", "/api/v1/audit?refused=true&limit=200&actor="+who))
	return strings.Count(a.body, instance) + strings.Count(a.body, task)
}

// voting asks two of one group, each once.
const voting = `
format: 1
name: voting
version: 1.0.0
title: Voting
steps:
  - {name: vote, type: human, for_each: "[1, 2]", candidate_groups: [finance], distinct: true, outcomes: [approve, reject], complete_when: "outcomes.approve >= 2"}
`

// Who has voted votes by no way again.
func TestDecide_already_voted(t *testing.T) {
	t.Parallel()
	base := setup(t)
	if _, err := base.app.Apply(t.Context(), []byte(voting)); err != nil {
		t.Fatalf("%v %v", err, tandem.Problems(err))
	}
	for _, w := range ways {
		if w.verb || w.link {
			continue
		}
		t.Run(w.name, func(t *testing.T) {
			h := base.on(t)
			instance := h.expect(http.StatusCreated, jsonPost("finn", "/api/v1/instances", `{"definition_name": "voting"}`)).field(t, "id")
			tasks := h.expect(http.StatusOK, get("ada", "/api/v1/tasks?instance_id="+instance)).each(t, "id")
			first, second, two := strings.Cut(tasks, " ")
			if !two {
				t.Fatalf("the tasks are %q", tasks)
			}
			h.expect(http.StatusOK, jsonPost("finn", "/api/v1/tasks/"+first+"/complete", `{"outcome": "approve"}`))
			if got := w.try(h, "finn", instance, second); !contains([]int{http.StatusForbidden, http.StatusConflict, inWords}, got) {
				t.Errorf("a second vote: %d, want a refusal", got)
			}
			if state := h.taskState(second); !strings.HasPrefix(state, "pending") {
				t.Errorf("the second task is %s", state)
			}
			h.eventually("the refusal is in the audit", func() bool { return h.refusals("finn", instance, second) > 0 })
		})
	}
}

// Tokens reach no further than their scopes, their time and their tenant.
func TestDecide_tokens(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t, db.Migrate)
	h := open(t, tandem.Config{DatabaseURL: url})
	_, task := h.startExpense()
	store, err := db.Open(t.Context(), url, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	people := auth.New(db.NewPeople(store.Pool()), nil)
	if _, err := people.CreateTenant(t.Context(), workflow.SystemActor(workflow.DefaultTenant, "test"), "other", "", workflow.TenantLimits{}); err != nil {
		t.Fatal(err)
	}
	root := workflow.SystemActor("other", "test")
	if _, err := people.CreateUser(t.Context(), root, auth.NewUser{Login: "finn", Groups: []string{"finance"}}); err != nil {
		t.Fatal(err)
	}
	_, foreign, err := people.CreateToken(t.Context(), root, auth.NewToken{Login: "finn", Label: "foreign"})
	if err != nil {
		t.Fatal(err)
	}
	past := time.Now().Add(-48 * time.Hour)
	until := past.Add(time.Hour)
	_, expired, err := auth.New(db.NewPeople(store.Pool()), func() time.Time { return past }).CreateToken(t.Context(), workflow.SystemActor(workflow.DefaultTenant, "test"), auth.NewToken{Login: "finn", Label: "expired", ExpiresAt: until})
	if err != nil {
		t.Fatal(err)
	}
	gone, revoked, err := people.CreateToken(t.Context(), workflow.SystemActor(workflow.DefaultTenant, "test"), auth.NewToken{Login: "finn", Label: "revoked"})
	if err != nil {
		t.Fatal(err)
	}
	if err := people.RevokeToken(t.Context(), workflow.SystemActor(workflow.DefaultTenant, "test"), gone.ID); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		token string
		want  int
	}{
		"of another tenant":   {foreign, http.StatusNotFound},
		"revoked":             {revoked, http.StatusUnauthorized},
		"expired":             {expired, http.StatusUnauthorized},
		"unknown":             {"tdm_" + strings.Repeat("x", 43), http.StatusUnauthorized},
		"for reading":         {h.token("finn", "tasks:read"), http.StatusForbidden},
		"for something else":  {h.token("finn", "instances"), http.StatusForbidden},
		"of somebody without": {h.token("mia"), http.StatusNotFound},
	} {
		q := jsonPost("", "/api/v1/tasks/"+task+"/complete", `{"outcome": "reject"}`)
		q.Token = tt.token
		if got := h.ask(q).status; got != tt.want {
			t.Errorf("%s: got %d, want %d", name, got, tt.want)
		}
	}
	if state := h.taskState(task); !strings.HasPrefix(state, "pending") {
		t.Errorf("the task is %s", state)
	}
}
