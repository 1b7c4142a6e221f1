-- How records of an object are graded, and through which stages of a life they go.
CREATE TABLE _standing_scheme (
    object text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('grade', 'lifecycle')),
    active boolean NOT NULL DEFAULT false,
    plan jsonb NOT NULL,
    quantiles jsonb NOT NULL DEFAULT '{}',     -- of each factor that is compared with all records
    watches text[] NOT NULL DEFAULT '{}',      -- objects whose changes matter
    edit integer NOT NULL DEFAULT 1,
    reckoned_at timestamptz,                   -- all records, last
    updated_at timestamptz NOT NULL DEFAULT now(),
    updated_by uuid,
    PRIMARY KEY (object, kind)
);

-- What somebody lays down by hand, against the rules.
CREATE TABLE _standing_override (
    object text NOT NULL,
    record uuid NOT NULL,
    kind text NOT NULL,
    value text NOT NULL,
    reason text NOT NULL,
    until timestamptz,
    by uuid,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (record, object, kind)
);

-- Every passage from one grade or stage to the next.
CREATE TABLE _standing_passage (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    object text NOT NULL,
    record uuid NOT NULL,
    kind text NOT NULL,
    came_from text,
    value text,                                -- none where the scheme does not apply any more
    at timestamptz NOT NULL,
    left_at timestamptz,
    reason jsonb NOT NULL
);
CREATE UNIQUE INDEX _standing_passage_open ON _standing_passage (record, kind, object) WHERE left_at IS NULL;
CREATE INDEX _standing_passage_of ON _standing_passage (record, kind, at DESC);
CREATE INDEX _standing_passage_entered ON _standing_passage (object, kind, at);
CREATE INDEX _standing_passage_left ON _standing_passage (object, kind, left_at);
