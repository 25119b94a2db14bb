-- Browsers that are signed in. Of the secret in the cookie only a hash is kept, made together with the token that was in force.
CREATE TABLE browser_sessions (
    session_hash TEXT PRIMARY KEY,
    expires_at   INTEGER NOT NULL -- milliseconds since the Unix epoch
) STRICT;
