package db

import (
	"context"
	"errors"
	"fmt"
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
	keys    string // the columns that id and order need
	on      string // finds a row of the page in the table; empty = by id
	with    string // joined for conditions
	join    string // joined for columns
	columns string
	conditions
	either []string // further conditions of which one must hold; nil = none
	apart  bool     // no row fits two of them
	order  string
	scan   pgx.RowToFunc[T]
	key    func(T) K
	after  func(c *conditions, last K) // adds that a row comes after the key
	total  int                         // counted at most; 0 = engine.MaxTotal
}

// listTimeout bounds the statements of a list, in milliseconds.
const listTimeout = 2000

var sqlListTimeout = fmt.Sprintf(`SET LOCAL statement_timeout = %d`, listTimeout)

// sqlOneByOne lets the planner look matches up one by one. Few are wanted, and
// what it would make tables of first has no bound. Where one of several
// conditions suffices, one that nothing fits would read all so.
const sqlOneByOne = `SELECT set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true), set_config('max_parallel_workers_per_gather', '0', true)`

// queueSettings bounds the statements that follow.
func (l *listing[T, K]) queueSettings(b *pgx.Batch) {
	b.Queue(sqlListTimeout)
	if l.most() <= engine.ShownTotal && (l.either == nil || l.apart) {
		b.Queue(sqlOneByOne)
	}
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
	sql, args, err := l.statement(p, limit)
	if err != nil {
		return page, err
	}
	found := 0
	batch := &pgx.Batch{}
	batch.Queue(sqlBegin)
	l.queueSettings(batch)
	each(batch.Queue(sql, args...), counted(l.scan, &found), func(v T) { page.Items = append(page.Items, v) })
	batch.Queue(sqlCommit)
	if err := d.listsOf(l.tenant).SendBatch(ctx, batch).Close(); err != nil {
		return engine.Page[T]{}, listError(ctx, l.name, err)
	}
	if len(page.Items) == 0 { // beyond the end, or there are none
		if found, err = l.count(ctx, d); err != nil {
			return engine.Page[T]{}, err
		}
	}
	page.Total, page.TotalIsCapped = min(found, l.most()), found > l.most()
	if len(page.Items) > limit {
		page.Items = page.Items[:limit]
		page.NextCursor = encodeCursor(l.name, l.key(page.Items[limit-1]))
	}
	return page, nil
}

func listError(ctx context.Context, name string, err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == codeQueryCanceled && ctx.Err() == nil {
		return engine.ErrTooBroad
	}
	return wrap("list "+name, err)
}

// same is the condition that a row of the table is one of the page.
func (l *listing[T, K]) same() string {
	if l.on != "" {
		return l.on
	}
	return fmt.Sprintf("%s.id = page.id", l.alias)
}

func (l *listing[T, K]) most() int {
	if l.total == 0 {
		return engine.MaxTotal
	}
	return l.total
}

// statement reads one row more than the page has, each after the number of all.
func (l *listing[T, K]) statement(p engine.Paging, limit int) (string, []any, error) {
	c := conditions{args: l.args[:len(l.args):len(l.args)]}
	if p.Cursor != "" {
		last, err := decodeCursor[K](l.name, p.Cursor)
		if err != nil {
			return "", nil, err
		}
		l.after(&c, last)
	}
	ordered := fmt.Sprintf("ORDER BY %s LIMIT %d", l.order, p.Offset+limit+1)
	sql := fmt.Sprintf(`WITH %s,
		page AS MATERIALIZED (
			(SELECT * FROM hits AS %s WHERE %s %s)
			UNION ALL
			(SELECT * FROM (%s) AS %s %s))
		SELECT (SELECT count(*) FROM hits), %s FROM page JOIN %s ON %s%s ORDER BY %s LIMIT %d OFFSET %d`,
		l.gathered(), l.alias, also(c.where, l.few("hits")), ordered,
		l.walked(c.where, ordered), l.alias, ordered,
		l.columns, l.table, l.same(), l.join, l.order, limit+1, p.Offset)
	return sql, c.args, nil
}

func also(where []string, more ...string) string {
	return strings.Join(append(where[:len(where):len(where)], more...), " AND ")
}

// few is the condition that what was gathered is all that there is.
func (l *listing[T, K]) few(gathered string) string {
	return fmt.Sprintf("(SELECT count(*) FROM %s) <= %d", gathered, l.most())
}

// gathered defines hits, the keys of what fits, and where there are alternatives
// hit0, hit1 and so on, what fits each: every one may have an index of its own.
func (l *listing[T, K]) gathered() string {
	end := fmt.Sprintf("LIMIT %d", l.most()+1)
	if len(l.either) < 2 {
		return fmt.Sprintf("hits AS MATERIALIZED (%s)", l.part(strings.Join(l.either, ""), nil, end))
	}
	var parts, names []string
	for i, one := range l.either {
		parts = append(parts, fmt.Sprintf("hit%d AS MATERIALIZED (%s)", i, l.part(one, nil, end)))
		names = append(names, fmt.Sprintf("SELECT * FROM hit%d", i))
	}
	return fmt.Sprintf("%s, hits AS MATERIALIZED (%s)", strings.Join(parts, ", "), l.union(names, end))
}

// walked finds the first of more rows than are gathered, in the order of the
// list. An alternative that few fit gives those few: to walk the list for them
// would be to read all of it.
func (l *listing[T, K]) walked(where []string, ordered string) string {
	many := "NOT " + l.few("hits")
	if len(l.either) < 2 {
		return l.part(strings.Join(l.either, ""), append(where[:len(where):len(where)], many), ordered)
	}
	var parts []string
	for i, one := range l.either {
		few := l.few(fmt.Sprintf("hit%d", i))
		parts = append(parts,
			fmt.Sprintf("(SELECT * FROM hit%d AS %s WHERE %s %s)", i, l.alias, also(where, many, few), ordered),
			l.part(one, append(where[:len(where):len(where)], many, "NOT "+few), ordered))
	}
	return l.union(parts, ordered)
}

// part finds the keys of what fits one alternative, "" for none.
func (l *listing[T, K]) part(one string, more []string, end string) string {
	where := append(l.where[:len(l.where):len(l.where)], more...)
	if one != "" {
		where = append(where, one)
	}
	return fmt.Sprintf("(SELECT %s FROM %s%s WHERE %s %s)", l.keys, l.table, l.with, also(where, "true"), end)
}

func (l *listing[T, K]) union(parts []string, end string) string {
	if l.apart { // the first that fill it are enough
		return fmt.Sprintf("SELECT * FROM (%s) AS %s %s", strings.Join(parts, " UNION ALL "), l.aliasOr("hit"), end)
	}
	return strings.Join(parts, " UNION ")
}

func (l *listing[T, K]) aliasOr(other string) string {
	if l.alias == "" {
		return other
	}
	return l.alias
}

// count counts the rows, up to one more than are told.
func (l *listing[T, K]) count(ctx context.Context, d *DB) (n int, err error) {
	batch := &pgx.Batch{}
	batch.Queue(sqlBegin)
	l.queueSettings(batch)
	batch.Queue(fmt.Sprintf("WITH %s SELECT count(*) FROM hits", l.gathered()), l.args...).QueryRow(func(row pgx.Row) error { return row.Scan(&n) })
	batch.Queue(sqlCommit)
	if err := d.listsOf(l.tenant).SendBatch(ctx, batch).Close(); err != nil {
		return 0, listError(ctx, l.name, err)
	}
	return n, nil
}

// counted scans a number before each row.
func counted[T any](scan pgx.RowToFunc[T], n *int) pgx.RowToFunc[T] {
	return func(row pgx.CollectableRow) (T, error) { return scan(countedRow{row, n}) }
}

type countedRow struct {
	pgx.CollectableRow
	n *int
}

// Scan implements pgx.CollectableRow.
func (r countedRow) Scan(to ...any) error { return r.CollectableRow.Scan(append([]any{r.n}, to...)...) }
