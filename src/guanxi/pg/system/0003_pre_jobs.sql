-- Work to be done later, in the transaction that made it necessary. See guanxi/pg/jobs.py.

CREATE TABLE guanxi.job (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    queue text NOT NULL,
    name text NOT NULL,
    args jsonb NOT NULL,
    lock text,                               -- of the jobs with one lock, one runs at a time, in the order of ids
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'done', 'failed')),
    due_at timestamptz NOT NULL DEFAULT now(),
    attempt integer NOT NULL DEFAULT 0,      -- counted up by every start: the fence
    failures integer NOT NULL DEFAULT 0,     -- attempts that ended in an error
    crashes integer NOT NULL DEFAULT 0,      -- attempts whose worker died
    worker uuid,
    lease_until timestamptz,                 -- until then the job is its worker's; afterwards anybody's
    error text,
    created_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz
);
CREATE INDEX job_waiting ON guanxi.job (due_at, id) WHERE state = 'waiting';
CREATE INDEX job_running ON guanxi.job (lease_until) WHERE state = 'running';
CREATE INDEX job_ended ON guanxi.job (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX job_lock_waiting ON guanxi.job (lock, id) WHERE lock IS NOT NULL AND state = 'waiting';
CREATE UNIQUE INDEX job_lock_running ON guanxi.job (lock) WHERE lock IS NOT NULL AND state = 'running';

CREATE TABLE guanxi.worker (
    id uuid PRIMARY KEY,
    host text NOT NULL,
    pid integer NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now()
);

-- When each recurring task was last put into the queue.
CREATE TABLE guanxi.recurring (
    name text PRIMARY KEY,
    at timestamptz NOT NULL
);

-- A workspace's role may put a job in and prove that an attempt is still its own, and see nothing of the table.
CREATE FUNCTION guanxi.defer(queue text, name text, args jsonb, lock text, due_at timestamptz) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT pg_notify('guanxi_job', $1) WHERE coalesce($5, now()) <= now();
    INSERT INTO guanxi.job (queue, name, args, lock, due_at) VALUES ($1, $2, $3, $4, coalesce($5, now())) RETURNING id;
END;

-- Whether the attempt may still write. The row stays locked until the transaction ends, so that nobody else can start
-- the job before what is written here is either kept or undone: a worker looks for jobs FOR UPDATE and passes over what
-- is locked, while renewing the lease is not hindered by this weakest of locks.
CREATE FUNCTION guanxi.fence(job bigint, attempt integer) RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT EXISTS (SELECT 1 FROM (
        SELECT FROM guanxi.job j WHERE j.id = $1 AND j.attempt = $2 AND j.state = 'running' FOR KEY SHARE OF j
    ) held);
END;
