-- Secrets, sealed under the installation's own.
CREATE TABLE _secret (
    name text PRIMARY KEY,
    value bytea NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    by uuid,
    used_at timestamptz
);

-- Who is told of changes elsewhere.
CREATE TABLE _webhook (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    url text NOT NULL,
    owner uuid NOT NULL,                       -- with whose rights it is told
    objects text[] NOT NULL DEFAULT '{}',      -- of these; of all where there are none
    kinds text[] NOT NULL,
    fields text[] NOT NULL DEFAULT '{}',       -- a change of one of these; of any where there are none
    filter jsonb,
    thin boolean NOT NULL DEFAULT false,       -- tells that it happened and to what, not what stands there
    headers jsonb NOT NULL DEFAULT '{}',
    secret bytea NOT NULL,
    old_secret bytea,                          -- signs as well, until then
    old_until timestamptz,
    active boolean NOT NULL DEFAULT true,
    off_reason text,                           -- why the program switched it off
    off_at timestamptz,
    failures integer NOT NULL DEFAULT 0,       -- in a row
    failing_since timestamptz,
    paused_until timestamptz,
    last_ok timestamptz,
    edit integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE _webhook_message (
    id uuid PRIMARY KEY,
    webhook uuid NOT NULL REFERENCES _webhook ON DELETE CASCADE,
    seq bigint,                                -- of the journal; none of a trial
    event text NOT NULL,
    object text,
    record uuid,
    payload text NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'failed')),
    tries integer NOT NULL DEFAULT 0,          -- since it was queued or replayed
    attempts integer NOT NULL DEFAULT 0,       -- of all times: the fence
    due_at timestamptz NOT NULL DEFAULT now(), -- of one under way: when its sender counts as dead
    created_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    UNIQUE (webhook, seq)
);
CREATE INDEX _webhook_message_due ON _webhook_message (webhook, due_at) WHERE state = 'waiting';
CREATE INDEX _webhook_message_listed ON _webhook_message (webhook, id DESC);

CREATE TABLE _webhook_attempt (
    message uuid NOT NULL REFERENCES _webhook_message ON DELETE CASCADE,
    attempt integer NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    ms integer NOT NULL,
    status integer,
    headers jsonb NOT NULL,                    -- as sent, without what is secret
    answer text,                               -- its beginning
    error text,
    detail jsonb,
    PRIMARY KEY (message, attempt)
);
