-- Undoings that are carried out beside the work of others, portion by portion: how far each is.
CREATE TABLE _undo (
    id uuid PRIMARY KEY,                       -- the change set that it writes
    change_set uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    owner uuid NOT NULL,
    force boolean NOT NULL,
    status text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    stop boolean NOT NULL DEFAULT false,       -- somebody asked to stop it
    job bigint,
    total bigint NOT NULL,
    done bigint NOT NULL DEFAULT 0,
    undone bigint NOT NULL DEFAULT 0,
    kept_count bigint NOT NULL DEFAULT 0,
    kept jsonb NOT NULL DEFAULT '[]',
    below bigint,                              -- entries of the journal from here on are dealt with
    ended_at timestamptz
);
CREATE INDEX _undo_change_set ON _undo (change_set, at);
