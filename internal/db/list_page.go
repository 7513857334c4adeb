package db

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tandem/internal/engine"
)

// listing is a list that is paged by key. Its rows are found first, by their
// keys alone; only those of the page are read whole.
//
// What fits is gathered up to one more than engine.MaxTotal. When that is all
// there is, the page is cut out of it: whatever order the rows were found in
// and however few they are, nothing is looked at twice. Otherwise they are so
// many that reading in the order of the list soon fills a page. So no list
// depends on the database's guess of how many rows fit.
type listing[T, K any] struct {
	tenant  string // whose rows they are
	name    string // stands in cursors, so that one of another list is refused
	table   string // with its alias
	alias   string
	id      string // the column that tells rows apart; empty = "id"
	idType  string // empty = "uuid"
	among   string // the rows that it tells apart; empty = all of the table
	keys    string // the columns that id and order need
	with    string // joined for conditions
	join    string // joined for columns
	columns string
	conditions
	either []string // further conditions of which one must hold; nil = none
	apart  bool     // no row fits two of them
	least  []int    // how many rows fit each of either at the least; nil = unknown
	slices []string // conditions of which each row fits one: of each an index has the order of the list; nil = of all
	order  string

	offered bool // indexes of their own find the rows, in no order

	counted string   // selects the id of rows that fit beside the conditions, for counting; empty = all do
	paged   []string // conditions that say the same, for reading a page

	scan  pgx.RowToFunc[T]
	key   func(T) K
	after func(c *conditions, last K) // adds that a row comes after the key
	total int                         // counted at most; 0 = engine.MaxTotal
}

// listTimeout bounds the statements of a list, in milliseconds.
const listTimeout = 2000

// setting is one that the planner has for the statements of a list.
type setting struct{ name, value string }

var (
	// asList has it plan anew for what is asked, which what is right depends on,
	// and read whole tables where all of them is asked for.
	asList = []setting{{"statement_timeout", strconv.Itoa(listTimeout)}, {"plan_cache_mode", "force_custom_plan"}, {"enable_seqscan", "on"}}
	// alone has it start no helpers, which takes longer than few rows do.
	alone = []setting{{"max_parallel_workers_per_gather", "0"}}
	// oneByOne has it look matches up one by one.
	oneByOne = []setting{{"enable_hashjoin", "off"}, {"enable_mergejoin", "off"}}
	// unordered has it gather what an index finds before it looks at rows, in the
	// order in which they lie.
	unordered = []setting{{"enable_indexscan", "off"}}
)

// sqlSet sets them all for one transaction.
func sqlSet(settings []setting) string {
	var list []string
	for _, s := range settings {
		list = append(list, fmt.Sprintf("set_config('%s', '%s', true)", s.name, s.value))
	}
	return "SELECT " + strings.Join(list, ", ")
}

// fewRows is how many rows are few enough to be named one by one. A condition
// that fits no more of them is not looked for in the order of the list: that
// would be to read all of it.
const fewRows = 1000

// gathered tells what fits.
type gathered struct {
	n    int      // up to one more than are counted
	ids  []string // of the page, when n is all; otherwise of the alternatives that fit few
	walk []int    // the other alternatives, when n is not all
}

// page reads one page and counts the rows of all, up to the most that are
// counted. It returns engine.ErrTooBroad when that takes too long.
func (l *listing[T, K]) page(ctx context.Context, d *DB, p engine.Paging) (engine.Page[T], error) {
	page := engine.Page[T]{}
	limit, err := checkPaging(p)
	if err != nil {
		return page, err
	}
	if p.Cursor != "" {
		p.Offset = 0
	}
	page.Limit = limit
	if p.Most > 0 {
		l.total = p.Most
	}
	after := conditions{args: l.args[:len(l.args):len(l.args)]}
	if p.Cursor != "" {
		last, err := decodeCursor[K](l.name, p.Cursor)
		if err != nil {
			return page, err
		}
		l.after(&after, last)
	}
	found, err := l.gather(ctx, d, after, p.Offset, limit+1)
	if err != nil {
		return page, err
	}
	page.Total, page.TotalIsCapped = min(found.n, l.most()), found.n > l.most()
	if len(found.ids)+len(found.walk) == 0 {
		return page, nil
	}
	sql, args := l.reading(found, after, p.Offset, limit+1)
	batch := &pgx.Batch{}
	each(batch.Queue(sql, args...), l.scan, func(v T) { page.Items = append(page.Items, v) })
	if found.n <= l.most() { // by their keys
		err = d.listsOf(l.tenant).SendBatch(ctx, batch).Close()
	} else {
		err = askList(ctx, d.listsOf(l.tenant), batch, l.settings(true)...)
	}
	if err != nil {
		return engine.Page[T]{}, listError(ctx, l.name, err)
	}
	if len(page.Items) > limit {
		page.Items = page.Items[:limit]
		page.NextCursor = encodeCursor(l.name, l.key(page.Items[limit-1]))
	}
	return page, nil
}

// count counts the rows, up to one more than are told.
func (l *listing[T, K]) count(ctx context.Context, d *DB) (int, error) {
	found, err := l.gather(ctx, d, conditions{args: l.args}, 0, 0)
	return found.n, err
}

// gather finds what fits, and of the page that the other arguments describe the
// rows if that is all.
func (l *listing[T, K]) gather(ctx context.Context, d *DB, after conditions, offset, limit int) (found gathered, err error) {
	if slices.Max(append(l.least, 0)) > l.most() {
		return l.gatherRest(ctx, d, after, offset+limit)
	}
	sql, args := l.gathering(after, offset, limit)
	var counts []int
	batch := &pgx.Batch{}
	batch.Queue(sql, args...).QueryRow(func(row pgx.Row) error { return row.Scan(&found.n, &counts, &found.ids) })
	settings := l.settings(l.either == nil || l.apart)
	if l.offered && l.most() > engine.ShownTotal {
		settings = append(settings, unordered...)
	}
	if err := askList(ctx, d.listsOf(l.tenant), batch, settings...); err != nil {
		return found, listError(ctx, l.name, err)
	}
	if found.n <= l.most() {
		return found, nil
	}
	sum := 0
	if l.counted != "" { // of all alternatives together
		counts = slices.Repeat([]int{found.n}, len(orAll(l.either)))
	}
	for i, n := range counts {
		sum += n
		if n > l.few() || l.apart && sum > l.most() { // of the latter, none after it has been looked for
			found.walk = append(found.walk, i)
		}
	}
	return found, nil
}

// gatherRest is gather where it is known that all are too many to be counted:
// only what fits few has to be looked for.
func (l *listing[T, K]) gatherRest(ctx context.Context, d *DB, after conditions, limit int) (gathered, error) {
	rest, found := *l, gathered{n: l.most() + 1}
	rest.either, rest.least, rest.total = nil, nil, l.few()
	var places []int // of the rest
	for i, least := range l.least {
		if least > l.few() {
			found.walk = append(found.walk, i)
			continue
		}
		rest.either, places = append(rest.either, l.either[i]), append(places, i)
	}
	if len(places) == 0 {
		return found, nil
	}
	few, err := rest.gather(ctx, d, after, 0, limit)
	for _, i := range few.walk {
		found.walk = append(found.walk, places[i])
	}
	found.ids = few.ids
	return found, err
}

// atLeast tells how many rows fit the alternatives at the least.
func (l *listing[T, K]) atLeast(least []seen, of func(seen) int) {
	for _, s := range least {
		l.least = append(l.least, of(s))
	}
}

// settings are for statements of a list. Where few rows are wanted the planner may
// be told to look matches up one by one: what it would make tables of first has
// no bound. Where one of several conditions suffices, one that nothing fits would
// read all so.
func (l *listing[T, K]) settings(single bool) []setting {
	switch {
	case l.most() > engine.ShownTotal:
		return nil
	case single:
		return slices.Concat(alone, oneByOne)
	}
	return alone[:1:1]
}

// askList asks what looks for rows, in one transaction that is bounded in time.
func askList(ctx context.Context, of reading, asked *pgx.Batch, settings ...setting) error {
	batch := &pgx.Batch{}
	batch.Queue(sqlBegin)
	batch.Queue(sqlSet(slices.Concat(asList, settings)))
	batch.QueuedQueries = append(batch.QueuedQueries, asked.QueuedQueries...)
	batch.Queue(sqlCommit)
	return of.SendBatch(ctx, batch).Close()
}

func listError(ctx context.Context, name string, err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == codeQueryCanceled && ctx.Err() == nil {
		return engine.ErrTooBroad
	}
	return wrap("list "+name, err)
}

func (l *listing[T, K]) most() int {
	if l.total == 0 {
		return engine.MaxTotal
	}
	return l.total
}

// few is how many rows of one alternative are named, when all are too many.
func (l *listing[T, K]) few() int { return min(fewRows, l.most()) }

// named is the condition that the table's row is one of ids, which are texts.
func (l *listing[T, K]) named(ids string) string {
	condition := fmt.Sprintf("%s = ANY (%s::text[]::%s[])", l.rowID(), ids, cmp.Or(l.idType, "uuid"))
	if l.among != "" {
		condition += " AND " + l.among
	}
	return condition
}

func (l *listing[T, K]) rowID() string { return l.alias + "." + cmp.Or(l.id, "id") }

// gathering asks for what fits: how many, how many each alternative, and those
// that gathered tells of.
func (l *listing[T, K]) gathering(after conditions, offset, limit int) (string, []any) {
	alternatives, distinct := orAll(l.either), ""
	var parts []string
	end := fmt.Sprintf("LIMIT %d", l.most()+1)
	all := end
	rows := fmt.Sprintf("SELECT %%s* FROM hits AS %s", l.alias)
	if l.counted != "" {
		alternatives = []string{"(" + strings.Join(alternatives, " OR ") + ")"}
		row := fmt.Sprintf(" JOIN LATERAL (SELECT * FROM %s WHERE %s = f.id OFFSET 0) AS %s ON true", l.table, l.rowID(), l.alias)
		found := fmt.Sprintf("(%s) AS f", l.counted)
		if l.either == nil && len(l.where) == 1 { // nothing is asked of the row: those of the page alone are looked up
			parts = append(parts, "SELECT 0 AS k, f.id FROM "+found)
			rows = fmt.Sprintf("SELECT %%s %s FROM hits AS f%s", l.keys, row)
		} else {
			parts = append(parts, fmt.Sprintf("SELECT 0 AS k, %s FROM %s%s%s WHERE %s", l.keys, found, row, l.with, also(l.where, alternatives[0])))
		}
	} else {
		for i, one := range alternatives {
			part := l.part(fmt.Sprintf("%d AS k, %s", i, l.keys), one, nil)
			if len(alternatives) > 1 && !l.apart { // each may fit some that are few
				part, all = fmt.Sprintf("(%s %s)", part, end), ""
			}
			parts = append(parts, part)
		}
	}
	id, whole := l.rowID(), "(SELECT max(k) FROM counted)" // the last one was cut off
	if all == "" {
		distinct, whole = "DISTINCT ON ("+id+") ", fmt.Sprint(len(alternatives))
	}
	return used(fmt.Sprintf(`WITH hits AS MATERIALIZED (%s %s),
		counted AS MATERIALIZED (SELECT k, count(*)::int AS n FROM hits GROUP BY k),
		total AS MATERIALIZED (SELECT count(*)::int AS n FROM (SELECT %strue FROM hits AS %s) AS one)
		SELECT total.n, ARRAY(SELECT coalesce(c.n, 0) FROM generate_series(0, %d) AS g(k) LEFT JOIN counted AS c USING (k) ORDER BY g.k),
			CASE WHEN total.n <= %d THEN ARRAY(SELECT %s::text FROM (%s) AS %s %s)
			ELSE ARRAY(SELECT DISTINCT %s::text FROM hits AS %s JOIN counted AS c USING (k) WHERE c.n <= %d AND k < %s) END
		FROM total`,
		strings.Join(parts, " UNION ALL "), all, distinct, l.alias, len(alternatives)-1,
		l.most(), id, fmt.Sprintf(rows, distinct), l.alias, l.cut(after, offset, limit),
		id, l.alias, l.few(), whole), after.args)
}

// orAll gives conditions, or one that always holds.
func orAll(conditions []string) []string {
	if len(conditions) == 0 {
		return []string{"true"}
	}
	return conditions
}

// reading reads the rows of the page: those that were gathered, or the first of
// what has been named or is walked in the order of the list.
func (l *listing[T, K]) reading(found gathered, after conditions, offset, limit int) (string, []any) {
	c := conditions{where: after.where, args: after.args[:len(after.args):len(after.args)]}
	named := l.named(c.arg(found.ids))
	if len(found.walk) == 0 && found.n <= l.most() {
		return used(fmt.Sprintf("SELECT %s FROM %s%s WHERE %s ORDER BY %s", l.columns, l.table, l.join, named, l.order), c.args)
	}
	cut := l.cut(conditions{}, 0, offset+limit)
	var parts []string
	if len(found.ids) > 0 {
		parts = append(parts, fmt.Sprintf("(SELECT * FROM (SELECT %s FROM %s WHERE %s OFFSET 0) AS %s %s)", l.keys, l.table, also(c.where, named), l.alias, cut))
	}
	for _, i := range found.walk {
		for _, slice := range orAll(l.slices) {
			more := slices.Concat(c.where, l.paged, []string{slice})
			parts = append(parts, fmt.Sprintf("(%s %s)", l.part(l.keys, orAll(l.either)[i], more), cut))
		}
	}
	same := fmt.Sprintf("%s = page.%s", l.rowID(), cmp.Or(l.id, "id"))
	if l.among != "" {
		same += " AND " + l.among
	}
	// Row by row: of a table that has grown since its statistics were taken the
	// planner would read all.
	row := fmt.Sprintf("LATERAL (SELECT * FROM %s WHERE %s OFFSET 0) AS %s ON true", l.table, same, l.alias)
	return used(fmt.Sprintf(`WITH page AS MATERIALIZED (%s) SELECT %s FROM page JOIN %s%s ORDER BY %s LIMIT %d OFFSET %d`,
		strings.Join(parts, " UNION "), l.columns, row, l.join, l.order, limit, offset), c.args)
}

// cut is the end of a statement that gives part of a list in its order.
func (l *listing[T, K]) cut(after conditions, offset, limit int) string {
	where := ""
	if len(after.where) > 0 {
		where = "WHERE " + after.String() + " "
	}
	if l.order != "" {
		where += "ORDER BY " + l.order + " "
	}
	return fmt.Sprintf("%sLIMIT %d OFFSET %d", where, limit, offset)
}

// part finds what fits one alternative.
func (l *listing[T, K]) part(columns, one string, more []string) string {
	return fmt.Sprintf("SELECT %s FROM %s%s WHERE %s", columns, l.table, l.with, also(l.where, append([]string{one}, more...)...))
}

func also(where []string, more ...string) string {
	return strings.Join(append(where[:len(where):len(where)], more...), " AND ")
}

var placeholder = regexp.MustCompile(`\$[0-9]+`)

// used leaves out the parameters that a statement does not name: the database
// takes none whose type nothing tells.
func used(sql string, args []any) (string, []any) {
	var kept []any
	places := map[string]string{}
	sql = placeholder.ReplaceAllStringFunc(sql, func(old string) string {
		if places[old] == "" {
			n, _ := strconv.Atoi(old[1:])
			kept = append(kept, args[n-1])
			places[old] = fmt.Sprintf("$%d", len(kept))
		}
		return places[old]
	})
	return sql, kept
}
