-- Starts that happen once: of a workflow with `unique: running`, one instance
-- lives under each correlation id; of a request with an Idempotency-Key, the
-- first has an effect.

-- +goose Up

-- Set at the start and never again. The index leaves an instance when it ends,
-- so there is nothing to clear; rows of other definitions are not in it.
ALTER TABLE instances
    ADD COLUMN unique_running boolean NOT NULL DEFAULT false,
    ADD CHECK (NOT unique_running OR correlation_id IS NOT NULL);

CREATE UNIQUE INDEX instances_unique ON instances (tenant_id, definition_name, correlation_id)
    WHERE unique_running AND completed_at IS NULL;

-- A caller's own name for a request, written in the transaction of its effect.
CREATE TABLE idempotency_keys (
    tenant_id   text        NOT NULL,
    caller      text        NOT NULL,
    method      text        NOT NULL,
    path        text        NOT NULL,
    key         text        NOT NULL,
    body        text        NOT NULL, -- SHA-256 of what was asked for, in hex
    instance_id uuid        NOT NULL REFERENCES instances ON DELETE CASCADE, -- that was started or changed
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz, -- NULL: kept as long as the instance
    PRIMARY KEY (tenant_id, caller, method, path, key)
);

CREATE INDEX idempotency_keys_expired ON idempotency_keys (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX idempotency_keys_instance ON idempotency_keys (instance_id);

-- +goose Down

DROP TABLE idempotency_keys;
DROP INDEX instances_unique;
ALTER TABLE instances DROP COLUMN unique_running;
