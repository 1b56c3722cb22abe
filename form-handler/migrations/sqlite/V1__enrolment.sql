-- Instants are milliseconds since 1970, UTC. Names of contract values (kinds of messages) are the
-- contract's own. Words in a CHECK are compared one by one: a list of three or more is a temporary
-- table that SQLite makes and fills for each row that is written.

-- The content's sessions, mirrored: a demand is decided from here, so that broken content never
-- stops sign-up.
CREATE TABLE sessions (
    key               INTEGER PRIMARY KEY,
    id                TEXT    NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 64),
    group_id          TEXT    NOT NULL,
    title             TEXT,
    date              TEXT    NOT NULL,
    start_time        TEXT    NOT NULL,
    end_time          TEXT    NOT NULL,
    place             TEXT    NOT NULL,
    path              TEXT    NOT NULL,
    starts            INTEGER NOT NULL,
    ends              INTEGER NOT NULL,
    opens             INTEGER,
    closes            INTEGER NOT NULL,
    cancelled         INTEGER NOT NULL CHECK (cancelled IN (0, 1)),
    places_max        INTEGER NOT NULL CHECK (places_max BETWEEN 0 AND 65535),
    places_per_demand INTEGER NOT NULL CHECK (places_per_demand BETWEEN 0 AND 65535),
    revision          INTEGER NOT NULL CHECK (revision >= 0),
    -- It left the content and people had asked for it: kept for them, closed to others.
    orphaned          INTEGER NOT NULL DEFAULT 0 CHECK (orphaned IN (0, 1)),
    -- Under this number of places taken, the team is asked whether to hold the session.
    places_min        INTEGER NOT NULL DEFAULT 0 CHECK (places_min BETWEEN 0 AND 65535),
    -- The team's word; 'cancelled' stands above the content until the content's revision is raised.
    decision          TEXT    CHECK (decision IN ('held', 'cancelled'))
) STRICT;
CREATE INDEX sessions_starts ON sessions (starts);
CREATE INDEX sessions_group ON sessions (group_id, starts);

-- One row a demand, kept when it ends: its follow-up page still answers. `rank` is the order of
-- arrival, never reused: the writer gives it, so that no sequence is written for each.
CREATE TABLE demands (
    rank                    INTEGER PRIMARY KEY,
    id                      BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    session                 INTEGER NOT NULL REFERENCES sessions (key),
    standing                TEXT    NOT NULL CHECK (standing = 'enrolled' OR standing = 'offered' OR standing = 'waiting'),
    offered_until           INTEGER,
    to_confirm              INTEGER NOT NULL CHECK (to_confirm IN (0, 1)),
    -- It comes from a session that had no place for it: it waits before the others.
    first                   INTEGER NOT NULL DEFAULT 0 CHECK (first IN (0, 1)),
    -- 'merged': released as a repetition, while its own follow-up page goes on as before.
    -- 'expired': a place on offer was not accepted in time. 'moved': it goes on as another demand,
    -- to which `links` leads; its form alone is still known here.
    ended                   TEXT    CHECK (ended = 'cancelled' OR ended = 'merged' OR ended = 'expired' OR ended = 'moved'),
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
    -- Places held, 0 for a wait, nothing for what has ended.
    weight                  INTEGER GENERATED ALWAYS AS (CASE WHEN ended IS NOT NULL THEN NULL WHEN standing = 'waiting' THEN 0 ELSE places END) VIRTUAL,
    CHECK (email IS NOT NULL OR phone IS NOT NULL),
    CHECK ((email IS NULL) = (email_key IS NULL)),
    CHECK ((ended IS NULL) = (ended_at IS NULL)),
    CHECK ((standing = 'offered') = (offered_until IS NOT NULL)),
    CHECK ((envoi IS NULL) = (fingerprint IS NULL) AND (envoi IS NULL) = (answer IS NULL))
) STRICT;
-- What a session's states and books are counted from. Narrow: sign-ups fall all over it, and each
-- page that one falls on is written.
CREATE INDEX demands_session ON demands (session, weight);
CREATE INDEX demands_offered ON demands (offered_until) WHERE offered_until IS NOT NULL;

-- The highest rank that was erased, kept by the database itself, whoever erases.
CREATE TABLE erased_ranks (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    last INTEGER NOT NULL
) STRICT;
INSERT INTO erased_ranks VALUES (1, 0);
CREATE TRIGGER demands_erased BEFORE DELETE ON demands BEGIN
    UPDATE erased_ranks SET last = OLD.rank WHERE last < OLD.rank;
END;

-- The ids that a demand had before it was moved: each link that was given out leads to the demand
-- as it is now.
CREATE TABLE links (
    id     BLOB    PRIMARY KEY CHECK (length(id) = 16),
    demand INTEGER NOT NULL REFERENCES demands (rank) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX links_demand ON links (demand);

-- The topics that people wish for, apart from the people from the start: no person, no instant, and
-- a random key, so that not even the order of the rows tells whose a topic is.
CREATE TABLE topics (
    key     INTEGER PRIMARY KEY,
    session INTEGER NOT NULL REFERENCES sessions (key),
    topic   TEXT    NOT NULL CHECK (length(topic) BETWEEN 1 AND 500)
) STRICT;
CREATE INDEX topics_session ON topics (session);

-- What is to be written, in the transaction of what it tells. The words are found at sending. To a
-- person, about a demand; or to the team (no recipient), about a session or about everything; or to
-- a person of whom nothing else is left (no demand): that row goes when its letter has left.
-- A key is never given twice: an erasure removes a letter that may be on its way, and what became of
-- it is told by its key afterwards.
CREATE TABLE outbox (
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
CREATE INDEX outbox_due ON outbox (not_before) WHERE state = 'pending';
CREATE INDEX outbox_demand ON outbox (demand);
CREATE INDEX outbox_session ON outbox (session) WHERE session IS NOT NULL;
-- Letters wait by the thousand when a mail server is down; few are claimed.
CREATE INDEX outbox_claimed ON outbox (claimed_until) WHERE claimed_until IS NOT NULL;

-- What the team is to know or do: about a demand, or about a whole session. A call that was made is
-- ticked by its key, on a page that may be old: no key is given twice.
CREATE TABLE notices (
    key     INTEGER PRIMARY KEY AUTOINCREMENT,
    kind    TEXT    NOT NULL,
    about   TEXT,
    demand  INTEGER REFERENCES demands (rank) ON DELETE CASCADE,
    session INTEGER REFERENCES sessions (key) ON DELETE CASCADE,
    at      INTEGER NOT NULL,
    done    INTEGER NOT NULL DEFAULT 0 CHECK (done IN (0, 1)),
    CHECK ((demand IS NULL) <> (session IS NULL))
) STRICT;
CREATE INDEX notices_demand ON notices (demand) WHERE demand IS NOT NULL;
CREATE INDEX notices_session ON notices (session) WHERE session IS NOT NULL;

-- Who did what, when. No contact, no name. Keys are an order: nothing outside names one.
CREATE TABLE audit (
    key     INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    actor   TEXT    NOT NULL CHECK (actor = 'person' OR actor = 'link' OR actor = 'team' OR actor = 'content' OR actor = 'rule'),
    action  TEXT    NOT NULL,
    demand  BLOB,
    session INTEGER
) STRICT;
-- What nothing refers to any more is found by its age.
CREATE INDEX audit_at ON audit (at);

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

-- On how many days, and when last, a running server saw that a session had ended, and the day on
-- which the team was told what follows: what was kept of it is erased then. Of a session that ends
-- at another instant, or after a jump of the clock, it begins again.
CREATE TABLE sightings (
    session   INTEGER PRIMARY KEY REFERENCES sessions (key) ON DELETE CASCADE,
    ends      INTEGER NOT NULL,
    days      INTEGER NOT NULL CHECK (days > 0),
    last      TEXT    NOT NULL,
    announced TEXT
) STRICT;

-- The date that the content gives to a session that people asked for, when it is over already: the
-- session keeps its former date until the team says that this one is right, or the content's
-- revision is raised.
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

-- What a year came to, once its demands are erased: how many, by session and by where they had heard
-- of it. Nobody in it.
CREATE TABLE tallies (
    session    TEXT    NOT NULL,
    group_id   TEXT    NOT NULL,
    date       TEXT    NOT NULL,
    cancelled  INTEGER NOT NULL CHECK (cancelled IN (0, 1)),
    -- '' when they did not say.
    heard_from TEXT    NOT NULL,
    asked      INTEGER NOT NULL CHECK (asked >= 0),
    seats      INTEGER NOT NULL CHECK (seats >= 0),
    withdrawn  INTEGER NOT NULL CHECK (withdrawn >= 0),
    unserved   INTEGER NOT NULL CHECK (unserved >= 0),
    PRIMARY KEY (session, heard_from)
) STRICT, WITHOUT ROWID;

-- The same of the demands that are there. A repetition is no other demand, and one that was moved
-- counts where it went.
CREATE VIEW counts AS
    SELECT s.key, s.id AS session, s.group_id, s.date, s.cancelled, COALESCE(d.heard_from, '') AS heard_from,
        COUNT(*) AS asked,
        COALESCE(SUM(d.places) FILTER (WHERE d.ended IS NULL AND d.standing <> 'waiting'), 0) AS seats,
        COUNT(*) FILTER (WHERE d.ended IS NOT NULL) AS withdrawn,
        COUNT(*) FILTER (WHERE d.ended IS NULL AND d.standing = 'waiting') AS unserved
    FROM demands d JOIN sessions s ON s.key = d.session
    WHERE d.ended IS NULL OR d.ended = 'cancelled' OR d.ended = 'expired'
    GROUP BY s.key, 6;

-- What the database knows of those who write into it: the fingerprint of the key that signs people's
-- links, from the first start.
CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
