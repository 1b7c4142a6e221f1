-- Hand-overs that are carried out beside the work of others, portion by portion: how far each is.
CREATE TABLE _hand_over (
    id uuid PRIMARY KEY,                       -- the change set that it writes
    person uuid NOT NULL,                      -- who leaves
    at timestamptz NOT NULL DEFAULT now(),
    owner uuid NOT NULL,
    wanted jsonb NOT NULL,
    status text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    stop boolean NOT NULL DEFAULT false,       -- somebody asked to stop it
    job bigint,
    total bigint NOT NULL,
    state jsonb NOT NULL DEFAULT '{}',
    ended_at timestamptz
);
CREATE INDEX _hand_over_person ON _hand_over (person, at);
CREATE UNIQUE INDEX _hand_over_under_way ON _hand_over (person) WHERE status IN ('queued', 'running');
