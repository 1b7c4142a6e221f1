-- What people are told. `data` names journal entries and records, never values: what is in them is looked up for the reader.
CREATE TABLE _notification (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    kind text NOT NULL,
    object text,
    record uuid,
    actor uuid,
    change_set uuid,
    count integer NOT NULL DEFAULT 1,
    data jsonb NOT NULL DEFAULT '{}',
    key text,                                  -- what is told once only
    page boolean NOT NULL DEFAULT true,        -- it is in the bell
    read_at timestamptz,
    mail_at timestamptz,                       -- when it goes out by mail, unless it was read by then
    mailed_at timestamptz,
    UNIQUE (user_id, key)
);
CREATE INDEX _notification_user ON _notification (user_id, at DESC, id DESC) WHERE page;
CREATE INDEX _notification_unread ON _notification (user_id, at) WHERE read_at IS NULL;
CREATE INDEX _notification_mail ON _notification (mail_at) WHERE mail_at IS NOT NULL AND mailed_at IS NULL;

-- Who said of a record that they want to hear of it, or that they do not.
CREATE TABLE _follow (
    record uuid NOT NULL,
    user_id uuid NOT NULL,
    object text NOT NULL,
    following boolean NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (record, user_id)
);

CREATE TABLE _notify_preference (
    user_id uuid PRIMARY KEY,
    value jsonb NOT NULL
);
