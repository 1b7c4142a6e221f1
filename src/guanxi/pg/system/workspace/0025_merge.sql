-- Records that became one, and what is needed to take them apart again: for as long as the one that stays is there, however
-- long the journal is kept.
CREATE TABLE _merge (
    id uuid PRIMARY KEY,
    change_set uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    actor uuid,
    object text NOT NULL,
    survivor uuid NOT NULL,
    before jsonb NOT NULL,                     -- stored values of the survivor, where the merge changed them
    after jsonb NOT NULL,
    sources jsonb NOT NULL                     -- by field: the record that the value came from
);
CREATE INDEX _merge_survivor ON _merge (survivor, at);
CREATE INDEX _merge_change_set ON _merge (change_set);

-- What went into it. `ended_by`: the change set that took it out again.
CREATE TABLE _merged (
    lost uuid NOT NULL,
    merge uuid NOT NULL REFERENCES _merge ON DELETE CASCADE,
    object text NOT NULL,
    survivor uuid NOT NULL,
    ended_by uuid,
    PRIMARY KEY (lost, merge)
);
CREATE UNIQUE INDEX _merged_lost ON _merged (lost) WHERE ended_by IS NULL;
CREATE INDEX _merged_merge ON _merged (merge);

-- What was led from them to the one that stays: records by their links (`contact.account`), rows of other tables (`_share`) by
-- their key. `was` and `became` are the ids in the link.
CREATE TABLE _merge_moved (
    merge uuid NOT NULL REFERENCES _merge ON DELETE CASCADE,
    place text NOT NULL,
    record uuid,
    key text[],
    was uuid[] NOT NULL,
    became uuid[] NOT NULL
);
CREATE INDEX _merge_moved_merge ON _merge_moved (merge);
CREATE INDEX _merge_moved_record ON _merge_moved (record) WHERE record IS NOT NULL;

-- Many groups made one each by a job, as one change set (its id): how far it is.
CREATE TABLE _merge_run (
    id uuid PRIMARY KEY,
    object text NOT NULL,
    owner uuid NOT NULL,
    groups jsonb NOT NULL,
    rule jsonb NOT NULL,
    status text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'running', 'done', 'failed')),
    job bigint,
    total bigint NOT NULL,
    done bigint NOT NULL DEFAULT 0,
    merged bigint NOT NULL DEFAULT 0,
    failed bigint NOT NULL DEFAULT 0,
    problems jsonb NOT NULL DEFAULT '[]',
    at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz
);
