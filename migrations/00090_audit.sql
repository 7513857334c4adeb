-- The audit: who did, or tried to do, what. It is kept for ever, whatever
-- becomes of the things that it tells of.

-- +goose Up

-- One line for each change by a person or in a person's place, written in the
-- transaction of the change, and one for each refused attempt.
CREATE TABLE audit (
    tenant_id   text        NOT NULL,
    seq         bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    at          timestamptz NOT NULL,
    actor       text        NOT NULL, -- login, or 'system:…'; '' when nobody was signed in
    caller      text,                 -- who really called, when a token acted as the actor
    via         text        NOT NULL, -- session, token, link, system; '' when nobody was signed in
    token_id    text,
    address     text,                 -- IP that it came from
    request_id  text,
    action      text        NOT NULL, -- as 'task.complete'
    object      text        NOT NULL, -- the sort of thing that it was done to
    object_id   text        NOT NULL,
    instance_id uuid,                 -- that the thing belongs to; outlives the instance, so no reference
    definition  text,
    refused     text,                 -- code of the refusal; NULL: it was done
    reason      text,
    before      json,
    after       json,
    PRIMARY KEY (tenant_id, seq)
);

CREATE INDEX audit_actor ON audit (tenant_id, actor, seq);
CREATE INDEX audit_instance ON audit (tenant_id, instance_id, seq) WHERE instance_id IS NOT NULL;
CREATE INDEX audit_object ON audit (tenant_id, object_id, seq) WHERE instance_id IS NULL;
CREATE INDEX audit_refused ON audit (tenant_id, seq) WHERE refused IS NOT NULL;

-- The lines that no seal holds yet: a sealer takes them away once a second. It
-- sees only what has committed, so the order of commits does not matter.
CREATE TABLE audit_pending (
    tenant_id text   NOT NULL,
    seq       bigint NOT NULL,
    PRIMARY KEY (tenant_id, seq)
);

-- A tenant's chain of seals: each has the digest of its lines and of the seal
-- before it, so that a line that is changed, taken out or put in is found.
CREATE TABLE audit_seals (
    tenant_id text        NOT NULL,
    no        bigint      NOT NULL CHECK (no > 0), -- counts from 1 without gaps
    at        timestamptz NOT NULL,
    lines     bigint[]    NOT NULL CHECK (cardinality(lines) > 0), -- seq of each line, ascending
    hash      bytea       NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (tenant_id, no)
);

-- +goose StatementBegin
CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit is only ever added to: % of % is refused', TG_OP, TG_TABLE_NAME;
END
$$;
-- +goose StatementEnd

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_seals
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();

REVOKE UPDATE, DELETE, TRUNCATE ON audit, audit_seals FROM PUBLIC;

-- +goose Down

DROP TABLE audit_seals, audit_pending, audit;
DROP FUNCTION audit_is_append_only();
