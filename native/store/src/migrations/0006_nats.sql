-- Which log this is: part of every key under which its events are published, so that many logs can share a stream.
CREATE TABLE log_identity (log_id TEXT NOT NULL) STRICT;
INSERT INTO log_identity VALUES (lower(hex(randomblob(8))));

-- Events up to this one are published below this prefix of subjects.
CREATE TABLE nats_cursors (
    prefix   TEXT PRIMARY KEY,
    event_id INTEGER NOT NULL
) STRICT;
