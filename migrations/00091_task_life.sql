-- What people do with a task beside deciding it: delegate it, comment on it, and
-- stand in for each other.

-- +goose Up

ALTER TABLE tasks
    ADD COLUMN acts_for text, -- in whose place the assignee claimed or decided it
    ADD COLUMN owner    text, -- who delegated it to the assignee, and decides
    ADD COLUMN proposal json, -- of somebody to whom it was delegated
    ADD CHECK (owner IS NULL OR assignee IS NOT NULL);

-- Few tasks are delegated at a time: their owners see them.
CREATE INDEX tasks_owner ON tasks (tenant_id, owner) WHERE owner IS NOT NULL;

CREATE TABLE comments (
    tenant_id   text        NOT NULL,
    id          uuid        NOT NULL,
    instance_id uuid        NOT NULL REFERENCES instances ON DELETE CASCADE,
    task_id     uuid        NOT NULL,
    author      text        NOT NULL,
    text        text        NOT NULL CHECK (text <> ''),
    at          timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE INDEX comments_task ON comments (task_id, at, id);
CREATE INDEX comments_instance ON comments (instance_id);

-- Who stands in for whom, and when. A substitute may decide what the other could
-- decide, in addition to what is his own.
CREATE TABLE substitutes (
    tenant_id  text        NOT NULL,
    id         uuid        NOT NULL,
    login      text        NOT NULL, -- who is away
    substitute text        NOT NULL,
    from_at    timestamptz NOT NULL,
    until_at   timestamptz NOT NULL,
    created_by text        NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, login) REFERENCES users,
    FOREIGN KEY (tenant_id, substitute) REFERENCES users,
    CHECK (login <> substitute),
    CHECK (from_at < until_at)
);

CREATE INDEX substitutes_of ON substitutes (tenant_id, substitute, until_at);
CREATE INDEX substitutes_for ON substitutes (tenant_id, login, until_at);

-- +goose Down

DROP TABLE substitutes, comments;
ALTER TABLE tasks DROP COLUMN proposal, DROP COLUMN owner, DROP COLUMN acts_for;
