-- Lanes: one row a lane. `lane` is the whole record as JSON; the other columns exist to be searched.
CREATE TABLE lanes (
    lane_id     TEXT PRIMARY KEY,
    -- The bridge process that last worked on it; see src/instance.rs.
    instance_id TEXT NOT NULL,
    status      TEXT NOT NULL,
    thread_id   TEXT,
    created_at  INTEGER NOT NULL, -- milliseconds since the Unix epoch
    updated_at  INTEGER NOT NULL,
    lane        TEXT NOT NULL
) STRICT;

CREATE INDEX lanes_by_status ON lanes (status);
CREATE INDEX lanes_by_thread ON lanes (thread_id);

ALTER TABLE events ADD COLUMN lane_id TEXT;
CREATE INDEX events_by_lane ON events (lane_id) WHERE lane_id IS NOT NULL;
