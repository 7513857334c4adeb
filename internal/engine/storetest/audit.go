package storetest

import (
	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

var auditTests = []test{
	{"lines_come_with_their_transition", auditStored},
	{"lines_of_stale_members_are_not_there", auditStale},
	{"filters_combine", auditFilters},
	{"pages_newest_first", auditPages},
	{"only_auditors_read_it", auditReaders},
}

// line is one about an instance.
func (b *bench) line(in workflow.Instance, actor, action string, changes ...func(*workflow.Record)) workflow.Record {
	r := workflow.Actor{ID: actor, Tenant: in.Tenant, Via: "token", Token: "7", Address: "192.0.2.7", Request: "r-1", Caller: "otto"}.
		Record(b.tick(), action, "instance", in.ID.String())
	r.InstanceID, r.Definition, r.Reason = in.ID, in.Definition.Name, "because"
	r.Before, r.After = js(`{"status":  "running"}`), js(`{"n": 1.50}`)
	for _, change := range changes {
		change(&r)
	}
	return r
}

// audited reads the lines that fit, without those of the definitions.
func (b *bench) audited(f engine.AuditFilter) []workflow.Record {
	b.Helper()
	if f.Objects == nil {
		f.Objects = []string{"instance", "task"}
	}
	page, err := b.read.Audit(b.Context(), admin, f, engine.Paging{})
	b.ok("Audit", err)
	for i := range page.Items {
		if page.Items[i].Seq == 0 {
			b.Errorf("line %d has no number", i)
		}
		page.Items[i].Seq = 0
	}
	return page.Items
}

func auditStored(b *bench) {
	begin := start(b.instance())
	first, second := b.line(begin.Instance, "ana", "instance.start"), b.line(begin.Instance, "bo", "instance.pause")
	second.Before, second.After, second.Token, second.Address, second.Caller = nil, nil, "", "", ""
	begin.Records = []workflow.Record{first, second}
	b.apply(begin)
	b.same("audit", b.audited(engine.AuditFilter{}), []workflow.Record{second, first})
	page, err := b.read.Audit(b.Context(), admin, engine.AuditFilter{Objects: []string{"definition"}}, engine.Paging{})
	b.ok("Audit", err)
	if len(page.Items) != 1 || page.Items[0].Actor != "arno" || page.Items[0].Action != "definition.save" {
		b.Errorf("audit of definitions = %+v, want the demo's by arno", page.Items)
	}
}

func auditStale(b *bench) {
	in := b.begin()
	behind := next(in)
	behind.From = 7
	behind.Records = []workflow.Record{b.line(in, "ana", "instance.cancel")}
	fresh := start(b.instance())
	kept := b.line(fresh.Instance, "ana", "instance.start")
	fresh.Records = []workflow.Record{kept}
	_, err := b.Apply(b.Context(), []*workflow.Transition{behind, fresh})
	b.ok("Apply", err)
	b.same("audit", b.audited(engine.AuditFilter{}), []workflow.Record{kept})
}

func auditFilters(b *bench) {
	one, two := start(b.instance()), start(b.instance())
	a := b.line(one.Instance, "ana", "instance.start")
	c := b.line(one.Instance, "bo", "task.claim", func(r *workflow.Record) { r.Object, r.ObjectID, r.Refused = "task", "t", "task_claimed" })
	d := b.line(two.Instance, "ana", "task.claim", func(r *workflow.Record) { r.Object, r.ObjectID, r.Definition = "task", "u", "other" })
	one.Records, two.Records = []workflow.Record{a, c}, []workflow.Record{d}
	b.apply(one)
	b.apply(two)
	yes, no := true, false
	for _, tc := range []struct {
		name string
		f    engine.AuditFilter
		want []workflow.Record
	}{
		{"actors", engine.AuditFilter{Actors: []string{"ana"}}, []workflow.Record{d, a}},
		{"actions", engine.AuditFilter{Actions: []string{"task.claim"}}, []workflow.Record{d, c}},
		{"both", engine.AuditFilter{Actions: []string{"task.claim"}, Actors: []string{"ana"}}, []workflow.Record{d}},
		{"objects", engine.AuditFilter{Objects: []string{"instance"}}, []workflow.Record{a}},
		{"object", engine.AuditFilter{ObjectIDs: []string{"t", "none"}}, []workflow.Record{c}},
		{"definition", engine.AuditFilter{Definitions: []string{"other"}}, []workflow.Record{d}},
		{"instance", engine.AuditFilter{InstanceID: &one.InstanceID}, []workflow.Record{c, a}},
		{"refused", engine.AuditFilter{Refused: &yes}, []workflow.Record{c}},
		{"done", engine.AuditFilter{Refused: &no}, []workflow.Record{d, a}},
		{"after", engine.AuditFilter{After: &c.At}, []workflow.Record{d, c}},
		{"before", engine.AuditFilter{Before: &c.At}, []workflow.Record{a}},
		{"nothing", engine.AuditFilter{InstanceID: ptr(uuid.Max)}, nil},
	} {
		b.same(tc.name, b.audited(tc.f), tc.want)
	}
}

func auditPages(b *bench) {
	begin := start(b.instance())
	for range 5 {
		begin.Records = append(begin.Records, b.line(begin.Instance, "ana", "instance.start"))
	}
	b.apply(begin)
	var got []workflow.Record
	p := engine.Paging{Limit: 2}
	for {
		page, err := b.read.Audit(b.Context(), admin, engine.AuditFilter{Actors: []string{"ana"}}, p)
		b.ok("Audit", err)
		b.same("total", page.Total, 5)
		got = append(got, page.Items...)
		if p.Cursor = page.NextCursor; p.Cursor == "" {
			break
		}
	}
	for i := range got {
		got[i].Seq = 0
		b.same("line", got[i], begin.Records[4-i])
	}
	b.same("lines", len(got), 5)
}

func auditReaders(b *bench) {
	for who, allowed := range map[*workflow.Actor]bool{
		{ID: "ada", Tenant: workflow.DefaultTenant, Roles: []workflow.Role{workflow.RoleAdmin}}:     true,
		{ID: "uma", Tenant: workflow.DefaultTenant, Roles: []workflow.Role{workflow.RoleAuditor}}:   true,
		{ID: "olga", Tenant: workflow.DefaultTenant, Roles: []workflow.Role{workflow.RoleOperator}}: false,
		{ID: "ana", Tenant: workflow.DefaultTenant, Roles: []workflow.Role{workflow.RoleUser}}:      false,
		{Tenant: workflow.DefaultTenant}: false,
	} {
		page, err := b.read.Audit(b.Context(), *who, engine.AuditFilter{}, engine.Paging{})
		if (err == nil) != allowed || !allowed && workflow.KindOf(err) != workflow.KindForbidden {
			b.Errorf("%s reads the audit: %v, want allowed %v", who.ID, err, allowed)
		}
		if allowed && len(page.Items) == 0 {
			b.Errorf("%s reads nothing", who.ID)
		}
	}
	page, err := b.read.Audit(b.Context(), workflow.Actor{ID: "ada", Tenant: "other", Roles: []workflow.Role{workflow.RoleAdmin}}, engine.AuditFilter{}, engine.Paging{})
	b.ok("Audit", err)
	b.same("lines of another tenant", len(page.Items), 0)
}
