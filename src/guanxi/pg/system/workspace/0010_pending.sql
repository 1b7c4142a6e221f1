-- Changes of the catalog that go over many records: made ready by a job beside the work of others, and in force only then.
CREATE TABLE _pending (
    id uuid PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    actor uuid,
    changes jsonb NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'done', 'failed', 'cancelled')),
    done bigint NOT NULL DEFAULT 0,
    total bigint NOT NULL DEFAULT 0,
    error jsonb
);
