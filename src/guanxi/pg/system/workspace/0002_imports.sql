-- Tables that were uploaded, imports of them, and mappings that were used before.

CREATE TABLE _upload (
    id uuid PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    owner uuid NOT NULL,
    name text NOT NULL,
    size bigint NOT NULL,
    inspection jsonb NOT NULL
);
CREATE INDEX _upload_at ON _upload (at);

CREATE TABLE _import (
    id uuid PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    owner uuid NOT NULL,
    upload uuid NOT NULL,
    folder text NOT NULL,                      -- where its files lie
    name text NOT NULL,
    object text NOT NULL,
    mode text NOT NULL CHECK (mode IN ('create', 'update', 'upsert')),
    key text NOT NULL DEFAULT '',
    mapping jsonb NOT NULL,
    options jsonb NOT NULL,
    inspection jsonb NOT NULL,
    dry_run boolean NOT NULL,
    change_set uuid NOT NULL,
    status text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    stop boolean NOT NULL DEFAULT false,       -- somebody asked to cancel it
    job bigint,                                -- the one job that may go on with it
    started_at timestamptz,
    seen_at timestamptz,                       -- the last sign of life
    ended_at timestamptz,
    seconds double precision NOT NULL DEFAULT 0,
    rows bigint NOT NULL DEFAULT 0,            -- estimate
    read bigint NOT NULL DEFAULT 0,            -- rows done with, whatever became of them: where a resumed run goes on
    created bigint NOT NULL DEFAULT 0,
    updated bigint NOT NULL DEFAULT 0,
    skipped bigint NOT NULL DEFAULT 0,
    failed bigint NOT NULL DEFAULT 0,
    errors_size bigint NOT NULL DEFAULT 0,     -- valid bytes of the file of bad rows
    later_size bigint NOT NULL DEFAULT 0,      -- valid bytes of the file of links to be made at the end
    later_done bigint NOT NULL DEFAULT 0,
    problems jsonb NOT NULL DEFAULT '[]',
    error text
);
CREATE INDEX _import_at ON _import (at DESC, id DESC);

CREATE TABLE _mapping (
    object text NOT NULL,
    signature text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    mapping jsonb NOT NULL,
    PRIMARY KEY (object, signature)
);
