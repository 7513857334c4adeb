package storetest

import (
	"fmt"
	"time"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

var pagingTests = []test{
	{"limits_and_offsets", limits},
	{"totals_are_capped", cappedTotals},
	{"refuses_what_is_malformed", malformedPaging},
	{"walk_instances", func(b *bench) { b.walkInstances(engine.InstanceFilter{}) }},
	{"walk_instances_oldest_first", func(b *bench) { b.walkInstances(engine.InstanceFilter{Oldest: true}) }},
	{"walk_filtered_instances", func(b *bench) { b.walkInstances(engine.InstanceFilter{CreatedBy: []string{"otto"}}) }},
	{"walk_tasks", walkTasks},
	{"walk_definitions", walkDefinitions},
	{"walk_events", walkEvents},
}

// events fetches a page of the instance's events.
func (b *bench) events(in workflow.Instance, p engine.Paging) engine.Page[workflow.Event] {
	b.Helper()
	page, err := b.read.Events(b.Context(), admin, in.ID, p)
	b.ok("Events", err)
	return page
}

// beginWithEvents stores an instance with n events.
func (b *bench) beginWithEvents(n int) *workflow.Transition {
	b.Helper()
	begin := start(b.instance())
	for range n {
		begin.Events = append(begin.Events, b.event(begin.Instance, workflow.EventStepStarted))
	}
	b.apply(begin)
	return begin
}

func limits(b *bench) {
	begin := b.beginWithEvents(60)
	first := b.events(begin.Instance, engine.Paging{})
	b.same("items, limit and total by default", []int{len(first.Items), first.Limit, first.Total}, []int{engine.DefaultLimit, engine.DefaultLimit, 60})
	second := b.events(begin.Instance, engine.Paging{Cursor: first.NextCursor})
	b.same("items and total of the second page", []int{len(second.Items), second.Total}, []int{10, 60})
	b.same("cursor of the last page", second.NextCursor, "")
	b.same("both", withoutSeq(append(first.Items, second.Items...)), begin.Events)

	half := b.events(begin.Instance, engine.Paging{Limit: 30})
	full := b.events(begin.Instance, engine.Paging{Limit: 30, Cursor: half.NextCursor})
	b.same("items of a last page that is full", len(full.Items), 30)
	b.same("its cursor", full.NextCursor, "")

	tail := b.events(begin.Instance, engine.Paging{Limit: 5, Offset: 57})
	b.same("after 57", withoutSeq(tail.Items), begin.Events[57:])
	b.same("its cursor", tail.NextCursor, "")
	middle := b.events(begin.Instance, engine.Paging{Limit: 5, Offset: 10})
	b.same("after 10", withoutSeq(middle.Items), begin.Events[10:15])
	onward := b.events(begin.Instance, engine.Paging{Limit: 5, Cursor: middle.NextCursor})
	b.same("then by cursor", withoutSeq(onward.Items), begin.Events[15:20])
	beyond := b.events(begin.Instance, engine.Paging{Offset: engine.MaxOffset})
	b.same("items and total beyond the end", []int{len(beyond.Items), beyond.Total}, []int{0, 60})
	all := b.events(begin.Instance, engine.Paging{Limit: engine.MaxLimit})
	b.same("all", len(all.Items), 60)
}

func cappedTotals(b *bench) {
	begin := b.beginWithEvents(engine.MaxTotal)
	page := b.events(begin.Instance, engine.Paging{Limit: 1})
	if page.Total != engine.MaxTotal || page.TotalIsCapped {
		b.Errorf("total of %d = %d, capped %v, want it exact", engine.MaxTotal, page.Total, page.TotalIsCapped)
	}
	b.apply(b.eventful(next(begin.Instance), "ana"))
	page = b.events(begin.Instance, engine.Paging{Limit: 1})
	if page.Total != engine.MaxTotal || !page.TotalIsCapped {
		b.Errorf("total of one more = %d, capped %v, want %d and capped", page.Total, page.TotalIsCapped, engine.MaxTotal)
	}
}

func malformedPaging(b *bench) {
	in := b.begin()
	for name, call := range b.lists(in) {
		for _, p := range []engine.Paging{
			{Limit: -1}, {Limit: engine.MaxLimit + 1}, {Offset: -1}, {Offset: engine.MaxOffset + 1},
			{Cursor: "!"}, {Cursor: "Zm9v"}, {Cursor: "e30"}, {Cursor: "bnVsbA"}, {Cursor: "\x00ÿ"}, {Cursor: "MTIz"},
		} {
			b.malformed(fmt.Sprintf("%s(%+v)", name, p), call(p))
		}
	}
}

// lists gives every list that pages.
func (b *bench) lists(in workflow.Instance) map[string]func(engine.Paging) error {
	ctx := b.Context()
	return map[string]func(engine.Paging) error{
		"Instances": func(p engine.Paging) error {
			_, err := b.read.Instances(ctx, admin, engine.InstanceFilter{}, p)
			return err
		},
		"Events": func(p engine.Paging) error {
			_, err := b.read.Events(ctx, admin, in.ID, p)
			return err
		},
		"Tasks": func(p engine.Paging) error {
			_, err := b.read.Tasks(ctx, admin, engine.TaskFilter{Now: b.base}, p)
			return err
		},
		"Definitions": func(p engine.Paging) error {
			_, err := b.read.Definitions(ctx, admin, engine.DefinitionFilter{}, p)
			return err
		},
	}
}

// The size of the walks. Each page is followed by an insert.
const (
	walkRows  = 11
	walkLimit = 3
	walkPages = 100 // no walk comes near
)

// walk pages through a list, inserting rows meanwhile, and checks that what was
// there before comes exactly once and nothing comes twice.
func walk[T any](b *bench, before []string, fetch func(engine.Paging) (engine.Page[T], error), name func(T) string, insert func(i int)) {
	b.Helper()
	seen := map[string]int{}
	paging := engine.Paging{Limit: walkLimit}
	for i := range walkPages {
		page, err := fetch(paging)
		b.ok("page", err)
		if len(page.Items) > walkLimit || page.NextCursor != "" && len(page.Items) < walkLimit {
			b.Fatalf("page %d has %d items of %d and cursor %q", i, len(page.Items), walkLimit, page.NextCursor)
		}
		for _, item := range page.Items {
			seen[name(item)]++
		}
		if page.NextCursor == "" {
			break
		}
		if i == walkPages-1 {
			b.Fatalf("the walk has not ended after %d pages", walkPages)
		}
		paging.Cursor = page.NextCursor
		insert(i)
	}
	for _, name := range before {
		if seen[name] == 0 {
			b.Errorf("%s was left out", name)
		}
	}
	for name, n := range seen {
		if n > 1 {
			b.Errorf("%s came %d times", name, n)
		}
	}
}

func (b *bench) walkInstances(f engine.InstanceFilter) {
	at := b.tick()
	insert := func() string { // all of one time, so that ids decide
		return b.begin(func(in *workflow.Instance) { in.CreatedAt = at }).ID.String()
	}
	var before []string
	for range walkRows {
		before = append(before, insert())
	}
	walk(b, before, func(p engine.Paging) (engine.Page[engine.InstanceRow], error) {
		return b.read.Instances(b.Context(), admin, f, p)
	}, func(r engine.InstanceRow) string { return r.ID.String() }, func(int) { insert() })
}

func walkTasks(b *bench) {
	insert := func(i int) string {
		change := dueAt(b.at(time.Duration(i%3) * time.Minute))
		if i%4 == 0 {
			change = func(*workflow.Task) {}
		}
		return b.ask("task", change, priority(i%2)).ID.String()
	}
	var before []string
	for i := range walkRows {
		before = append(before, insert(i))
	}
	walk(b, before, func(p engine.Paging) (engine.Page[engine.TaskRow], error) {
		return b.read.Tasks(b.Context(), admin, engine.TaskFilter{Now: b.base}, p)
	}, func(r engine.TaskRow) string { return r.ID.String() }, func(i int) { insert(i) })
}

func walkDefinitions(b *bench) {
	before := []string{demo.String()}
	for i := range walkRows {
		r := ref(fmt.Sprintf("walk%d", i/3), fmt.Sprintf("%d.0.0", 7*(i%3+1)))
		b.define(workflow.DefaultTenant, r)
		before = append(before, r.String())
	}
	walk(b, before, func(p engine.Paging) (engine.Page[engine.DefinitionRow], error) {
		return b.read.Definitions(b.Context(), admin, engine.DefinitionFilter{AllVersions: true}, p)
	}, textOf, func(i int) { b.define(workflow.DefaultTenant, ref(fmt.Sprintf("walk%d", i), "8.0.0")) })
}

func walkEvents(b *bench) {
	begin := b.beginWithEvents(walkRows)
	name := func(e workflow.Event) string { return e.At.String() }
	last := begin.Instance
	walk(b, each(begin.Events, name), func(p engine.Paging) (engine.Page[workflow.Event], error) {
		return b.read.Events(b.Context(), admin, begin.InstanceID, p)
	}, name, func(int) {
		then := b.eventful(next(last), "ana")
		b.apply(then)
		last = then.Instance
	})
}
