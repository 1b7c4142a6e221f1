-- Which version of the catalog a change set of the catalog made, so that it can be taken back.
ALTER TABLE _change_set ADD COLUMN version integer;
