-- Jobs for external workers: machine steps that programs of others fetch by
-- topic. A job is its execution; its lock is the lease, which ends by a due row
-- of kind 'lock'.

-- +goose Up

ALTER TABLE executions
    ADD COLUMN topic    text, -- NULL: done by a process of ours
    ADD COLUMN progress json, -- what the worker says of the attempt under way
    ADD CHECK (topic IS NULL OR type = 'machine');

-- The jobs that wait, by topic in the order in which they are given out. Few,
-- whatever the table holds; an execution without a topic is never in it.
CREATE INDEX executions_jobs ON executions (topic, created_at, id) WHERE topic IS NOT NULL AND status = 'scheduled';

-- +goose Down

DROP INDEX executions_jobs;
ALTER TABLE executions DROP COLUMN progress, DROP COLUMN topic;
