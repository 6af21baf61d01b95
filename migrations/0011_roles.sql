-- What an API knows of itself: its permissions, the longest life and the algorithm of the tokens that it takes.
ALTER TABLE resource_server ADD COLUMN permissions TEXT NOT NULL DEFAULT '[]';
ALTER TABLE resource_server ADD COLUMN token_lifetime INTEGER;
ALTER TABLE resource_server ADD COLUMN signing_algorithm TEXT;
-- Which projects registered an audience, when somebody asks about a URI.
CREATE INDEX resource_server_by_audience ON resource_server (audience);

-- Moves with every change of who may do what in the project: a token is inserted only at the state it was decided from.
ALTER TABLE project ADD COLUMN grants_version INTEGER NOT NULL DEFAULT 1;

-- A named set of permissions that a project made for itself. The built-in ones are in the code.
CREATE TABLE role (
  id TEXT PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES project (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  description TEXT,
  permissions TEXT NOT NULL,
  version INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (project_id, name)
) STRICT;

-- Whose ID tokens are accepted as persons. The operator's, so it is in no project.
CREATE TABLE identity_provider (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  issuer TEXT NOT NULL UNIQUE,
  audience TEXT NOT NULL,
  -- Claims that e-mail, name and groups are read from.
  mapping TEXT NOT NULL,
  trusts_email INTEGER NOT NULL DEFAULT 0,
  jwks TEXT,
  disabled INTEGER NOT NULL DEFAULT 0,
  version INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

-- Gives a role to a principal on a resource, or takes it away from him there.
CREATE TABLE role_binding (
  id TEXT PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES project (id) ON DELETE CASCADE,
  principal_type TEXT NOT NULL CHECK (principal_type IN ('service_account', 'person', 'person_email', 'group', 'workloads')),
  -- An account's id, a person's sub or e-mail, a group's name, or the issuer of workloads.
  principal_id TEXT NOT NULL,
  -- Where persons and groups are from.
  identity_provider_id TEXT REFERENCES identity_provider (id) ON DELETE CASCADE,
  -- What must hold of a workload's token.
  assertions TEXT,
  -- A built-in role's name, or null where role_id names one of the project's own.
  built_in_role TEXT,
  role_id TEXT REFERENCES role (id) ON DELETE CASCADE,
  effect TEXT NOT NULL CHECK (effect IN ('allow', 'deny')),
  resource_type TEXT NOT NULL CHECK (resource_type IN ('project', 'service_account', 'resource_server')),
  resource_id TEXT NOT NULL,
  -- Below a resource server; empty for all of it.
  resource_path TEXT NOT NULL DEFAULT '',
  condition TEXT,
  description TEXT,
  version INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE INDEX role_binding_by_principal ON role_binding (principal_type, principal_id, project_id, resource_id);
CREATE INDEX role_binding_by_project ON role_binding (project_id, id);
-- Denials of e-mails and groups are looked at even where a token does not say which are his.
CREATE INDEX role_binding_denials ON role_binding (project_id) WHERE effect = 'deny';
CREATE INDEX role_binding_by_resource ON role_binding (resource_id);
CREATE INDEX role_binding_by_role ON role_binding (role_id) WHERE role_id IS NOT NULL;
CREATE INDEX role_binding_by_identity_provider ON role_binding (identity_provider_id)
  WHERE identity_provider_id IS NOT NULL;

-- For which API a token is, where its bindings decided; and of an impersonation: by which token another one was got, who acts with it, and which bindings a workload's claims met.
ALTER TABLE access_token ADD COLUMN resource_server_id TEXT;
ALTER TABLE access_token ADD COLUMN parent_jti TEXT;
ALTER TABLE access_token ADD COLUMN identity_provider_id TEXT;
ALTER TABLE access_token ADD COLUMN act TEXT;
ALTER TABLE access_token ADD COLUMN workload_bindings TEXT;
CREATE INDEX access_token_by_parent ON access_token (parent_jti) WHERE parent_jti IS NOT NULL;
CREATE INDEX access_token_by_identity_provider ON access_token (identity_provider_id)
  WHERE identity_provider_id IS NOT NULL;

-- Who stands behind an actor, and why he acts as another.
ALTER TABLE audit_event ADD COLUMN act TEXT;
