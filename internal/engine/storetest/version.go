package storetest

import (
	"slices"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

var versionTests = []test{
	{"inactive_versions_are_not_latest", versionInactive},
	{"inactive_versions_start_nothing", versionStartsNothing},
	{"schedules_follow_the_latest_active", versionSchedules},
	{"a_deleted_version_leaves_its_hash", versionDeleted},
	{"versions_in_use_stay", versionInUse},
	{"tenants_change_their_own", versionTenants},
}

// activate changes whether a version is active; schedules are read as none.
func (b *bench) activate(ref workflow.Ref, active bool) bool {
	b.Helper()
	changed, err := b.ActivateVersion(b.Context(), saved(workflow.DefaultTenant, "arno", b.tick()), ref, active,
		func([]byte) ([]engine.ScheduleRow, error) { return nil, nil })
	b.ok("ActivateVersion", err)
	return changed
}

func versionInactive(b *bench) {
	b.define(workflow.DefaultTenant, ref("order", "1.0.0"))
	b.define(workflow.DefaultTenant, ref("order", "2.0.0"))
	b.same("changed", b.activate(ref("order", "2.0.0"), false), true)
	b.same("changed again", b.activate(ref("order", "2.0.0"), false), false)
	active, err := b.ActiveVersions(b.Context(), workflow.DefaultTenant, "order")
	b.ok("ActiveVersions", err)
	b.same("active versions", active, []string{"1.0.0"})
	list, err := b.read.Versions(b.Context(), person("ana"), "order")
	b.ok("Versions", err)
	b.same("all versions", each(list, func(d engine.DefinitionRow) bool { return d.IsActive }), []bool{false, true})
	b.same("latest", b.definitions(engine.DefinitionFilter{Query: "order"}), []string{"order 1.0.0"})
	b.activate(ref("order", "1.0.0"), false)
	b.same("no latest", len(b.definitions(engine.DefinitionFilter{Query: "order"})), 0)
	b.same("changed back", b.activate(ref("order", "2.0.0"), true), true)
	b.same("latest again", b.definitions(engine.DefinitionFilter{Query: "order"}), []string{"order 2.0.0"})
	_, err = b.ActivateVersion(b.Context(), saved(workflow.DefaultTenant, "arno", b.base), ref("order", "3.0.0"), true, nil)
	b.is("ActivateVersion(unknown)", err, workflow.ErrDefinitionNotFound)
}

func versionStartsNothing(b *bench) {
	runs := b.begin()
	b.activate(demo, false)
	in := b.instance()
	unique := start(b.instance())
	unique.Unique, unique.Instance.CorrelationID = true, "one"
	stale, err := b.Apply(b.Context(), []*workflow.Transition{start(in), unique})
	b.ok("Apply", err)
	b.same("stale", []bool{stale[in.ID], stale[unique.InstanceID]}, []bool{true, true})
	_, err = b.read.Instance(b.Context(), admin, in.ID)
	b.is("Instance", err, workflow.ErrInstanceNotFound)
	_, err = b.read.Instance(b.Context(), admin, runs.ID)
	b.ok("what ran before", err)
}

func versionSchedules(b *bench) {
	one, two := ref("clock", "1.0.0"), ref("clock", "2.0.0")
	b.define(workflow.DefaultTenant, one, b.everyMinute("* * * * *"))
	b.define(workflow.DefaultTenant, two, b.everyMinute("@daily", "@hourly"))
	docs := map[string]*workflow.Definition{}
	for _, r := range []workflow.Ref{one, two} {
		crons := map[string][]string{"1.0.0": {"* * * * *"}, "2.0.0": {"@daily", "@hourly"}}[r.Version]
		d := definition(r, b.everyMinute(crons...))
		docs[string(d.Source)] = d
	}
	change := func(r workflow.Ref, active bool) []string {
		b.Helper()
		at := b.tick()
		_, err := b.ActivateVersion(b.Context(), saved(workflow.DefaultTenant, "arno", at), r, active, func(source []byte) ([]engine.ScheduleRow, error) {
			return engine.SchedulesOf(workflow.DefaultTenant, docs[string(source)], at), nil
		})
		b.ok("ActivateVersion", err)
		return each(b.schedules(), func(row engine.ScheduleRow) string { return row.Definition.Version + " " + row.Cron })
	}
	latest := []string{"2.0.0 @daily", "2.0.0 @hourly"}
	b.same("an older one is not active", change(one, false), latest)
	b.same("none is active", len(change(two, false)), 0)
	b.same("the older one is", change(one, true), []string{"1.0.0 * * * * *"})
	b.same("both are", change(two, true), latest)
}

func versionDeleted(b *bench) {
	d := b.define(workflow.DefaultTenant, ref("order", "1.0.0"))
	line := saved(workflow.DefaultTenant, "arno", b.tick())
	b.is("DeleteVersion(active)", b.DeleteVersion(b.Context(), line, d.Ref), workflow.ErrVersionActive)
	b.is("DeleteVersion(unknown)", b.DeleteVersion(b.Context(), line, ref("order", "9.9.9")), workflow.ErrDefinitionNotFound)
	b.activate(d.Ref, false)
	b.ok("DeleteVersion", b.DeleteVersion(b.Context(), line, d.Ref))
	_, err := b.DefinitionSource(b.Context(), workflow.DefaultTenant, d.Ref)
	b.is("DefinitionSource", err, workflow.ErrDefinitionNotFound)
	_, err = b.read.Versions(b.Context(), admin, "order")
	b.is("Versions", err, workflow.ErrDefinitionNotFound)
	_, err = b.SaveDefinition(b.Context(), definition(d.Ref, titled("Other")), line, nil)
	b.is("other content", err, workflow.ErrVersionExists)
	made, err := b.SaveDefinition(b.Context(), d, line, nil)
	b.ok("the same content", err)
	b.same("created", made, true)
	b.activate(d.Ref, false)
	b.ok("DeleteVersion again", b.DeleteVersion(b.Context(), line, d.Ref))
	_, err = b.SaveDefinition(b.Context(), definition(d.Ref, titled("Other")), line, nil)
	b.is("other content after the second time", err, workflow.ErrVersionExists)
}

func versionInUse(b *bench) {
	b.begin(completed(b.base))
	b.activate(demo, false)
	line := saved(workflow.DefaultTenant, "arno", b.tick())
	b.is("DeleteVersion", b.DeleteVersion(b.Context(), line, demo), workflow.ErrVersionInUse)
	list, err := b.read.Versions(b.Context(), admin, demo.Name)
	b.ok("Versions", err)
	b.same("it is still there", slices.ContainsFunc(list, func(d engine.DefinitionRow) bool { return d.Ref == demo }), true)
}

func versionTenants(b *bench) {
	b.define("other", ref("order", "1.0.0"))
	line := saved(workflow.DefaultTenant, "arno", b.tick())
	_, err := b.ActivateVersion(b.Context(), line, ref("order", "1.0.0"), false, nil)
	b.is("ActivateVersion", err, workflow.ErrDefinitionNotFound)
	b.is("DeleteVersion", b.DeleteVersion(b.Context(), line, ref("order", "1.0.0")), workflow.ErrDefinitionNotFound)
}
