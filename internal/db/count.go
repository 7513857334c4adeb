package db

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// Counters are kept by the transaction that changes an instance. What the
// members of a batch change is added up by the statement, which leaves out
// those that were not written; so a batch writes one row for each bucket that
// it touches, whatever its size. Rows are of this process and of a lane that no
// other batch under way has, and written in the order of their keys.
//
// $1 to $4 are the changes, each with the place of its key in $5 and those
// after it, from 1; $11 and $12 are the process and the lane.
const sqlCount = `INSERT INTO counters AS c (tenant_id, definition_name, definition_version, figure, bucket, audience, audience_key, node, lane, n, total)
	SELECT ($5::text[])[g.k], ($6::text[])[g.k], ($7::text[])[g.k], ($8::text[])[g.k], ($9::text[])[g.k],
		(($10::text[])[g.k])::text[], coalesce(md5((($10::text[])[g.k])::text[]::text), ''), $11::uuid, $12::smallint, g.n, g.total
	FROM (SELECT x.k, sum(x.n)::bigint AS n, sum(x.total)::bigint AS total
		FROM unnest($1::uuid[], $2::int4[], $3::int8[], $4::int8[]) AS x(instance_id, k, n, total)
		WHERE ` + rowsOfStale + ` GROUP BY x.k) AS g
	WHERE g.n <> 0 OR g.total <> 0 ORDER BY g.k
	ON CONFLICT (tenant_id, definition_name, definition_version, figure, bucket, audience_key, node, lane)
		DO UPDATE SET n = c.n + excluded.n, total = c.total + excluded.total`

// bucketKey is the place of a count.
type bucketKey struct {
	tenant         string
	definition     workflow.Ref
	figure, bucket string
	audience       string // as in workflow.Standing
}

func (k bucketKey) compare(o bucketKey) int {
	return cmp.Or(cmp.Compare(k.tenant, o.tenant), cmp.Compare(k.definition.Name, o.definition.Name),
		cmp.Compare(k.definition.Version, o.definition.Version), cmp.Compare(k.figure, o.figure),
		cmp.Compare(k.bucket, o.bucket), cmp.Compare(k.audience, o.audience))
}

// change is what one instance changes in one bucket.
type change struct {
	instance uuid.UUID
	key      bucketKey
	n, total int64
}

// tally collects what a batch changes in counters.
type tally struct{ changes []change }

// add notes that an instance has left one standing for another.
func (c *tally) add(instance uuid.UUID, was, is workflow.Standing) {
	if was == is {
		return
	}
	c.side(instance, was, -1)
	c.side(instance, is, +1)
}

func (c *tally) side(instance uuid.UUID, s workflow.Standing, sign int64) {
	for _, count := range s.Counts() {
		key := bucketKey{tenant: s.Tenant, definition: s.Definition, figure: count.Figure, bucket: count.Bucket, audience: s.Audience}
		c.one(change{instance, key, sign * int64(count.N), sign * count.Total})
	}
}

// one adds a change; the other side of the same instance may undo it.
func (c *tally) one(next change) {
	for i := len(c.changes) - 1; i >= 0 && c.changes[i].instance == next.instance; i-- {
		if c.changes[i].key != next.key {
			continue
		}
		c.changes[i].n += next.n
		c.changes[i].total += next.total
		if c.changes[i].n == 0 && c.changes[i].total == 0 {
			c.changes = slices.Delete(c.changes, i, i+1)
		}
		return
	}
	c.changes = append(c.changes, next)
}

// args gives the parameters of sqlCount but for process and lane; nil when
// nothing changes.
func (c *tally) args() []any {
	if len(c.changes) == 0 {
		return nil
	}
	places := map[bucketKey]int{}
	for _, ch := range c.changes {
		places[ch.key] = 0
	}
	var rows [10]column
	for i, k := range slices.SortedFunc(maps.Keys(places), bucketKey.compare) {
		places[k] = i + 1
		rows[4].text(k.tenant)
		rows[5].text(k.definition.Name)
		rows[6].text(k.definition.Version)
		rows[7].text(k.figure)
		rows[8].text(k.bucket)
		rows[9].words(workflow.Standing{Audience: k.audience}.Groups())
	}
	for _, ch := range c.changes {
		rows[0].id(ch.instance)
		rows[1].int32(places[ch.key])
		rows[2].int64(ch.n)
		rows[3].int64(ch.total)
	}
	args := make([]any, len(rows))
	for i := range rows {
		args[i] = &rows[i]
	}
	return args
}

// lane takes a lane that no batch of this process has; give gives it back.
func (d *DB) lane(ctx context.Context) (lane int16, give func(), err error) {
	select {
	case lane = <-d.lanes:
		return lane, func() { d.lanes <- lane }, nil
	case <-ctx.Done():
		return 0, nil, ctx.Err()
	}
}

// newLanes makes as many lanes as there may be batches under way.
func newLanes(n int) chan int16 {
	lanes := make(chan int16, n)
	for i := range n {
		lanes <- int16(i)
	}
	return lanes
}
