-- +goose Up
-- The server's own secret, made once for each database: it signs webhook
-- addresses and encrypts what must live before a login. Every process on the
-- database uses the same.
CREATE TABLE server_keys (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    key      bytea   NOT NULL CHECK (length(key) = 32)
);

-- +goose Down
DROP TABLE server_keys;
