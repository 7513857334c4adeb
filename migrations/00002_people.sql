-- People, their groups, the tokens of their programs, and their browser
-- sessions. tenant_id stands in every key, so that one tenant never meets
-- another's names; the two secrets (a token's hash, a session's) are keys of
-- their own because they are what tells the tenant.

-- +goose Up

-- A person. Rows are disabled, never deleted: a login stands in the history of
-- instances and must always mean the same person.
CREATE TABLE users (
    tenant_id     text        NOT NULL CHECK (tenant_id <> ''),
    login         text        NOT NULL CHECK (login ~ '^[a-z][a-z0-9._-]{0,62}$'),
    name          text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    email         text        NOT NULL DEFAULT '' CHECK (char_length(email) <= 254),
    -- In argon2's own encoding. NULL: cannot sign in with a password.
    password_hash text        CHECK (password_hash LIKE '$argon2id$%'),
    roles         text[]      NOT NULL DEFAULT '{user}'
        CHECK (cardinality(roles) > 0 AND roles <@ '{admin,operator,author,auditor,user}'::text[]),
    created_at    timestamptz NOT NULL DEFAULT now(),
    -- Set: neither signs in nor acts by a token or an open session.
    disabled_at   timestamptz,
    PRIMARY KEY (tenant_id, login)
);

-- +goose StatementBegin
CREATE FUNCTION users_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a person is never deleted or renamed, because logins are never reused: set disabled_at instead'
        USING ERRCODE = 'restrict_violation';
END
$$;
-- +goose StatementEnd

CREATE TRIGGER users_stay_deleted BEFORE DELETE ON users
    FOR EACH ROW EXECUTE FUNCTION users_stay();
CREATE TRIGGER users_stay_renamed BEFORE UPDATE OF tenant_id, login ON users
    FOR EACH ROW WHEN (OLD.tenant_id <> NEW.tenant_id OR OLD.login <> NEW.login)
    EXECUTE FUNCTION users_stay();

-- A group that tasks can be offered to. It may be empty.
CREATE TABLE groups (
    tenant_id  text        NOT NULL CHECK (tenant_id <> ''),
    name       text        NOT NULL CHECK (name ~ '^[a-z][a-z0-9._-]{0,62}$'),
    title      text        NOT NULL CHECK (char_length(title) BETWEEN 1 AND 200),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, name)
);

-- Who belongs to which group. The key answers "which groups is this person in",
-- asked at every request; the index answers "who is in this group".
CREATE TABLE memberships (
    tenant_id  text NOT NULL,
    login      text NOT NULL,
    group_name text NOT NULL,
    PRIMARY KEY (tenant_id, login, group_name),
    FOREIGN KEY (tenant_id, login) REFERENCES users (tenant_id, login),
    FOREIGN KEY (tenant_id, group_name) REFERENCES groups (tenant_id, name)
);
CREATE INDEX memberships_by_group ON memberships (tenant_id, group_name, login);

-- A token with which a program acts for a person.
CREATE TABLE tokens (
    tenant_id    text        NOT NULL,
    id           uuid        NOT NULL,
    login        text        NOT NULL,
    label        text        NOT NULL CHECK (char_length(label) BETWEEN 1 AND 200),
    -- SHA-256 of the secret. The secret has 256 random bits, so a plain hash is
    -- enough; it is shown once and kept nowhere. Unique without the tenant: the
    -- secret is all that a caller sends.
    hash         bytea       NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
    -- NULL: all of the person's rights.
    scopes       text[]      CHECK (cardinality(scopes) > 0),
    created_at   timestamptz NOT NULL DEFAULT now(),
    -- NULL: until revoked.
    expires_at   timestamptz CHECK (expires_at > created_at),
    -- Exact to a minute, so that a busy token does not write at every call.
    last_used_at timestamptz,
    revoked_at   timestamptz,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, login) REFERENCES users (tenant_id, login)
);
CREATE INDEX tokens_by_login ON tokens (tenant_id, login, id);

-- Browser sessions, in the shape that scs's stores share (token, data, expiry).
CREATE TABLE sessions (
    -- SHA-256 of the cookie's value, base64url: a copy of the table opens no session.
    token    text        PRIMARY KEY,
    data     bytea       NOT NULL,
    -- When it ends unless it is used again: idle or absolute, whichever is sooner.
    expiry   timestamptz NOT NULL CHECK (expiry <= deadline),
    -- When it ends whatever happens.
    deadline timestamptz NOT NULL
);
CREATE INDEX sessions_by_expiry ON sessions (expiry);

-- +goose Down
DROP TABLE sessions, tokens, memberships, groups, users;
DROP FUNCTION users_stay;
