-- What is filtered, sorted or unique is a column; everything else of a row is JSON in `data`.
-- `revision` is the number of the commit that last wrote the row.

CREATE TABLE backend (
  id TEXT PRIMARY KEY NOT NULL,
  title TEXT NOT NULL,
  host TEXT NOT NULL,
  port INTEGER NOT NULL,
  user TEXT NOT NULL,
  data TEXT NOT NULL,
  revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX backend_by_address ON backend (host COLLATE NOCASE, port, user);

CREATE TABLE server (
  id TEXT PRIMARY KEY NOT NULL,
  name TEXT NOT NULL,
  title TEXT NOT NULL,
  backendId TEXT NOT NULL REFERENCES backend (id) DEFERRABLE INITIALLY DEFERRED,
  status TEXT NOT NULL,
  searchText TEXT NOT NULL,
  data TEXT NOT NULL,
  revision INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX server_name ON server (backendId, name) WHERE status <> 'deleted';
CREATE INDEX server_by_text ON server (searchText, id, status);
CREATE INDEX server_by_backend ON server (backendId);

CREATE TABLE platform (
  id TEXT PRIMARY KEY NOT NULL,
  name TEXT NOT NULL,
  title TEXT NOT NULL,
  backendId TEXT NOT NULL REFERENCES backend (id) DEFERRABLE INITIALLY DEFERRED,
  serverId TEXT NOT NULL REFERENCES server (id) DEFERRABLE INITIALLY DEFERRED,
  status TEXT NOT NULL,
  searchText TEXT NOT NULL,
  data TEXT NOT NULL,
  revision INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX platform_name ON platform (backendId, name) WHERE status <> 'deleted';
CREATE INDEX platform_by_text ON platform (searchText, id, status);
CREATE INDEX platform_by_server ON platform (serverId, searchText, id);
CREATE INDEX platform_by_backend ON platform (backendId);

CREATE TABLE client (
  id TEXT PRIMARY KEY NOT NULL,
  title TEXT NOT NULL,
  searchText TEXT NOT NULL,
  data TEXT NOT NULL,
  revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX client_by_text ON client (searchText, id);

CREATE TABLE site (
  id TEXT PRIMARY KEY NOT NULL,
  name TEXT NOT NULL,
  title TEXT NOT NULL,
  backendId TEXT NOT NULL REFERENCES backend (id) DEFERRABLE INITIALLY DEFERRED,
  platformId TEXT NOT NULL REFERENCES platform (id) DEFERRABLE INITIALLY DEFERRED,
  clientId TEXT REFERENCES client (id) DEFERRABLE INITIALLY DEFERRED,
  status TEXT NOT NULL,
  searchText TEXT NOT NULL,
  data TEXT NOT NULL,
  revision INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX site_name ON site (backendId, name) WHERE status <> 'deleted';
CREATE INDEX site_by_text ON site (searchText, id, status);
CREATE INDEX site_by_platform ON site (platformId, searchText, id);
CREATE INDEX site_by_client ON site (clientId, searchText, id);
CREATE INDEX site_by_name ON site (name);
CREATE INDEX site_by_backend ON site (backendId);

-- A backup outlives its site: its file lies on the server all the same.
CREATE TABLE backup (
  id TEXT PRIMARY KEY NOT NULL,
  siteId TEXT NOT NULL,
  backendId TEXT NOT NULL,
  createdAt INTEGER NOT NULL,
  data TEXT NOT NULL,
  revision INTEGER NOT NULL
) STRICT;
CREATE INDEX backup_by_site ON backup (siteId, createdAt, id);
CREATE INDEX backup_by_backend ON backup (backendId);
CREATE INDEX backup_by_time ON backup (createdAt, id);

-- Tasks outlive what they were about: history stays readable when an object is forgotten.
CREATE TABLE task (
  number INTEGER PRIMARY KEY NOT NULL,
  id TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL,
  objectKind TEXT NOT NULL,
  objectId TEXT NOT NULL,
  objectName TEXT NOT NULL,
  backendId TEXT NOT NULL,
  status TEXT NOT NULL,
  endedAt INTEGER,
  data TEXT NOT NULL,
  revision INTEGER NOT NULL
) STRICT;
CREATE INDEX task_by_status ON task (status, number);
CREATE INDEX task_by_object ON task (objectId, number);
CREATE INDEX task_by_backend ON task (backendId, status, number);
CREATE INDEX task_by_name ON task (objectName, type);
CREATE INDEX task_failed ON task (endedAt) WHERE status = 'error';

CREATE TABLE attempt (
  id TEXT PRIMARY KEY NOT NULL,
  taskId TEXT NOT NULL REFERENCES task (id) DEFERRABLE INITIALLY DEFERRED,
  number INTEGER NOT NULL,
  data TEXT NOT NULL,
  revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX attempt_number ON attempt (taskId, number);

CREATE TABLE queue (
  name TEXT PRIMARY KEY NOT NULL,
  data TEXT NOT NULL,
  revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE hostKey (
  id TEXT PRIMARY KEY NOT NULL,
  host TEXT NOT NULL,
  port INTEGER NOT NULL,
  data TEXT NOT NULL,
  revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX hostKey_by_host ON hostKey (host, port);

CREATE TABLE setting (
  name TEXT PRIMARY KEY NOT NULL,
  data TEXT NOT NULL,
  revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE secret (
  name TEXT PRIMARY KEY NOT NULL,
  data TEXT NOT NULL,
  revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
