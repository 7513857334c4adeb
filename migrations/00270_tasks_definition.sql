-- Tasks know what their workflow is called: a list of one workflow's tasks is
-- read from its index alone.

-- +goose Up

ALTER TABLE tasks ADD COLUMN definition_name text; -- of the instance; it never changes
UPDATE tasks AS t SET definition_name = i.definition_name FROM instances AS i WHERE i.id = t.instance_id;
ALTER TABLE tasks ALTER COLUMN definition_name SET NOT NULL;

DROP INDEX tasks_listed;
CREATE INDEX tasks_listed ON tasks (tenant_id, status, (least(due_at, 'infinity'::timestamptz)), (-priority), created_at, id)
    INCLUDE (due_at, priority, instance_id, definition_name);

-- +goose Down

DROP INDEX tasks_listed;
CREATE INDEX tasks_listed ON tasks (tenant_id, status, (least(due_at, 'infinity'::timestamptz)), (-priority), created_at, id) INCLUDE (due_at, priority);
ALTER TABLE tasks DROP COLUMN definition_name;
