-- Facts of sites by which queues choose, and the order in which history is forgotten.

ALTER TABLE site ADD COLUMN lastCronAt INTEGER;
ALTER TABLE site ADD COLUMN backupEverySeconds INTEGER;
CREATE INDEX site_by_cron ON site (status, lastCronAt, id);
CREATE INDEX site_by_schedule ON site (status, backupEverySeconds) WHERE backupEverySeconds IS NOT NULL;
CREATE INDEX attempt_again ON attempt (taskId) WHERE number > 1;
CREATE INDEX task_by_history ON task (objectId, type, endedAt, number);
