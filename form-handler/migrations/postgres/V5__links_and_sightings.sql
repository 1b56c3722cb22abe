-- A link is a person's, whatever moves; nothing is erased by mistake; and no answer takes longer because of somebody else. What was recorded
-- stays recorded.

-- The day of the session that it was moved from.
ALTER TABLE demands ADD COLUMN previous TEXT;
UPDATE demands d SET previous = s.date FROM demands f JOIN sessions s ON s.key = f.session WHERE f.moved_to = d.rank;

-- The ids that a demand had before it was moved: each link that was given out leads to the demand as it is now.
CREATE TABLE links (
    id     BYTEA  PRIMARY KEY CHECK (length(id) = 16),
    demand BIGINT NOT NULL REFERENCES demands (rank) ON DELETE CASCADE
);
CREATE INDEX links_demand ON links (demand);
INSERT INTO links (id, demand)
    WITH RECURSIVE chain (id, rank, next) AS (
        SELECT id, rank, moved_to FROM demands WHERE moved_to IS NOT NULL
        UNION ALL SELECT c.id, d.rank, d.moved_to FROM chain c JOIN demands d ON d.rank = c.next)
    SELECT id, rank FROM chain WHERE next IS NULL;
ALTER TABLE demands DROP COLUMN moved_to;

-- The earliest demand with the same contact may have been erased since: ranks are never given twice, and looking whether it is there would
-- take time that tells that there is one.
ALTER TABLE demands DROP CONSTRAINT demands_repeats_fkey;
DROP INDEX demands_repeats;
-- Others share its contact: whoever is to hear of it does so after the answer, which must not take longer for that: not even for an
-- entry in an index.
-- 1: for the team; 2: whoever reads the shared address may be asked, too.
ALTER TABLE demands ADD COLUMN to_compare SMALLINT NOT NULL DEFAULT 0 CHECK (to_compare BETWEEN 0 AND 2);

-- On how many days, and when last, a running server saw that a session had ended, and the day on which the team was told what follows:
-- what was kept of it is erased then. Of a session that ends at another instant, or after a jump of the clock, it begins again.
CREATE TABLE sightings (
    session   BIGINT  PRIMARY KEY REFERENCES sessions (key) ON DELETE CASCADE,
    ends      BIGINT  NOT NULL,
    days      INTEGER NOT NULL CHECK (days > 0),
    last      TEXT    NOT NULL,
    announced TEXT
);

-- The date that the content gives to a session that people asked for, when it is over already: the session keeps its former date until the
-- team says that this one is right, or the content's revision is raised.
CREATE TABLE doubtful_dates (
    session    BIGINT PRIMARY KEY REFERENCES sessions (key) ON DELETE CASCADE,
    date       TEXT   NOT NULL,
    start_time TEXT   NOT NULL,
    end_time   TEXT   NOT NULL,
    starts     BIGINT NOT NULL,
    ends       BIGINT NOT NULL,
    opens      BIGINT,
    closes     BIGINT NOT NULL
);

-- What nothing refers to any more is found by its age.
CREATE INDEX audit_at ON audit (at);
