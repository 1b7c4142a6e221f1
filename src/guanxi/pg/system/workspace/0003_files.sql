-- Uploaded files: who brought them, and what they are. The bytes lie in the file store under the id.

CREATE TABLE _file (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    size bigint NOT NULL,
    type text NOT NULL,
    digest text NOT NULL,
    by uuid,
    at timestamptz NOT NULL DEFAULT now()
);
