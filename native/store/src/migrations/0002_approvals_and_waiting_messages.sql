-- The whole message of an unfinished job as JSON, so that one which waits survives a restart.
ALTER TABLE jobs ADD COLUMN message TEXT;

-- Questions of Codex. `approval` is the whole record as JSON; the other columns exist to be searched.
CREATE TABLE approvals (
    approval_id     TEXT PRIMARY KEY,
    -- The bridge process whose Codex waits for the answer; see src/instance.rs.
    instance_id     TEXT NOT NULL,
    status          TEXT NOT NULL,
    job_id          TEXT,
    conversation_id TEXT NOT NULL,
    created_at      INTEGER NOT NULL, -- milliseconds since the Unix epoch
    approval        TEXT NOT NULL
) STRICT;

CREATE INDEX approvals_by_status ON approvals (status);
CREATE INDEX approvals_by_job ON approvals (job_id);

-- Conversations of `codex exec` that go on as copies which the history shows.
CREATE TABLE conversation_aliases (
    conversation_id TEXT PRIMARY KEY,
    goes_on_as      TEXT NOT NULL
) STRICT;
