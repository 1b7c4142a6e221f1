-- Who set a run off: whoever pressed its button, sent its form, or made the change that it heard of.
ALTER TABLE _flow_run ADD COLUMN started_by uuid;
