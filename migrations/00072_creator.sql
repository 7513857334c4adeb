-- Indexes that answer without looking at rows: what one person has started, by
-- state and definition, and which open tasks are late.

-- +goose Up

DROP INDEX instances_creator;
CREATE INDEX instances_creator ON instances (tenant_id, created_by, created_at, id) INCLUDE (definition_name, status);
DROP INDEX tasks_listed;
CREATE INDEX tasks_listed ON tasks (tenant_id, status, (coalesce(due_at, 'infinity'::timestamptz)), (-priority), created_at, id) INCLUDE (due_at, priority);

-- +goose Down

DROP INDEX tasks_listed;
CREATE INDEX tasks_listed ON tasks (tenant_id, status, (coalesce(due_at, 'infinity'::timestamptz)), (-priority), created_at, id);
DROP INDEX instances_creator;
CREATE INDEX instances_creator ON instances (tenant_id, created_by, created_at, id);
