-- +goose Up

-- Lists and counts of deliveries that wait or were given up: among
-- many that have arrived they are few.
DROP INDEX deliveries_dead;
CREATE INDEX deliveries_open ON deliveries (subscription_id, status, id DESC) WHERE status <> 'delivered';

-- +goose Down

DROP INDEX deliveries_open;
CREATE INDEX deliveries_dead ON deliveries (subscription_id) WHERE status = 'dead';
