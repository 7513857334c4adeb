package db

import "tandem/internal/workflow"

// addVisible adds that the viewer may see the instance i and all its tasks:
// roles that watch over the tenant see every one, others those that they
// started, have or had a task in, or that the definition lets them view or
// operate. Every read goes through it, or through addInvolved.
func (c *conditions) addVisible(viewer workflow.Actor) {
	c.add("i.tenant_id = ?", viewer.Tenant)
	switch {
	case viewer.System || viewer.Is(workflow.RoleOperator, workflow.RoleAuditor):
		return
	case viewer.ID == "":
		c.add("false")
		return
	}
	involved := conditions{args: c.args}
	involved.addInvolved(viewer)
	c.args = involved.args
	me, groups := c.arg(viewer.ID), c.arg(filled(viewer.Groups))
	c.add(`(i.created_by = ` + me + `
		OR EXISTS (SELECT FROM tasks AS t WHERE t.instance_id = i.id AND ` + involved.String() + `)
		OR EXISTS (SELECT FROM definitions AS p WHERE p.tenant_id = i.tenant_id AND p.name = i.definition_name
			AND p.version = i.definition_version AND (` + me + ` = ANY (p.viewer_users) OR p.viewer_groups && ` + groups + `)))`)
}

// addInvolved adds that the task t is or was the viewer's, or could be. Each
// branch has its index.
func (c *conditions) addInvolved(viewer workflow.Actor) {
	tenant, me, groups := c.arg(viewer.Tenant), c.arg(viewer.ID), c.arg(filled(viewer.Groups))
	c.add(`t.tenant_id = ` + tenant)
	c.add(`(t.assignee = ` + me + ` OR t.completed_by = ` + me + ` OR t.anyone
		OR t.candidate_users @> ARRAY[` + me + `::text] OR t.candidate_groups && ` + groups + `::text[])`)
}
