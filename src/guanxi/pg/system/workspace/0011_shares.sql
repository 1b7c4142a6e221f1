-- A share may end by itself; what is shared with somebody is found by its grantee.
ALTER TABLE _share ADD COLUMN until timestamptz;
CREATE INDEX _share_grantee ON _share (grantee, object) INCLUDE (record, write, until);
CREATE INDEX _share_by ON _share (by);
