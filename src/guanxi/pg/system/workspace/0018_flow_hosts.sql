-- What `record` is to the passes of a loop: what their run began with, while their own record is the loop's.
ALTER TABLE _flow_run ADD COLUMN host_object text, ADD COLUMN host_record uuid;
