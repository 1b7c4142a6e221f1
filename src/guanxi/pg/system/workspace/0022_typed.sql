-- What was written of values that are kept in a standard form, by field, where that says more or other than was written.
ALTER TABLE _journal ADD typed jsonb;
