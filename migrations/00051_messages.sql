-- Messages, those who wait for them, and starts by the clock.

-- +goose Up

-- A message that nobody waits for yet. Whoever takes one holds an advisory lock
-- on its name and key, and deletes it with the wait that it is for.
CREATE TABLE messages (
    id         uuid        NOT NULL PRIMARY KEY, -- in the order of sending
    tenant_id  text        NOT NULL,
    name       text        NOT NULL,
    key        text        NOT NULL,
    data       json,
    sent_by    text        NOT NULL,
    sent_at    timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE INDEX messages_key ON messages (tenant_id, name, key, id);
CREATE INDEX messages_expired ON messages (expires_at);

-- A step that waits for a message: written and removed with the transition in
-- which its wait begins and ends, or removed with the message that it gets.
CREATE TABLE message_waits (
    execution_id uuid        NOT NULL PRIMARY KEY,
    instance_id  uuid        NOT NULL REFERENCES instances ON DELETE CASCADE,
    attempt      integer     NOT NULL, -- of the execution
    tenant_id    text        NOT NULL,
    name         text        NOT NULL,
    key          text        NOT NULL,
    since        timestamptz NOT NULL
);

CREATE INDEX message_waits_key ON message_waits (tenant_id, name, key, since, execution_id);
CREATE INDEX message_waits_instance ON message_waits (instance_id);

ALTER TABLE definitions ADD COLUMN start_on text; -- the message that starts it
CREATE INDEX definitions_start_on ON definitions (tenant_id, start_on, name) WHERE start_on IS NOT NULL;

-- The schedules of the latest release of each definition.
CREATE TABLE schedules (
    tenant_id          text        NOT NULL,
    definition_name    text        NOT NULL,
    idx                integer     NOT NULL, -- in the document
    definition_version text        NOT NULL,
    cron               text        NOT NULL,
    zone               text        NOT NULL,
    overlap            text        NOT NULL,
    catch_up           integer     NOT NULL,
    next_at            timestamptz,          -- NULL: no time comes any more
    queued_at          timestamptz,          -- a time whose start waits for the end of the last
    look_at            timestamptz,          -- when it is claimed next, or when the claim of a process ends
    last_at            timestamptz,
    last_instance      uuid,
    last_error         text,
    PRIMARY KEY (tenant_id, definition_name, idx),
    CHECK (overlap IN ('skip', 'queue', 'allow'))
);

CREATE INDEX schedules_look ON schedules (look_at) WHERE look_at IS NOT NULL;

-- +goose Down

DROP TABLE schedules;
DROP INDEX definitions_start_on;
ALTER TABLE definitions DROP COLUMN start_on;
DROP TABLE message_waits, messages;
