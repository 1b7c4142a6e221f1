-- What was looked at, taken out and permitted; seals over it and over the journal; settings of the workspace.

-- One row per act that matters and changes no record: append-only, in the transaction of what it tells.
CREATE TABLE _audit (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    kind text NOT NULL,
    actor uuid,
    cause text NOT NULL,
    object text,
    record uuid,
    details jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX _audit_at ON _audit (at, seq);
CREATE INDEX _audit_kind ON _audit (kind, seq);
CREATE INDEX _audit_actor ON _audit (actor, seq);
CREATE INDEX _audit_record ON _audit (record, seq) WHERE record IS NOT NULL;

-- A block of rows of one of the two, in the order in which they were sealed. `marks` has the first four bytes of each row's
-- SHA-256, in the order of `seqs`; `body` is the SHA-256 over all of them in full, `chain` that over the block and the chain
-- before it. Of rows that retention took away, `gone` says which, and `digests` keeps their SHA-256 while others stay.
CREATE TABLE _seal (
    block bigint PRIMARY KEY,
    source text NOT NULL CHECK (source IN ('journal', 'audit')),
    at timestamptz NOT NULL DEFAULT now(),
    seqs int8multirange NOT NULL,
    rows integer NOT NULL,
    marks bytea NOT NULL,
    body bytea NOT NULL,
    chain bytea NOT NULL,
    gone int8multirange NOT NULL DEFAULT '{}',
    digests bytea NOT NULL DEFAULT ''
);
CREATE INDEX _seal_upper ON _seal (source, upper(seqs));

-- Up to where every row is sealed or will never be, and from when on the next such place holds: a row may be stored by a
-- transaction that ends later than one that began after it.
CREATE TABLE _sealing (
    source text PRIMARY KEY,
    settled bigint NOT NULL DEFAULT 0,
    next_settled bigint NOT NULL DEFAULT 0,
    next_after xid8
);
INSERT INTO _sealing (source) VALUES ('journal'), ('audit');

-- The chain at the end of each day (of the workspace's time zone), to be kept elsewhere.
CREATE TABLE _head (
    day date PRIMARY KEY,
    block bigint NOT NULL,
    rows bigint NOT NULL,
    chain bytea NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE _setting (
    name text PRIMARY KEY,
    value jsonb NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    by uuid
);

-- Who could do everything can read the audit as well.
DO $$
BEGIN
    IF to_regclass('role') IS NOT NULL THEN
        UPDATE role SET grants = jsonb_set(grants, '{system}', coalesce(grants->'system', '[]') || '["audit"]')
        WHERE name = 'administrator' AND NOT coalesce(grants->'system', '[]') ? 'audit';
    END IF;
END $$;
