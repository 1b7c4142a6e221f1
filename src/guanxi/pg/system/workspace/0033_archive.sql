-- Records are archived, and come back from the archive.
ALTER TABLE _journal DROP CONSTRAINT _journal_kind_check;
ALTER TABLE _journal ADD CONSTRAINT _journal_kind_check CHECK (kind IN ('create', 'update', 'delete', 'restore', 'archive', 'unarchive')) NOT VALID;
