-- Groups, lists of items, workflows inside workflows, retries.
--
-- A step that runs once for each item of a list may have ten thousand live
-- executions. A decision loads those that it changes, so the indexes that serve
-- it leave items out, and items are found by what holds them.

-- +goose Up

ALTER TABLE instances
    ADD COLUMN parent_instance  uuid,
    ADD COLUMN parent_execution uuid, -- the step that started it
    ADD COLUMN depth            integer NOT NULL DEFAULT 0, -- how many workflows stand above it
    ADD CHECK ((parent_instance IS NULL) = (parent_execution IS NULL)),
    ADD CHECK (depth >= 0);

CREATE INDEX instances_parent ON instances (parent_instance) WHERE parent_instance IS NOT NULL;

ALTER TABLE executions
    ADD COLUMN role     text, -- in a for_each: what holds the items, or one of them
    ADD COLUMN child    uuid, -- the instance that a workflow step started
    ADD COLUMN failures integer NOT NULL DEFAULT 0, -- attempts that failed since the step began or was retried by hand
    ADD CHECK (role IN ('each', 'item')),
    ADD CHECK (role IS DISTINCT FROM 'item' OR scope IS NOT NULL);

DROP INDEX executions_live, executions_done;
CREATE INDEX executions_live ON executions (instance_id) WHERE live AND role IS DISTINCT FROM 'item';
CREATE INDEX executions_done ON executions (instance_id, step, visit DESC) WHERE NOT live AND role IS DISTINCT FROM 'item';
-- What lies inside a group or a list, and one item by its index.
CREATE INDEX executions_scope ON executions (instance_id, scope, idx) WHERE scope IS NOT NULL;

ALTER TABLE tasks
    ADD COLUMN item        boolean NOT NULL DEFAULT false, -- of a for_each
    ADD COLUMN reminder_at timestamptz;

CREATE INDEX tasks_live ON tasks (instance_id) WHERE completed_at IS NULL AND NOT item;
CREATE INDEX tasks_item ON tasks (execution_id) WHERE item;

-- A row of kind 'send' carries a command for an instance, which need not exist
-- yet: so no foreign key.
ALTER TABLE due
    DROP CONSTRAINT due_instance_id_fkey,
    ADD COLUMN item    boolean NOT NULL DEFAULT false,
    ADD COLUMN payload json;

DROP INDEX due_instance;
CREATE INDEX due_instance ON due (instance_id, item);
CREATE INDEX due_item ON due (execution_id) WHERE item;

-- The process that decided.
ALTER TABLE events ADD COLUMN node uuid;

-- +goose Down

ALTER TABLE events DROP COLUMN node;
DROP INDEX due_item, due_instance;
DELETE FROM due WHERE instance_id NOT IN (SELECT id FROM instances);
ALTER TABLE due DROP COLUMN payload, DROP COLUMN item,
    ADD CONSTRAINT due_instance_id_fkey FOREIGN KEY (instance_id) REFERENCES instances ON DELETE CASCADE;
CREATE INDEX due_instance ON due (instance_id);
DROP INDEX tasks_item, tasks_live;
ALTER TABLE tasks DROP COLUMN reminder_at, DROP COLUMN item;
DROP INDEX executions_scope, executions_done, executions_live;
ALTER TABLE executions DROP COLUMN failures, DROP COLUMN child, DROP COLUMN role;
CREATE INDEX executions_live ON executions (instance_id) WHERE live;
CREATE INDEX executions_done ON executions (instance_id, step, visit DESC) WHERE NOT live;
DROP INDEX instances_parent;
ALTER TABLE instances DROP COLUMN depth, DROP COLUMN parent_execution, DROP COLUMN parent_instance;
