-- Instances of one person by state and definition, without looking at rows.

-- +goose Up

DROP INDEX instances_creator;
CREATE INDEX instances_creator ON instances (tenant_id, created_by, created_at, id) INCLUDE (definition_name, status);

-- +goose Down

DROP INDEX instances_creator;
CREATE INDEX instances_creator ON instances (tenant_id, created_by, created_at, id);
