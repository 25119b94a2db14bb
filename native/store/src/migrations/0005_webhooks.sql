-- `webhook` is the whole record as JSON, without its secret.
CREATE TABLE webhooks (
    webhook_id     TEXT PRIMARY KEY,
    -- Only later events are for it.
    after_event_id INTEGER NOT NULL,
    -- Grows with every change that the process which delivers must hear of.
    revision       INTEGER NOT NULL,
    secret         TEXT,
    webhook        TEXT NOT NULL
) STRICT;

-- One event on its way to one webhook. `delivery` is the whole record as JSON; the other columns exist to be searched.
CREATE TABLE webhook_deliveries (
    delivery_id     TEXT PRIMARY KEY,
    webhook_id      TEXT NOT NULL REFERENCES webhooks ON DELETE CASCADE,
    event_id        INTEGER NOT NULL,
    status          TEXT NOT NULL,
    next_attempt_at INTEGER, -- milliseconds since the Unix epoch, like the others
    give_up_at      INTEGER NOT NULL,
    ended_at        INTEGER,
    delivery        TEXT NOT NULL,
    UNIQUE (webhook_id, event_id)
) STRICT;

CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook_id, next_attempt_at, event_id) WHERE status = 'pending';
CREATE INDEX webhook_deliveries_pending_by_event ON webhook_deliveries (event_id) WHERE status = 'pending';
CREATE INDEX webhook_deliveries_ended ON webhook_deliveries (ended_at) WHERE ended_at IS NOT NULL;

-- Events up to this one have their deliveries.
CREATE TABLE webhook_cursor (event_id INTEGER NOT NULL) STRICT;
INSERT INTO webhook_cursor VALUES (0);
