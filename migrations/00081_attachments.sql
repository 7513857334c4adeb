-- Attachments: files that data name, kept beside them.

-- +goose Up

-- A file is loose from its upload until data that name it are sent; loose ones
-- go when their time has come. With the data it is bound to their instance and
-- goes with it. expires_at of a bound one is when somebody looks whether that
-- instance was made; then it is NULL.
CREATE TABLE attachments (
    id          uuid        NOT NULL PRIMARY KEY,
    tenant_id   text        NOT NULL,
    instance_id uuid,                 -- no foreign key: bound just before the instance is stored
    name        text        NOT NULL,
    media_type  text        NOT NULL, -- found out from the content
    size        integer     NOT NULL,
    content     bytea       NOT NULL,
    uploaded_by text        NOT NULL,
    uploaded_at timestamptz NOT NULL,
    expires_at  timestamptz,
    CHECK (octet_length(content) = size AND size BETWEEN 1 AND 10485760),
    CHECK (char_length(name) BETWEEN 1 AND 255),
    CHECK (instance_id IS NOT NULL OR expires_at IS NOT NULL)
);

ALTER TABLE attachments ALTER COLUMN content SET STORAGE EXTERNAL; -- files are packed already

CREATE INDEX attachments_instance ON attachments (instance_id) WHERE instance_id IS NOT NULL;
CREATE INDEX attachments_expiry ON attachments (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX attachments_loose ON attachments (tenant_id, uploaded_by) WHERE instance_id IS NULL;

-- +goose Down

DROP TABLE attachments;
