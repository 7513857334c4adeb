-- What people do with their accounts: links that set a password once, sessions
-- that can be listed and ended, tokens whose secret can be replaced.

-- +goose Up

-- A deleted account keeps its row, so that its login stays taken and history
-- keeps meaning the same person; who he was is wiped.
ALTER TABLE users
    ADD COLUMN lang       text NOT NULL DEFAULT '' CHECK (lang ~ '^([a-z]{2})?$'),
    ADD COLUMN deleted_at timestamptz,
    ADD CONSTRAINT users_deleted_is_closed CHECK (
        deleted_at IS NULL OR disabled_at IS NOT NULL AND password_hash IS NULL AND email = '');

-- A link that sets a password once: the invitation to an account, or the reset
-- of a lost password. One of purpose setup makes the first administrator and
-- names nobody. The secret stands in the address; here is its SHA-256.
CREATE TABLE account_links (
    hash       bytea       PRIMARY KEY CHECK (octet_length(hash) = 32),
    tenant_id  text        NOT NULL CHECK (tenant_id <> ''),
    login      text        CHECK ((login IS NULL) = (purpose = 'setup')),
    purpose    text        NOT NULL CHECK (purpose IN ('invite', 'reset', 'setup')),
    created_by text        NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > created_at),
    FOREIGN KEY (tenant_id, login) REFERENCES users (tenant_id, login)
);
-- A person has one open link: making another ends it.
CREATE UNIQUE INDEX account_links_one ON account_links (tenant_id, login);
CREATE INDEX account_links_by_expiry ON account_links (expires_at);

-- Sessions tell whose they are. Those from before cannot, and end.
DELETE FROM sessions;
ALTER TABLE sessions
    ADD COLUMN id         uuid        NOT NULL UNIQUE,
    ADD COLUMN tenant_id  text        NOT NULL CHECK (tenant_id <> ''),
    ADD COLUMN login      text        NOT NULL,
    ADD COLUMN created_at timestamptz NOT NULL DEFAULT now(),
    -- Exact to a minute, as the expiry is.
    ADD COLUMN used_at    timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN address    text        NOT NULL DEFAULT '' CHECK (char_length(address) <= 64),
    ADD COLUMN agent      text        NOT NULL DEFAULT '' CHECK (char_length(agent) <= 300),
    ADD FOREIGN KEY (tenant_id, login) REFERENCES users (tenant_id, login);
CREATE INDEX sessions_by_login ON sessions (tenant_id, login, id);

-- Rotation gives a token another secret; the one before it stays good for an
-- overlap, so that programs can be told one by one.
ALTER TABLE tokens
    ADD COLUMN created_by    text NOT NULL DEFAULT '',
    ADD COLUMN rotated_at    timestamptz,
    ADD COLUMN previous_hash bytea UNIQUE CHECK (octet_length(previous_hash) = 32),
    ADD COLUMN previous_until timestamptz,
    ADD CONSTRAINT tokens_previous_ends CHECK ((previous_hash IS NULL) = (previous_until IS NULL));

-- The scope admin becomes the things that it stood for.
UPDATE tokens SET scopes = ARRAY(
    SELECT DISTINCT CASE WHEN s LIKE 'admin%' THEN r || substr(s, 6) ELSE s END
    FROM unnest(scopes) s, unnest('{users,groups,tokens,tenants,audit}'::text[]) r ORDER BY 1)
WHERE scopes && '{admin,admin:read,admin:write}';

-- +goose Down
ALTER TABLE tokens DROP COLUMN created_by, DROP COLUMN rotated_at, DROP COLUMN previous_hash, DROP COLUMN previous_until;
DELETE FROM sessions;
ALTER TABLE sessions DROP COLUMN id, DROP COLUMN tenant_id, DROP COLUMN login, DROP COLUMN created_at,
    DROP COLUMN used_at, DROP COLUMN address, DROP COLUMN agent;
DROP TABLE account_links;
ALTER TABLE users DROP COLUMN lang, DROP COLUMN deleted_at;
