-- reads(value, kind): whether a text is a value of a type. Of a field whose type was changed, the journal has others too.
CREATE FUNCTION guanxi.reads(value text, kind text) RETURNS boolean
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $$
BEGIN
    EXECUTE format('SELECT %L::%s', value, kind::regtype);
    RETURN true;
EXCEPTION WHEN data_exception THEN
    RETURN false;
END $$;
