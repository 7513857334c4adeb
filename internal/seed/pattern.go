package seed

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// tables are what an instance's rows lie in, those that others refer to first.
var tables = []string{"instances", "instance_data", "executions", "tasks", "due", "events", "search_values"}

// pattern is what the engine wrote of one instance, as statements that write it
// once more for each row of the table clones.
type pattern struct {
	instance uuid.UUID
	inserts  map[string]string // by table; none where the instance has no rows
	first    string            // of events: the first and the last alone
}

// An id of the instance is its number between these two in texts.
const (
	idBegin = "~seed~"
	idEnd   = "~end~"
)

var (
	idPattern   = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`)
	timePattern = regexp.MustCompile(`20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z`)
)

// marks are replaced by columns of clones.
var marks = [][2]string{
	{markStarter, "c.starter"}, {markDecider, "c.decider"}, {markCustomer, "c.customer"}, {markRegion, "c.region"}, {markAmount, "c.amount"},
}

// copying turns the rows of one instance into expressions.
type copying struct {
	pool *pgxpool.Pool
	ids  map[string]int // the number of each id
}

func readPattern(ctx context.Context, pool *pgxpool.Pool, instance uuid.UUID) (*pattern, error) {
	p := &pattern{instance: instance, inserts: map[string]string{}}
	c := &copying{pool: pool, ids: map[string]int{}}
	if err := c.number(ctx, instance); err != nil {
		return nil, err
	}
	for _, table := range tables {
		names, rows, err := c.rows(ctx, table, instance)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", table, err)
		}
		if len(rows) == 0 {
			continue
		}
		p.inserts[table] = insert(table, names, rows)
		if table == "events" {
			p.first = insert(table, names, [][]string{rows[0], rows[len(rows)-1]})
		}
	}
	return p, nil
}

// number gives every id of the instance's rows a number.
func (c *copying) number(ctx context.Context, instance uuid.UUID) error {
	rows, err := c.pool.Query(ctx, `SELECT $1::uuid UNION SELECT id FROM executions WHERE instance_id = $1
		UNION SELECT id FROM tasks WHERE instance_id = $1 UNION SELECT id FROM due WHERE instance_id = $1`, instance)
	if err != nil {
		return err
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	slices.SortFunc(all, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	for i, id := range all {
		c.ids[id.String()] = i + 1
	}
	return err
}

type columnType struct{ name, typ string }

// rows gives the expressions of every row of a table.
func (c *copying) rows(ctx context.Context, table string, instance uuid.UUID) (names []string, all [][]string, err error) {
	found, err := c.pool.Query(ctx, `SELECT a.attname, format_type(a.atttypid, NULL) FROM pg_attribute AS a
		WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attidentity = '' AND a.attgenerated = '' AND a.attname <> 'xid' ORDER BY a.attnum`, table)
	if err != nil {
		return nil, nil, err
	}
	columns, err := pgx.CollectRows(found, func(row pgx.CollectableRow) (t columnType, err error) { return t, row.Scan(&t.name, &t.typ) })
	if err != nil {
		return nil, nil, err
	}
	texts := make([]string, len(columns))
	for i, col := range columns {
		names = append(names, col.name)
		texts[i] = col.name + "::text"
	}
	key, order := "instance_id", "1"
	switch table {
	case "instances":
		key = "id"
	case "events":
		order = "seq"
	case "executions":
		order = "created_at, id"
	}
	read, err := c.pool.Query(ctx, `SELECT ARRAY[`+strings.Join(texts, ", ")+`] FROM `+table+` WHERE `+key+` = $1 ORDER BY `+order, instance)
	if err != nil {
		return nil, nil, err
	}
	values, err := pgx.CollectRows(read, pgx.RowTo[[]*string])
	for _, row := range values {
		exprs := make([]string, len(row))
		for i, v := range row {
			exprs[i] = c.expression(columns[i].typ, v)
		}
		all = append(all, exprs)
	}
	return names, all, err
}

// expression is a value as SQL over a row c of clones.
func (c *copying) expression(typ string, v *string) string {
	switch {
	case v == nil:
		return "NULL::" + typ
	case strings.HasPrefix(typ, "timestamp"):
		return quote(*v) + "::timestamptz + c.shift"
	}
	text := idPattern.ReplaceAllStringFunc(*v, func(id string) string {
		if n, own := c.ids[id]; own {
			return fmt.Sprintf("%s%03x%s", idBegin, n, idEnd)
		}
		return id
	})
	e := quote(text)
	if strings.Contains(text, idBegin) {
		e = "replace(replace(" + e + ", " + quote(idBegin) + ", c.prefix), " + quote(idEnd) + ", c.suffix)"
	}
	times := timePattern.FindAllString(text, -1)
	slices.Sort(times)
	for _, at := range slices.Compact(times) {
		e = "replace(" + e + ", " + quote(at) + `, to_char((` + quote(at) + `::timestamptz + c.shift) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))`
	}
	for _, m := range marks {
		if strings.Contains(text, m[0]) {
			e = "replace(" + e + ", " + quote(m[0]) + ", " + m[1] + ")"
		}
	}
	return "(" + e + ")::" + typ
}

func quote(text string) string {
	if strings.Contains(text, `\`) {
		return `E'` + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(text) + `'`
	}
	return `'` + strings.ReplaceAll(text, `'`, `''`) + `'`
}

// insert writes the rows for each of clones, those of one instance together. $1
// is the number of the pattern. Of due rows only those that lie ahead are
// written: the others would have been fired.
func insert(table string, names []string, rows [][]string) string {
	values := make([]string, len(rows))
	for i, row := range rows {
		values[i] = "(" + strings.Join(row, ", ") + ")"
	}
	where := ""
	if table == "due" {
		where = " AND (v.frozen OR v.at > now())"
	}
	return "INSERT INTO " + table + " (" + strings.Join(names, ", ") + ") SELECT v.* FROM clones AS c, LATERAL (VALUES " +
		strings.Join(values, ", ") + ") AS v(" + strings.Join(names, ", ") + ") WHERE c.pattern = $1" + where
}
