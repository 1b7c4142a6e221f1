-- What was sent by a form, kept whatever becomes of its run: `held` what looks like a machine's, for which none was begun.
CREATE TABLE _flow_submission (
    id uuid PRIMARY KEY,                       -- also the key of its run
    flow uuid NOT NULL,
    key text NOT NULL,                         -- the same form sent again counts once
    at timestamptz NOT NULL DEFAULT now(),
    actor uuid,                                -- null: somebody at the public address
    language text NOT NULL,
    origin text,                               -- the site that it stands in
    input jsonb NOT NULL,
    consent jsonb,                             -- {"given", "purpose", "text", "language"}: what was agreed to, in which words
    held boolean NOT NULL DEFAULT false,
    UNIQUE (flow, key)
);
CREATE INDEX _flow_submission_listed ON _flow_submission (flow, at DESC, id DESC);
