-- Tasks know what their workflow is called: a list of one workflow's tasks is
-- read from its index alone.

-- +goose Up

-- Processes of an older version do not name it; while they are replaced, the
-- database does.
-- +goose StatementBegin
CREATE FUNCTION task_definition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT i.definition_name INTO NEW.definition_name FROM instances AS i WHERE i.id = NEW.instance_id;
    RETURN NEW;
END
$$;
-- +goose StatementEnd

ALTER TABLE tasks ADD COLUMN definition_name text; -- of the instance; it never changes
UPDATE tasks AS t SET definition_name = i.definition_name FROM instances AS i WHERE i.id = t.instance_id;
ALTER TABLE tasks ALTER COLUMN definition_name SET NOT NULL;

CREATE TRIGGER task_definition BEFORE INSERT ON tasks
    FOR EACH ROW WHEN (NEW.definition_name IS NULL) EXECUTE FUNCTION task_definition();

DROP INDEX tasks_listed;
CREATE INDEX tasks_listed ON tasks (tenant_id, status, (least(due_at, 'infinity'::timestamptz)), (-priority), created_at, id)
    INCLUDE (due_at, priority, instance_id, definition_name);

-- +goose Down

DROP INDEX tasks_listed;
CREATE INDEX tasks_listed ON tasks (tenant_id, status, (least(due_at, 'infinity'::timestamptz)), (-priority), created_at, id) INCLUDE (due_at, priority);
DROP TRIGGER task_definition ON tasks;
DROP FUNCTION task_definition();
ALTER TABLE tasks DROP COLUMN definition_name;
