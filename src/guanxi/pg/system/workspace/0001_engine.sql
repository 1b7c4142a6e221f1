-- What the engine keeps in every workspace's own schema. Runs with search_path = the workspace's schema.

-- The workspace's layer of the catalog: changes in the order in which they were made.
CREATE TABLE _layer (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version integer NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    actor uuid,
    change jsonb NOT NULL
);

-- One row per change of a record: history, audit, outbox and undo in one. Append-only.
CREATE TABLE _journal (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at timestamptz NOT NULL DEFAULT now(),
    object text NOT NULL,
    record uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('create', 'update', 'delete', 'restore')),
    actor uuid,
    cause text NOT NULL,
    change_set uuid NOT NULL,
    version integer NOT NULL,
    before jsonb,
    after jsonb
);
CREATE INDEX _journal_record ON _journal (record, seq);
CREATE INDEX _journal_change_set ON _journal (change_set, seq);

-- Bulk acts: what belongs together and can be undone as one.
CREATE TABLE _change_set (
    id uuid PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    actor uuid,
    kind text NOT NULL,
    label text NOT NULL DEFAULT '',
    object text,
    created integer NOT NULL DEFAULT 0,
    updated integer NOT NULL DEFAULT 0,
    deleted integer NOT NULL DEFAULT 0,
    undoes uuid,
    undone_by uuid
);
CREATE INDEX _change_set_at ON _change_set (at DESC, id DESC);

-- Records shared with a user or a team beyond what roles give.
CREATE TABLE _share (
    id uuid PRIMARY KEY,
    record uuid NOT NULL,
    object text NOT NULL,
    grantee uuid NOT NULL,
    write boolean NOT NULL DEFAULT false,
    at timestamptz NOT NULL DEFAULT now(),
    by uuid,
    UNIQUE (record, grantee)
);

-- What the search box looks into: grams are salted with the object, so that one index serves each object alone.
CREATE TABLE _search (
    id uuid PRIMARY KEY,
    object text NOT NULL,
    title text COLLATE "C" NOT NULL,
    parts jsonb NOT NULL,
    grams integer[] NOT NULL
);
-- What waits to be sorted in is read by every search: a megabyte of it costs a fraction of a millisecond.
CREATE INDEX _search_grams ON _search USING gin (grams) WITH (gin_pending_list_limit = 1024);

-- Saved views, personal (owner set) and shared (owner null).
CREATE TABLE _view (
    id uuid PRIMARY KEY,
    object text NOT NULL,
    owner uuid,
    created_by uuid,
    at timestamptz NOT NULL DEFAULT now(),
    position integer NOT NULL DEFAULT 0,
    definition jsonb NOT NULL
);
CREATE INDEX _view_object ON _view (object, owner);
