-- Values that steps need and nobody should read.

-- +goose Up
-- A secret, sealed with a master key that is not in this database. The tenant,
-- the name and both rules are authenticated with the value: a row that is changed
-- here cannot be opened.
CREATE TABLE secrets (
    tenant_id   text        NOT NULL CHECK (tenant_id <> ''),
    name        text        NOT NULL CHECK (name ~ '^[A-Z][A-Z0-9_]{0,62}$'),
    -- Which master key sealed it: from a hash, so that it gives nothing away.
    key_id      text        NOT NULL CHECK (key_id <> ''),
    nonce       bytea       NOT NULL CHECK (octet_length(nonce) = 12),
    -- AES-256-GCM, with its tag of 16 bytes.
    ciphertext  bytea       NOT NULL CHECK (octet_length(ciphertext) BETWEEN 17 AND 65536),
    -- Whose steps may use it, and where it may go; * is any.
    definitions text[]      NOT NULL CHECK (cardinality(definitions) BETWEEN 1 AND 50),
    hosts       text[]      NOT NULL CHECK (cardinality(hosts) BETWEEN 1 AND 50),
    created_by  text        NOT NULL,
    created_at  timestamptz NOT NULL,
    updated_by  text        NOT NULL,
    updated_at  timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, name)
);

-- +goose Down
DROP TABLE secrets;
