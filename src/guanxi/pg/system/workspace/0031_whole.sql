-- Exports of everything: what is being put together, and until when it can be fetched.
CREATE TABLE _whole (
    id uuid PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    owner uuid NOT NULL,
    folder text NOT NULL,                      -- where the archive lies
    files text NOT NULL,                       -- where uploaded files lie
    status text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'running', 'done', 'failed', 'cancelled', 'expired')),
    stop boolean NOT NULL DEFAULT false,       -- somebody asked to cancel it
    job bigint,
    rows bigint NOT NULL DEFAULT 0,            -- records that there were when it was asked for
    done bigint NOT NULL DEFAULT 0,
    size bigint NOT NULL DEFAULT 0,
    ended_at timestamptz,
    expires_at timestamptz,
    error text
);
CREATE INDEX _whole_at ON _whole (at DESC, id DESC);
