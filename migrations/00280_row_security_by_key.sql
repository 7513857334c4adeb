-- Whose instance a row belongs to is looked up by its key, row by row. While the
-- statistics are old, as they are of a database that fills quickly, the planner
-- would gather all instances of the tenant first, for a single row too.

-- +goose Up

-- +goose StatementBegin
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY '{instance_data,executions,due,hooks,events}'::text[] LOOP
        EXECUTE format('ALTER POLICY tenant ON %I USING ((SELECT i.tenant_id FROM instances AS i WHERE i.id = %I.instance_id) = current_setting(''tandem.tenant'', true))',
            name, name);
    END LOOP;
END
$$;
-- +goose StatementEnd

-- +goose Down

-- +goose StatementBegin
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY '{instance_data,executions,due,hooks,events}'::text[] LOOP
        EXECUTE format('ALTER POLICY tenant ON %I USING (EXISTS (SELECT FROM instances AS i WHERE i.id = %I.instance_id))', name, name);
    END LOOP;
END
$$;
-- +goose StatementEnd
