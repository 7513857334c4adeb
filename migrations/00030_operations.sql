-- Verbs for many instances at once.

-- +goose Up

-- One verb for many instances. A process holds it by a lease that it renews with
-- every batch; when it falls silent another takes it up where it stands.
CREATE TABLE operations (
    id          uuid        NOT NULL PRIMARY KEY,
    tenant_id   text        NOT NULL,
    action      text        NOT NULL,
    params      json        NOT NULL, -- reason, version, names of steps
    actor       json        NOT NULL, -- who asked for it, with the rights of that moment
    status      text        NOT NULL,
    total       integer     NOT NULL,
    done        integer     NOT NULL DEFAULT 0, -- instances that it was done to
    failed      integer     NOT NULL DEFAULT 0, -- instances that refused it
    errors      json,                           -- the first refusals
    takes       integer     NOT NULL DEFAULT 0, -- how often a process has taken it up
    lease_owner uuid,
    lease_until timestamptz,
    created_by  text        NOT NULL,
    created_at  timestamptz NOT NULL,
    finished_at timestamptz,
    CHECK (status IN ('running', 'canceling', 'completed', 'canceled')),
    CHECK ((status IN ('completed', 'canceled')) = (finished_at IS NOT NULL)),
    CHECK (done >= 0 AND failed >= 0 AND done + failed <= total)
) WITH (fillfactor = 70);

CREATE INDEX operations_open ON operations (created_at) WHERE finished_at IS NULL;
CREATE INDEX operations_finished ON operations (finished_at) WHERE finished_at IS NOT NULL;

-- The instances that an operation has yet to come to: a row goes with the outcome
-- that is counted, so each is counted once.
CREATE TABLE operation_items (
    operation_id uuid NOT NULL REFERENCES operations ON DELETE CASCADE,
    instance_id  uuid NOT NULL,
    PRIMARY KEY (operation_id, instance_id)
);

-- +goose Down

DROP TABLE operation_items, operations;
