-- The second wall between tenants: the database itself shows a role nothing but
-- the rows of the tenant that its connection is set to. The owner of the tables
-- passes: the engine works for all tenants at once, and each of its statements
-- is by key. What people are shown is read under another role (wall.sql in
-- internal/db), which is bound by these policies and may only read.

-- +goose Up

-- That role. A copy of the database keeps the name.
CREATE TABLE tenant_wall (
    single boolean PRIMARY KEY DEFAULT true CHECK (single), -- one row
    role   text    NOT NULL
);

-- Every table with a tenant in its rows. An unset tenant is nobody's.
-- +goose StatementBegin
DO $$
DECLARE
    name text;
BEGIN
    FOR name IN
        SELECT c.relname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
        WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND a.attname = 'tenant_id' AND NOT a.attisdropped
          AND c.relname = ANY ('{definitions,deleted_versions,instances,tasks,comments,drafts,attachments,search_values,counters,
              messages,message_waits,schedules,topics,operations,subscriptions,idempotency_keys,audit,audit_pending,audit_seals,
              secrets,tenants,users,groups,memberships,substitutes,tokens,sessions,account_links,identities,second_factors,saved_views}'::text[])
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY tenant ON %I USING (tenant_id = current_setting(''tandem.tenant'', true))', name);
    END LOOP;
END
$$;
-- +goose StatementEnd

-- Rows that belong to something that has a tenant: what is not seen of that is
-- not seen of them.
-- +goose StatementBegin
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY '{instance_data,executions,due,hooks,events}'::text[] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY tenant ON %I USING (EXISTS (SELECT FROM instances AS i WHERE i.id = %I.instance_id))', name, name);
    END LOOP;
END
$$;
-- +goose StatementEnd
ALTER TABLE operation_items ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON operation_items USING (EXISTS (SELECT FROM operations AS o WHERE o.id = operation_items.operation_id));
ALTER TABLE deliveries ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON deliveries USING (EXISTS (SELECT FROM subscriptions AS s WHERE s.id = deliveries.subscription_id));

-- A view reads as its owner unless it is told otherwise.
ALTER VIEW countable SET (security_invoker = true);

-- +goose Down

ALTER VIEW countable RESET (security_invoker);
-- +goose StatementBegin
DO $$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT tablename FROM pg_policies WHERE schemaname = current_schema() AND policyname = 'tenant' LOOP
        EXECUTE format('DROP POLICY tenant ON %I', name);
        EXECUTE format('ALTER TABLE %I DISABLE ROW LEVEL SECURITY', name);
    END LOOP;
END
$$;
-- +goose StatementEnd
DROP TABLE tenant_wall;
