-- What happened to records between pools and people: what limits, cool-downs, the way back and the report go by.
CREATE TABLE _pool_move (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    pool uuid NOT NULL,
    object text NOT NULL,
    record uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('claim', 'release', 'recycle', 'assign', 'transfer', 'return')),
    actor uuid,
    giver uuid,
    taker uuid,
    reason text,
    note text,
    rule text,
    change_set uuid NOT NULL
);
CREATE INDEX _pool_move_record ON _pool_move (record, seq DESC);
CREATE INDEX _pool_move_taker ON _pool_move (taker, pool, at) WHERE taker IS NOT NULL;
CREATE INDEX _pool_move_pool ON _pool_move (pool, at);

-- Records whose owners were told that they will fall, for as long as they would.
CREATE TABLE _pool_warning (
    record uuid PRIMARY KEY,
    object text NOT NULL,
    owner uuid NOT NULL,
    pool uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);

-- A night: what fell, and whether anything went wrong.
CREATE TABLE _pool_run (
    id uuid PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    day date NOT NULL,
    object text NOT NULL,
    fell integer NOT NULL DEFAULT 0,
    warned integer NOT NULL DEFAULT 0,
    seconds real NOT NULL DEFAULT 0,
    actor uuid
);
CREATE INDEX _pool_run_at ON _pool_run (at DESC);
