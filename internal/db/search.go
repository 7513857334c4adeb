package db

import (
	"context"
	"fmt"
	"slices"
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

	sqlSearched = `SELECT coalesce(array_agg(DISTINCT name) FILTER (WHERE $2 = ANY (search)), '{}'), count(*) FILTER (WHERE NOT $2 = ANY (search)) FROM definitions
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

// searched is a filter that search_values answers: instances of these
// definitions have such values.
type searched struct {
	engine.DataFilter
	definitions []string
}

// addUnsearched adds what the filter says of data that is not found by
// search_values alone, and gives the rest. A path that definitions in question
// name under search is looked up there; where some do not, their data itself is
// looked into, which takes long unless little else fits.
func (d *DB) addUnsearched(ctx context.Context, c *conditions, tenant string, f engine.InstanceFilter) (rest []searched, err error) {
	for _, one := range f.Data {
		var with []string
		var without int
		if err := d.of(tenant).QueryRow(ctx, sqlSearched, tenant, one.Path, f.DefinitionNames, f.Versions).Scan(&with, &without); err != nil {
			return nil, wrap("look for search paths", err)
		}
		switch {
		case len(with) > 0 && (without == 0 || len(f.DefinitionNames) == 0): // only those that name the path are asked for
			rest = append(rest, searched{one, with})
		case len(with) > 0:
			c.add("(" + c.searched(tenant, one) + " OR " + c.unsearched(tenant, one) + ")")
		default:
			c.add(c.unsearched(tenant, one))
		}
	}
	return rest, nil
}

// addDataFilters adds what the filter says of data. most is how many instances
// are counted.
func (l *listing[T, K]) addDataFilters(ctx context.Context, d *DB, viewer workflow.Actor, sees sight, f engine.InstanceFilter, most int) error {
	lookedUp, err := d.addUnsearched(ctx, &l.conditions, l.tenant, f)
	if err != nil || len(lookedUp) == 0 {
		return err
	}
	if len(lookedUp) == 1 && most > engine.ShownTotal {
		l.add(l.searched(l.tenant, lookedUp[0].DataFilter))
		return nil
	}
	few := most <= engine.ShownTotal
	for _, one := range lookedUp {
		ids, err := d.having(ctx, l.tenant, one.DataFilter)
		if err != nil {
			return err
		}
		if ids != nil {
			few = true
			l.add("i.id = ANY (" + l.arg(ids) + "::uuid[])")
			continue
		}
		l.paged = append(l.paged, l.asked(l.tenant, one.DataFilter))
	}
	if !few {
		if few, err = d.seesFew(ctx, viewer, sees); err != nil {
			return err
		}
	}
	if few {
		l.where, l.paged = append(l.where, l.paged...), nil
		return nil
	}
	l.lookUp(lookedUp)
	for _, one := range lookedUp {
		l.paged = append([]string{oneOf(&l.conditions, "i.definition_name", one.definitions)}, l.paged...)
	}
	return nil
}

// having gives the instances that have such a value, nil for many. The database
// would guess how many they are.
func (d *DB) having(ctx context.Context, tenant string, f engine.DataFilter) ([]uuid.UUID, error) {
	if f.Op == engine.OpNotEqual {
		return nil, nil
	}
	var named conditions
	ids := []uuid.UUID{} // nil is many
	batch := &pgx.Batch{}
	each(batch.Queue(`SELECT v.instance_id FROM search_values AS v WHERE `+named.has(tenant, f)+fmt.Sprintf(` LIMIT %d`, fewRows+1), named.args...),
		pgx.RowTo[uuid.UUID], func(id uuid.UUID) { ids = append(ids, id) })
	if err := askList(ctx, d.listsOf(tenant), batch); err != nil {
		return nil, listError(ctx, "values", err)
	}
	if len(ids) > fewRows {
		return nil, nil
	}
	return ids, nil
}

// lookUp counts the instances that have all of the values from search_values
// alone: how many have several at once nobody can guess, and to ask each of them
// takes long. A page is soon filled by asking.
func (l *listing[T, K]) lookUp(filters []searched) {
	first := max(0, slices.IndexFunc(filters, sorted))
	var others []string
	for i, f := range filters {
		if i != first {
			others = append(others, "one.instance_id IN "+l.holders(l.tenant, f.DataFilter))
		}
	}
	l.counted = `SELECT one.instance_id AS id FROM (SELECT DISTINCT h.instance_id FROM ` + l.holders(l.tenant, filters[first].DataFilter) + ` AS h) AS one
		WHERE ` + strings.Join(others, " AND ") + ` OFFSET 0`
	if l.apart { // not once for each of the alternatives
		l.either, l.apart, l.slices = nil, false, l.either
	}
}

// sorted reports whether an index has the instances with such a value in the
// order of their ids, so that they are told apart as they are read.
func sorted(f searched) bool {
	if f.Op != engine.OpEqual || len(f.Values) != 1 {
		return false
	}
	_, isNumber := workflow.SearchNumber(f.Values[0])
	return !isNumber
}

// asked is the condition that the instance i has such a value, asked of each.
func (c *conditions) asked(tenant string, f engine.DataFilter) string {
	if f.Op == engine.OpNotEqual {
		return c.searched(tenant, f)
	}
	return `EXISTS (SELECT FROM search_values AS v WHERE v.instance_id = i.id AND ` + c.has(tenant, f) + ` OFFSET 0)`
}

// holders selects the instances that have such a value.
func (c *conditions) holders(tenant string, f engine.DataFilter) string {
	if f.Op != engine.OpNotEqual {
		return `(SELECT v.instance_id FROM search_values AS v WHERE ` + c.has(tenant, f) + `)`
	}
	from := `SELECT v.instance_id FROM search_values AS v WHERE v.tenant_id = ` + c.arg(tenant) + ` AND v.path = ` + c.arg(f.Path)
	var any []string
	for _, value := range f.Values {
		any = append(any, "("+from+" EXCEPT "+from+" AND "+c.holds(engine.OpEqual, value)+")")
	}
	return "(" + strings.Join(any, " UNION ") + ")"
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
