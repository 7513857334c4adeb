-- Second factors: a person proves by a code of an app, beside the password, who
-- he is.

-- +goose Up

-- The time-based codes (RFC 6238) of one person. One that is not confirmed is
-- being set up and asks for nothing.
CREATE TABLE second_factors (
    tenant_id    text        NOT NULL,
    login        text        NOT NULL,
    -- The secret that the app shares, sealed by a master key of secrets: a copy
    -- of the table makes no codes.
    key_id       text        NOT NULL,
    nonce        bytea       NOT NULL,
    ciphertext   bytea       NOT NULL,
    created_at   timestamptz NOT NULL,
    confirmed_at timestamptz,
    -- Number of the half minute since 1970 of the last code that was taken. Codes
    -- of it and of those before are refused, so that nobody uses one again.
    last_step    bigint      NOT NULL DEFAULT 0 CHECK (last_step >= 0),
    -- Codes for a lost app, each good once: SHA-256 of salt and code.
    salt         bytea       NOT NULL,
    recovery     bytea[]     NOT NULL DEFAULT '{}' CHECK (cardinality(recovery) <= 10),
    PRIMARY KEY (tenant_id, login),
    FOREIGN KEY (tenant_id, login) REFERENCES users (tenant_id, login)
);

-- +goose Down
DROP TABLE second_factors;
