-- Flows: what is to happen by itself. `draft` is being edited; what is switched on is a version, which nobody changes any more.
CREATE TABLE _flow (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    label jsonb NOT NULL,
    draft jsonb,
    version integer,
    edit integer NOT NULL DEFAULT 1,           -- counts changes, for If-Match
    active boolean NOT NULL DEFAULT false,
    kind text NOT NULL DEFAULT '',             -- of the trigger of the version
    object text,
    runs_as uuid,                              -- who switched it on
    secret text,                               -- the address of an inbound webhook
    clock timestamptz,                         -- dates and schedules are dealt with up to here
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    updated_at timestamptz NOT NULL DEFAULT now(),
    updated_by uuid,
    deleted_at timestamptz
);
CREATE UNIQUE INDEX _flow_name ON _flow (name) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX _flow_secret ON _flow (secret) WHERE secret IS NOT NULL;
CREATE INDEX _flow_active ON _flow (kind, object) WHERE active;

CREATE TABLE _flow_version (
    flow uuid NOT NULL,
    version integer NOT NULL,
    definition jsonb NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    actor uuid,
    PRIMARY KEY (flow, version)
);

-- Runs. Each pass of a loop is a run with a parent, and so is a flow that another one starts.
CREATE TABLE _flow_run (
    id uuid PRIMARY KEY,
    flow uuid NOT NULL,
    version integer NOT NULL,
    key text,                                  -- what started it: nothing starts a flow twice
    parent uuid,
    parent_step text,
    pass integer,                              -- of a loop, from 0
    root uuid NOT NULL,
    object text,                               -- what started it, or where the loop is
    record uuid,
    change_set uuid NOT NULL,
    runs_as uuid NOT NULL,
    chain jsonb NOT NULL DEFAULT '[]',         -- [flow, record] of the runs that led here
    input jsonb,
    outputs jsonb NOT NULL DEFAULT '{}',       -- of its steps, by step
    state text NOT NULL DEFAULT 'ready'
        CHECK (state IN ('ready', 'running', 'waiting', 'done', 'failed', 'cancelled', 'unknown', 'stopped')),
    step text,                                 -- at which it is; null: at the end
    due_at timestamptz DEFAULT now(),          -- ready: from then on; waiting: until; running: its lease
    attempt integer NOT NULL DEFAULT 0,        -- counted up by every start of a step outside: the fence
    steps integer NOT NULL DEFAULT 0,          -- of its log
    token text,
    waits jsonb,                               -- memo of a waiting step, what woke it, and for what it waits
    children integer NOT NULL DEFAULT 0,       -- that have not ended
    error jsonb,
    undone_by uuid,
    started_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    UNIQUE (flow, key)
);
CREATE INDEX _flow_run_due ON _flow_run (due_at, id) WHERE state = 'ready';
CREATE INDEX _flow_run_late ON _flow_run (due_at) WHERE state IN ('waiting', 'running') AND due_at IS NOT NULL;
CREATE INDEX _flow_run_listed ON _flow_run (flow, started_at DESC, id DESC);
CREATE INDEX _flow_run_open ON _flow_run (flow, state) WHERE state NOT IN ('done', 'cancelled');
CREATE INDEX _flow_run_parent ON _flow_run (parent, parent_step, pass) WHERE parent IS NOT NULL;
CREATE INDEX _flow_run_root ON _flow_run (root);
CREATE INDEX _flow_run_set ON _flow_run (change_set);
CREATE INDEX _flow_run_token ON _flow_run (token) WHERE state = 'waiting' AND token IS NOT NULL;

-- What each step got and gave.
CREATE TABLE _flow_step (
    run uuid NOT NULL,
    seq integer NOT NULL,
    step text NOT NULL,
    kind text NOT NULL,
    state text NOT NULL CHECK (state IN ('running', 'waiting', 'done', 'failed', 'skipped', 'unknown', 'cancelled')),
    attempt integer NOT NULL DEFAULT 1,
    input jsonb,
    output jsonb,
    error jsonb,
    started_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    PRIMARY KEY (run, seq)
);

-- What steps remember between runs: whose turn it is.
CREATE TABLE _flow_memory (
    flow uuid NOT NULL,
    step text NOT NULL,
    data jsonb NOT NULL,
    PRIMARY KEY (flow, step)
);
