-- Makes the role under which what people are shown is read, as far as the role
-- that runs this may. It is run at each start and changes nothing that is there.
DO $$
DECLARE
    reader  text;
    name    text;
    missing boolean;
BEGIN
    PERFORM pg_advisory_xact_lock(7311905482113);
    SELECT role INTO reader FROM tenant_wall;
    IF reader IS NULL THEN
        reader := left(current_database(), 56) || '_reader';
        INSERT INTO tenant_wall (role) VALUES (reader);
    END IF;

    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = reader) THEN
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', reader);
        EXCEPTION
            WHEN insufficient_privilege THEN RETURN;
            WHEN duplicate_object OR unique_violation THEN NULL; -- another database's start was faster
        END;
    END IF;
    BEGIN
        EXECUTE format('SET LOCAL ROLE %I', reader);
        RESET ROLE;
    EXCEPTION WHEN insufficient_privilege THEN
        BEGIN
            EXECUTE format('GRANT %I TO CURRENT_USER', reader);
        EXCEPTION WHEN insufficient_privilege THEN RETURN;
        END;
    END;

    IF NOT has_schema_privilege(reader, current_schema(), 'USAGE') THEN
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), reader);
    END IF;
    FOREACH name IN ARRAY '{instances,instance_data,executions,tasks,events,comments,drafts,attachments,definitions,
        search_values,counters,countable,schedules,topics,operations,audit,processes}'::text[] LOOP
        IF NOT has_table_privilege(reader, name, 'SELECT') THEN
            EXECUTE format('GRANT SELECT ON %I TO %I', name, reader);
        END IF;
    END LOOP;

    -- Under a policy an index answers only what cannot tell of rows that are
    -- hidden. These cannot (the minus sign not of a priority, which is no
    -- extreme), but only a superuser may say so. Without it lists are read as the
    -- owner.
    FOR name IN
        SELECT p.oid::regprocedure FROM pg_proc AS p WHERE NOT p.proleakproof AND p.oid = ANY (ARRAY[
            'arrayoverlap(anyarray,anyarray)', 'arraycontains(anyarray,anyarray)', 'numeric_eq(numeric,numeric)',
            'numeric_lt(numeric,numeric)', 'numeric_le(numeric,numeric)', 'numeric_gt(numeric,numeric)',
            'numeric_ge(numeric,numeric)', 'int4um(integer)']::regprocedure[]::oid[])
    LOOP
        BEGIN
            EXECUTE format('ALTER FUNCTION %s LEAKPROOF', name);
        EXCEPTION WHEN insufficient_privilege THEN RETURN;
        END;
    END LOOP;
END
$$
