-- Every access token that was answered. The token itself is never stored.
CREATE TABLE access_token (
  jti TEXT PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES project (id) ON DELETE CASCADE,
  service_account_id TEXT NOT NULL REFERENCES service_account (id) ON DELETE CASCADE,
  federated_identity_provider_id TEXT,
  auth_method TEXT NOT NULL,
  audience TEXT NOT NULL,
  scope TEXT NOT NULL,
  token_sha256 TEXT NOT NULL,
  issued_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX access_token_by_service_account ON access_token (service_account_id);
CREATE INDEX access_token_by_expiry ON access_token (expires_at);
CREATE INDEX access_token_by_project ON access_token (project_id);
