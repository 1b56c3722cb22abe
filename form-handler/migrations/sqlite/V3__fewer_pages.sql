-- Fewer pages for a sign-up to write. What was recorded stays recorded.

-- A form is looked for among those of its session, which are at hand: its fingerprint covers the session. Its own index was one more page a
-- sign-up, anywhere in the index.
DROP INDEX demands_form;

-- Ranks are the writer's to give, so that no sequence is written for each. The highest that was erased is kept, by the database itself, whoever
-- erases: a rank is never given twice.
CREATE TABLE erased_ranks (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    last INTEGER NOT NULL
) STRICT;
INSERT INTO erased_ranks SELECT 1, COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'demands'), 0);

CREATE TABLE demands_3 (
    rank                    INTEGER PRIMARY KEY,
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
INSERT INTO demands_3 (rank, id, session, standing, offered_until, to_confirm, ended, moved_to, places, first_name, name_key, email, email_key,
        phone, cautions, other_parent_first_name, heard_from, shared_device, lang, repeats, asked_at, ended_at, envoi, fingerprint, answer)
    SELECT rank, id, session, standing, offered_until, to_confirm, ended, moved_to, places, first_name, name_key, email, email_key,
        phone, cautions, other_parent_first_name, heard_from, shared_device, lang, repeats, asked_at, ended_at, envoi, fingerprint, answer
    FROM demands ORDER BY rank;
DROP TABLE demands;
ALTER TABLE demands_3 RENAME TO demands;
CREATE INDEX demands_session ON demands (session, weight);
CREATE INDEX demands_offered ON demands (offered_until) WHERE offered_until IS NOT NULL;
CREATE INDEX demands_repeats ON demands (repeats) WHERE repeats IS NOT NULL;
CREATE INDEX demands_moved ON demands (moved_to) WHERE moved_to IS NOT NULL;
CREATE TRIGGER demands_erased BEFORE DELETE ON demands BEGIN
    UPDATE erased_ranks SET last = OLD.rank WHERE last < OLD.rank;
END;

-- No line of the audit is ever removed, and nothing outside names one: their keys are an order, and need no sequence.
CREATE TABLE audit_3 (
    key     INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    actor   TEXT    NOT NULL CHECK (actor IN ('person', 'link', 'team', 'content', 'rule')),
    action  TEXT    NOT NULL,
    demand  BLOB,
    session INTEGER
) STRICT;
INSERT INTO audit_3 SELECT key, at, actor, action, demand, session FROM audit ORDER BY key;
DROP TABLE audit;
ALTER TABLE audit_3 RENAME TO audit;

-- The outbox keeps its sequence. A corrected contact or an erasure removes a letter that may be on its way, and what became of it is told by
-- its key afterwards: were the key another letter's by then, that one would count as sent and never leave.
-- So do notices: a call that was made is ticked by its key, on a page that may be old.
