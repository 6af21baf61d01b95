-- A named, long-lived token of an account: only its hash is here. The id is the token's `jti` and outlives a regeneration.
CREATE TABLE project_token (
  id TEXT PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES project (id) ON DELETE CASCADE,
  service_account_id TEXT NOT NULL REFERENCES service_account (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  token_sha256 TEXT NOT NULL UNIQUE,
  -- 1, and one more each time it is made anew: it is a claim, since two tokens of one second must differ.
  generation INTEGER NOT NULL DEFAULT 1,
  -- Of this generation.
  issued_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  -- A revoked token's row stays until a week after it would have expired, so that a leaked copy is still recognised.
  revoked_at INTEGER,
  -- By which act of taking back many (`revocation`, 0009); null where it was taken back alone, or not at all.
  revocation_id TEXT,
  last_used_at INTEGER,
  last_used_ip TEXT,
  last_used_user_agent TEXT,
  -- When the record was told that the token expires soon; null while it was not.
  expiry_noted_at INTEGER,
  version INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX project_token_by_name ON project_token (service_account_id, name) WHERE revoked_at IS NULL;
CREATE INDEX project_token_by_service_account ON project_token (service_account_id, id);
CREATE INDEX project_token_by_project ON project_token (project_id);
CREATE INDEX project_token_by_expiry ON project_token (expires_at);
