-- The trace in which an instance was started.

-- +goose Up

-- The W3C traceparent of the request that started the instance, so that what
-- happens later, or in another process, belongs to the same trace. NULL: traces
-- were off.
ALTER TABLE instance_data ADD COLUMN trace text CHECK (length(trace) <= 100);

-- +goose Down

ALTER TABLE instance_data DROP COLUMN trace;
