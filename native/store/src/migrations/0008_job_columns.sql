-- The lane and the outcome of a job, to filter by them, and the version of the format of `job`: the rows of the
-- current format are sent to clients as they are.
ALTER TABLE jobs ADD COLUMN lane_id TEXT;
ALTER TABLE jobs ADD COLUMN outcome TEXT;
ALTER TABLE jobs ADD COLUMN format INTEGER NOT NULL DEFAULT 0;

UPDATE jobs SET lane_id = json_extract(job, '$.laneId'),
    outcome = CASE WHEN status = 'completed' THEN 'completed' WHEN status = 'failed' THEN
        CASE json_extract(job, '$.failure.code')
            WHEN 'cancelled' THEN 'cancelled'
            WHEN 'turn_timeout' THEN 'timed_out'
            WHEN 'send_timeout' THEN 'timed_out'
            WHEN 'interrupted' THEN 'interrupted'
            WHEN 'bridge_stopped' THEN 'interrupted'
            WHEN 'interrupted_by_restart' THEN 'interrupted'
            ELSE 'failed'
        END
    END;
UPDATE jobs SET job = json_set(job, '$.outcome', outcome) WHERE outcome IS NOT NULL;

-- Every filter has an index that also gives the order of the pages.
DROP INDEX jobs_by_status;
CREATE INDEX jobs_by_status ON jobs (status, created_at);
CREATE INDEX jobs_by_outcome ON jobs (outcome, created_at);
CREATE INDEX jobs_by_conversation ON jobs (conversation_id, created_at);
CREATE INDEX jobs_by_lane ON jobs (lane_id, created_at) WHERE lane_id IS NOT NULL;
