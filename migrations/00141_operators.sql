-- Indexes for what operators look at.

-- +goose Up

-- Decided tasks that had a due time, the latest first: how many were in time.
CREATE INDEX tasks_decided ON tasks (tenant_id, completed_at DESC) WHERE status = 'completed' AND due_at IS NOT NULL;

-- Deliveries that were given up. Few, unless somebody's server is gone.
CREATE INDEX deliveries_dead ON deliveries (subscription_id) WHERE status = 'dead';

-- +goose Down

DROP INDEX deliveries_dead, tasks_decided;
