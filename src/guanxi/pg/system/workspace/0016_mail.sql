-- Mail that is to go out, and what became of it. The id makes the Message-ID, so that what arrives twice is known to be one.
CREATE TABLE _mail (
    id uuid PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    kind text NOT NULL,
    recipient text NOT NULL,
    recipient_name text NOT NULL DEFAULT '',
    reply_to text NOT NULL DEFAULT '',
    subject text NOT NULL,
    body text NOT NULL,
    html text NOT NULL DEFAULT '',
    object text,                               -- what it tells of
    record uuid,
    by uuid,                                   -- who caused it
    state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sending', 'sent', 'failed', 'unknown')),
    attempt integer NOT NULL DEFAULT 0,
    tries integer NOT NULL DEFAULT 0,
    due_at timestamptz,
    sent_at timestamptz,
    answer text NOT NULL DEFAULT ''            -- what the server said last
);
CREATE INDEX _mail_at ON _mail (at DESC, id DESC);
