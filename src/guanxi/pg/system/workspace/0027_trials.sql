-- Flows tried on a large past by a worker: how far it is, and what came of it.
CREATE TABLE _flow_trial (
    id uuid PRIMARY KEY,
    flow uuid NOT NULL,
    days integer NOT NULL,
    actor uuid NOT NULL,
    state text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'failed', 'cancelled')),
    done integer NOT NULL DEFAULT 0,
    total integer NOT NULL DEFAULT 0,
    result jsonb,
    at timestamptz NOT NULL DEFAULT now()
);
