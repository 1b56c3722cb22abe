-- What time and the team change: milestones done, the minimum's decision, priority after a session without a place, letters to the team and
-- to whoever was erased.

-- Under this number of places taken, the team is asked whether to hold the session.
ALTER TABLE sessions ADD COLUMN places_min INTEGER NOT NULL DEFAULT 0 CHECK (places_min BETWEEN 0 AND 65535);
-- The team's word; 'cancelled' stands above the content until the content's revision is raised.
ALTER TABLE sessions ADD COLUMN decision TEXT CHECK (decision IN ('held', 'cancelled'));
CREATE INDEX sessions_starts ON sessions (starts);
CREATE INDEX sessions_group ON sessions (group_id, starts);

-- It comes from a session that had no place for it: it waits before the others.
ALTER TABLE demands ADD COLUMN first BOOLEAN NOT NULL DEFAULT FALSE;
-- The name of the entry in this person's calendar, once they asked for one: the same for as long as the demand goes on.
ALTER TABLE demands ADD COLUMN calendar BYTEA CHECK (length(calendar) = 16);

-- What was done once for a session that begins then.
CREATE TABLE milestones (
    session BIGINT NOT NULL REFERENCES sessions (key) ON DELETE CASCADE,
    what    TEXT   NOT NULL,
    starts  BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (session, what, starts)
);

-- The days whose digest was written for the team, or had nothing to tell.
CREATE TABLE digests (
    day TEXT   PRIMARY KEY,
    at  BIGINT NOT NULL
);

-- To a person, about a demand; or to the team (no recipient), about a session or about everything; or to a person of whom nothing else is
-- left (no demand): that row goes when its letter has left.
ALTER TABLE outbox ALTER COLUMN demand DROP NOT NULL;
ALTER TABLE outbox ALTER COLUMN recipient DROP NOT NULL;
ALTER TABLE outbox ADD COLUMN session BIGINT REFERENCES sessions (key) ON DELETE CASCADE;
ALTER TABLE outbox ADD COLUMN lang TEXT;
ALTER TABLE outbox ADD CHECK (demand IS NULL OR (recipient IS NOT NULL AND session IS NULL AND lang IS NULL));
ALTER TABLE outbox ADD CHECK ((demand IS NULL AND recipient IS NOT NULL) = (lang IS NOT NULL));
CREATE INDEX outbox_session ON outbox (session) WHERE session IS NOT NULL;
