-- Jobs: one row a dispatched message. `job` is the whole record as JSON; the other columns exist to be searched.
CREATE TABLE jobs (
    job_id          TEXT PRIMARY KEY,
    -- The bridge process that runs it; see src/instance.rs.
    instance_id     TEXT NOT NULL,
    status          TEXT NOT NULL,
    conversation_id TEXT,
    created_at      INTEGER NOT NULL, -- milliseconds since the Unix epoch
    job             TEXT NOT NULL
) STRICT;

CREATE INDEX jobs_by_status ON jobs (status);
CREATE INDEX jobs_by_creation ON jobs (created_at);

-- The log of everything that happened, in the order in which it became durable.
CREATE TABLE events (
    event_id        INTEGER PRIMARY KEY AUTOINCREMENT,
    at              INTEGER NOT NULL, -- milliseconds since the Unix epoch
    type            TEXT NOT NULL,
    job_id          TEXT,
    conversation_id TEXT,
    payload         TEXT NOT NULL
) STRICT;

CREATE INDEX events_by_job ON events (job_id);
