-- What the overview counts of ended tasks, answered from an index alone.

ALTER TABLE task ADD COLUMN startedAt INTEGER;
UPDATE task SET startedAt = json_extract(data, '$.startedAt');
CREATE INDEX task_by_end ON task (endedAt, status, startedAt) WHERE endedAt IS NOT NULL;
