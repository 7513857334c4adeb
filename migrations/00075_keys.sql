-- Idempotency keys of every POST: also of those that change no instance.

-- +goose Up

ALTER TABLE idempotency_keys
    ALTER COLUMN instance_id DROP NOT NULL, -- NULL: the effect is not in one instance
    ADD COLUMN answer json; -- what the first answer said that cannot be read again; NULL: nothing

-- +goose Down

DELETE FROM idempotency_keys WHERE instance_id IS NULL;
ALTER TABLE idempotency_keys ALTER COLUMN instance_id SET NOT NULL, DROP COLUMN answer;
