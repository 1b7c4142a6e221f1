-- What the search entries of an object's records were made for: fields, labels of options, form of the index.
-- Where it is not what the catalog wants, a job makes them anew.

CREATE TABLE _entries (
    object text PRIMARY KEY,
    made_for text NOT NULL
);
