-- What the engine keeps: definitions, instances and all that happens in them.
--
-- Ids are UUIDv7, unique over all tenants; every other unique key begins with
-- the tenant, or with an instance, which belongs to one. Times are UTC. JSON is
-- of type json, not jsonb: numbers keep the text in which they were written,
-- and nothing here searches inside a document.
--
-- No foreign key leads from executions, events and instance_data to instances.
-- They are written only by the statement batch that has just written the
-- instance itself, and a check per row would cost a tenth of the throughput.
-- Tasks, due rows and hooks are rarer and have one.

-- +goose Up

-- One version of a workflow definition. It never changes; only is_active does.
CREATE TABLE definitions (
    tenant_id      text        NOT NULL,
    name           text        NOT NULL,
    version        text        NOT NULL, -- semantic; ordered by the program
    hash           text        NOT NULL, -- SHA-256 of the canonical JSON, in hex
    title          text        NOT NULL,
    labels         text[]      NOT NULL DEFAULT '{}',
    source         text        NOT NULL, -- the document as it was written
    is_active      boolean     NOT NULL DEFAULT true, -- may be started
    -- Who may see the instances beside those who take part: the document's
    -- permissions, view and operate together.
    viewer_users   text[]      NOT NULL DEFAULT '{}',
    viewer_groups  text[]      NOT NULL DEFAULT '{}',
    created_at     timestamptz NOT NULL,
    created_by     text        NOT NULL,
    PRIMARY KEY (tenant_id, name, version),
    CHECK (name <> '' AND version <> '')
);

-- One run of a definition: a small row that changes with every transition.
-- Documents are in instance_data. While status stays the same no indexed column
-- changes, so such updates stay on their page and touch no index (HOT). A batch
-- may change every row of a page at once: the fill factor keeps room for that.
CREATE TABLE instances (
    id                 uuid        NOT NULL PRIMARY KEY,
    tenant_id          text        NOT NULL,
    definition_name    text        NOT NULL,
    definition_version text        NOT NULL,
    status             text        NOT NULL,
    version            bigint      NOT NULL, -- grows by one with every transition: the guard of all writes
    paused             boolean     NOT NULL DEFAULT false,
    created_at         timestamptz NOT NULL,
    started_at         timestamptz,
    completed_at       timestamptz,
    frozen_at          timestamptz, -- since when nothing moves
    waiting_since      timestamptz, -- of the longest wait, while status is waiting
    created_by         text        NOT NULL,
    correlation_id     text,
    current_steps      text[],      -- of live branches, in document order
    error              json,        -- the last failure
    waiting_for        json,        -- what live branches wait for
    state              json        NOT NULL, -- counters per step
    CHECK (status IN ('pending', 'running', 'waiting', 'paused', 'failed', 'completed', 'canceled')),
    CHECK ((status IN ('completed', 'canceled')) = (completed_at IS NOT NULL)),
    CHECK (status NOT IN ('paused', 'failed') OR frozen_at IS NOT NULL),
    CHECK (version > 0)
) WITH (fillfactor = 55);

CREATE INDEX instances_created ON instances (tenant_id, created_at, id);
CREATE INDEX instances_status ON instances (tenant_id, status, created_at, id);
CREATE INDEX instances_definition ON instances (tenant_id, definition_name, created_at, id);
CREATE INDEX instances_creator ON instances (tenant_id, created_by, created_at, id);
CREATE INDEX instances_correlation ON instances (tenant_id, correlation_id) WHERE correlation_id IS NOT NULL;
CREATE INDEX instances_completed ON instances (tenant_id, completed_at) WHERE completed_at IS NOT NULL;
CREATE INDEX instances_waiting ON instances (tenant_id, waiting_since) WHERE status = 'waiting';

-- The documents of an instance, apart from its hot row. Up to the target a row
-- is neither compressed nor moved out: that would cost more than it saves.
CREATE TABLE instance_data (
    instance_id uuid NOT NULL PRIMARY KEY,
    input       json, -- the start data; never changes
    data        json, -- an object: what steps read and write; NULL as long as it is the input
    metadata    json  -- the starter's own
) WITH (fillfactor = 90, toast_tuple_target = 4096);

-- One visit of a step. The key begins with the instance, so that an instance's
-- rows lie together and one index serves lookup, history and uniqueness.
CREATE TABLE executions (
    instance_id  uuid        NOT NULL,
    id           uuid        NOT NULL,
    step         text        NOT NULL,
    type         text        NOT NULL,
    scope        uuid,                 -- the group's execution
    visit        integer     NOT NULL, -- from 1
    idx          integer     NOT NULL DEFAULT 0, -- of the item in a for_each
    status       text        NOT NULL,
    hold         text,                 -- why a finished or unbegun one keeps its token
    live         boolean     NOT NULL, -- holds a token
    attempt      integer     NOT NULL DEFAULT 0,
    lost         integer     NOT NULL DEFAULT 0, -- attempts whose process fell silent
    lease_owner  uuid,                 -- the process that runs it
    lease_no     bigint      NOT NULL DEFAULT 0, -- grows with every lease
    created_at   timestamptz NOT NULL,
    started_at   timestamptz,
    completed_at timestamptz,
    due_at       timestamptz,
    arrived_from uuid[],               -- the executions that led here
    outcome      text,
    completed_by text,
    input        json,
    output       json,
    error        json,
    attempts     json,                 -- those that ended without success
    PRIMARY KEY (instance_id, id),
    CHECK (status IN ('pending', 'scheduled', 'running', 'waiting', 'succeeded', 'failed', 'canceled', 'skipped')),
    CHECK (hold IN ('entry', 'exit', 'failed')),
    CHECK ((status = 'running') = (lease_owner IS NOT NULL)),
    CHECK (live OR (hold IS NULL AND status IN ('succeeded', 'failed', 'canceled', 'skipped'))),
    CHECK (visit > 0 AND idx >= 0 AND attempt >= 0 AND lost >= 0)
) WITH (fillfactor = 90);

-- What a decision loads; an instance with a long history costs no more.
CREATE INDEX executions_live ON executions (instance_id) WHERE live;
-- The latest visit of a step, whose result expressions read, at once after any number of visits.
CREATE INDEX executions_done ON executions (instance_id, step, visit DESC) WHERE NOT live;
-- Leases by owner: few, whatever the table holds. Finds those of lost processes.
CREATE INDEX executions_leased ON executions (lease_owner) WHERE lease_owner IS NOT NULL;
-- Ready machine steps that no process has taken.
CREATE INDEX executions_scheduled ON executions (instance_id) WHERE status = 'scheduled';

-- What a person is asked to do.
CREATE TABLE tasks (
    id               uuid        NOT NULL PRIMARY KEY,
    tenant_id        text        NOT NULL,
    instance_id      uuid        NOT NULL REFERENCES instances ON DELETE CASCADE,
    execution_id     uuid        NOT NULL,
    step             text        NOT NULL,
    scope            uuid,
    visit            integer     NOT NULL,
    idx              integer     NOT NULL DEFAULT 0,
    status           text        NOT NULL,
    version          bigint      NOT NULL,
    priority         integer     NOT NULL DEFAULT 0, -- higher is more urgent
    title            text        NOT NULL,
    description      text        NOT NULL DEFAULT '', -- Markdown
    assignee         text,                 -- NULL: nobody has it
    candidate_users  text[]      NOT NULL DEFAULT '{}',
    candidate_groups text[]      NOT NULL DEFAULT '{}',
    excluded         text[]      NOT NULL DEFAULT '{}', -- may see it, may not decide it
    anyone           boolean     NOT NULL DEFAULT false,
    claimed_at       timestamptz,          -- when the assignee took it himself
    due_at           timestamptz,
    created_at       timestamptz NOT NULL,
    completed_at     timestamptz,
    completed_by     text,
    outcome          text,
    comment          text,
    output           json,
    CHECK (status IN ('pending', 'completed', 'canceled')),
    CHECK ((status = 'pending') = (completed_at IS NULL)),
    CHECK (status <> 'completed' OR completed_by IS NOT NULL),
    CHECK (claimed_at IS NULL OR assignee IS NOT NULL)
) WITH (fillfactor = 90);

CREATE INDEX tasks_instance ON tasks (instance_id);
CREATE INDEX tasks_assignee ON tasks (tenant_id, assignee) WHERE assignee IS NOT NULL;
CREATE INDEX tasks_completed_by ON tasks (tenant_id, completed_by, completed_at) WHERE completed_by IS NOT NULL;
CREATE INDEX tasks_anyone ON tasks (tenant_id) WHERE anyone;
-- The order of task lists: due soonest first and none last, then the most urgent, then the oldest.
CREATE INDEX tasks_open ON tasks (tenant_id, (coalesce(due_at, 'infinity'::timestamptz)), (-priority), created_at, id) WHERE status = 'pending';
CREATE INDEX tasks_candidate_users ON tasks USING gin (candidate_users);
CREATE INDEX tasks_candidate_groups ON tasks USING gin (candidate_groups);

-- A time at which the engine has to act on an instance. Rows are claimed by
-- moving visible_at, so that the index always begins with the next one to look
-- at; rows of frozen instances are not in it.
CREATE TABLE due (
    id           uuid        NOT NULL PRIMARY KEY,
    instance_id  uuid        NOT NULL REFERENCES instances ON DELETE CASCADE,
    execution_id uuid, -- NULL: the instance's own
    kind         text        NOT NULL,
    at           timestamptz NOT NULL,
    visible_at   timestamptz NOT NULL, -- at, or when the claim of a process ends
    frozen       boolean     NOT NULL DEFAULT false,
    CHECK (kind <> '')
) WITH (fillfactor = 80);

CREATE INDEX due_next ON due (visible_at) WHERE NOT frozen;
CREATE INDEX due_instance ON due (instance_id);

-- A received webhook: kept until its step waits, then consumed. The key makes
-- one delivery a visit the only one.
CREATE TABLE hooks (
    instance_id uuid        NOT NULL REFERENCES instances ON DELETE CASCADE,
    step        text        NOT NULL,
    visit       integer     NOT NULL,
    idx         integer     NOT NULL,
    payload     json,
    received_at timestamptz NOT NULL,
    consumed    boolean     NOT NULL,
    PRIMARY KEY (instance_id, step, visit, idx)
);

-- History and feed. seq orders the events of one instance: they are written
-- under its row lock. Over instances a lower seq may commit later, so the feed
-- is read in order of (xid, seq) below the oldest running transaction.
CREATE TABLE events (
    seq          bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    xid          xid8        NOT NULL DEFAULT pg_current_xact_id(),
    instance_id  uuid        NOT NULL,
    type         text        NOT NULL,
    at           timestamptz NOT NULL,
    execution_id uuid, -- NULL: of the instance
    scope        uuid,
    step         text,
    step_type    text,
    visit        integer,
    idx          integer,
    attempt      integer,
    actor        text,
    detail       json,
    PRIMARY KEY (instance_id, seq)
);

CREATE INDEX events_feed ON events (xid, seq);

-- The processes that run steps; seen_at is the database's clock.
CREATE TABLE processes (
    id         uuid        NOT NULL PRIMARY KEY,
    name       text        NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    seen_at    timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);

-- +goose Down

DROP TABLE processes, events, hooks, due, tasks, executions, instance_data, instances, definitions;
