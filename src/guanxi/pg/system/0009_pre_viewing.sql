-- As whom the session sees the workspace, where that is not its own user; it then changes nothing.
ALTER TABLE guanxi.session ADD COLUMN viewing uuid;
