-- A link is a person's, whatever moves; nothing is erased by mistake; and no answer takes longer because of somebody else. What was recorded
-- stays recorded.

DROP VIEW counts;

CREATE TABLE demands_7 (
    rank                    INTEGER PRIMARY KEY,
    id                      BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    session                 INTEGER NOT NULL REFERENCES sessions (key),
    standing                TEXT    NOT NULL CHECK (standing = 'enrolled' OR standing = 'offered' OR standing = 'waiting'),
    offered_until           INTEGER,
    to_confirm              INTEGER NOT NULL CHECK (to_confirm IN (0, 1)),
    -- It comes from a session that had no place for it: it waits before the others.
    first                   INTEGER NOT NULL DEFAULT 0 CHECK (first IN (0, 1)),
    -- 'merged': released as a repetition, while its own follow-up page goes on as before. 'expired': a place on offer was not accepted in
    -- time. 'moved': it goes on as another demand, to which `links` leads; its form alone is still known here.
    ended                   TEXT    CHECK (ended = 'cancelled' OR ended = 'merged' OR ended = 'expired' OR ended = 'moved'),
    places                  INTEGER NOT NULL CHECK (places BETWEEN 1 AND 65535),
    first_name              TEXT    NOT NULL CHECK (length(first_name) BETWEEN 1 AND 80),
    name_key                TEXT    NOT NULL,
    email                   TEXT,
    email_key               TEXT,
    phone                   TEXT,
    cautions                TEXT    NOT NULL,
    other_parent_first_name TEXT,
    heard_from              TEXT,
    shared_device           INTEGER NOT NULL CHECK (shared_device IN (0, 1)),
    lang                    TEXT    NOT NULL,
    -- For the team alone: the earliest demand with the same contact. It may have been erased since: ranks are never given twice.
    repeats                 INTEGER,
    -- Others share its contact: whoever is to hear of it does so after the answer, which must not take longer for that: not even for an entry in an index. 1: the team; 2: whoever
    -- reads the shared address may be asked, too.
    to_compare              INTEGER NOT NULL DEFAULT 0 CHECK (to_compare BETWEEN 0 AND 2),
    -- The day of the session that it was moved from.
    previous                TEXT,
    asked_at                INTEGER NOT NULL,
    ended_at                INTEGER,
    -- The rendering of the form that made it, what else was in it, and the first answer: the same form gets it again.
    envoi                   TEXT    CHECK (length(envoi) BETWEEN 1 AND 64),
    fingerprint             BLOB    CHECK (length(fingerprint) = 16),
    answer                  TEXT    CHECK (answer = 'inscrit' OR answer = 'liste_attente' OR answer = 'a_confirmer'),
    -- The name of the entry in this person's calendar, once they asked for one: the same for as long as the demand goes on.
    calendar                BLOB    CHECK (length(calendar) = 16),
    -- Places held, 0 for a wait, nothing for what has ended.
    weight                  INTEGER GENERATED ALWAYS AS (CASE WHEN ended IS NOT NULL THEN NULL WHEN standing = 'waiting' THEN 0 ELSE places END) VIRTUAL,
    CHECK (email IS NOT NULL OR phone IS NOT NULL),
    CHECK ((email IS NULL) = (email_key IS NULL)),
    CHECK ((ended IS NULL) = (ended_at IS NULL)),
    CHECK ((standing = 'offered') = (offered_until IS NOT NULL)),
    CHECK ((envoi IS NULL) = (fingerprint IS NULL) AND (envoi IS NULL) = (answer IS NULL))
) STRICT;
INSERT INTO demands_7 (rank, id, session, standing, offered_until, to_confirm, first, ended, places, first_name, name_key, email, email_key,
        phone, cautions, other_parent_first_name, heard_from, shared_device, lang, repeats, previous, asked_at, ended_at, envoi,
        fingerprint, answer, calendar)
    SELECT rank, id, session, standing, offered_until, to_confirm, first, ended, places, first_name, name_key, email, email_key,
        phone, cautions, other_parent_first_name, heard_from, shared_device, lang, repeats,
        (SELECT s.date FROM demands f JOIN sessions s ON s.key = f.session WHERE f.moved_to = d.rank), asked_at, ended_at, envoi,
        fingerprint, answer, calendar
    FROM demands d ORDER BY rank;

-- The ids that a demand had before it was moved: each link that was given out leads to the demand as it is now.
CREATE TABLE links (
    id     BLOB    PRIMARY KEY CHECK (length(id) = 16),
    demand INTEGER NOT NULL REFERENCES demands (rank) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX links_demand ON links (demand);
INSERT INTO links (id, demand)
    WITH RECURSIVE chain (id, rank, next) AS (
        SELECT id, rank, moved_to FROM demands WHERE moved_to IS NOT NULL
        UNION ALL SELECT c.id, d.rank, d.moved_to FROM chain c JOIN demands d ON d.rank = c.next)
    SELECT id, rank FROM chain WHERE next IS NULL;

DROP TABLE demands;
ALTER TABLE demands_7 RENAME TO demands;
CREATE INDEX demands_session ON demands (session, weight);
CREATE INDEX demands_offered ON demands (offered_until) WHERE offered_until IS NOT NULL;
CREATE TRIGGER demands_erased BEFORE DELETE ON demands BEGIN
    UPDATE erased_ranks SET last = OLD.rank WHERE last < OLD.rank;
END;

CREATE VIEW counts AS
    SELECT s.key, s.id AS session, s.group_id, s.date, s.cancelled, COALESCE(d.heard_from, '') AS heard_from,
        COUNT(*) AS asked,
        COALESCE(SUM(d.places) FILTER (WHERE d.ended IS NULL AND d.standing <> 'waiting'), 0) AS seats,
        COUNT(*) FILTER (WHERE d.ended IS NOT NULL) AS withdrawn,
        COUNT(*) FILTER (WHERE d.ended IS NULL AND d.standing = 'waiting') AS unserved
    FROM demands d JOIN sessions s ON s.key = d.session
    WHERE d.ended IS NULL OR d.ended = 'cancelled' OR d.ended = 'expired'
    GROUP BY s.key, 6;

-- On how many days, and when last, a running server saw that a session had ended, and the day on which the team was told what follows:
-- what was kept of it is erased then. Of a session that ends at another instant, or after a jump of the clock, it begins again.
CREATE TABLE sightings (
    session   INTEGER PRIMARY KEY REFERENCES sessions (key) ON DELETE CASCADE,
    ends      INTEGER NOT NULL,
    days      INTEGER NOT NULL CHECK (days > 0),
    last      TEXT    NOT NULL,
    announced TEXT
) STRICT;

-- The date that the content gives to a session that people asked for, when it is over already: the session keeps its former date until the
-- team says that this one is right, or the content's revision is raised.
CREATE TABLE doubtful_dates (
    session    INTEGER PRIMARY KEY REFERENCES sessions (key) ON DELETE CASCADE,
    date       TEXT    NOT NULL,
    start_time TEXT    NOT NULL,
    end_time   TEXT    NOT NULL,
    starts     INTEGER NOT NULL,
    ends       INTEGER NOT NULL,
    opens      INTEGER,
    closes     INTEGER NOT NULL
) STRICT;

-- What nothing refers to any more is found by its age.
CREATE INDEX audit_at ON audit (at);
