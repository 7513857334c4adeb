-- Counters, so that the dashboard need not count a million instances, and what
-- they and lists go by: the groups that see an instance for its tasks.

-- +goose Up

-- The candidate groups of all its tasks, of those that have ended too, in order;
-- '' stands for everybody. NULL: none. It follows from state.
ALTER TABLE instances ADD COLUMN audience text[];

WITH offered AS (
        SELECT t.instance_id, g.name, count(*) AS n
        FROM tasks AS t, LATERAL (SELECT unnest(t.candidate_groups) UNION ALL SELECT '' WHERE t.anyone) AS g(name)
        GROUP BY t.instance_id, g.name),
    groups AS (
        SELECT instance_id, array_agg(name ORDER BY name COLLATE "C") AS audience, jsonb_object_agg(name, n) AS counts
        FROM offered GROUP BY instance_id),
    open AS (SELECT instance_id, count(*) AS n FROM tasks WHERE status = 'pending' GROUP BY instance_id)
UPDATE instances AS i SET audience = g.audience,
    state = (i.state::jsonb || jsonb_build_object('tasks', jsonb_strip_nulls(jsonb_build_object('o', o.n, 'g', g.counts))))::json
FROM (SELECT DISTINCT instance_id FROM tasks) AS t
LEFT JOIN groups AS g USING (instance_id) LEFT JOIN open AS o USING (instance_id)
WHERE i.id = t.instance_id AND (g.instance_id IS NOT NULL OR o.instance_id IS NOT NULL);

CREATE INDEX instances_audience ON instances USING gin (audience) WITH (fastupdate = off) WHERE audience IS NOT NULL;

-- How many instances stand in each bucket of a figure. Every process adds to
-- rows of its own, one set for each batch that it may have under way, in the
-- transaction that changes an instance: nobody waits for another's row. What a
-- bucket holds is the sum over node and lane; a single row may be negative.
-- Rows of processes that have gone are added up under the zero id.
CREATE TABLE counters (
    tenant_id          text     NOT NULL,
    definition_name    text     NOT NULL,
    definition_version text     NOT NULL,
    figure             text     NOT NULL,
    bucket             text     NOT NULL COLLATE "C",
    audience_key       text     NOT NULL, -- MD5 of the audience: a long one fits no index; '' without one
    node               uuid     NOT NULL,
    lane               smallint NOT NULL,
    audience           text[],
    n                  bigint   NOT NULL,
    total              bigint   NOT NULL, -- of took: microseconds
    PRIMARY KEY (tenant_id, definition_name, definition_version, figure, bucket, audience_key, node, lane),
    CHECK (figure IN ('status', 'tasks', 'failure', 'took')),
    CHECK ((audience_key = '') = (audience IS NULL))
) WITH (fillfactor = 50);

-- Slots of durations no wider than an eighth of what lies in them.
-- +goose StatementBegin
CREATE FUNCTION took_slot(us bigint) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN us < 8 THEN greatest(us, 0)::integer
        ELSE 8 * (length(b) - 4) + (us >> (length(b) - 4))::integer END
    FROM ltrim(us::bit(64)::text, '0') AS b
$$;
-- +goose StatementEnd

-- What the counters must add up to: one row for each bucket that an instance
-- stands in.
CREATE VIEW countable AS
SELECT i.id AS instance_id, i.tenant_id, i.definition_name, i.definition_version, i.audience, f.figure, f.bucket, f.n, f.total
FROM instances AS i, LATERAL (
    SELECT 'status', i.status, 1::bigint, 0::bigint
    UNION ALL
    SELECT 'tasks', 'open', count(*), 0 FROM tasks AS t
        WHERE t.instance_id = i.id AND t.completed_at IS NULL HAVING count(*) > 0
    UNION ALL
    SELECT 'failure', left(coalesce(i.error ->> 'step', ''), 200) || E'\n' || left(coalesce(i.error ->> 'message', ''), 200), 1, 0
        WHERE i.status = 'failed'
    UNION ALL
    SELECT 'took', to_char(i.completed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD ') || coalesce(lpad(took_slot(x.us)::text, 3, '0'), '-'), 1, coalesce(greatest(x.us, 0), 0)
        FROM (SELECT (extract(epoch FROM i.completed_at - i.started_at) * 1000000)::bigint AS us) AS x WHERE i.status = 'completed'
) AS f(figure, bucket, n, total);

INSERT INTO counters (tenant_id, definition_name, definition_version, figure, bucket, audience_key, node, lane, audience, n, total)
SELECT tenant_id, definition_name, definition_version, figure, bucket, coalesce(md5(audience::text), ''),
    '00000000-0000-0000-0000-000000000000', 0, audience, sum(n), sum(total)
FROM countable GROUP BY tenant_id, definition_name, definition_version, figure, bucket, audience;

-- +goose Down

DROP VIEW countable;
DROP FUNCTION took_slot;
DROP TABLE counters;
DROP INDEX instances_audience;
ALTER TABLE instances DROP COLUMN audience;
UPDATE instances SET state = (state::jsonb - 'tasks')::json WHERE state::jsonb ? 'tasks';
