-- The sealer of the audit sleeps until lines were written, by whichever process.

-- +goose Up

-- +goose StatementBegin
CREATE FUNCTION audit_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('tandem_audit', ''); -- once a transaction, however many lines
    RETURN NULL;
END
$$;
-- +goose StatementEnd

CREATE TRIGGER audit_written AFTER INSERT ON audit_pending
    FOR EACH STATEMENT EXECUTE FUNCTION audit_written();

-- +goose Down

DROP TRIGGER audit_written ON audit_pending;
DROP FUNCTION audit_written;
