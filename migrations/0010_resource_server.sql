-- An API that accepts our access tokens: its audience URI, and the account that it asks us as.
CREATE TABLE resource_server (
  id TEXT PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES project (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  audience TEXT NOT NULL,
  service_account_id TEXT REFERENCES service_account (id) ON DELETE SET NULL,
  version INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (project_id, name),
  UNIQUE (project_id, audience)
) STRICT;

CREATE INDEX resource_server_by_service_account ON resource_server (service_account_id);
