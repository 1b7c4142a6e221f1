-- Mail that somebody does not want is not sent, and says so.
ALTER TABLE _mail DROP CONSTRAINT _mail_state_check;
ALTER TABLE _mail ADD CONSTRAINT _mail_state_check CHECK (state IN ('queued', 'sending', 'sent', 'failed', 'unknown', 'withheld'));
ALTER TABLE _mail ADD COLUMN purpose text NOT NULL DEFAULT '';
