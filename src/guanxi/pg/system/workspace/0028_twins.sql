-- What was learnt of the records of an object, and how far the last look at them came.
CREATE TABLE _linkage (
    object text PRIMARY KEY,
    state text NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed')),
    asked_by uuid,
    asked_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    upto timestamptz,               -- records changed since are looked at anew
    made_for text,                  -- fields that the model is about
    model jsonb,
    records integer NOT NULL DEFAULT 0,
    pairs integer NOT NULL DEFAULT 0,
    error text
);

-- Two records that may be one, the smaller id first, and what somebody decided about them; a decision outlives every look.
CREATE TABLE _twin (
    a uuid NOT NULL,
    b uuid NOT NULL CHECK (a < b),
    object text NOT NULL,
    score real NOT NULL,
    bits real NOT NULL,             -- what is known before any field is compared, so that a reader's own score can be made
    why jsonb NOT NULL,             -- {field: [grade, bits, level, bits before decisions taught anything]}
    decision text CHECK (decision IN ('same', 'different')),
    decided_by uuid,
    decided_at timestamptz,
    found_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (a, b)
);
CREATE INDEX _twin_open ON _twin (object, score DESC, a, b) WHERE decision IS DISTINCT FROM 'different';
CREATE INDEX _twin_other ON _twin (b);
