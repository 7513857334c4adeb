-- Versions of definitions that were deleted.

-- +goose Up

-- The document is gone; its hash stays, so that the same name and version never
-- come to mean something else: to people, in the audit, and in the caches of
-- processes. The same content may be stored again.
CREATE TABLE deleted_versions (
    tenant_id  text        NOT NULL,
    name       text        NOT NULL,
    version    text        NOT NULL,
    hash       text        NOT NULL, -- as in definitions
    deleted_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, name, version)
);

-- +goose Down

DROP TABLE deleted_versions;
