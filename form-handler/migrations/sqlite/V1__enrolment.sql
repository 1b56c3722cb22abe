-- Instants are milliseconds since 1970, UTC. Names of contract values (kinds of messages) are the contract's own.

-- The content's sessions, mirrored: a demand is decided from here, so that broken content never stops sign-up.
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
    orphaned          INTEGER NOT NULL DEFAULT 0 CHECK (orphaned IN (0, 1))
) STRICT;

-- One row a demand, kept when it ends: its follow-up page still answers. `rank` is the order of arrival, never reused.
CREATE TABLE demands (
    rank                    INTEGER PRIMARY KEY AUTOINCREMENT,
    id                      BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    session                 INTEGER NOT NULL REFERENCES sessions (key),
    standing                TEXT    NOT NULL CHECK (standing IN ('enrolled', 'waiting')),
    to_confirm              INTEGER NOT NULL CHECK (to_confirm IN (0, 1)),
    -- 'merged': released as a repetition, while its own follow-up page goes on as before.
    ended                   TEXT    CHECK (ended IN ('cancelled', 'merged')),
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
    CHECK (email IS NOT NULL OR phone IS NOT NULL),
    CHECK ((email IS NULL) = (email_key IS NULL)),
    CHECK ((ended IS NULL) = (ended_at IS NULL))
) STRICT;
CREATE INDEX demands_occupying ON demands (session, places) WHERE standing = 'enrolled' AND ended IS NULL;
CREATE INDEX demands_waiting ON demands (session, rank) WHERE standing = 'waiting' AND ended IS NOT 'cancelled';
CREATE INDEX demands_email ON demands (session, email_key) WHERE email_key IS NOT NULL AND ended IS NULL;
CREATE INDEX demands_phone ON demands (session, phone) WHERE phone IS NOT NULL AND ended IS NULL;
CREATE INDEX demands_session ON demands (session, rank);
CREATE INDEX demands_repeats ON demands (repeats) WHERE repeats IS NOT NULL;

-- The topics that people wish for, apart from the people from the start: no person, no instant, and a random key, so that not even
-- the order of the rows tells whose a topic is.
CREATE TABLE topics (
    key     INTEGER PRIMARY KEY,
    session INTEGER NOT NULL REFERENCES sessions (key),
    topic   TEXT    NOT NULL CHECK (length(topic) BETWEEN 1 AND 500)
) STRICT;
CREATE INDEX topics_session ON topics (session);

-- The first answer to a rendering of the form: the same key and the same body get it again.
CREATE TABLE submissions (
    envoi       TEXT    NOT NULL CHECK (length(envoi) BETWEEN 1 AND 64),
    fingerprint BLOB    NOT NULL CHECK (length(fingerprint) = 32),
    demand      INTEGER NOT NULL REFERENCES demands (rank) ON DELETE CASCADE,
    answer      TEXT    NOT NULL CHECK (answer IN ('inscrit', 'liste_attente', 'a_confirmer')),
    PRIMARY KEY (envoi, fingerprint)
) STRICT, WITHOUT ROWID;
CREATE INDEX submissions_demand ON submissions (demand);

-- What is to be written to people, in the transaction of what it tells. The words are found at sending.
CREATE TABLE outbox (
    key           INTEGER PRIMARY KEY AUTOINCREMENT,
    id            BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    kind          TEXT    NOT NULL,
    demand        INTEGER NOT NULL REFERENCES demands (rank) ON DELETE CASCADE,
    recipient     TEXT    NOT NULL,
    payload       TEXT    NOT NULL DEFAULT '{}' CHECK (json_valid(payload)),
    state         TEXT    NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sent', 'undeliverable')),
    attempts      INTEGER NOT NULL DEFAULT 0,
    written_at    INTEGER NOT NULL,
    not_before    INTEGER NOT NULL,
    claimed_until INTEGER,
    sent_at       INTEGER
) STRICT;
CREATE INDEX outbox_due ON outbox (not_before) WHERE state = 'pending';
CREATE INDEX outbox_demand ON outbox (demand);

-- What the team is to know or do.
CREATE TABLE notices (
    key    INTEGER PRIMARY KEY AUTOINCREMENT,
    kind   TEXT    NOT NULL,
    about  TEXT,
    demand INTEGER NOT NULL REFERENCES demands (rank) ON DELETE CASCADE,
    at     INTEGER NOT NULL,
    done   INTEGER NOT NULL DEFAULT 0 CHECK (done IN (0, 1))
) STRICT;
CREATE INDEX notices_demand ON notices (demand);

-- Who did what, when. No contact, no name.
CREATE TABLE audit (
    key     INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    actor   TEXT    NOT NULL CHECK (actor IN ('person', 'link', 'team', 'content', 'rule')),
    action  TEXT    NOT NULL,
    demand  BLOB,
    session INTEGER
) STRICT;
