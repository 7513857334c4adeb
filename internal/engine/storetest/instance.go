package storetest

import (
	"slices"
	"time"

	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

const time24 = 24 * time.Hour

var instanceTests = []test{
	{"filters", instanceFilters},
	{"rows_hold_no_documents", instanceRows},
	{"unknown_is_not_found", unknownInstance},
	{"executions_and_tasks_are_limited", limitedParts},
	{"many_items_are_counted", shownItems},
}

// someInstances stores five: a is the oldest.
func (b *bench) someInstances() map[string]workflow.Instance {
	b.define(workflow.DefaultTenant, ref("demo", "1.1.0"))
	b.define(workflow.DefaultTenant, ref("other", "1.0.0"))
	made := map[string]workflow.Instance{}
	make := func(name, by, correlation string, r workflow.Ref, change func(*workflow.Instance)) {
		made[name] = b.begin(func(in *workflow.Instance) {
			in.CreatedBy, in.CorrelationID, in.Definition = by, correlation, r
		}, change)
	}
	make("a", "ana", "order-1", demo, func(*workflow.Instance) {})
	make("b", "bo", "Order-2", ref("demo", "1.1.0"), waiting(b.base))
	make("c", "ana", "all 3%", ref("other", "1.0.0"), completed(b.at(time.Minute)))
	make("d", "cy", "", ref("other", "1.0.0"), failed(b.base, "work", "broken"))
	make("e", "bo", "late_5", demo, func(in *workflow.Instance) { in.Status, in.StartedAt = workflow.StatusPending, nil })
	return made
}

func instanceFilters(b *bench) {
	made := b.someInstances()
	between := ptr(made["b"].StartedAt.Add(500 * time.Microsecond))
	id := made["a"].ID.String()
	for name, c := range map[string]struct {
		filter engine.InstanceFilter
		want   string
	}{
		"all, newest first":         {engine.InstanceFilter{}, "edcba"},
		"ids":                       {engine.InstanceFilter{IDs: []uuid.UUID{made["a"].ID, made["d"].ID}}, "da"},
		"oldest first":              {engine.InstanceFilter{Oldest: true}, "abcde"},
		"definition":                {engine.InstanceFilter{DefinitionNames: []string{"other"}}, "dc"},
		"definitions":               {engine.InstanceFilter{DefinitionNames: []string{"other", "demo"}}, "edcba"},
		"unknown definition":        {engine.InstanceFilter{DefinitionNames: []string{"othe"}}, ""},
		"version":                   {engine.InstanceFilter{Versions: []string{"1.1.0"}}, "b"},
		"statuses":                  {engine.InstanceFilter{Statuses: []workflow.Status{workflow.StatusFailed, workflow.StatusWaiting}}, "db"},
		"creator":                   {engine.InstanceFilter{CreatedBy: []string{"ana"}}, "ca"},
		"creators":                  {engine.InstanceFilter{CreatedBy: []string{"cy", "bo"}}, "edb"},
		"correlation":               {engine.InstanceFilter{CorrelationIDs: []string{"order-1", "late_5"}}, "ea"},
		"correlation is exact":      {engine.InstanceFilter{CorrelationIDs: []string{"order"}}, ""},
		"query: correlation":        {engine.InstanceFilter{Query: "order-"}, "ba"},
		"query: any case":           {engine.InstanceFilter{Query: "ORDER-1"}, "a"},
		"query: definition":         {engine.InstanceFilter{Query: "othe"}, "dc"},
		"query: whole id":           {engine.InstanceFilter{Query: id}, "a"},
		"query: part of an id":      {engine.InstanceFilter{Query: id[20:]}, "a"},
		"query: percent":            {engine.InstanceFilter{Query: "%"}, "c"},
		"query: underscore":         {engine.InstanceFilter{Query: "e_5"}, "e"},
		"query: underscore is one":  {engine.InstanceFilter{Query: "r_1"}, ""},
		"query: backslash":          {engine.InstanceFilter{Query: `\`}, ""},
		"started after":             {engine.InstanceFilter{StartedAfter: between}, "dc"},
		"started before":            {engine.InstanceFilter{StartedBefore: between}, "ba"},
		"started from a time on":    {engine.InstanceFilter{StartedAfter: made["b"].StartedAt}, "dcb"},
		"started before, exclusive": {engine.InstanceFilter{StartedBefore: made["b"].StartedAt}, "a"},
		"started between":           {engine.InstanceFilter{StartedAfter: made["b"].StartedAt, StartedBefore: made["d"].StartedAt}, "cb"},
		"completed after":           {engine.InstanceFilter{CompletedAfter: ptr(b.at(0))}, "c"},
		"completed long after":      {engine.InstanceFilter{CompletedAfter: ptr(b.at(time.Hour))}, ""},
		"completed before":          {engine.InstanceFilter{CompletedBefore: ptr(b.at(time.Hour))}, "c"},
		"completed too early":       {engine.InstanceFilter{CompletedBefore: ptr(b.at(0))}, ""},
		"all of them": {engine.InstanceFilter{
			DefinitionNames: []string{"demo"}, Statuses: []workflow.Status{workflow.StatusRunning, workflow.StatusPending},
			CreatedBy: []string{"bo", "ana"}, Query: "late", Oldest: true,
		}, "e"},
	} {
		page, err := b.read.Instances(b.Context(), admin, c.filter, engine.Paging{})
		b.ok(name, err)
		got := ""
		for _, row := range page.Items {
			for letter, in := range made {
				if in.ID == row.ID {
					got += letter
				}
			}
		}
		if got != c.want || page.Total != len(c.want) {
			b.Errorf("%s: instances %q of %d, want %q", name, got, page.Total, c.want)
		}
	}
}

func instanceRows(b *bench) {
	begin, _, _ := b.full()
	b.apply(begin)
	page, err := b.read.Instances(b.Context(), admin, engine.InstanceFilter{}, engine.Paging{})
	b.ok("Instances", err)
	want := engine.InstanceRow{Instance: begin.Instance, DefinitionTitle: "The demo"}
	want.Data, want.Input, want.State = nil, nil, workflow.State{}
	b.same("rows", page.Items, []engine.InstanceRow{want}, cmpopts.IgnoreFields(workflow.Instance{}, "Metadata", "Trace"))
}

func unknownInstance(b *bench) {
	for name, call := range b.callsOfInstance(newID()) {
		b.is(name, call(admin), workflow.ErrInstanceNotFound)
	}
	_, err := b.read.Task(b.Context(), admin, newID())
	b.is("Task", err, workflow.ErrTaskNotFound)
}

func limitedParts(b *bench) {
	in := b.instance()
	executions := []workflow.Execution{b.execution(in), b.execution(in), b.execution(in)}
	tasks := []workflow.Task{b.task(in, "1"), b.task(in, "2"), b.task(in, "3")}
	begin := start(in)
	begin.Executions, begin.Tasks = created(executions...), created(tasks...)
	slices.Reverse(begin.Executions)
	slices.Reverse(begin.Tasks)
	b.apply(begin)
	gotExecutions, err := b.read.Executions(b.Context(), admin, in.ID, 2)
	b.ok("Executions", err)
	b.same("executions, the two oldest", gotExecutions, executions[:2])
	gotTasks, err := b.read.InstanceTasks(b.Context(), admin, in.ID, 2)
	b.ok("InstanceTasks", err)
	b.same("tasks, the two oldest", gotTasks, tasks[:2])
}

// A list of many items shows its first ones, and counts for all.
func shownItems(b *bench) {
	const total = engine.ShownItems + 3
	in := b.instance()
	holder := b.execution(in, func(e *workflow.Execution) { e.Role, e.Status = workflow.EachHolder, workflow.StepWaiting })
	rows := []workflow.Execution{holder}
	for i := range total {
		rows = append(rows, b.execution(in, func(e *workflow.Execution) {
			e.Role, e.Scope, e.Index = workflow.EachItem, holder.ID, i
			if i < 2 {
				succeeded(b.base)(e)
			}
		}))
	}
	after := b.execution(in)
	b.beginWith(in, append(rows, after)...)
	got, err := b.read.Steps(b.Context(), admin, in.ID, 1000)
	b.ok("Steps", err)
	b.same("steps", got, append(rows[:engine.ShownItems+1:engine.ShownItems+1], after))
	page, err := b.read.StepPage(b.Context(), admin, in.ID, uuid.Nil, engine.Paging{Limit: 1, Offset: 1})
	b.ok("StepPage", err)
	b.same("the second step without items", page.Items, []workflow.Execution{after})
	page, err = b.read.StepPage(b.Context(), admin, in.ID, holder.ID, engine.Paging{Limit: 2, Offset: total - 2})
	b.ok("StepPage", err)
	b.same("the last items", page.Items, rows[total-1:])
	b.same("all items", page.Total, total)
	got, err = b.read.Steps(b.Context(), admin, in.ID, 2)
	b.ok("Steps", err)
	b.same("steps, the two oldest", got, rows[:2])
	counts, err := b.read.ItemCounts(b.Context(), admin, in.ID)
	b.ok("ItemCounts", err)
	b.same("counts", counts, []engine.ItemCount{
		{Holder: holder.ID, Status: workflow.StepScheduled, Count: total - 2}, {Holder: holder.ID, Status: workflow.StepSucceeded, Count: 2},
	})
}
