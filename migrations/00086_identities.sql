-- Who signs in by an identity provider.

-- +goose Up

-- A subject of an issuer is one person for good, whatever his e-mail address or
-- name becomes there. Issuers are not told apart by tenant: the pair is what
-- tells the person.
CREATE TABLE identities (
    issuer       text        NOT NULL CHECK (char_length(issuer) BETWEEN 1 AND 500),
    subject      text        NOT NULL CHECK (char_length(subject) BETWEEN 1 AND 255),
    tenant_id    text        NOT NULL,
    login        text        NOT NULL,
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (issuer, subject),
    FOREIGN KEY (tenant_id, login) REFERENCES users (tenant_id, login)
);
CREATE INDEX identities_by_login ON identities (tenant_id, login);

-- +goose Down
DROP TABLE identities;
