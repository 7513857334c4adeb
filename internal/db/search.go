package db

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// The values that instances are found by: written with the data that they are
// of, so that a list shows what the last commit has changed.
var (
	searchFields  = fieldsOf("instance_id uuid, tenant_id text, path text, idx integer, value text, number text")
	sqlDoneSearch = `DELETE FROM search_values AS t USING ` + unnest(oneInstance) + ` WHERE t.instance_id = x.instance_id AND ` + rowsOfStale
	sqlNewSearch  = `INSERT INTO search_values (instance_id, tenant_id, path, idx, value, number)
		SELECT x.instance_id, x.tenant_id, x.path, x.idx, x.value, x.number::numeric FROM ` + unnest(searchFields) + ` WHERE ` + rowsOfStale

	sqlSearched = `SELECT count(*) FILTER (WHERE $2 = ANY (search)), count(*) FILTER (WHERE NOT $2 = ANY (search)) FROM definitions
		WHERE tenant_id = $1 AND ($3::text[] IS NULL OR name = ANY ($3)) AND ($4::text[] IS NULL OR version = ANY ($4))`
)

func (w *writer) search(t *workflow.Transition) {
	if !t.SearchChanged {
		return
	}
	if t.From > 0 {
		w.doneSearch.next().id(t.InstanceID)
	}
	for i, v := range t.Search {
		w.newSearch.next().id(t.InstanceID)
		w.newSearch.next().text(t.Instance.Tenant)
		w.newSearch.next().text(v.Path)
		w.newSearch.next().int32(i)
		w.newSearch.next().text(v.Text)
		w.newSearch.next().word(v.Number)
	}
}

// addDataFilters adds what the filter says of data. A path that definitions in
// question name under search is looked up in search_values; where some do not,
// their data itself is looked into, which takes long unless little else fits.
// most is how many instances are counted.
func (d *DB) addDataFilters(ctx context.Context, c *conditions, viewer workflow.Actor, f engine.InstanceFilter, most int) error {
	for _, one := range f.Data {
		var with, without int
		err := d.of(viewer.Tenant).QueryRow(ctx, sqlSearched, viewer.Tenant, one.Path, f.DefinitionNames, f.Versions).Scan(&with, &without)
		if err != nil {
			return wrap("look for search paths", err)
		}
		if len(f.DefinitionNames) == 0 && with > 0 {
			without = 0 // only those that name the path are asked for
		}
		var sides []string
		if with > 0 {
			searched, err := d.searched(ctx, c, viewer.Tenant, one, most)
			if err != nil {
				return err
			}
			sides = append(sides, searched)
		}
		if without > 0 || with == 0 {
			sides = append(sides, c.unsearched(viewer.Tenant, one))
		}
		c.add("(" + strings.Join(sides, " OR ") + ")")
	}
	return nil
}

// searched is the condition that the instance i has such a value in
// search_values. Where few are counted it is looked up whether few have the
// value: those are named. Where many have it, each instance is asked for it, and
// soon enough have been found; the database would guess which of the two it is.
func (d *DB) searched(ctx context.Context, c *conditions, tenant string, f engine.DataFilter, most int) (string, error) {
	if most > engine.ShownTotal || f.Op == engine.OpNotEqual {
		return c.searched(tenant, f), nil
	}
	var named conditions
	rows, err := d.listsOf(tenant).Query(ctx, `SELECT v.instance_id FROM search_values AS v WHERE `+named.has(tenant, f)+fmt.Sprintf(` LIMIT %d`, fewRows+1), named.args...)
	if err != nil {
		return "", wrap("look for values", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return "", wrap("look for values", err)
	}
	if len(ids) <= fewRows {
		return "i.id = ANY (" + c.arg(ids) + "::uuid[])", nil
	}
	return `EXISTS (SELECT FROM search_values AS v WHERE v.instance_id = i.id AND ` + c.has(tenant, f) + ` OFFSET 0)`, nil
}

// has is the condition that the row v of search_values has one of the values.
func (c *conditions) has(tenant string, f engine.DataFilter) string {
	has := `v.tenant_id = ` + c.arg(tenant) + ` AND v.path = ` + c.arg(f.Path)
	var any []string
	for _, value := range f.Values {
		any = append(any, c.holds(f.Op, value))
	}
	return has + ` AND (` + strings.Join(any, " OR ") + `)`
}

// searched is the condition that the instance i has such a value in
// search_values, as the database plans it.
func (c *conditions) searched(tenant string, f engine.DataFilter) string {
	from := `SELECT v.instance_id FROM search_values AS v WHERE v.tenant_id = ` + c.arg(tenant) + ` AND v.path = ` + c.arg(f.Path)
	var any []string
	for _, value := range f.Values {
		if f.Op == engine.OpNotEqual {
			any = append(any, `i.id IN (`+from+`) AND i.id NOT IN (`+from+` AND `+c.holds(engine.OpEqual, value)+`)`)
			continue
		}
		any = append(any, `i.id IN (`+from+` AND `+c.holds(f.Op, value)+`)`)
	}
	return "(" + strings.Join(any, " OR ") + ")"
}

// unsearched is the condition that the instance i, of a definition that does
// not name the path, has such a value in its data.
func (c *conditions) unsearched(tenant string, f engine.DataFilter) string {
	path := c.arg(f.Path)
	from := `EXISTS (SELECT FROM instance_data AS x, search_values_of(coalesce(x.data, x.input), string_to_array(` + path + `, '.')) AS v WHERE x.instance_id = i.id`
	var any []string
	for _, value := range f.Values {
		if f.Op == engine.OpNotEqual {
			any = append(any, from+`) AND NOT `+from+` AND `+c.holds(engine.OpEqual, value)+`)`)
			continue
		}
		any = append(any, from+` AND `+c.holds(f.Op, value)+`)`)
	}
	return `((i.definition_name, i.definition_version) IN (SELECT q.name, q.version FROM definitions AS q
		WHERE q.tenant_id = ` + c.arg(tenant) + ` AND NOT ` + path + ` = ANY (q.search)) AND (` + strings.Join(any, " OR ") + "))"
}

// holds is the condition that the value v compares so. What can be read as a
// number is compared with numbers, anything else with texts.
func (c *conditions) holds(op engine.DataOp, value string) string {
	text := workflow.SearchText(value)
	_, isNumber := workflow.SearchNumber(value)
	switch {
	case op == engine.OpContains:
		return `strpos(lower(v.value), lower(` + c.arg(text) + `)) > 0`
	case op == engine.OpEqual && isNumber:
		return `(v.value = ` + c.arg(text) + ` OR v.number = ` + c.arg(value) + `::text::numeric)`
	case op == engine.OpEqual:
		return `v.value = ` + c.arg(text)
	case isNumber:
		return `v.number ` + sqlOps[op] + ` ` + c.arg(value) + `::text::numeric`
	}
	return `v.number IS NULL AND v.value ` + sqlOps[op] + ` ` + c.arg(text)
}

var sqlOps = map[engine.DataOp]string{engine.OpLess: "<", engine.OpAtMost: "<=", engine.OpMore: ">", engine.OpAtLeast: ">="}
