-- Who is away, and who signs for them meanwhile.
CREATE TABLE _absence (
    person uuid PRIMARY KEY,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL CHECK (until > since),
    deputy uuid NOT NULL CHECK (deputy <> person)
);

-- Whose they were before a hand-over, and by which act they came.
ALTER TABLE _webhook ADD COLUMN given_by uuid, ADD COLUMN via uuid;
ALTER TABLE _flow ADD COLUMN given_by uuid, ADD COLUMN via uuid;
