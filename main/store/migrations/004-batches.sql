-- Tasks that were asked for together, for many objects at once.

ALTER TABLE task ADD COLUMN batchId TEXT;
CREATE INDEX task_by_batch ON task (batchId, number) WHERE batchId IS NOT NULL;
