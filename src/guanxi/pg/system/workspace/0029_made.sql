-- How many records of which object an import of several has made, changed and found: {"account created": 12}.
ALTER TABLE _import ADD made jsonb NOT NULL DEFAULT '{}';
