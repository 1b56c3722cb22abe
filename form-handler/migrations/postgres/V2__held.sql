-- Demands that came in a burst are held until the team lets them in or drops them. A demand stays
-- 'held' when it ends without having been let in: nothing was ever written about it.
ALTER TABLE demands DROP CONSTRAINT demands_standing_check;
ALTER TABLE demands ADD CONSTRAINT demands_standing_check
    CHECK (standing IN ('enrolled', 'offered', 'waiting', 'held'));
-- 'dropped': the team did not let it in.
ALTER TABLE demands DROP CONSTRAINT demands_ended_check;
ALTER TABLE demands ADD CONSTRAINT demands_ended_check
    CHECK (ended IN ('cancelled', 'merged', 'expired', 'moved', 'dropped'));
-- Few, and looked for among all: whoever sends an ordinary demand writes nothing here.
CREATE INDEX demands_held ON demands (session) WHERE standing = 'held' AND ended IS NULL;

-- What came of the demands that are there. A repetition is no other demand, one that was moved
-- counts where it went, and one that was never let in counts nowhere.
DROP VIEW counts;
CREATE VIEW counts AS
    SELECT s.key, s.id AS session, s.group_id, s.date, s.cancelled, COALESCE(d.heard_from, '') AS heard_from,
        COUNT(*) AS asked,
        COALESCE(SUM(d.places) FILTER (WHERE d.ended IS NULL AND d.standing <> 'waiting'), 0)::bigint AS seats,
        COUNT(*) FILTER (WHERE d.ended IS NOT NULL) AS withdrawn,
        COUNT(*) FILTER (WHERE d.ended IS NULL AND d.standing = 'waiting') AS unserved
    FROM demands d JOIN sessions s ON s.key = d.session
    WHERE d.standing <> 'held' AND (d.ended IS NULL OR d.ended IN ('cancelled', 'expired'))
    GROUP BY s.key, 6;
