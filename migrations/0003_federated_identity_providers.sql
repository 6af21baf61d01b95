-- One service account's trust in one foreign issuer.
CREATE TABLE federated_identity_provider (
  id TEXT PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES project (id) ON DELETE CASCADE,
  service_account_id TEXT NOT NULL REFERENCES service_account (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  issuer TEXT NOT NULL,
  assertions TEXT NOT NULL,
  jwks TEXT,
  token_lifetime INTEGER,
  disabled INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
  last_used_at INTEGER,
  version INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (service_account_id, name)
) STRICT;

CREATE INDEX federated_identity_provider_by_issuer ON federated_identity_provider (service_account_id, issuer);
CREATE INDEX federated_identity_provider_by_project ON federated_identity_provider (project_id);

-- A project that purged an issuer's keys reads the key cache under a generation of its own from then on:
-- what any cache held before the purge is out of its reach at once, however late KV learns of anything.
CREATE TABLE key_purge (
  project_id TEXT NOT NULL REFERENCES project (id) ON DELETE CASCADE,
  issuer TEXT NOT NULL,
  generation TEXT NOT NULL,
  purged_at INTEGER NOT NULL,
  PRIMARY KEY (project_id, issuer)
) STRICT;
