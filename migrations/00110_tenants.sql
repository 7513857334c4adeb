-- Tenants, their limits, and people who belong to several.

-- +goose Up

-- A house of its own on this server: people, workflows and data that no other
-- tenant sees. A limit of NULL is none.
CREATE TABLE tenants (
    tenant_id       text        PRIMARY KEY CHECK (tenant_id ~ '^[a-z][a-z0-9-]{0,62}$'),
    title           text        NOT NULL CHECK (char_length(title) BETWEEN 1 AND 200),
    max_live        integer     CHECK (max_live >= 0),        -- instances that have not ended
    max_starts      integer     CHECK (max_starts >= 0),      -- of instances, in a minute and a process
    max_definitions integer     CHECK (max_definitions >= 0), -- workflows, whatever their versions
    max_users       integer     CHECK (max_users >= 0),       -- accounts that are enabled
    max_storage     bigint      CHECK (max_storage >= 0),     -- bytes of attachments
    created_at      timestamptz NOT NULL DEFAULT now(),
    created_by      text        NOT NULL DEFAULT '',
    -- Set: nobody gets in and nothing is started; what runs goes on.
    deactivated_at  timestamptz,
    CHECK (tenant_id <> 'default' OR deactivated_at IS NULL)
);

INSERT INTO tenants (tenant_id, title)
SELECT 'default', 'Tandem' UNION SELECT tenant_id, tenant_id FROM users WHERE tenant_id <> 'default';

-- An account with a home is somebody of another tenant who is let in here: with
-- the login of his home, and roles and groups of this tenant. He signs in at
-- home, and what closes his account there closes this one.
ALTER TABLE users
    ADD COLUMN home_tenant text CHECK (home_tenant IS NULL OR home_tenant <> tenant_id AND password_hash IS NULL),
    ADD FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id),
    ADD FOREIGN KEY (home_tenant, login) REFERENCES users (tenant_id, login);
-- Answers at each request of somebody signed in where else he may go.
CREATE INDEX users_guests ON users (home_tenant, login) WHERE home_tenant IS NOT NULL;

-- +goose Down
ALTER TABLE users DROP COLUMN home_tenant, DROP CONSTRAINT users_tenant_id_fkey;
DROP TABLE tenants;
