-- What happened to records of an object since a moment: what the past is put together of.
CREATE INDEX _journal_at ON _journal (object, at);
