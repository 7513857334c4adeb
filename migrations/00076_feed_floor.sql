-- How far the event feed was cut off by retention: whoever has read less may
-- have missed something, and is told.

-- +goose Up

CREATE TABLE feed_floor (
    single boolean PRIMARY KEY DEFAULT true CHECK (single), -- one row
    xid    xid8    NOT NULL, -- of the latest event, in the order of the feed, that was deleted
    seq    bigint  NOT NULL
);
INSERT INTO feed_floor (xid, seq) VALUES ('0', 0);

-- +goose Down

DROP TABLE feed_floor;
