-- How far each follower of the journal has come. Everything up to `settled` is handled; above it, what `done` holds is: a row may
-- be stored by a transaction that ends later than one that began after it. `next_settled` holds from `next_after` on.
CREATE TABLE _outbox (
    follower text PRIMARY KEY,
    settled bigint NOT NULL,
    done int8multirange NOT NULL DEFAULT '{}',
    next_settled bigint NOT NULL,
    next_after xid8,
    failures integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL DEFAULT now()
);

-- What a follower could not take after many tries; it went on without it.
CREATE TABLE _outbox_aside (
    follower text NOT NULL,
    seq bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    error text NOT NULL,
    PRIMARY KEY (follower, seq)
);
