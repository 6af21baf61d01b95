-- Our own keys. The private half is sealed, and gone long before the public half.
CREATE TABLE signing_key (
  kid TEXT PRIMARY KEY,
  algorithm TEXT NOT NULL,
  public_jwk TEXT NOT NULL,
  sealed_private_key TEXT,
  sealing_key_id TEXT,
  created_at INTEGER NOT NULL,
  -- Signs from here on, until a younger key does.
  activates_at INTEGER NOT NULL,
  -- Published until here; null while no successor exists.
  expires_at INTEGER
) STRICT;
