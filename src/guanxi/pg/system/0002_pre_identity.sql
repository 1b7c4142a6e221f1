-- Who is signed in, with what; who tried and failed; what was already answered. Only the program itself reads these
-- tables: the roles of workspaces have no rights here.

-- The key is the SHA-256 of a 256-bit random secret that only the browser holds.
CREATE TABLE guanxi.session (
    token_hash bytea PRIMARY KEY,
    workspace uuid NOT NULL REFERENCES guanxi.workspace (id) ON DELETE CASCADE,
    user_id uuid NOT NULL,
    csrf text NOT NULL,
    created timestamptz NOT NULL DEFAULT now(),
    last_seen timestamptz NOT NULL DEFAULT now(),
    expires timestamptz NOT NULL,
    ip text,
    agent text
);
CREATE INDEX session_of_user ON guanxi.session (workspace, user_id);
CREATE INDEX session_expires ON guanxi.session (expires);

-- API tokens. scopes is null where the token may do all that its owner may.
CREATE TABLE guanxi.token (
    id uuid PRIMARY KEY,
    hash bytea NOT NULL UNIQUE,
    workspace uuid NOT NULL REFERENCES guanxi.workspace (id) ON DELETE CASCADE,
    user_id uuid NOT NULL,
    name text NOT NULL,
    scopes text[],
    created timestamptz NOT NULL DEFAULT now(),
    last_used timestamptz,
    expires timestamptz,
    revoked timestamptz
);
CREATE INDEX token_user ON guanxi.token (workspace, user_id);

-- Failed sign-ins of the last day. account is the SHA-256 of what was typed as e-mail, known here or not.
CREATE TABLE guanxi.sign_in_failure (
    account bytea NOT NULL,
    address text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX sign_in_failure_account ON guanxi.sign_in_failure (account, at);
CREATE INDEX sign_in_failure_address ON guanxi.sign_in_failure (address, at);

CREATE TABLE guanxi.invitation (
    hash bytea PRIMARY KEY,
    workspace uuid NOT NULL REFERENCES guanxi.workspace (id) ON DELETE CASCADE,
    user_id uuid NOT NULL,
    expires timestamptz NOT NULL
);
CREATE INDEX invitation_user ON guanxi.invitation (workspace, user_id);

-- The first answer to a POST that carried an Idempotency-Key; status is null while that POST is being worked on,
-- which nobody else sees, since the row is written in the transaction of the work itself.
CREATE TABLE guanxi.idempotency (
    workspace uuid NOT NULL REFERENCES guanxi.workspace (id) ON DELETE CASCADE,
    user_id uuid NOT NULL,
    key text NOT NULL,
    request_hash bytea NOT NULL,
    status smallint,
    headers jsonb,
    body bytea,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace, user_id, key)
);
CREATE INDEX idempotency_at ON guanxi.idempotency (at);
