-- What waits for somebody's decision, and what was decided about what: the record as it was then stays with it.
CREATE TABLE _approval (
    id uuid PRIMARY KEY,
    run uuid NOT NULL,                         -- that waits, with this id as its token
    object text,
    record uuid,
    title text NOT NULL,
    together boolean NOT NULL DEFAULT false,   -- all levels at once, or one after the other
    state text NOT NULL DEFAULT 'waiting'
        CHECK (state IN ('waiting', 'approved', 'rejected', 'returned', 'withdrawn', 'expired', 'cancelled')),
    asker uuid,
    snapshot jsonb,
    due_at timestamptz,
    reminded_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz
);
CREATE INDEX _approval_record ON _approval (record, created_at) WHERE record IS NOT NULL;
CREATE INDEX _approval_asker ON _approval (asker, created_at);
CREATE INDEX _approval_open ON _approval (run) WHERE state = 'waiting';

-- One signer of one level. `must`: asked for by another signer, and not replaced by anybody else's yes.
CREATE TABLE _approval_vote (
    id uuid PRIMARY KEY,
    approval uuid NOT NULL REFERENCES _approval,
    level integer NOT NULL,
    need text NOT NULL CHECK (need IN ('any', 'all')),
    signer uuid NOT NULL,
    must boolean NOT NULL DEFAULT false,
    state text NOT NULL CHECK (state IN ('later', 'waiting', 'approved', 'rejected', 'returned', 'delegated', 'void')),
    added_by uuid,
    note text NOT NULL DEFAULT '',
    at timestamptz
);
CREATE INDEX _approval_vote_of ON _approval_vote (approval, level);
CREATE INDEX _approval_vote_mine ON _approval_vote (signer, state);

-- Records that nobody changes for now but the act that holds them; `fields`: only those, null: all.
CREATE TABLE _lock (
    record uuid PRIMARY KEY,
    holder uuid NOT NULL,
    approval uuid NOT NULL,
    fields text[]
);
