ALTER TABLE events ADD COLUMN turn_id TEXT;

CREATE INDEX events_without_job ON events (at) WHERE job_id IS NULL;

-- Ids up to this one may be missing: their events were forgotten.
CREATE TABLE forgotten_events (up_to INTEGER NOT NULL) STRICT;
INSERT INTO forgotten_events VALUES (0);

-- Requests with an Idempotency-Key: one row a key.
CREATE TABLE idempotency_keys (
    key         TEXT PRIMARY KEY,
    request     TEXT NOT NULL,    -- method and path
    body_hash   BLOB NOT NULL,    -- SHA-256
    -- The bridge process that carries it out.
    instance_id TEXT NOT NULL,
    -- The job that it makes, if it makes one; chosen first, so that it can be looked for afterwards.
    job_id      TEXT NOT NULL,
    created_at  INTEGER NOT NULL, -- milliseconds since the Unix epoch
    -- The reply; NULL while the request is carried out.
    status      INTEGER,
    body        BLOB
) STRICT;

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
