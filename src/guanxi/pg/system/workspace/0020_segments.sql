-- Segments: records of one object under a name. Those of a dynamic one follow from its filter and are kept here as they are
-- found, those of a static one are put there by hand.
CREATE TABLE _segment (
    id uuid PRIMARY KEY,
    object text NOT NULL,
    label jsonb NOT NULL,
    about text NOT NULL DEFAULT '',
    kind text NOT NULL CHECK (kind IN ('dynamic', 'static')),
    filter jsonb,
    owner uuid NOT NULL,                       -- with whose eyes one that is not shared is found, and who is told
    shared boolean NOT NULL DEFAULT false,     -- with everybody; found with the program's own eyes
    tells boolean NOT NULL DEFAULT false,      -- its owner, of who enters and leaves
    size integer NOT NULL DEFAULT 0,
    found_at timestamptz,                      -- when all of it was found last
    due_at timestamptz,                        -- when it is to be found anew
    fault text,                                -- why it cannot be found
    via uuid,                                  -- the hand-over by which it came from
    given_by uuid,
    edit integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE _segment_member (
    segment uuid NOT NULL REFERENCES _segment ON DELETE CASCADE,
    record uuid NOT NULL,
    since timestamptz NOT NULL,
    PRIMARY KEY (segment, record)
);
CREATE INDEX _segment_member_record ON _segment_member (record);

-- Who entered and left; `told` once those who want to hear of it have, which nobody has of those who were there at first.
CREATE TABLE _segment_move (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    segment uuid NOT NULL REFERENCES _segment ON DELETE CASCADE,
    record uuid NOT NULL,
    entered boolean NOT NULL,
    at timestamptz NOT NULL,
    change_set uuid,                           -- what made it move, where that is one change
    told boolean NOT NULL DEFAULT false
);
CREATE INDEX _segment_move_record ON _segment_move (segment, record, at);
CREATE INDEX _segment_move_due ON _segment_move (id) WHERE NOT told;

CREATE TABLE _segment_day (
    segment uuid NOT NULL REFERENCES _segment ON DELETE CASCADE,
    day date NOT NULL,
    size integer NOT NULL,
    PRIMARY KEY (segment, day)
);
