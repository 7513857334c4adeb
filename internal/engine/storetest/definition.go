package storetest

import (
	"slices"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

var definitionTests = []test{
	{"same_content_again_is_fine", sameContent},
	{"other_content_is_refused", otherContent},
	{"unknown_is_not_found", unknownDefinition},
	{"versions_highest_first", versionsOrder},
	{"list_of_latest_releases", latestReleases},
	{"list_filters", definitionFilters},
	{"counts_of_instances", definitionCounts},
	{"tenants_share_nothing", tenants},
}

func ref(name, version string) workflow.Ref { return workflow.Ref{Name: name, Version: version} }

func titled(title string, labels ...string) func(*workflow.Definition) {
	return func(d *workflow.Definition) { d.Title, d.Labels = title, labels }
}

func sameContent(b *bench) {
	d := definition(ref("order", "1.0.0"))
	for i, want := range []bool{true, false} {
		made, err := b.SaveDefinition(b.Context(), d, saved(workflow.DefaultTenant, "arno", b.base), nil)
		b.ok("SaveDefinition", err)
		if made != want {
			b.Errorf("SaveDefinition, call %d: created = %v, want %v", i+1, made, want)
		}
	}
	spaced := *d
	spaced.Source = append([]byte("# a comment\n"), d.Source...)
	made, err := b.SaveDefinition(b.Context(), &spaced, saved(workflow.DefaultTenant, "bo", b.tick()), nil)
	b.ok("SaveDefinition with another layout", err)
	b.same("created", made, false)
	source, err := b.DefinitionSource(b.Context(), workflow.DefaultTenant, d.Ref)
	b.ok("DefinitionSource", err)
	b.same("the first document", string(source), string(d.Source))
}

func otherContent(b *bench) {
	d := b.define(workflow.DefaultTenant, ref("order", "1.0.0"))
	made, err := b.SaveDefinition(b.Context(), definition(d.Ref, titled("Other")), saved(workflow.DefaultTenant, "arno", b.base), nil)
	b.is("SaveDefinition", err, workflow.ErrVersionExists)
	b.same("created", made, false)
	source, err := b.DefinitionSource(b.Context(), workflow.DefaultTenant, d.Ref)
	b.ok("DefinitionSource", err)
	b.same("source", string(source), string(d.Source))
}

func unknownDefinition(b *bench) {
	_, err := b.DefinitionSource(b.Context(), workflow.DefaultTenant, ref("demo", "9.9.9"))
	b.is("DefinitionSource(unknown version)", err, workflow.ErrDefinitionNotFound)
	_, err = b.DefinitionSource(b.Context(), workflow.DefaultTenant, ref("nothing", "1.0.0"))
	b.is("DefinitionSource(unknown name)", err, workflow.ErrDefinitionNotFound)
	versions, err := b.ActiveVersions(b.Context(), workflow.DefaultTenant, "nothing")
	b.ok("ActiveVersions(unknown name)", err)
	b.same("versions of an unknown name", versions, []string{})
	_, err = b.read.Versions(b.Context(), admin, "nothing")
	b.is("Versions(unknown name)", err, workflow.ErrDefinitionNotFound)
}

func versionsOrder(b *bench) {
	for _, v := range []string{"9.0.0", "10.0.0", "2.0.0", "11.0.0-rc.1"} {
		b.define(workflow.DefaultTenant, ref("order", v), titled("Order", "sales"))
	}
	versions, err := b.ActiveVersions(b.Context(), workflow.DefaultTenant, "order")
	b.ok("ActiveVersions", err)
	slices.Sort(versions)
	b.same("active versions", versions, []string{"10.0.0", "11.0.0-rc.1", "2.0.0", "9.0.0"})
	b.define(workflow.DefaultTenant, ref("draft", "1.0.0-rc.1"))
	b.define(workflow.DefaultTenant, ref("leave", "1.0.0"))
	latest, err := b.LatestVersions(b.Context(), workflow.DefaultTenant, []string{"order", "draft", "leave", "nothing"})
	b.ok("LatestVersions", err)
	b.same("latest versions", latest, map[string]string{"order": "10.0.0", "leave": "1.0.0"})
	list, err := b.read.Versions(b.Context(), person("ana"), "order")
	b.ok("Versions", err)
	b.same("versions", each(list, versionOf), []string{"11.0.0-rc.1", "10.0.0", "9.0.0", "2.0.0"})
	want := definition(ref("order", "10.0.0"), titled("Order", "sales"))
	b.same("row", list[1], engine.DefinitionRow{
		Ref: want.Ref, Title: "Order", Labels: []string{"sales"},
		IsActive: true, CreatedAt: b.base, CreatedBy: "arno",
	})
}

func versionOf(d engine.DefinitionRow) string { return d.Version }

func textOf(d engine.DefinitionRow) string { return d.Ref.String() }

// definitions lists names and versions.
func (b *bench) definitions(f engine.DefinitionFilter) []string {
	b.Helper()
	page, err := b.read.Definitions(b.Context(), person("ana"), f, engine.Paging{})
	b.ok("Definitions", err)
	b.same("total", page.Total, len(page.Items))
	return each(page.Items, textOf)
}

func latestReleases(b *bench) {
	for _, r := range []workflow.Ref{ref("order", "9.0.0"), ref("order", "10.0.0"), ref("order", "11.0.0-rc.1"), ref("bill", "1.0.0-rc.1"), ref("audit", "0.1.0")} {
		b.define(workflow.DefaultTenant, r)
	}
	b.same("latest releases by name", b.definitions(engine.DefinitionFilter{}), []string{"audit 0.1.0", "demo 1.0.0", "order 10.0.0"})
	b.same("all versions by name, the highest first", b.definitions(engine.DefinitionFilter{AllVersions: true}),
		[]string{"audit 0.1.0", "bill 1.0.0-rc.1", "demo 1.0.0", "order 11.0.0-rc.1", "order 10.0.0", "order 9.0.0"})
}

func definitionFilters(b *bench) {
	b.define(workflow.DefaultTenant, ref("order", "1.0.0"), titled("Buy things", "sales"))
	b.define(workflow.DefaultTenant, ref("order", "2.0.0"), titled("Buy 100% more", "sales", "pilot"))
	b.define(workflow.DefaultTenant, ref("re_order", "1.0.0"), titled("Once more"))
	for _, c := range []struct {
		filter engine.DefinitionFilter
		want   []string
	}{
		{engine.DefinitionFilter{Query: "order"}, []string{"order 2.0.0", "re_order 1.0.0"}},
		{engine.DefinitionFilter{Query: "MORE"}, []string{"order 2.0.0", "re_order 1.0.0"}},
		{engine.DefinitionFilter{Query: "things"}, nil},
		{engine.DefinitionFilter{Query: "things", AllVersions: true}, []string{"order 1.0.0"}},
		{engine.DefinitionFilter{Query: "%"}, []string{"order 2.0.0"}},
		{engine.DefinitionFilter{Query: "_"}, []string{"re_order 1.0.0"}},
		{engine.DefinitionFilter{Label: "pilot"}, []string{"order 2.0.0"}},
		{engine.DefinitionFilter{Label: "sales", AllVersions: true}, []string{"order 2.0.0", "order 1.0.0"}},
		{engine.DefinitionFilter{Label: "sale"}, nil},
		{engine.DefinitionFilter{Label: "sales", Query: "once"}, nil},
	} {
		if got := b.definitions(c.filter); !slices.Equal(got, c.want) {
			b.Errorf("Definitions(%+v) = %v, want %v", c.filter, got, c.want)
		}
	}
}

func definitionCounts(b *bench) {
	b.define(workflow.DefaultTenant, ref("demo", "2.0.0"))
	b.begin()
	b.begin(failed(b.base, "work", "broken"))
	b.begin(completed(b.base))
	list, err := b.read.Versions(b.Context(), admin, "demo")
	b.ok("Versions", err)
	count := func(d engine.DefinitionRow) []int { return []int{d.Instances, d.Open} }
	b.same("instances and open ones of each version", each(list, count), [][]int{{0, 0}, {3, 2}})
	page, err := b.read.Definitions(b.Context(), admin, engine.DefinitionFilter{AllVersions: true}, engine.Paging{})
	b.ok("Definitions", err)
	b.same("the same in the list", each(page.Items, count), [][]int{{0, 0}, {3, 2}})
}

func tenants(b *bench) {
	const tenant = "other"
	theirs := definition(demo, titled("Theirs"))
	made, err := b.SaveDefinition(b.Context(), theirs, saved(tenant, "eve", b.base), nil)
	b.ok("SaveDefinition in another tenant", err)
	b.same("created", made, true)
	ours := b.begin()
	in := b.instance(func(in *workflow.Instance) { in.Tenant = tenant })
	t := b.task(in, "Theirs", forAnyone)
	begin := start(in)
	begin.Tasks = created(t)
	b.apply(begin)

	source, err := b.DefinitionSource(b.Context(), tenant, demo)
	b.ok("DefinitionSource", err)
	b.same("their document", string(source), string(theirs.Source))
	eve := admin
	eve.Tenant = tenant
	b.sees(eve, []string{in.ID.String()}, []string{"Theirs"}, "Theirs")
	b.sees(admin, []string{ours.ID.String()}, nil, "The demo")
	_, err = b.read.Instance(b.Context(), admin, in.ID)
	b.is("Instance of another tenant", err, workflow.ErrInstanceNotFound)
	_, err = b.read.Task(b.Context(), admin, t.ID)
	b.is("Task of another tenant", err, workflow.ErrTaskNotFound)
	nobody := admin
	nobody.Tenant = "third"
	_, err = b.read.Versions(b.Context(), nobody, "demo")
	b.is("Versions in an empty tenant", err, workflow.ErrDefinitionNotFound)
}

// sees checks what an admin's lists hold.
func (b *bench) sees(viewer workflow.Actor, instances, tasks []string, title string) {
	b.Helper()
	list, err := b.read.Instances(b.Context(), viewer, engine.InstanceFilter{}, engine.Paging{})
	b.ok("Instances", err)
	b.same("instances", each(list.Items, func(r engine.InstanceRow) string { return r.ID.String() }), instances)
	b.same("their titles", each(list.Items, func(r engine.InstanceRow) string { return r.DefinitionTitle }), []string{title})
	open, err := b.read.Tasks(b.Context(), viewer, engine.TaskFilter{Now: b.base}, engine.Paging{})
	b.ok("Tasks", err)
	b.same("tasks", each(open.Items, titleOf), tasks)
	definitions, err := b.read.Definitions(b.Context(), viewer, engine.DefinitionFilter{}, engine.Paging{})
	b.ok("Definitions", err)
	b.same("definitions", each(definitions.Items, func(d engine.DefinitionRow) string { return d.Title }), []string{title})
	stats, err := b.read.Stats(b.Context(), viewer, b.at(time24))
	b.ok("Stats", err)
	b.same("stats", []int{stats.ByStatus[workflow.StatusRunning], stats.OpenTasks}, []int{1, len(tasks)})
}
