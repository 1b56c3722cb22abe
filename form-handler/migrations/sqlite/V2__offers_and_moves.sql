-- A place may be on offer until an instant, a demand may become another on another session, notices may be about a session. What was
-- recorded stays recorded. Fewer indices: a decision reads the whole of a session's live demands.

CREATE TABLE demands_2 (
    rank                    INTEGER PRIMARY KEY AUTOINCREMENT,
    id                      BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    session                 INTEGER NOT NULL REFERENCES sessions (key),
    standing                TEXT    NOT NULL CHECK (standing IN ('enrolled', 'offered', 'waiting')),
    offered_until           INTEGER,
    to_confirm              INTEGER NOT NULL CHECK (to_confirm IN (0, 1)),
    -- 'merged': released as a repetition, while its own follow-up page goes on as before. 'expired': a place on offer was not accepted in
    -- time. 'moved': it goes on as the demand of `moved_to`.
    ended                   TEXT    CHECK (ended IN ('cancelled', 'merged', 'expired', 'moved')),
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
    answer                  TEXT    CHECK (answer IN ('inscrit', 'liste_attente', 'a_confirmer')),
    -- Places held, 0 for a wait, nothing for what has ended.
    weight                  INTEGER GENERATED ALWAYS AS (CASE WHEN ended IS NOT NULL THEN NULL WHEN standing = 'waiting' THEN 0 ELSE places END) VIRTUAL,
    CHECK (email IS NOT NULL OR phone IS NOT NULL),
    CHECK ((email IS NULL) = (email_key IS NULL)),
    CHECK ((ended IS NULL) = (ended_at IS NULL)),
    CHECK ((standing = 'offered') = (offered_until IS NOT NULL)),
    CHECK ((envoi IS NULL) = (fingerprint IS NULL) AND (envoi IS NULL) = (answer IS NULL))
) STRICT;
INSERT INTO demands_2 (rank, id, session, standing, to_confirm, ended, places, first_name, name_key, email, email_key, phone, cautions,
        other_parent_first_name, heard_from, shared_device, lang, repeats, asked_at, ended_at, envoi, fingerprint, answer)
    SELECT d.rank, d.id, d.session, d.standing, d.to_confirm, d.ended, d.places, d.first_name, d.name_key, d.email, d.email_key, d.phone,
        d.cautions, d.other_parent_first_name, d.heard_from, d.shared_device, d.lang, d.repeats, d.asked_at, d.ended_at,
        x.envoi, substr(x.fingerprint, 1, 16), x.answer
    FROM demands d LEFT JOIN submissions x ON x.demand = d.rank;
-- Ranks are never given twice, not even those of demands that were erased.
UPDATE sqlite_sequence SET seq = COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'demands'), seq) WHERE name = 'demands_2';

CREATE TABLE outbox_2 (
    key           INTEGER PRIMARY KEY AUTOINCREMENT,
    kind          TEXT    NOT NULL,
    demand        INTEGER NOT NULL REFERENCES demands (rank) ON DELETE CASCADE,
    recipient     TEXT    NOT NULL,
    state         TEXT    NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sent', 'undeliverable')),
    attempts      INTEGER NOT NULL DEFAULT 0,
    written_at    INTEGER NOT NULL,
    not_before    INTEGER NOT NULL,
    claimed_until INTEGER,
    sent_at       INTEGER
) STRICT;
INSERT INTO outbox_2 SELECT key, kind, demand, recipient, state, attempts, written_at, not_before, claimed_until, sent_at FROM outbox;
UPDATE sqlite_sequence SET seq = COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'outbox'), seq) WHERE name = 'outbox_2';

-- About a demand, or about a whole session.
CREATE TABLE notices_2 (
    key     INTEGER PRIMARY KEY AUTOINCREMENT,
    kind    TEXT    NOT NULL,
    about   TEXT,
    demand  INTEGER REFERENCES demands (rank) ON DELETE CASCADE,
    session INTEGER REFERENCES sessions (key) ON DELETE CASCADE,
    at      INTEGER NOT NULL,
    done    INTEGER NOT NULL DEFAULT 0 CHECK (done IN (0, 1)),
    CHECK ((demand IS NULL) <> (session IS NULL))
) STRICT;
INSERT INTO notices_2 (key, kind, about, demand, at, done) SELECT key, kind, about, demand, at, done FROM notices;

DROP TABLE submissions;
DROP TABLE outbox;
DROP TABLE notices;
DROP TABLE demands;
ALTER TABLE demands_2 RENAME TO demands;
ALTER TABLE outbox_2 RENAME TO outbox;
ALTER TABLE notices_2 RENAME TO notices;

-- What a session's states and books are counted from. Narrow: sign-ups fall all over it, and each page that one falls on is written.
CREATE INDEX demands_session ON demands (session, weight);
CREATE INDEX demands_form ON demands (substr(fingerprint, 1, 6)) WHERE fingerprint IS NOT NULL;
CREATE INDEX demands_offered ON demands (offered_until) WHERE offered_until IS NOT NULL;
CREATE INDEX demands_repeats ON demands (repeats) WHERE repeats IS NOT NULL;
CREATE INDEX demands_moved ON demands (moved_to) WHERE moved_to IS NOT NULL;
CREATE INDEX outbox_due ON outbox (not_before) WHERE state = 'pending';
CREATE INDEX outbox_demand ON outbox (demand);
CREATE INDEX notices_demand ON notices (demand) WHERE demand IS NOT NULL;
CREATE INDEX notices_session ON notices (session) WHERE session IS NOT NULL;
