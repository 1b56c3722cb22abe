-- Why a demand left the session that it was moved from: it is not held, had no place, the team offers
-- another date, or its person chose one. Of what was moved before this was noted, it is known where
-- that session is still not held.
ALTER TABLE demands ADD COLUMN departure TEXT
    CHECK (departure = 'cancelled' OR departure = 'full' OR departure = 'team' OR departure = 'person');
UPDATE demands SET departure = 'cancelled' WHERE previous IS NOT NULL AND EXISTS (
    SELECT 1 FROM links l JOIN demands p ON p.id = l.id JOIN sessions s ON s.key = p.session
    WHERE l.demand = demands.rank AND s.cancelled AND s.date = demands.previous);
