-- What lists find instances by, and the indexes that keep lists fast.

-- +goose Up

-- The paths of the document's search: instances of the version have their
-- values in search_values.
ALTER TABLE definitions ADD COLUMN search text[] NOT NULL DEFAULT '{}';

-- The values of an instance's data at the paths that its definition names under
-- search, written with the data. Instances of other definitions have none. Of a
-- list every item has a row.
CREATE TABLE search_values (
    tenant_id   text    NOT NULL,
    instance_id uuid    NOT NULL,
    path        text    NOT NULL,
    idx         integer NOT NULL,             -- of all values of the instance
    value       text    NOT NULL COLLATE "C", -- at most 200 characters
    number      numeric,                      -- of a number that can be compared as one
    PRIMARY KEY (instance_id, path, idx),
    CHECK (length(value) <= 200)
);

CREATE INDEX search_values_value ON search_values (tenant_id, path, value, instance_id);
CREATE INDEX search_values_number ON search_values (tenant_id, path, number, instance_id) WHERE number IS NOT NULL;

-- The same values of data that has no rows, as workflow.SearchValues finds them.
-- +goose StatementBegin
CREATE FUNCTION search_values_of(data json, path text[]) RETURNS TABLE (value text, number numeric)
LANGUAGE sql IMMUTABLE AS $$
    SELECT left(e #>> '{}', 200) COLLATE "C",
        CASE WHEN json_typeof(e) = 'number' AND e #>> '{}' ~ '^-?[0-9]{1,60}(\.[0-9]{1,60})?([eE][+-]?[0-9]{1,2})?$' THEN (e #>> '{}')::numeric END
    FROM (SELECT e FROM json_array_elements(CASE WHEN json_typeof(data #> path) = 'array' THEN data #> path ELSE json_build_array(data #> path) END) AS e LIMIT 50) AS items
    WHERE json_typeof(e) IN ('string', 'number', 'boolean')
$$;
-- +goose StatementEnd

-- When a program last asked for jobs of a topic.
CREATE TABLE topics (
    tenant_id  text        NOT NULL,
    topic      text        NOT NULL,
    fetched_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, topic)
) WITH (fillfactor = 50);

-- Steps in back-off: few.
CREATE INDEX executions_retrying ON executions (instance_id) WHERE status = 'scheduled' AND due_at IS NOT NULL;

-- Instances of one definition in one state, newest first. Lists of a definition
-- ask for each state.
DROP INDEX instances_definition;
CREATE INDEX instances_definition_status ON instances (tenant_id, definition_name, status, created_at, id);

-- Every list of tasks is one of a status, in the order of the list.
CREATE INDEX tasks_listed ON tasks (tenant_id, status, (coalesce(due_at, 'infinity'::timestamptz)), (-priority), created_at, id);
DROP INDEX tasks_open;

-- Who could do an open task. What somebody could have done once the instance's
-- audience tells.
DROP INDEX tasks_candidate_groups;
CREATE INDEX tasks_candidate_groups ON tasks USING gin (candidate_groups) WITH (fastupdate = off) WHERE status = 'pending';
DROP INDEX tasks_anyone;
CREATE INDEX tasks_anyone ON tasks (tenant_id) WHERE anyone AND status = 'pending';
DROP INDEX tasks_assignee;
CREATE INDEX tasks_assignee ON tasks (tenant_id, assignee, status) WHERE assignee IS NOT NULL;

-- +goose Down

DROP INDEX tasks_assignee;
CREATE INDEX tasks_assignee ON tasks (tenant_id, assignee) WHERE assignee IS NOT NULL;
DROP INDEX tasks_anyone;
CREATE INDEX tasks_anyone ON tasks (tenant_id) WHERE anyone;
DROP INDEX tasks_candidate_groups;
CREATE INDEX tasks_candidate_groups ON tasks USING gin (candidate_groups);
CREATE INDEX tasks_open ON tasks (tenant_id, (coalesce(due_at, 'infinity'::timestamptz)), (-priority), created_at, id) WHERE status = 'pending';
DROP INDEX tasks_listed, instances_definition_status, executions_retrying;
CREATE INDEX instances_definition ON instances (tenant_id, definition_name, created_at, id);
DROP TABLE topics;
DROP FUNCTION search_values_of;
DROP TABLE search_values;
ALTER TABLE definitions DROP COLUMN search;
