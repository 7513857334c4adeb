-- The index of task lists answers below policies as well.

-- +goose Up

-- coalesce() is not among what a policy lets an index answer; least() is, and
-- passes over NULL like it.
DROP INDEX tasks_listed;
CREATE INDEX tasks_listed ON tasks (tenant_id, status, (least(due_at, 'infinity'::timestamptz)), (-priority), created_at, id) INCLUDE (due_at, priority);

-- +goose Down

DROP INDEX tasks_listed;
CREATE INDEX tasks_listed ON tasks (tenant_id, status, (coalesce(due_at, 'infinity'::timestamptz)), (-priority), created_at, id) INCLUDE (due_at, priority);
