-- What formulas reckon with: functions that are total, so that no formula fails on any record.

-- power(base, exponent): empty where there is no real number or one of more than thirty digits.
CREATE FUNCTION guanxi.power(base numeric, exponent numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF base = 0 THEN
        RETURN CASE WHEN exponent > 0 THEN 0 WHEN exponent = 0 THEN 1 END;
    END IF;
    IF base < 0 AND exponent <> trunc(exponent) OR abs(exponent) > 10000 THEN
        RETURN NULL;
    END IF;
    IF log(abs(base)) * exponent > 30 THEN
        RETURN NULL;
    END IF;
    IF log(abs(base)) * exponent < -30 THEN
        RETURN 0;
    END IF;
    RETURN round(pg_catalog.power(base, exponent), 12);
END $$;

-- to_number(value): the number that a text is.
CREATE FUNCTION guanxi.to_number(value text) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF value ~ '^\s*[+-]?[0-9]{1,18}(\.[0-9]{1,12})?\s*$' THEN
        RETURN btrim(value, E' \t\n\r\f\v')::numeric;
    END IF;
    RETURN NULL;
END $$;

-- to_day(year, month, day): empty when there is no such day.
CREATE FUNCTION guanxi.to_day(year numeric, month numeric, day numeric) RETURNS date
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    first date;
    found date;
BEGIN
    IF year NOT BETWEEN 1 AND 9999 OR floor(month) NOT BETWEEN 1 AND 12 OR floor(day) NOT BETWEEN 1 AND 31 THEN
        RETURN NULL;
    END IF;
    first := make_date(floor(year)::int, floor(month)::int, 1);
    found := first + (floor(day)::int - 1);
    RETURN CASE WHEN date_part('month', found) = date_part('month', first) THEN found END;
END $$;

-- months_between(from, to): whole months, less than nothing backwards.
CREATE FUNCTION guanxi.months_between(start date, until date) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (extract(year FROM age(until::timestamp, start::timestamp)) * 12
    + extract(month FROM age(until::timestamp, start::timestamp)))::integer;

-- workdays(from, to): days from Monday to Friday, both ends included; less than nothing backwards.
CREATE FUNCTION guanxi.workdays(start date, until date) RETURNS integer
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    low date := least(start, until);
    days integer := abs(until - start) + 1;
    weekday integer := extract(isodow FROM low)::integer - 1;
    rest integer := days % 7;
    count integer := days / 7 * 5;
BEGIN
    FOR i IN 0 .. rest - 1 LOOP
        count := count + ((weekday + i) % 7 < 5)::integer;
    END LOOP;
    RETURN CASE WHEN until < start THEN -count ELSE count END;
END $$;

-- upper(value), lower(value): in every script; columns are in "C", where PostgreSQL's own know ASCII only.
DO $$
DECLARE
    unicode text := CASE WHEN current_setting('server_version_num')::int >= 170000 THEN 'pg_c_utf8' ELSE 'und-x-icu' END;
BEGIN
    EXECUTE format($f$
        CREATE FUNCTION guanxi.upper(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
        RETURN pg_catalog.upper(value COLLATE pg_catalog.%I) COLLATE "C"
    $f$, unicode);
    EXECUTE format($f$
        CREATE FUNCTION guanxi.lower(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
        RETURN pg_catalog.lower(value COLLATE pg_catalog.%I) COLLATE "C"
    $f$, unicode);
END $$;
