-- Retention: when a finished instance may be deleted with all its rows.
--
-- The time is set when an instance ends, by its definition's retention. It is
-- NULL while the instance lives and when nothing limits how long it is kept, so
-- the index holds only what will go, and begins with what goes first.

-- +goose Up

ALTER TABLE instances
    ADD COLUMN expires_at timestamptz,
    ADD CHECK (expires_at IS NULL OR completed_at IS NOT NULL);

CREATE INDEX instances_expiry ON instances (expires_at) WHERE expires_at IS NOT NULL;

-- +goose Down

DROP INDEX instances_expiry;
ALTER TABLE instances DROP COLUMN expires_at;
