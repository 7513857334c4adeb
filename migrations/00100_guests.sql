-- People without an account who may decide a task by a personal link.

-- +goose Up

-- Their e-mail addresses, in small letters. The links are computed from the
-- server's key, so nothing that opens a task is stored.
ALTER TABLE tasks ADD COLUMN guests text[] NOT NULL DEFAULT '{}' CHECK (cardinality(guests) <= 20);

-- +goose Down

ALTER TABLE tasks DROP COLUMN guests;
