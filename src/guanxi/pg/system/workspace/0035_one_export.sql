-- One export of everything is under way for each person; what was sent by a form is listed by its id.
UPDATE _whole AS w SET status = 'failed', error = 'export_interrupted', ended_at = now()
WHERE status IN ('queued', 'running')
    AND EXISTS (SELECT FROM _whole AS o WHERE o.owner = w.owner AND o.status IN ('queued', 'running') AND o.id > w.id);
CREATE UNIQUE INDEX IF NOT EXISTS _whole_one ON _whole (owner) WHERE status IN ('queued', 'running');
DROP INDEX IF EXISTS _flow_submission_listed;
CREATE INDEX _flow_submission_listed ON _flow_submission (flow, id DESC);
