package db

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tandem/internal/workflow"
)

// What a viewer may see. Roles that watch over the tenant see every instance
// and all its tasks. Others see an instance that they started, that the
// definition lets them view or operate, or in which a task is or was theirs, or
// could be: by their groups, or by name. Every read goes through one of the
// functions here.

// audienceOf gives the names under which an audience shows an instance to the
// viewer.
func audienceOf(viewer workflow.Actor) []string {
	return append([]string{workflow.Anyone}, viewer.AllGroups()...)
}

// addVisible adds that the viewer may see the instance i.
func (c *conditions) addVisible(viewer workflow.Actor) {
	c.add("i.tenant_id = ?", viewer.Tenant)
	switch {
	case viewer.SeesAll():
		return
	case viewer.ID == "":
		c.add("false")
		return
	}
	c.add("(i.created_by = ? OR "+c.among(viewer, "i")+
		" OR EXISTS (SELECT FROM tasks AS mine WHERE mine.instance_id = i.id AND "+c.named(viewer, "mine")+"))", viewer.ID)
}

// among is the condition that the viewer sees a row with definition and
// audience as one of many: by his groups, or by the definition. It is never
// NULL.
func (c *conditions) among(viewer workflow.Actor, row string) string {
	return "(coalesce(" + row + ".audience && " + c.arg(audienceOf(viewer)) + "::text[], false) OR " + c.permitted(viewer, row) + ")"
}

// permitted is the condition that the definition of a row lets the viewer view
// or operate.
func (c *conditions) permitted(viewer workflow.Actor, row string) string {
	return `(` + row + `.definition_name, ` + row + `.definition_version) IN (SELECT p.name, p.version FROM definitions AS p
		WHERE ` + c.shown(viewer) + `)`
}

// shown is the condition that the definition p lets the viewer view or operate.
func (c *conditions) shown(viewer workflow.Actor) string {
	return `p.tenant_id = ` + c.arg(viewer.Tenant) + ` AND (p.viewer_users @> ARRAY[` + c.arg(viewer.ID) + `::text]
			OR p.viewer_groups && ` + c.arg(filled(viewer.Groups)) + `::text[])`
}

// sight is what a viewer who does not see all sees of many instances, looked up
// before a list of them is read.
type sight struct {
	names, versions []string // of the definitions that let him view or operate
	some, much      []string // the definitions of which his groups see some instances, or a good part of all
	inSome, inMuch  seen     // that his groups see of these
	permitted       seen     // of the versions
	own             []uuid.UUID
	ownMore         bool // own are not all
}

// seen is how much of something a viewer sees, by the counters.
type seen struct{ instances, openTasks int }

func (s seen) plus(o seen) seen { return seen{s.instances + o.instances, s.openTasks + o.openTasks} }

// openStates are those of instances that have open tasks.
var openStates = slices.DeleteFunc(workflow.Statuses(), workflow.Status.Finished)

// muchOf is one in how many instances of a definition is a good part of them.
// Those are found soon in any order; to look up all that a group sees would take
// longer.
const muchOf = 20

// maxOwn is how many instances that name somebody a list names in its turn.
const maxOwn = 1000

// sightOf looks up what the viewer sees. Whoever may view no definition must not
// have all instances looked through for them, nor those whose tasks his groups
// never get. Only the named definitions and states are in question; nil = all.
func (d *DB) sightOf(ctx context.Context, viewer workflow.Actor, definitions []string, statuses ...workflow.Status) (s sight, err error) {
	if viewer.SeesAll() || viewer.ID == "" {
		return s, nil
	}
	var shown, offered, own conditions
	batch := &pgx.Batch{}
	var name, version string
	shown.add(shown.shown(viewer))
	addAmong(&shown, "p.name", definitions)
	batch.Queue(`SELECT p.name, p.version FROM definitions AS p WHERE `+shown.String(), shown.args...).Query(func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, []any{&name, &version}, func() error {
			s.names, s.versions = append(s.names, name), append(s.versions, version)
			return nil
		})
		return err
	})
	addAmong(&offered, "k.definition_name", definitions)
	figure := func(of string) string { return `coalesce(sum(k.n) FILTER (WHERE ` + of + `), 0)::bigint` }
	status := "k.figure = 'status'"
	if len(statuses) > 0 {
		status += " AND " + oneOf(&offered, "k.bucket", statuses)
	}
	offered.add("k.tenant_id = ? AND ("+status+" OR k.figure = 'tasks')", viewer.Tenant)
	his := "coalesce(k.audience && " + offered.arg(audienceOf(viewer)) + "::text[], false)"
	var groups, permitted seen
	var all int
	var some bool
	batch.Queue(`SELECT k.definition_name, `+figure(status+" AND "+his)+`, `+figure("k.figure = 'tasks' AND "+his)+`, `+figure(status)+`,
		`+figure(status+" AND p.name IS NOT NULL")+`, `+figure("k.figure = 'tasks' AND p.name IS NOT NULL")+`, coalesce(bool_or(`+status+` AND `+his+`), false)
		FROM counters AS k LEFT JOIN definitions AS p ON (p.name, p.version) = (k.definition_name, k.definition_version) AND `+offered.shown(viewer)+`
		WHERE `+offered.String()+` GROUP BY k.definition_name`, offered.args...).Query(func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, []any{&name, &groups.instances, &groups.openTasks, &all, &permitted.instances, &permitted.openTasks, &some}, func() error {
			switch s.permitted = s.permitted.plus(permitted); {
			case !some:
			case groups.instances*muchOf >= all:
				s.much, s.inMuch = append(s.much, name), s.inMuch.plus(groups)
			default:
				s.some, s.inSome = append(s.some, name), s.inSome.plus(groups)
			}
			return nil
		})
		return err
	})
	batch.Queue(`SELECT DISTINCT mine.instance_id FROM tasks AS mine WHERE mine.tenant_id = `+own.arg(viewer.Tenant)+` AND `+own.named(viewer, "mine")+
		fmt.Sprintf(` LIMIT %d`, maxOwn+1), own.args...).Query(func(rows pgx.Rows) error {
		s.own, err = pgx.AppendRows(s.own, rows, pgx.RowTo[uuid.UUID])
		return err
	})
	if err = askList(ctx, d.listsOf(viewer.Tenant), batch); err != nil {
		return s, wrap("look up what one sees", err)
	}
	s.ownMore = len(s.own) > maxOwn
	return s, nil
}

// seesFew reports whether all that a viewer may see is so little that each can
// be asked for anything.
func (d *DB) seesFew(ctx context.Context, viewer workflow.Actor, s sight) (bool, error) {
	if viewer.SeesAll() || s.ownMore || len(s.names) > 0 || s.inSome.instances+s.inMuch.instances > fewSeen {
		return false, nil
	}
	var started int
	err := d.listsOf(viewer.Tenant).QueryRow(ctx, `SELECT count(*) FROM (SELECT FROM instances AS i WHERE i.tenant_id = $1 AND i.created_by = $2 LIMIT $3) AS started`,
		viewer.Tenant, viewer.ID, fewSeen+1).Scan(&started)
	return started <= fewSeen, wrap("count what one has started", err)
}

// fewSeen is how many instances are few enough for seesFew.
const fewSeen = 10_000

// named is the condition that a task is or was the viewer's own, or names him
// or somebody for whom he stands in. Each branch has its index.
func (c *conditions) named(viewer workflow.Actor, task string) string {
	me, all := c.arg(viewer.ID), c.arg(viewer.Logins())
	return `(` + task + `.assignee = ANY (` + all + `) OR ` + task + `.completed_by = ` + me + ` OR ` + task + `.owner = ` + me +
		` OR ` + task + `.candidate_users && ` + all + `::text[])`
}

// personal lists the instances that the viewer started or that have a task that
// names him: few, whatever the tables hold. Those of tasks that are his group's
// too he sees as one of many; they are left out.
func (c *conditions) personal(viewer workflow.Actor) string {
	tenant := c.arg(viewer.Tenant)
	return `SELECT s.id FROM instances AS s WHERE s.tenant_id = ` + tenant + ` AND s.created_by = ` + c.arg(viewer.ID) + `
		UNION SELECT mine.instance_id FROM tasks AS mine WHERE mine.tenant_id = ` + tenant + ` AND ` + c.named(viewer, "mine") + `
			AND NOT (mine.anyone OR mine.candidate_groups && ` + c.arg(filled(viewer.Groups)) + `::text[])`
}

// addEitherVisible adds that the instance i is one that the viewer may see, and
// gives conditions of which one must hold; nil = none. row is what is listed: of
// many, each is asked for its definition; of few, the definition's instances.
// least is how much fits each of them at the least.
func (c *conditions) addEitherVisible(viewer workflow.Actor, s sight, row string) (either []string, least []seen) {
	c.add("i.tenant_id = ?", viewer.Tenant)
	switch {
	case viewer.SeesAll():
		return nil, nil
	case viewer.ID == "":
		return []string{"false"}, []seen{{}}
	}
	or := func(condition string, atLeast seen) {
		either, least = append(either, condition), append(least, atLeast)
	}
	or("i.created_by = "+c.arg(viewer.ID), seen{})
	switch {
	case s.ownMore:
		or("i.id IN (SELECT mine.instance_id FROM tasks AS mine WHERE mine.tenant_id = "+c.arg(viewer.Tenant)+" AND "+c.named(viewer, "mine")+")", seen{})
	case len(s.own) > 0:
		or("i.id = ANY ("+c.arg(s.own)+"::uuid[])", seen{})
	}
	if len(s.some) > 0 {
		or(oneOf(c, "i.definition_name", s.some)+" AND i.audience && "+c.arg(audienceOf(viewer))+"::text[]", s.inSome)
	}
	if len(s.much) > 0 { // no index has the latter
		or(oneOf(c, row+".definition_name", s.much)+" AND coalesce(i.audience && "+c.arg(audienceOf(viewer))+"::text[], false)", s.inMuch)
	}
	if len(s.names) > 0 {
		or(oneOf(c, "i.definition_name", slices.Compact(slices.Sorted(slices.Values(s.names))))+
			" AND (i.definition_name, i.definition_version) IN (SELECT * FROM unnest("+c.arg(s.names)+"::text[], "+c.arg(s.versions)+"::text[]))", s.permitted)
	}
	return either, least
}

// Visible implements engine.Reader.
func (d *DB) Visible(ctx context.Context, viewer workflow.Actor, ids []uuid.UUID) ([]uuid.UUID, error) {
	var c conditions
	c.add("i.id = ANY (?)", ids)
	c.addVisible(viewer)
	rows, err := d.of(viewer.Tenant).Query(ctx, "SELECT i.id FROM instances AS i WHERE "+c.String(), c.args...)
	if err != nil {
		return nil, wrap("look for visible instances", err)
	}
	seen, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	return seen, wrap("look for visible instances", err)
}
