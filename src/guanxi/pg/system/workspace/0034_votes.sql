-- Votes that went to somebody else when their signer left: the change set of the hand-over.
ALTER TABLE _approval_vote ADD COLUMN via uuid;
CREATE INDEX _approval_vote_via ON _approval_vote (via) WHERE via IS NOT NULL;
