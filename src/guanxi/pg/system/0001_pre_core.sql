-- Workspaces, and the functions that every query may use. Runs with search_path = guanxi.

CREATE TABLE guanxi.workspace (
    id uuid PRIMARY KEY,
    schema text NOT NULL UNIQUE,
    role text NOT NULL UNIQUE,
    name text NOT NULL,
    language text NOT NULL DEFAULT 'en',
    currency text NOT NULL DEFAULT 'CNY',
    timezone text NOT NULL DEFAULT 'Asia/Shanghai',
    catalog_version integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE guanxi.workspace_migration (
    workspace uuid NOT NULL REFERENCES guanxi.workspace ON DELETE CASCADE,
    name text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace, name)
);

-- fold(text): as `contains` and `starts_with` compare: full width becomes half width, lower case in every script.
-- The collation is named because columns are in "C", where lower() knows ASCII only.
DO $$
DECLARE
    unicode text := CASE WHEN current_setting('server_version_num')::int >= 170000 THEN 'pg_c_utf8' ELSE 'und-x-icu' END;
BEGIN
    EXECUTE format($f$
        CREATE FUNCTION guanxi.fold(value text) RETURNS text
        LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
        RETURN lower(normalize(value, NFKC) COLLATE pg_catalog.%I) COLLATE "C"
    $f$, unicode);
END $$;

-- like(text): a literal text as a LIKE pattern of folded text.
CREATE FUNCTION guanxi.like(value text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN replace(replace(replace(guanxi.fold(value), '\', '\\'), '%', '\%'), '_', '\_');
