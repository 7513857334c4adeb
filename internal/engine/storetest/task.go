package storetest

import (
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

var taskTests = []test{
	{"views", taskViews},
	{"inbox_count", inboxCount},
	{"filters", taskFilters},
	{"newest_decision_first", decidedTasks},
	{"order", taskOrder},
	{"rows_tell_of_the_instance", taskRows},
	{"views_of_a_substitute", substituteViews},
	{"delegated_task_is_with_both", delegatedViews},
	{"comments", taskComments},
	{"workload", workload},
}

func titleOf(t engine.TaskRow) string { return t.Title }

// someTasks stores tasks that stand in every relation to ana, a member of
// finance, each in an instance of its own.
func (b *bench) someTasks() {
	b.ask("mine", claimed("ana"), offered("finance"))
	b.ask("given", assigned("ana"))
	b.ask("group", offered("legal", "finance"))
	b.ask("user", asked("bo", "ana"))
	b.ask("excluded", offered("finance"), excluded("ana"))
	b.ask("anyone", forAnyone)
	b.ask("anyone else", forAnyone, excluded("ana"))
	b.ask("taken", offered("finance"), claimed("bo"))
	b.ask("lent", offered("finance"), assigned("bo"))
	b.ask("done", offered("finance"), assigned("ana"), decidedBy("ana"))
	b.ask("done by bo", offered("finance"), assigned("bo"), decidedBy("bo"))
	b.ask("canceled", offered("finance"), assigned("ana"), canceled)
	b.ask("hidden", offered("legal"))
	own := b.instance(func(in *workflow.Instance) { in.CreatedBy = "ana" })
	begin := start(own)
	begin.Tasks = created(b.task(own, "foreign", offered("legal")))
	b.apply(begin)
}

// substituteViews: who stands in for ana finds in his inbox what she could decide,
// also what she has claimed, beside what is his own.
func substituteViews(b *bench) {
	b.someTasks()
	b.ask("his", assigned("sam"))
	b.ask("excludes him", assigned("ana"), excluded("sam"))
	sam := person("sam", "staff")
	sam.For = []workflow.StandsFor{{Login: "ana", Groups: []string{"finance"}}}
	for view, want := range map[engine.TaskView][]string{
		engine.TasksMine:      {"his"},
		engine.TasksClaimable: {"mine", "given", "group", "user", "anyone", "anyone else", "lent"},
		engine.TasksInbox:     {"mine", "given", "group", "user", "anyone", "anyone else", "lent", "his"},
		engine.TasksCompleted: nil,
	} {
		page, err := b.read.Tasks(b.Context(), sam, engine.TaskFilter{View: view}, engine.Paging{})
		b.ok("Tasks", err)
		b.same("tasks of a substitute, "+string(view), sorted(each(page.Items, titleOf)), sorted(want))
	}
	n, err := b.read.InboxCount(b.Context(), sam)
	b.ok("InboxCount", err)
	b.same("count", n, 8)
	page, err := b.read.Tasks(b.Context(), sam, engine.TaskFilter{Query: "excluded"}, engine.Paging{})
	b.ok("Tasks", err)
	b.same("tasks that exclude her", len(page.Items), 1)
	past := person("sam", "staff")
	page, err = b.read.Tasks(b.Context(), past, engine.TaskFilter{View: engine.TasksInbox}, engine.Paging{})
	b.ok("Tasks", err)
	b.same("tasks afterwards", sorted(each(page.Items, titleOf)), []string{"anyone", "anyone else", "his"})
}

func delegatedViews(b *bench) {
	proposal := &workflow.Proposal{By: "bo", Outcome: "approve", Output: js(`{"n": 1.50}`), Comment: "fine"}
	given := b.ask("delegated", offered("finance"), claimed("bo"), func(t *workflow.Task) {
		t.Owner, t.ActsFor, t.Proposal = "ana", "cleo", proposal
	})
	for login, want := range map[string]map[engine.TaskView]int{
		"ana": {"": 1, engine.TasksMine: 0, engine.TasksInbox: 0},
		"bo":  {"": 1, engine.TasksMine: 1, engine.TasksInbox: 1},
		"zoe": {"": 0, engine.TasksMine: 0, engine.TasksInbox: 0},
	} {
		for view, n := range want {
			page, err := b.read.Tasks(b.Context(), person(login), engine.TaskFilter{View: view}, engine.Paging{})
			b.ok("Tasks", err)
			b.same(login+" sees in "+string(view), len(page.Items), n)
		}
	}
	page, err := b.read.Tasks(b.Context(), person("fay", "finance"), engine.TaskFilter{View: engine.TasksClaimable}, engine.Paging{})
	b.ok("Tasks", err)
	b.same("claimable while it is delegated", len(page.Items), 0)
	row, err := b.read.Task(b.Context(), person("ana"), given.ID)
	b.ok("Task", err)
	b.same("task", row.Task, given)
}

func workload(b *bench) {
	b.someTasks()
	got, err := b.read.Workload(b.Context(), person("zoe"), []string{"ana", "bo", "nobody"})
	b.ok("Workload", err)
	b.same("open tasks of each", got, map[string]int{"ana": 2, "bo": 2})
	got, err = b.read.Workload(b.Context(), workflow.Actor{ID: "zoe", Tenant: "other"}, []string{"ana"})
	b.ok("Workload", err)
	b.same("in another tenant", got, map[string]int{})
}

func taskComments(b *bench) {
	t := b.ask("talked about", assigned("ana"))
	other := b.ask("another", assigned("ana"))
	say := func(task workflow.Task, author, text string) workflow.Comment {
		return workflow.Comment{ID: newID(), InstanceID: task.InstanceID, TaskID: task.ID, Author: author, Text: text, At: b.tick()}
	}
	first, second := say(t, "ana", "Is this right?"), say(t, "otto", "It *is*.")
	in := b.snapshot(t.InstanceID, engine.Want{}).Instance
	step := next(in)
	step.Comments = []workflow.Comment{first}
	b.apply(step)
	step = next(step.Instance)
	step.Comments = []workflow.Comment{second}
	late := next(b.snapshot(other.InstanceID, engine.Want{}).Instance)
	late.From, late.Comments = 7, []workflow.Comment{say(other, "eve", "stale")}
	_, err := b.Apply(b.Context(), []*workflow.Transition{step, late})
	b.ok("Apply", err)
	for who, want := range map[*workflow.Actor][]workflow.Comment{
		{ID: "ana", Tenant: workflow.DefaultTenant}: {first, second},
		{ID: "zoe", Tenant: workflow.DefaultTenant}: nil,
		{ID: "ana", Tenant: "other"}:                nil,
	} {
		got, err := b.read.Comments(b.Context(), *who, t.ID)
		b.ok("Comments", err)
		b.same("comments for "+who.ID, got, want)
	}
	got, err := b.read.Comments(b.Context(), admin, other.ID)
	b.ok("Comments", err)
	b.same("comments of a stale member", len(got), 0)
}

func taskViews(b *bench) {
	b.someTasks()
	ana, olga := person("ana", "finance"), person("olga")
	olga.Roles = []workflow.Role{workflow.RoleOperator}
	for _, c := range []struct {
		viewer workflow.Actor
		view   engine.TaskView
		want   []string
	}{
		{ana, "", []string{"mine", "given", "group", "user", "excluded", "anyone", "anyone else", "taken", "lent", "done", "done by bo", "canceled", "foreign"}},
		{ana, engine.TasksMine, []string{"mine", "given"}},
		{ana, engine.TasksGroups, []string{"group", "user"}},
		{ana, engine.TasksUnassigned, []string{"group", "user", "excluded", "anyone", "anyone else", "foreign"}},
		{ana, engine.TasksClaimable, []string{"group", "user", "anyone", "lent"}},
		{ana, engine.TasksInbox, []string{"mine", "given", "group", "user", "anyone", "lent"}},
		{ana, engine.TasksCompleted, []string{"done"}},
		{olga, engine.TasksUnassigned, []string{"group", "user", "excluded", "anyone", "anyone else", "hidden", "foreign"}},
		{olga, engine.TasksInbox, []string{"anyone", "anyone else"}},
		{olga, engine.TasksCompleted, nil},
		{person("zoe", "legal"), engine.TasksGroups, []string{"group", "hidden", "foreign"}},
	} {
		page, err := b.read.Tasks(b.Context(), c.viewer, engine.TaskFilter{View: c.view, Now: b.base}, engine.Paging{})
		b.ok("Tasks", err)
		if got := each(page.Items, titleOf); !slices.Equal(sorted(got), sorted(c.want)) || page.Total != len(c.want) {
			b.Errorf("view %q of %s:\n got %q, total %d\nwant %q", c.view, c.viewer.ID, got, page.Total, c.want)
		}
	}
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }

func inboxCount(b *bench) {
	b.someTasks()
	for viewer, want := range map[string]int{"ana": 6, "bo": 5, "zoe": 2} {
		a := person(viewer)
		if viewer == "ana" {
			a.Groups = []string{"finance"}
		}
		got, err := b.read.InboxCount(b.Context(), a)
		b.ok("InboxCount", err)
		if got != want {
			b.Errorf("InboxCount(%s) = %d, want %d", viewer, got, want)
		}
	}
}

func taskFilters(b *bench) {
	b.define(workflow.DefaultTenant, ref("other", "1.0.0"))
	now := b.at(time24)
	b.ask("Late 5%", assigned("ana"), dueAt(now.Add(-time.Hour)))
	b.ask("soon_er", offered("finance", "legal"), dueAt(now.Add(time.Hour)))
	b.ask("someday", assigned("bo"), offered("legal"))
	b.ask("was late", assigned("ana"), decidedBy("ana"), dueAt(now.Add(-2*time.Hour)))
	in := b.instance(func(in *workflow.Instance) { in.Definition = ref("other", "1.0.0") })
	begin := start(in)
	begin.Tasks = created(b.task(in, "elsewhere", canceled))
	b.apply(begin)
	for name, c := range map[string]struct {
		filter engine.TaskFilter
		want   []string
	}{
		"all":              {engine.TaskFilter{}, []string{"was late", "Late 5%", "soon_er", "someday", "elsewhere"}},
		"assignee":         {engine.TaskFilter{Assignees: []string{"ana"}}, []string{"was late", "Late 5%"}},
		"assignees":        {engine.TaskFilter{Assignees: []string{"cy", "bo"}}, []string{"someday"}},
		"group":            {engine.TaskFilter{Groups: []string{"legal"}}, []string{"soon_er", "someday"}},
		"groups":           {engine.TaskFilter{Groups: []string{"board", "finance"}}, []string{"soon_er"}},
		"status":           {engine.TaskFilter{Statuses: []workflow.TaskStatus{workflow.TaskCompleted}}, []string{"was late"}},
		"statuses":         {engine.TaskFilter{Statuses: []workflow.TaskStatus{workflow.TaskCompleted, workflow.TaskCanceled}}, []string{"was late", "elsewhere"}},
		"definition":       {engine.TaskFilter{DefinitionNames: []string{"other"}}, []string{"elsewhere"}},
		"instance":         {engine.TaskFilter{InstanceID: &in.ID}, []string{"elsewhere"}},
		"instances":        {engine.TaskFilter{InstanceIDs: []uuid.UUID{in.ID, uuid.New()}}, []string{"elsewhere"}},
		"tasks by id":      {engine.TaskFilter{IDs: []uuid.UUID{begin.Tasks[0].Value.ID, newID()}}, []string{"elsewhere"}},
		"unknown instance": {engine.TaskFilter{InstanceID: ptr(newID())}, nil},
		"overdue":          {engine.TaskFilter{Overdue: ptr(true)}, []string{"Late 5%"}},
		"not overdue":      {engine.TaskFilter{Overdue: ptr(false)}, []string{"was late", "soon_er", "someday", "elsewhere"}},
		"due before":       {engine.TaskFilter{DueBefore: ptr(now.Add(time.Minute))}, []string{"was late", "Late 5%"}},
		"due before, excl": {engine.TaskFilter{DueBefore: ptr(now.Add(-time.Hour))}, []string{"was late"}},
		"decided":          {engine.TaskFilter{DecidedSince: ptr(b.base.Add(-time.Hour))}, []string{"was late"}},
		"decided too late": {engine.TaskFilter{DecidedSince: ptr(b.base.Add(-time.Hour)), InTime: ptr(false)}, nil},
		"decided in time":  {engine.TaskFilter{DecidedSince: ptr(b.base.Add(-time.Hour)), InTime: ptr(true)}, []string{"was late"}},
		"decided later":    {engine.TaskFilter{DecidedSince: ptr(now.Add(time.Hour))}, nil},
		"title":            {engine.TaskFilter{Query: "LATE"}, []string{"was late", "Late 5%"}},
		"percent":          {engine.TaskFilter{Query: "%"}, []string{"Late 5%"}},
		"underscore":       {engine.TaskFilter{Query: "_"}, []string{"soon_er"}},
		"view and filter":  {engine.TaskFilter{View: engine.TasksUnassigned, Groups: []string{"legal"}}, []string{"soon_er"}},
		"all of them": {engine.TaskFilter{
			Assignees: []string{"ana"}, Statuses: []workflow.TaskStatus{workflow.TaskPending}, Overdue: ptr(true), Query: "late",
			DefinitionNames: []string{"demo"},
		}, []string{"Late 5%"}},
	} {
		c.filter.Now = now
		page, err := b.read.Tasks(b.Context(), admin, c.filter, engine.Paging{})
		b.ok(name, err)
		if got := each(page.Items, titleOf); !slices.Equal(got, c.want) || page.Total != len(c.want) {
			b.Errorf("%s:\n got %q, total %d\nwant %q", name, got, page.Total, c.want)
		}
	}
}

// decidedTasks are listed by when they were decided, whatever was due when.
func decidedTasks(b *bench) {
	now := b.at(time24)
	after := func(d time.Duration) func(*workflow.Task) {
		return func(t *workflow.Task) { t.CompletedAt = ptr(t.CreatedAt.Add(d)) }
	}
	b.ask("second", decidedBy("ana"), after(2*time.Hour), dueAt(now.Add(-3*time.Hour)))
	b.ask("third", decidedBy("ana"), after(3*time.Hour), dueAt(now), priority(9))
	b.ask("first", decidedBy("ana"), after(time.Hour), dueAt(now.Add(-9*time.Hour)))
	b.ask("open", assigned("ana"))
	for _, f := range []engine.TaskFilter{{View: engine.TasksCompleted}, {DecidedSince: ptr(b.base.Add(-time.Hour))}} {
		for _, viewer := range []workflow.Actor{person("ana"), admin} {
			var got []string
			for p := (engine.Paging{Limit: 1}); ; {
				page, err := b.read.Tasks(b.Context(), viewer, f, p)
				b.ok("Tasks", err)
				got = append(got, each(page.Items, titleOf)...)
				if p.Cursor = page.NextCursor; p.Cursor == "" {
					break
				}
			}
			want := []string{"third", "second", "first"}
			if viewer.ID == admin.ID && f.View != "" {
				want = nil
			}
			b.same("decisions", got, want)
		}
	}
}

func taskOrder(b *bench) {
	b.ask("7 none, low", priority(-1))
	b.ask("4 late, old", dueAt(b.at(2*time.Hour)))
	b.ask("5 late, younger", dueAt(b.at(2*time.Hour)))
	b.ask("3 late, urgent", dueAt(b.at(2*time.Hour)), priority(9))
	b.ask("2 soon, low", dueAt(b.at(time.Hour)), priority(-5))
	b.ask("6 none, high", priority(100))
	b.ask("1 soonest", dueAt(b.at(time.Minute)))
	page, err := b.read.Tasks(b.Context(), admin, engine.TaskFilter{Now: b.base}, engine.Paging{})
	b.ok("Tasks", err)
	got := each(page.Items, titleOf)
	if !slices.IsSortedFunc(got, strings.Compare) || len(got) != 7 {
		b.Errorf("tasks = %q, want them by their numbers: soonest due, then most urgent, then oldest", got)
	}
}

func taskRows(b *bench) {
	begin, _, tasks := b.full()
	b.apply(begin)
	byID := map[uuid.UUID]engine.TaskRow{}
	for _, t := range tasks {
		byID[t.ID] = engine.TaskRow{
			Task: t, Definition: demo, DefinitionTitle: "The demo", InstanceStatus: workflow.StatusPaused,
			StartedBy: "otto", StartedAt: *begin.Instance.StartedAt,
		}
		row, err := b.read.Task(b.Context(), admin, t.ID)
		b.ok("Task", err)
		b.same("Task", row, byID[t.ID])
	}
	page, err := b.read.Tasks(b.Context(), admin, engine.TaskFilter{Now: b.base}, engine.Paging{})
	b.ok("Tasks", err)
	got := map[uuid.UUID]engine.TaskRow{}
	for _, row := range page.Items {
		got[row.ID] = row
	}
	b.same("Tasks", got, byID)
}
