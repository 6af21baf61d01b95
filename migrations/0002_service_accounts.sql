CREATE TABLE service_account (
  id TEXT PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES project (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  email TEXT NOT NULL UNIQUE,
  display_name TEXT,
  description TEXT,
  owner TEXT,
  labels TEXT NOT NULL DEFAULT '{}',
  allowed_audiences TEXT NOT NULL DEFAULT '[]',
  token_lifetime INTEGER,
  disabled INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
  expires_at INTEGER,
  last_used_at INTEGER,
  version INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (project_id, name)
) STRICT;

CREATE INDEX service_account_by_project ON service_account (project_id, id);

-- Every e-mail that was ever given out, so that none is given out again. Rows stay when the account goes.
CREATE TABLE issued_email (
  email TEXT PRIMARY KEY,
  created_at INTEGER NOT NULL
) STRICT;
