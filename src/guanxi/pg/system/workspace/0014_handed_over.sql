-- What came to somebody with the hand-over of a leaver, and goes again when that is undone.
ALTER TABLE _share ADD COLUMN via uuid;
ALTER TABLE _view ADD COLUMN via uuid;
CREATE INDEX _share_via ON _share (via) WHERE via IS NOT NULL;
CREATE INDEX _view_via ON _view (via) WHERE via IS NOT NULL;

-- Administrators of workspaces that are there already may see as others do, like those of new ones.
DO $$
BEGIN
    IF to_regclass('role') IS NOT NULL THEN
        UPDATE role SET grants = jsonb_set(grants, '{system}', (grants -> 'system') || '["view_as"]')
        WHERE name = 'administrator' AND jsonb_typeof(grants -> 'system') = 'array' AND NOT grants -> 'system' ? 'view_as';
    END IF;
END
$$;
