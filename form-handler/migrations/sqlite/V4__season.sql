-- What time and the team change: milestones done, the minimum's decision, priority after a session without a place, letters to the team and
-- to whoever was erased. What was recorded stays recorded.

-- Under this number of places taken, the team is asked whether to hold the session.
ALTER TABLE sessions ADD COLUMN places_min INTEGER NOT NULL DEFAULT 0 CHECK (places_min BETWEEN 0 AND 65535);
-- The team's word; 'cancelled' stands above the content until the content's revision is raised.
ALTER TABLE sessions ADD COLUMN decision TEXT CHECK (decision IN ('held', 'cancelled'));
CREATE INDEX sessions_starts ON sessions (starts);
CREATE INDEX sessions_group ON sessions (group_id, starts);

-- It comes from a session that had no place for it: it waits before the others.
ALTER TABLE demands ADD COLUMN first INTEGER NOT NULL DEFAULT 0 CHECK (first IN (0, 1));
-- The name of the entry in this person's calendar, once they asked for one: the same for as long as the demand goes on.
ALTER TABLE demands ADD COLUMN calendar BLOB CHECK (length(calendar) = 16);

-- What was done once for a session that begins then.
CREATE TABLE milestones (
    session INTEGER NOT NULL REFERENCES sessions (key) ON DELETE CASCADE,
    what    TEXT    NOT NULL,
    starts  INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (session, what, starts)
) STRICT, WITHOUT ROWID;

-- The days whose digest was written for the team, or had nothing to tell.
CREATE TABLE digests (
    day TEXT    PRIMARY KEY,
    at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- To a person, about a demand; or to the team (no recipient), about a session or about everything; or to a person of whom nothing else is
-- left (no demand): that row goes when its letter has left.
CREATE TABLE outbox_3 (
    key           INTEGER PRIMARY KEY AUTOINCREMENT,
    kind          TEXT    NOT NULL,
    demand        INTEGER REFERENCES demands (rank) ON DELETE CASCADE,
    session       INTEGER REFERENCES sessions (key) ON DELETE CASCADE,
    recipient     TEXT,
    lang          TEXT,
    state         TEXT    NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sent', 'undeliverable')),
    attempts      INTEGER NOT NULL DEFAULT 0,
    written_at    INTEGER NOT NULL,
    not_before    INTEGER NOT NULL,
    claimed_until INTEGER,
    sent_at       INTEGER,
    CHECK (demand IS NULL OR (recipient IS NOT NULL AND session IS NULL AND lang IS NULL)),
    CHECK ((demand IS NULL AND recipient IS NOT NULL) = (lang IS NOT NULL))
) STRICT;
INSERT INTO outbox_3 (key, kind, demand, recipient, state, attempts, written_at, not_before, claimed_until, sent_at)
    SELECT key, kind, demand, recipient, state, attempts, written_at, not_before, claimed_until, sent_at FROM outbox;
UPDATE sqlite_sequence SET seq = COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'outbox'), seq) WHERE name = 'outbox_3';
DROP TABLE outbox;
ALTER TABLE outbox_3 RENAME TO outbox;
CREATE INDEX outbox_due ON outbox (not_before) WHERE state = 'pending';
CREATE INDEX outbox_demand ON outbox (demand);
CREATE INDEX outbox_session ON outbox (session) WHERE session IS NOT NULL;
