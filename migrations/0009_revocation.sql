-- By which credential each access token was got, so that they can be taken back together.
ALTER TABLE access_token ADD COLUMN service_account_key_id TEXT;
ALTER TABLE access_token ADD COLUMN project_token_id TEXT;

-- Revoking many looks at the live tokens of an account or a project alone, not at the week of dead ones beside them.
DROP INDEX access_token_by_service_account;
DROP INDEX access_token_by_project;
CREATE INDEX access_token_by_service_account ON access_token (service_account_id, expires_at);
CREATE INDEX access_token_by_project ON access_token (project_id, expires_at);

-- The access tokens that were taken back before their end. Rows outlive account and project: the feed tells them
-- until nobody can accept the token any more.
CREATE TABLE revoked_token (
  -- The order of revocations: the youngest says in what state the feed is.
  seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  jti TEXT NOT NULL UNIQUE,
  project_id TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  revoked_at INTEGER NOT NULL,
  -- By which act of taking back many; null where it was revoked alone, or with what it was got by.
  revocation_id TEXT
) STRICT;

CREATE INDEX revoked_token_by_expiry ON revoked_token (expires_at);
CREATE INDEX revoked_token_by_time ON revoked_token (revoked_at);
CREATE INDEX revoked_token_by_revocation ON revoked_token (revocation_id) WHERE revocation_id IS NOT NULL;
CREATE INDEX project_token_by_revocation ON project_token (revocation_id) WHERE revocation_id IS NOT NULL;

-- One act of taking back many, and what it asked for.
CREATE TABLE revocation (
  id TEXT PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES project (id) ON DELETE CASCADE,
  criteria TEXT NOT NULL,
  reason TEXT,
  -- How many it took; counted in the batch that took them.
  access_tokens INTEGER NOT NULL DEFAULT 0,
  project_tokens INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX revocation_by_project ON revocation (project_id, id);
