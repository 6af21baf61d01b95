-- The record. One event per write and per exchange, in the same batch as what it records. It outlives the project.
CREATE TABLE audit_event (
  id TEXT PRIMARY KEY,
  project_id TEXT,
  service_account_id TEXT,
  created_at INTEGER NOT NULL,
  actor_type TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  action TEXT NOT NULL,
  target_type TEXT NOT NULL,
  target_id TEXT,
  outcome TEXT NOT NULL CHECK (outcome IN ('granted', 'refused')),
  reason TEXT,
  detail TEXT,
  request_id TEXT NOT NULL,
  ip TEXT,
  user_agent TEXT,
  issuer TEXT,
  subject TEXT,
  claims TEXT,
  kid TEXT,
  jti TEXT,
  token_sha256 TEXT,
  duration_ms INTEGER NOT NULL,
  -- Account and minute of a refusal: what a flood is counted by.
  flood_bucket TEXT,
  -- How many refusals this event stands for.
  occurrences INTEGER NOT NULL DEFAULT 1,
  -- The lock: changes() of the guarded write just before. A write that matched nothing takes its whole batch back.
  rows_changed INTEGER NOT NULL,
  CONSTRAINT guard CHECK (rows_changed > 0)
) STRICT;

CREATE INDEX audit_event_by_project ON audit_event (project_id, id);
CREATE INDEX audit_event_by_service_account ON audit_event (service_account_id, id);
CREATE INDEX audit_event_by_flood_bucket ON audit_event (flood_bucket) WHERE flood_bucket IS NOT NULL;
CREATE UNIQUE INDEX audit_event_one_flood ON audit_event (flood_bucket) WHERE reason = 'flood';
