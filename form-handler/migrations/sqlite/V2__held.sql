-- Demands that came in a burst are held until the team lets them in or drops them. SQLite changes no
-- CHECK of a table that is there: it is made again, with every row. Foreign keys are not enforced
-- meanwhile (`migrate`).
DROP VIEW counts;

-- One row a demand, kept when it ends: its follow-up page still answers. `rank` is the order of
-- arrival, never reused: the writer gives it, so that no sequence is written for each.
CREATE TABLE demands_with_held (
    rank                    INTEGER PRIMARY KEY,
    id                      BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    session                 INTEGER NOT NULL REFERENCES sessions (key),
    -- 'held': it came in a burst. It stays so when it ends without having been let in: nothing was
    -- ever written about it.
    standing                TEXT    NOT NULL CHECK (standing = 'enrolled' OR standing = 'offered' OR standing = 'waiting' OR standing = 'held'),
    offered_until           INTEGER,
    to_confirm              INTEGER NOT NULL CHECK (to_confirm IN (0, 1)),
    -- It comes from a session that had no place for it: it waits before the others.
    first                   INTEGER NOT NULL DEFAULT 0 CHECK (first IN (0, 1)),
    -- 'merged': released as a repetition, while its own follow-up page goes on as before.
    -- 'expired': a place on offer was not accepted in time. 'moved': it goes on as another demand,
    -- to which `links` leads; its form alone is still known here. 'dropped': the team did not let it
    -- in.
    ended                   TEXT    CHECK (ended = 'cancelled' OR ended = 'merged' OR ended = 'expired' OR ended = 'moved' OR ended = 'dropped'),
    places                  INTEGER NOT NULL CHECK (places BETWEEN 1 AND 65535),
    first_name              TEXT    NOT NULL CHECK (length(first_name) BETWEEN 1 AND 80),
    name_key                TEXT    NOT NULL,
    email                   TEXT,
    email_key               TEXT,
    phone                   TEXT,
    cautions                TEXT    NOT NULL,
    -- As it was typed: the team's mark is `to_confirm`.
    other_parent            INTEGER NOT NULL CHECK (other_parent IN (0, 1)),
    other_parent_first_name TEXT,
    heard_from              TEXT,
    shared_device           INTEGER NOT NULL CHECK (shared_device IN (0, 1)),
    lang                    TEXT    NOT NULL,
    -- For the team alone: the earliest demand with the same contact. It may have been erased since:
    -- ranks are never given twice, and looking whether it is there would take time that tells that
    -- there is one.
    repeats                 INTEGER,
    -- Others share its contact: whoever is to hear of it does so after the answer, which must not
    -- take longer for that: not even for an entry in an index.
    -- 1: the team; 2: whoever reads the shared address may be asked, too.
    to_compare              INTEGER NOT NULL DEFAULT 0 CHECK (to_compare BETWEEN 0 AND 2),
    -- The day of the session that it was moved from.
    previous                TEXT,
    asked_at                INTEGER NOT NULL,
    ended_at                INTEGER,
    -- The rendering of the form that made it, what else was in it, and the first answer: the same
    -- form gets it again. It is looked for among those of its session, which are at hand: an index
    -- would be one more page to write for each sign-up.
    envoi                   TEXT    CHECK (length(envoi) BETWEEN 1 AND 64),
    fingerprint             BLOB    CHECK (length(fingerprint) = 16),
    answer                  TEXT    CHECK (answer = 'inscrit' OR answer = 'liste_attente' OR answer = 'a_confirmer'),
    -- The name of the entry in this person's calendar, once they asked for one: the same for as
    -- long as the demand goes on.
    calendar                BLOB    CHECK (length(calendar) = 16),
    -- Places held, 0 for a wait, nothing for what has ended and for what is held itself.
    weight                  INTEGER GENERATED ALWAYS AS (CASE WHEN ended IS NOT NULL OR standing = 'held' THEN NULL WHEN standing = 'waiting' THEN 0 ELSE places END) VIRTUAL,
    CHECK (email IS NOT NULL OR phone IS NOT NULL),
    CHECK ((email IS NULL) = (email_key IS NULL)),
    CHECK ((ended IS NULL) = (ended_at IS NULL)),
    CHECK ((standing = 'offered') = (offered_until IS NOT NULL)),
    CHECK ((envoi IS NULL) = (fingerprint IS NULL) AND (envoi IS NULL) = (answer IS NULL))
) STRICT;
INSERT INTO demands_with_held (rank, id, session, standing, offered_until, to_confirm, first, ended, places, first_name,
    name_key, email, email_key, phone, cautions, other_parent, other_parent_first_name, heard_from, shared_device, lang,
    repeats, to_compare, previous, asked_at, ended_at, envoi, fingerprint, answer, calendar)
SELECT rank, id, session, standing, offered_until, to_confirm, first, ended, places, first_name,
    name_key, email, email_key, phone, cautions, other_parent, other_parent_first_name, heard_from, shared_device, lang,
    repeats, to_compare, previous, asked_at, ended_at, envoi, fingerprint, answer, calendar
FROM demands;
DROP TABLE demands;
ALTER TABLE demands_with_held RENAME TO demands;

-- What a session's states and books are counted from. Narrow: sign-ups fall all over it, and each
-- page that one falls on is written.
CREATE INDEX demands_session ON demands (session, weight);
CREATE INDEX demands_offered ON demands (offered_until) WHERE offered_until IS NOT NULL;
-- Few, and looked for among all: whoever sends an ordinary demand writes nothing here.
CREATE INDEX demands_held ON demands (session) WHERE standing = 'held' AND ended IS NULL;
CREATE TRIGGER demands_erased BEFORE DELETE ON demands BEGIN
    UPDATE erased_ranks SET last = OLD.rank WHERE last < OLD.rank;
END;

-- What came of the demands that are there. A repetition is no other demand, one that was moved
-- counts where it went, and one that was never let in counts nowhere.
CREATE VIEW counts AS
    SELECT s.key, s.id AS session, s.group_id, s.date, s.cancelled, COALESCE(d.heard_from, '') AS heard_from,
        COUNT(*) AS asked,
        COALESCE(SUM(d.places) FILTER (WHERE d.ended IS NULL AND d.standing <> 'waiting'), 0) AS seats,
        COUNT(*) FILTER (WHERE d.ended IS NOT NULL) AS withdrawn,
        COUNT(*) FILTER (WHERE d.ended IS NULL AND d.standing = 'waiting') AS unserved
    FROM demands d JOIN sessions s ON s.key = d.session
    WHERE d.standing <> 'held' AND (d.ended IS NULL OR d.ended = 'cancelled' OR d.ended = 'expired')
    GROUP BY s.key, 6;
