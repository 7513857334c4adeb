-- Drafts: what a person has typed into a task's form without deciding it.

-- +goose Up

-- One for each task and person. It survives the task being given back; it goes
-- with the wait of the task, and is written only while the task waits: the
-- writer holds the task's row in share mode.
CREATE TABLE drafts (
    task_id   uuid        NOT NULL REFERENCES tasks ON DELETE CASCADE,
    tenant_id text        NOT NULL,
    person    text        NOT NULL,
    data      json        NOT NULL, -- the form's value as far as it goes; nothing is checked
    typed     text        NOT NULL, -- what was typed, form-encoded; '' when a program saved the draft
    saved_at  timestamptz NOT NULL,
    PRIMARY KEY (task_id, person),
    CHECK (octet_length(typed) <= 2097152)
);

-- +goose StatementBegin
CREATE FUNCTION drop_drafts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM drafts WHERE task_id = NEW.id;
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER tasks_drop_drafts AFTER UPDATE OF status ON tasks
    FOR EACH ROW WHEN (OLD.status = 'pending' AND NEW.status <> 'pending') EXECUTE FUNCTION drop_drafts();

-- +goose Down

DROP TRIGGER tasks_drop_drafts ON tasks;
DROP FUNCTION drop_drafts;
DROP TABLE drafts;
