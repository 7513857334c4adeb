-- What operators count and look for: completed instances by the hour, and those
-- that failed with one message.

-- +goose Up

ALTER TABLE counters DROP CONSTRAINT counters_figure_check;
ALTER TABLE counters ADD CONSTRAINT counters_figure_check CHECK (figure IN ('status', 'tasks', 'failure', 'took', 'hour'));

CREATE OR REPLACE VIEW countable WITH (security_invoker = true) AS
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
    UNION ALL
    SELECT 'hour', to_char(i.completed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24'), 1, 0 WHERE i.status = 'completed'
) AS f(figure, bucket, n, total);

-- Older hours nobody asks for.
INSERT INTO counters (tenant_id, definition_name, definition_version, figure, bucket, audience_key, node, lane, audience, n, total)
SELECT tenant_id, definition_name, definition_version, 'hour', to_char(completed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24'),
    coalesce(md5(audience::text), ''), '00000000-0000-0000-0000-000000000000', 0, audience, count(*), 0
FROM instances WHERE status = 'completed' AND completed_at >= now() - interval '26 hours'
GROUP BY tenant_id, definition_name, definition_version, 5, audience;

-- What a failed instance failed with, so far as it counts (workflow.MaxFailure).
-- A column and no index of an expression: under row security an index answers
-- only what cannot tell of hidden rows, and no function of a message is known to
-- be so.
ALTER TABLE instances ADD COLUMN failure_key text
    GENERATED ALWAYS AS (CASE WHEN status = 'failed' THEN md5(left(coalesce(error ->> 'message', ''), 200)) END) STORED;
CREATE INDEX instances_failure ON instances (tenant_id, failure_key, created_at DESC, id DESC) WHERE failure_key IS NOT NULL;

-- Operations, the latest first.
CREATE INDEX operations_newest ON operations (tenant_id, created_at DESC, id DESC);

-- +goose Down

DROP INDEX operations_newest, instances_failure;
ALTER TABLE instances DROP COLUMN failure_key;
DELETE FROM counters WHERE figure = 'hour';
CREATE OR REPLACE VIEW countable WITH (security_invoker = true) AS
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
ALTER TABLE counters DROP CONSTRAINT counters_figure_check;
ALTER TABLE counters ADD CONSTRAINT counters_figure_check CHECK (figure IN ('status', 'tasks', 'failure', 'took'));
