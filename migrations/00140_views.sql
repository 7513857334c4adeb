-- Lists that people keep under a name.

-- +goose Up

-- A filter of the list of instances, as it stands in the address. A shared one is
-- offered to everybody of the tenant; what they see through it is theirs.
CREATE TABLE saved_views (
    tenant_id  text        NOT NULL,
    id         uuid        NOT NULL,
    login      text        NOT NULL, -- whose it is
    name       text        NOT NULL CHECK (name <> '' AND length(name) <= 80),
    query      text        NOT NULL CHECK (length(query) <= 4000),
    shared     boolean     NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, login, name),
    FOREIGN KEY (tenant_id, login) REFERENCES users
);

CREATE INDEX saved_views_shared ON saved_views (tenant_id, name) WHERE shared;

-- +goose Down

DROP TABLE saved_views;
