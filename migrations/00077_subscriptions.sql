-- Subscriptions: addresses that are told of events, and what they were told.
--
-- A delivery is made of the event feed: one process at a time reads on from
-- delivery_place and writes the deliveries of what it has read together with
-- the new place, so each event makes one delivery for each subscription.

-- +goose Up

CREATE TABLE subscriptions (
    id              uuid        NOT NULL PRIMARY KEY,
    tenant_id       text        NOT NULL,
    url             text        NOT NULL,
    description     text        NOT NULL,
    event_types     text[]      NOT NULL, -- empty: all
    definitions     text[]      NOT NULL, -- names; empty: all
    -- The signing keys, sealed with the master key of secrets.
    key_id          text        NOT NULL,
    nonce           bytea       NOT NULL,
    ciphertext      bytea       NOT NULL,
    is_active       boolean     NOT NULL DEFAULT true,
    disabled_reason text,       -- set when it was not a person who disabled it
    failing_since   timestamptz, -- of the first failure after which nothing succeeded
    created_by      text        NOT NULL,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL
);
CREATE INDEX subscriptions_tenant ON subscriptions (tenant_id, id);

CREATE TABLE deliveries (
    id              uuid        NOT NULL PRIMARY KEY, -- also the webhook-id: the same however often it is sent
    subscription_id uuid        NOT NULL REFERENCES subscriptions ON DELETE CASCADE,
    event_type      text        NOT NULL,
    body            json        NOT NULL,
    status          text        NOT NULL CHECK (status IN ('pending', 'delivered', 'dead')),
    attempts        integer     NOT NULL DEFAULT 0,
    next_at         timestamptz, -- when it is to be sent; hidden until then
    last_status     integer,     -- of the last answer; NULL: there was none
    last_error      text,
    created_at      timestamptz NOT NULL,
    ended_at        timestamptz, -- delivered or given up
    CHECK ((status = 'pending') = (next_at IS NOT NULL))
);
CREATE INDEX deliveries_next ON deliveries (next_at) WHERE status = 'pending';
CREATE INDEX deliveries_list ON deliveries (subscription_id, id DESC);
CREATE INDEX deliveries_ended ON deliveries (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE delivery_place (
    single boolean PRIMARY KEY DEFAULT true CHECK (single), -- one row
    xid    xid8    NOT NULL, -- the place in the feed up to which deliveries were made
    seq    bigint  NOT NULL
);
INSERT INTO delivery_place (xid, seq) VALUES ('0', 0);

-- +goose Down

DROP TABLE delivery_place, deliveries, subscriptions;
