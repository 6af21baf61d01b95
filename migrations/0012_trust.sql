-- How a trust is judged, beyond its assertions: only watched or enforced, each token once, how old one may be, how far
-- clocks may differ; the ids that its names had when they were first seen; and the findings that somebody accepted.
ALTER TABLE federated_identity_provider ADD COLUMN mode TEXT NOT NULL DEFAULT 'enforce' CHECK (mode IN ('enforce', 'shadow'));
ALTER TABLE federated_identity_provider ADD COLUMN single_use INTEGER NOT NULL DEFAULT 0 CHECK (single_use IN (0, 1));
ALTER TABLE federated_identity_provider ADD COLUMN max_token_age INTEGER;
ALTER TABLE federated_identity_provider ADD COLUMN leeway INTEGER;
ALTER TABLE federated_identity_provider ADD COLUMN learned_ids TEXT;
ALTER TABLE federated_identity_provider ADD COLUMN acknowledged TEXT NOT NULL DEFAULT '[]';
ALTER TABLE federated_identity_provider ADD COLUMN template TEXT;
-- What a token must say for the trust to let it in, where one claim tells: of many trusts in one issuer only these are read.
ALTER TABLE federated_identity_provider ADD COLUMN pin TEXT;

-- How often a trust was used, and refused: counted by the record itself, so that no exchange is counted without its event.
CREATE TABLE trust_use (
  federated_identity_provider_id TEXT PRIMARY KEY REFERENCES federated_identity_provider (id) ON DELETE CASCADE,
  project_id TEXT NOT NULL REFERENCES project (id) ON DELETE CASCADE,
  exchanges INTEGER NOT NULL DEFAULT 0,
  refusals INTEGER NOT NULL DEFAULT 0,
  last_refused_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX trust_use_by_project ON trust_use (project_id);

-- The explanation of an exchange lies in its event for as long as receipts are kept; and which trust it was about.
ALTER TABLE audit_event ADD COLUMN receipt TEXT;
ALTER TABLE audit_event ADD COLUMN federated_identity_provider_id TEXT;
CREATE INDEX audit_event_with_receipt ON audit_event (id) WHERE receipt IS NOT NULL;

CREATE TRIGGER audit_event_counts_trust_use AFTER INSERT ON audit_event
WHEN NEW.federated_identity_provider_id IS NOT NULL
BEGIN
  INSERT INTO trust_use (federated_identity_provider_id, project_id, exchanges, refusals, last_refused_at)
  SELECT f.id, f.project_id, NEW.outcome = 'granted', NEW.outcome = 'refused',
    iif(NEW.outcome = 'refused', NEW.created_at, NULL)
  FROM federated_identity_provider f WHERE f.id = NEW.federated_identity_provider_id
  ON CONFLICT (federated_identity_provider_id) DO UPDATE SET
    exchanges = exchanges + excluded.exchanges, refusals = refusals + excluded.refusals,
    last_refused_at = coalesce(excluded.last_refused_at, last_refused_at);
END;

-- What an issuer was seen to do for one project: its keys, and the claims of its tokens.
CREATE TABLE watched_issuer (
  id TEXT PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES project (id) ON DELETE CASCADE,
  issuer TEXT NOT NULL,
  keys TEXT NOT NULL DEFAULT '[]',
  claims TEXT NOT NULL DEFAULT '[]',
  -- When its keys were asked for last, and since when that fails.
  asked_at INTEGER,
  failing_since INTEGER,
  failure TEXT,
  version INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (project_id, issuer)
) STRICT;

CREATE INDEX watched_issuer_by_asked ON watched_issuer (asked_at);
