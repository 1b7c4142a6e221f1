-- What callers have left of their requests: buckets that all processes draw from. They may be lost in a crash: then they are full.
CREATE UNLOGGED TABLE guanxi.allowance (
    key text PRIMARY KEY,
    amount float8 NOT NULL,
    at timestamptz NOT NULL
);

-- draw(key, per minute, most): up to so many of what is there; how many there were, what stays. A bucket holds a minute's worth.
CREATE FUNCTION guanxi.draw(caller text, per_minute integer, most integer, OUT drawn integer, OUT amount_left float8)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    filled float8;
BEGIN
    INSERT INTO guanxi.allowance AS a (key, amount, at) VALUES (caller, per_minute, clock_timestamp())
    ON CONFLICT (key) DO UPDATE SET at = clock_timestamp(), amount = least(
        per_minute, a.amount + per_minute / 60.0 * greatest(0, extract(epoch FROM clock_timestamp() - a.at)))
    RETURNING amount INTO filled;
    drawn := least(most, floor(filled));
    amount_left := filled - drawn;
    UPDATE guanxi.allowance SET amount = amount_left WHERE key = caller;
END $$;

-- How many requests a minute a token may make, where it has a limit of its own.
ALTER TABLE guanxi.token ADD COLUMN per_minute integer;
