-- A day or a moment moved by formulas: empty outside of the years 1 to 9999, however far it is moved.

CREATE FUNCTION guanxi.days_later(day date, count numeric) RETURNS date
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF (day - date '0001-01-01') + floor(count) BETWEEN 0 AND 3652058 THEN
        RETURN day + floor(count)::integer;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION guanxi.months_later(day date, count numeric) RETURNS date
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF extract(year FROM day) * 12 + extract(month FROM day) + floor(count) BETWEEN 13 AND 120000 THEN
        RETURN (day + make_interval(months => floor(count)::integer))::date;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION guanxi.seconds_later(moment timestamptz, count numeric) RETURNS timestamptz
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF extract(epoch FROM moment) + count BETWEEN -62135596800 AND 253402300799 THEN
        RETURN moment + make_interval(secs => count::float8);
    END IF;
    RETURN NULL;
END $$;
