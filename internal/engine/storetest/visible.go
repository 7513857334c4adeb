package storetest

import (
	"testing"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

var visibilityTests = []test{
	{"by_role_and_relation", byRelation},
	{"lists_and_totals", visibleLists},
}

func withRole(role workflow.Role) workflow.Actor {
	a := person("someone")
	a.Roles = []workflow.Role{role}
	return a
}

func byRelation(b *bench) {
	guarded := ref("guarded", "1.0.0")
	b.define(workflow.DefaultTenant, guarded, func(d *workflow.Definition) {
		d.Permissions = workflow.Permissions{
			View:    workflow.Principals{Users: []string{"vera"}, Groups: []string{"board"}},
			Operate: workflow.Principals{Users: []string{"oskar"}, Groups: []string{"plant"}},
		}
	})
	in := b.instance(func(in *workflow.Instance) { in.Definition = guarded })
	begin := start(in)
	begin.Tasks = created(
		b.task(in, "given", assigned("anna")),
		b.task(in, "done", assigned("dora"), decidedBy("carl")),
		b.task(in, "asked", asked("cora"), excluded("cora")),
		b.task(in, "offered", offered("finance")),
		b.task(in, "past", offered("legal"), canceled),
	)
	b.apply(begin)
	stranger, nobody := withRole(workflow.RoleAdmin), person("")
	stranger.Tenant, nobody.Roles = "other", nil
	for name, c := range map[string]struct {
		viewer workflow.Actor
		want   bool
	}{
		"admin":                      {withRole(workflow.RoleAdmin), true},
		"operator":                   {withRole(workflow.RoleOperator), true},
		"auditor":                    {withRole(workflow.RoleAuditor), true},
		"author":                     {withRole(workflow.RoleAuthor), false},
		"user":                       {withRole(workflow.RoleUser), false},
		"system":                     {workflow.SystemActor(workflow.DefaultTenant, "timeout"), true},
		"starter":                    {person("otto"), true},
		"assignee":                   {person("anna"), true},
		"assignee of the past":       {person("dora"), true},
		"who decided":                {person("carl"), true},
		"candidate":                  {person("cora"), true},
		"member of a group":          {person("fritz", "staff", "finance"), true},
		"member of a group, past":    {person("lea", "legal"), true},
		"member of another":          {person("fritz", "staff"), false},
		"viewer":                     {person("vera"), true},
		"viewer by group":            {person("bert", "board"), true},
		"operator of the definition": {person("oskar"), true},
		"the same by group":          {person("pia", "plant"), true},
		"a group called like a user": {person("x", "vera", "otto"), false},
		"a user called like a group": {person("finance"), false},
		"admin of another tenant":    {stranger, false},
		"nobody":                     {nobody, false},
	} {
		b.Run(name, func(t *testing.T) { b.on(t).checkVisible(c.viewer, in, begin.Tasks[0].Value, c.want) })
	}
}

// checkVisible asks everything that shows an instance or its task.
func (b *bench) checkVisible(viewer workflow.Actor, in workflow.Instance, t workflow.Task, want bool) {
	for name, call := range b.callsOfInstance(in.ID) {
		if err := call(viewer); want {
			b.ok(name, err)
		} else {
			b.is(name, err, workflow.ErrInstanceNotFound)
		}
	}
	_, err := b.read.Task(b.Context(), viewer, t.ID)
	if want {
		b.ok("Task", err)
	} else {
		b.is("Task", err, workflow.ErrTaskNotFound)
	}
	instances, tasks := b.visible(viewer)
	if want {
		b.same("instances and tasks", []int{instances, tasks}, []int{1, 5})
	} else {
		b.same("instances and tasks", []int{instances, tasks}, []int{0, 0})
	}
}

// visible counts what the viewer's lists hold.
func (b *bench) visible(viewer workflow.Actor) (instances, tasks int) {
	b.Helper()
	list, err := b.read.Instances(b.Context(), viewer, engine.InstanceFilter{}, engine.Paging{})
	b.ok("Instances", err)
	open, err := b.read.Tasks(b.Context(), viewer, engine.TaskFilter{Now: b.base}, engine.Paging{})
	b.ok("Tasks", err)
	b.same("totals", []int{list.Total, open.Total}, []int{len(list.Items), len(open.Items)})
	return list.Total, open.Total
}

// callsOfInstance gives every call that names an instance.
func (b *bench) callsOfInstance(id uuid.UUID) map[string]func(workflow.Actor) error {
	ctx := b.Context()
	return map[string]func(workflow.Actor) error{
		"Instance": func(a workflow.Actor) error {
			_, err := b.read.Instance(ctx, a, id)
			return err
		},
		"Executions": func(a workflow.Actor) error {
			_, err := b.read.Executions(ctx, a, id, 10)
			return err
		},
		"Steps": func(a workflow.Actor) error {
			_, err := b.read.Steps(ctx, a, id, 10)
			return err
		},
		"ItemCounts": func(a workflow.Actor) error {
			_, err := b.read.ItemCounts(ctx, a, id)
			return err
		},
		"InstanceTasks": func(a workflow.Actor) error {
			_, err := b.read.InstanceTasks(ctx, a, id, 10)
			return err
		},
		"Events": func(a workflow.Actor) error {
			_, err := b.read.Events(ctx, a, id, engine.Paging{})
			return err
		},
	}
}

func visibleLists(b *bench) {
	b.ask("for anyone", forAnyone)
	b.ask("for legal", offered("legal"))
	b.begin(func(in *workflow.Instance) { in.CreatedBy = "ana" }, failed(b.base, "work", "secret"))
	b.begin(failed(b.base, "work", "secret"))
	nobody := person("")
	for name, c := range map[string]struct {
		viewer                  workflow.Actor
		instances, tasks, fails int
	}{
		"admin":    {admin, 4, 2, 2},
		"starter":  {person("ana"), 2, 1, 1},
		"legal":    {person("lea", "legal"), 2, 2, 0},
		"stranger": {person("zoe"), 1, 1, 0},
		"nobody":   {nobody, 0, 0, 0},
	} {
		instances, tasks := b.visible(c.viewer)
		b.same(name+": instances and tasks", []int{instances, tasks}, []int{c.instances, c.tasks})
		stats, err := b.read.Stats(b.Context(), c.viewer, b.at(time24))
		b.ok("Stats", err)
		sum, fails := 0, 0
		for _, n := range stats.ByStatus {
			sum += n
		}
		for _, f := range stats.Failures {
			fails += f.Count
		}
		b.same(name+": instances, tasks and failures of the stats", []int{sum, stats.OpenTasks, fails}, []int{c.instances, c.tasks, c.fails})
	}
}
