-- A public key registered for an account. The private half is the workload's. The id is the key's `kid`.
CREATE TABLE service_account_key (
  id TEXT PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES project (id) ON DELETE CASCADE,
  service_account_id TEXT NOT NULL REFERENCES service_account (id) ON DELETE CASCADE,
  key_algorithm TEXT NOT NULL,
  key_origin TEXT NOT NULL CHECK (key_origin IN ('GENERATED', 'USER_PROVIDED')),
  public_jwk TEXT NOT NULL,
  -- RFC 7638: the same key is registered once for an account, whatever form it came in.
  thumbprint TEXT NOT NULL,
  active INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
  valid_until INTEGER,
  -- When somebody reported its private half as leaked: it is never switched on again.
  leaked_at INTEGER,
  last_used_at INTEGER,
  last_used_ip TEXT,
  last_used_user_agent TEXT,
  -- When the record was told that the key expires soon; null while it was not.
  expiry_noted_at INTEGER,
  version INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (service_account_id, thumbprint)
) STRICT;

CREATE INDEX service_account_key_by_project ON service_account_key (project_id);
CREATE INDEX service_account_key_by_thumbprint ON service_account_key (thumbprint);
CREATE INDEX service_account_key_to_note ON service_account_key (valid_until)
  WHERE valid_until IS NOT NULL AND expiry_noted_at IS NULL;

-- What may be presented once: a self-signed assertion's `jti`, kept until the assertion has expired and a little longer.
-- `voucher_id` is what signed it: a key's id today. Such an id is unique in all projects, so there is no `project_id`.
CREATE TABLE spent_assertion (
  voucher_id TEXT NOT NULL,
  jti TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (voucher_id, jti)
) STRICT, WITHOUT ROWID;

CREATE INDEX spent_assertion_by_expiry ON spent_assertion (expires_at);
