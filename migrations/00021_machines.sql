-- What many processes on one database need to know of each other's work. The
-- jobs themselves lie in the schema river, which is River's own (00020).

-- +goose Up

-- The queue of the job that offers a scheduled step to other processes; NULL:
-- none does. The execution is the truth, the job only says where to look.
ALTER TABLE executions ADD COLUMN queue text CHECK (queue <> '');

-- Ready machine steps by queue, oldest first: ids ascend with time. A step with
-- a due time is in back-off and not ready.
DROP INDEX executions_scheduled;
CREATE INDEX executions_scheduled ON executions ((coalesce(queue, '')), id) WHERE status = 'scheduled' AND due_at IS NULL;

-- What a process tells of itself, for operators.
ALTER TABLE processes
    ADD COLUMN kind    text   NOT NULL DEFAULT '',
    ADD COLUMN version text   NOT NULL DEFAULT '',
    ADD COLUMN queues  text[] NOT NULL DEFAULT '{}';

-- +goose Down

ALTER TABLE processes DROP COLUMN kind, DROP COLUMN version, DROP COLUMN queues;
DROP INDEX executions_scheduled;
CREATE INDEX executions_scheduled ON executions (instance_id) WHERE status = 'scheduled';
ALTER TABLE executions DROP COLUMN queue;
