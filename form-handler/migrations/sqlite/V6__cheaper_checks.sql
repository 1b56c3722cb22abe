-- A list of three words or more in a CHECK is a temporary table that SQLite makes and fills for each row that is written: five of them were
-- half of what a sign-up took of the writer. The same words, one by one, are compared where they stand. What was recorded stays recorded.

DROP VIEW counts;

CREATE TABLE demands_6 (
    rank                    INTEGER PRIMARY KEY,
    id                      BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    session                 INTEGER NOT NULL REFERENCES sessions (key),
    standing                TEXT    NOT NULL CHECK (standing = 'enrolled' OR standing = 'offered' OR standing = 'waiting'),
    offered_until           INTEGER,
    to_confirm              INTEGER NOT NULL CHECK (to_confirm IN (0, 1)),
    -- It comes from a session that had no place for it: it waits before the others.
    first                   INTEGER NOT NULL DEFAULT 0 CHECK (first IN (0, 1)),
    -- 'merged': released as a repetition, while its own follow-up page goes on as before. 'expired': a place on offer was not accepted in
    -- time. 'moved': it goes on as the demand of `moved_to`.
    ended                   TEXT    CHECK (ended = 'cancelled' OR ended = 'merged' OR ended = 'expired' OR ended = 'moved'),
    moved_to                INTEGER REFERENCES demands (rank) ON DELETE SET NULL,
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
    -- For the team alone: the earliest demand with the same contact.
    repeats                 INTEGER REFERENCES demands (rank) ON DELETE SET NULL,
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
INSERT INTO demands_6 (rank, id, session, standing, offered_until, to_confirm, first, ended, moved_to, places, first_name, name_key, email,
        email_key, phone, cautions, other_parent_first_name, heard_from, shared_device, lang, repeats, asked_at, ended_at, envoi,
        fingerprint, answer, calendar)
    SELECT rank, id, session, standing, offered_until, to_confirm, first, ended, moved_to, places, first_name, name_key, email,
        email_key, phone, cautions, other_parent_first_name, heard_from, shared_device, lang, repeats, asked_at, ended_at, envoi,
        fingerprint, answer, calendar
    FROM demands ORDER BY rank;
DROP TABLE demands;
ALTER TABLE demands_6 RENAME TO demands;
CREATE INDEX demands_session ON demands (session, weight);
CREATE INDEX demands_offered ON demands (offered_until) WHERE offered_until IS NOT NULL;
CREATE INDEX demands_repeats ON demands (repeats) WHERE repeats IS NOT NULL;
CREATE INDEX demands_moved ON demands (moved_to) WHERE moved_to IS NOT NULL;
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

CREATE TABLE outbox_6 (
    key           INTEGER PRIMARY KEY AUTOINCREMENT,
    kind          TEXT    NOT NULL,
    demand        INTEGER REFERENCES demands (rank) ON DELETE CASCADE,
    session       INTEGER REFERENCES sessions (key) ON DELETE CASCADE,
    recipient     TEXT,
    lang          TEXT,
    state         TEXT    NOT NULL DEFAULT 'pending' CHECK (state = 'pending' OR state = 'sent' OR state = 'undeliverable'),
    attempts      INTEGER NOT NULL DEFAULT 0,
    written_at    INTEGER NOT NULL,
    not_before    INTEGER NOT NULL,
    claimed_until INTEGER,
    sent_at       INTEGER,
    CHECK (demand IS NULL OR (recipient IS NOT NULL AND session IS NULL AND lang IS NULL)),
    CHECK ((demand IS NULL AND recipient IS NOT NULL) = (lang IS NOT NULL))
) STRICT;
INSERT INTO outbox_6 SELECT key, kind, demand, session, recipient, lang, state, attempts, written_at, not_before, claimed_until, sent_at
    FROM outbox ORDER BY key;
UPDATE sqlite_sequence SET seq = COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'outbox'), seq) WHERE name = 'outbox_6';
DROP TABLE outbox;
ALTER TABLE outbox_6 RENAME TO outbox;
CREATE INDEX outbox_due ON outbox (not_before) WHERE state = 'pending';
CREATE INDEX outbox_demand ON outbox (demand);
CREATE INDEX outbox_session ON outbox (session) WHERE session IS NOT NULL;
-- Letters wait by the thousand when a mail server is down; few are claimed.
CREATE INDEX outbox_claimed ON outbox (claimed_until) WHERE claimed_until IS NOT NULL;

CREATE TABLE audit_6 (
    key     INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    actor   TEXT    NOT NULL CHECK (actor = 'person' OR actor = 'link' OR actor = 'team' OR actor = 'content' OR actor = 'rule'),
    action  TEXT    NOT NULL,
    demand  BLOB,
    session INTEGER
) STRICT;
INSERT INTO audit_6 SELECT key, at, actor, action, demand, session FROM audit ORDER BY key;
DROP TABLE audit;
ALTER TABLE audit_6 RENAME TO audit;
