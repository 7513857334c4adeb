package storetest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

var searchTests = []test{
	{"values_compare", comparedData},
	{"values_follow_data", searchFollows},
	{"paths_outside_search", unsearchedData},
	{"health", healthFilter},
	{"step_label_assignee", liveFilters},
	{"filters_combine", combinedFilters},
	{"tasks_by_priority", urgentTasks},
}

// searchable stores an instance of a definition with search paths.
func (b *bench) searchable(r workflow.Ref, paths []string, data string, changes ...func(*workflow.Instance)) workflow.Instance {
	b.Helper()
	in := b.instance(append([]func(*workflow.Instance){func(in *workflow.Instance) { in.Definition, in.Data = r, js(data) }}, changes...)...)
	begin := start(in)
	begin.SearchChanged, begin.Search = true, searchOf(paths, data)
	b.apply(begin)
	return in
}

func searchOf(paths []string, data string) (values []workflow.SearchValue) {
	for _, path := range paths {
		values = append(values, workflow.SearchValues(path, workflow.DecodeData(js(data)))...)
	}
	return values
}

// letters lists by name the instances that a filter finds, oldest first.
func (b *bench) letters(named map[string]workflow.Instance, f engine.InstanceFilter) string {
	b.Helper()
	f.Oldest = true
	page, err := b.read.Instances(b.Context(), admin, f, engine.Paging{})
	b.ok("Instances", err)
	got := ""
	for _, row := range page.Items {
		for name, in := range named {
			if in.ID == row.ID {
				got += name
			}
		}
	}
	if page.Total != len(page.Items) {
		b.Errorf("total %d of %d instances", page.Total, len(page.Items))
	}
	return got
}

var orders, paths = ref("orders", "1.0.0"), []string{"customer.name", "amount", "tags", "urgent"}

func (b *bench) someOrders() map[string]workflow.Instance {
	b.define(workflow.DefaultTenant, orders, func(d *workflow.Definition) { d.Search, d.Labels = paths, []string{"sales"} })
	named := map[string]workflow.Instance{}
	for i, data := range []string{
		`{"customer": {"name": "ACME"}, "amount": 100, "tags": ["red", "big"], "urgent": true}`,
		`{"customer": {"name": "acme 2"}, "amount": 100.0, "tags": ["red"], "urgent": false}`,
		`{"customer": {"name": "Zeta"}, "amount": 12345678901234567890.5, "tags": []}`,
		`{"customer": {"name": "` + strings.Repeat("x", 200) + `tail"}, "amount": "100"}`,
		`{"customer": "nobody", "amount": null, "tags": "red"}`,
		`{"amount": -3e2, "customer": {"name": "2026-01-31"}}`,
	} {
		named[string(rune('a'+i))] = b.searchable(orders, paths, data)
	}
	return named
}

// dataCase is a comparison and the orders that it finds.
type dataCase struct {
	path   string
	op     engine.DataOp
	values string // with | between
	want   string
}

var dataCases = []dataCase{
	{"customer.name", engine.OpEqual, "ACME", "a"},
	{"customer.name", engine.OpEqual, "acme", ""},
	{"customer.name", engine.OpEqual, "ACME|Zeta", "ac"},
	{"customer.name", engine.OpNotEqual, "ACME", "bcdf"},
	{"customer.name", engine.OpContains, "ACM", "ab"},
	{"customer.name", engine.OpContains, "%", ""},
	{"customer.name", engine.OpMore, "acm", "bd"},
	{"customer.name", engine.OpLess, "2026-02-01x", "f"},
	{"customer.name", engine.OpEqual, strings.Repeat("x", 200) + "other", "d"},
	{"amount", engine.OpEqual, "100", "abd"},
	{"amount", engine.OpEqual, "1e2", "ab"},
	{"amount", engine.OpNotEqual, "100.00", "cdf"},
	{"amount", engine.OpMore, "99.99", "abc"},
	{"amount", engine.OpMore, "100", "c"},
	{"amount", engine.OpAtLeast, "100", "abc"},
	{"amount", engine.OpMore, "12345678901234567890.4", "c"},
	{"amount", engine.OpMore, "12345678901234567890.5", ""},
	{"amount", engine.OpLess, "0", "f"},
	{"amount", engine.OpAtMost, "-300", "f"},
	{"amount", engine.OpMore, "x", ""},
	{"amount", engine.OpAtMost, "1000x", "d"},
	{"tags", engine.OpEqual, "red", "abe"},
	{"tags", engine.OpNotEqual, "red", ""},
	{"tags", engine.OpNotEqual, "big", "be"},
	{"urgent", engine.OpEqual, "true", "a"},
}

func comparedData(b *bench) {
	named := b.someOrders()
	for _, definition := range [][]string{nil, {"orders"}} {
		b.compareData(named, definition, dataCases)
	}
}

func (b *bench) compareData(named map[string]workflow.Instance, definitions []string, cases []dataCase) {
	b.Helper()
	for _, c := range cases {
		f := engine.InstanceFilter{DefinitionNames: definitions, Data: []engine.DataFilter{{Path: c.path, Op: c.op, Values: strings.Split(c.values, "|")}}}
		if got := b.letters(named, f); got != c.want {
			b.Errorf("%v: %s %s %q finds %q, want %q", definitions, c.path, c.op, c.values, got, c.want)
		}
	}
}

// The same comparisons hold where no definition names the paths.
func unsearchedData(b *bench) {
	named, plain := b.someOrders(), map[string]workflow.Instance{}
	other := ref("plain", "1.0.0")
	b.define(workflow.DefaultTenant, other)
	for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
		plain[name] = b.begin(func(in *workflow.Instance) { in.Definition, in.Data = other, named[name].Data })
	}
	b.compareData(plain, []string{"plain"}, dataCases)
	red := []engine.DataFilter{{Path: "tags", Op: engine.OpEqual, Values: []string{"red"}}}
	b.same("without a name only what is searched", b.letters(plain, engine.InstanceFilter{Data: red}), "")
	b.same("with both names", b.letters(plain, engine.InstanceFilter{DefinitionNames: []string{"plain", "orders"}, Data: red}), "abe")
	b.same("of both", b.letters(named, engine.InstanceFilter{DefinitionNames: []string{"plain", "orders"}, Data: red}), "abe")
	nobody := []engine.DataFilter{{Path: "customer", Op: engine.OpEqual, Values: []string{"nobody"}}}
	b.same("a path of no search", b.letters(plain, engine.InstanceFilter{Data: nobody}), "e")
}

func searchFollows(b *bench) {
	b.define(workflow.DefaultTenant, orders, func(d *workflow.Definition) { d.Search = paths })
	in := b.searchable(orders, paths, `{"amount": 1}`)
	named := map[string]workflow.Instance{"x": in}
	amount := func(value string) engine.InstanceFilter {
		return engine.InstanceFilter{Data: []engine.DataFilter{{Path: "amount", Op: engine.OpEqual, Values: []string{value}}}}
	}
	change := next(in, func(in *workflow.Instance) { in.Data = js(`{"amount": 2}`) })
	change.DataChanged, change.SearchChanged, change.Search = true, true, searchOf(paths, `{"amount": 2}`)
	b.apply(change)
	b.same("by the value before", b.letters(named, amount("1")), "")
	b.same("by the value after", b.letters(named, amount("2")), "x")
	b.apply(next(change.Instance))
	b.same("after a change of something else", b.letters(named, amount("2")), "x")
	stale := next(in)
	stale.SearchChanged, stale.Search = true, searchOf(paths, `{"amount": 3}`)
	_, err := b.Apply(b.Context(), []*workflow.Transition{stale})
	b.ok("Apply", err)
	b.same("by what a stale change said", b.letters(named, amount("3")), "")
}

func healthFilter(b *bench) {
	now := time.Now()
	process := engine.Process{ID: newID(), Name: "m", Queues: []string{"served"}}
	b.ok("Heartbeat", b.Heartbeat(b.Context(), process))
	b.ok("TopicsFetched", b.TopicsFetched(b.Context(), workflow.DefaultTenant, []string{"fetched"}))
	named := map[string]workflow.Instance{}
	add := func(name string, changes []func(*workflow.Instance), rows ...func(workflow.Instance) workflow.Execution) {
		in := b.instance(changes...)
		begin := start(in)
		for _, row := range rows {
			begin.Executions = append(begin.Executions, created(row(in))...)
		}
		b.apply(begin)
		named[name] = in
	}
	step := func(changes ...func(*workflow.Execution)) func(workflow.Instance) workflow.Execution {
		return func(in workflow.Instance) workflow.Execution { return b.execution(in, changes...) }
	}
	topic := func(name string) func(*workflow.Execution) { return func(e *workflow.Execution) { e.Topic = name } }
	one := func(change func(*workflow.Instance)) []func(*workflow.Instance) {
		return []func(*workflow.Instance){change}
	}
	add("a", one(failed(b.base, "work", "broken")), step(topic("nobody")))
	add("b", nil, step(inBackOff(now.Add(time.Hour))))
	add("c", one(paused(b.base)), step(inBackOff(now.Add(time.Hour))), step(queued("lonely", 1)))
	add("d", nil, step(topic("nobody")))
	add("e", nil, step(topic("fetched")), step(queued("served", 1)), step())
	add("f", nil, step(queued("lonely", 1)))
	add("g", one(completed(b.base)), step(succeeded(b.base), topic("nobody")))
	in := b.instance()
	begin := start(in)
	begin.Tasks = created(b.task(in, "late", dueAt(now.Add(-time.Hour))), b.task(in, "soon", dueAt(now.Add(time.Hour))))
	b.apply(begin)
	named["h"] = in
	for _, c := range []struct {
		health []engine.Health
		want   string
	}{
		{[]engine.Health{engine.HealthFailed}, "a"}, {[]engine.Health{engine.HealthRetrying}, "b"}, {[]engine.Health{engine.HealthOnHold}, "c"},
		{[]engine.Health{engine.HealthNoWorker}, "df"}, {[]engine.Health{engine.HealthOverdue}, "h"},
		{engine.Healths(), "abcdfh"},
	} {
		if got := b.letters(named, engine.InstanceFilter{Health: c.health, Now: now}); got != c.want {
			b.Errorf("health %v finds %q, want %q", c.health, got, c.want)
		}
	}
}

func liveFilters(b *bench) {
	named := b.someOrders()
	b.define(workflow.DefaultTenant, ref("other", "1.0.0"), func(d *workflow.Definition) { d.Labels = []string{"it", "old"} })
	at := func(steps ...string) func(*workflow.Instance) {
		return func(in *workflow.Instance) { in.CurrentSteps = steps }
	}
	named["u"] = b.begin(at("pack", "pay"), func(in *workflow.Instance) { in.Definition = ref("other", "1.0.0") })
	named["v"] = b.begin(at("pay.card"))
	in := b.instance(at("ask"))
	begin := start(in)
	begin.Tasks = created(b.task(in, "hers", assigned("ana")), b.task(in, "done", assigned("bo"), decidedBy("bo")))
	b.apply(begin)
	named["w"] = in
	for name, c := range map[string]struct {
		filter engine.InstanceFilter
		want   string
	}{
		"step":                 {engine.InstanceFilter{Steps: []string{"pay"}}, "u"},
		"steps":                {engine.InstanceFilter{Steps: []string{"pack", "pay.card", "none"}}, "uv"},
		"label":                {engine.InstanceFilter{Labels: []string{"sales"}}, "abcdef"},
		"labels":               {engine.InstanceFilter{Labels: []string{"old", "x"}}, "u"},
		"assignee":             {engine.InstanceFilter{Assignees: []string{"ana"}}, "w"},
		"assignee of the past": {engine.InstanceFilter{Assignees: []string{"bo"}}, ""},
	} {
		if got := b.letters(named, c.filter); got != c.want {
			b.Errorf("%s finds %q, want %q", name, got, c.want)
		}
	}
}

// Every filter combines with every other: any two that find an instance each
// find it together, and only what both find.
func combinedFilters(b *bench) {
	named := b.someOrders()
	named["w"] = b.searchable(orders, paths, `{"amount": 7, "tags": ["red"]}`, waiting(b.base), func(in *workflow.Instance) {
		in.CorrelationID, in.CreatedBy, in.CurrentSteps, in.Paused = "order-7", "ana", []string{"ask"}, false
	})
	named["z"] = b.begin(completed(b.at(time.Minute)))
	early, late := b.at(-time.Hour), b.at(time.Hour)
	filters := []engine.InstanceFilter{
		{DefinitionNames: []string{"orders"}}, {Versions: []string{"1.0.0"}}, {Statuses: []workflow.Status{workflow.StatusWaiting}},
		{CreatedBy: []string{"ana"}}, {CorrelationIDs: []string{"order-7"}}, {Query: "order-"}, {Steps: []string{"ask"}},
		{Labels: []string{"sales"}}, {StartedAfter: &early}, {StartedBefore: &late}, {CompletedAfter: &early}, {CompletedBefore: &late},
		{Health: []engine.Health{engine.HealthFailed}}, {Assignees: []string{"ana"}},
		{Data: []engine.DataFilter{{Path: "amount", Op: engine.OpLess, Values: []string{"50"}}}},
		{Data: []engine.DataFilter{{Path: "tags", Op: engine.OpEqual, Values: []string{"red"}}}},
	}
	for i, one := range filters {
		for _, other := range filters[i+1:] {
			alone, beside := b.letters(named, one), b.letters(named, other)
			want := strings.Map(func(r rune) rune {
				if strings.ContainsRune(beside, r) {
					return r
				}
				return -1
			}, alone)
			if got := b.letters(named, joined(one, other)); got != want {
				b.Errorf("%s and %s find %q, want %q", shown(one), shown(other), got, want)
			}
		}
	}
}

func shown(f engine.InstanceFilter) string { return fmt.Sprintf("%+v", f) }

// joined sets what either filter sets.
func joined(a, b engine.InstanceFilter) engine.InstanceFilter {
	a.DefinitionNames, a.Versions = append(a.DefinitionNames, b.DefinitionNames...), append(a.Versions, b.Versions...)
	a.Statuses, a.CreatedBy = append(a.Statuses, b.Statuses...), append(a.CreatedBy, b.CreatedBy...)
	a.CorrelationIDs, a.Query = append(a.CorrelationIDs, b.CorrelationIDs...), a.Query+b.Query
	a.Steps, a.Labels, a.Health = append(a.Steps, b.Steps...), append(a.Labels, b.Labels...), append(a.Health, b.Health...)
	a.Assignees, a.Data = append(a.Assignees, b.Assignees...), append(slices.Clone(a.Data), b.Data...)
	for _, t := range []struct{ to, from **time.Time }{
		{&a.StartedAfter, &b.StartedAfter}, {&a.StartedBefore, &b.StartedBefore},
		{&a.CompletedAfter, &b.CompletedAfter}, {&a.CompletedBefore, &b.CompletedBefore},
	} {
		if *t.to == nil {
			*t.to = *t.from
		}
	}
	return a
}

func urgentTasks(b *bench) {
	var want []uuid.UUID
	for _, one := range []struct {
		priority int
		due      time.Duration
	}{{9, time.Hour}, {9, 2 * time.Hour}, {0, time.Minute}, {-1, time.Second}} {
		want = append(want, b.ask("task", priority(one.priority), dueAt(b.at(one.due))).ID)
	}
	var got []uuid.UUID
	for p := (engine.Paging{Limit: 1}); ; {
		page, err := b.read.Tasks(b.Context(), admin, engine.TaskFilter{Urgent: true}, p)
		b.ok("Tasks", err)
		for _, t := range page.Items {
			got = append(got, t.ID)
		}
		if p.Cursor = page.NextCursor; p.Cursor == "" {
			break
		}
	}
	b.same("tasks, the most urgent first", got, want)
	page, err := b.read.Tasks(b.Context(), admin, engine.TaskFilter{Priorities: []int{0, -1}}, engine.Paging{})
	b.ok("Tasks", err)
	b.same("tasks by priority", page.Total, 2)
}
