-- The same tables as in SQLite, for several instances side by side. Instants are milliseconds since
-- 1970, UTC. Names of contract values are the contract's own.

-- The content's sessions, mirrored: a demand is decided from here, so that broken content never
-- stops sign-up. Each batch of sign-ups raises a version: there is room for the row's next state
-- beside it.
CREATE TABLE sessions (
    key               BIGINT  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id                TEXT    NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 64),
    group_id          TEXT    NOT NULL,
    title             TEXT,
    date              TEXT    NOT NULL,
    start_time        TEXT    NOT NULL,
    end_time          TEXT    NOT NULL,
    place             TEXT    NOT NULL,
    path              TEXT    NOT NULL,
    starts            BIGINT  NOT NULL,
    ends              BIGINT  NOT NULL,
    opens             BIGINT,
    closes            BIGINT  NOT NULL,
    cancelled         BOOLEAN NOT NULL,
    places_max        INTEGER NOT NULL CHECK (places_max BETWEEN 0 AND 65535),
    places_per_demand INTEGER NOT NULL CHECK (places_per_demand BETWEEN 0 AND 65535),
    revision          BIGINT  NOT NULL CHECK (revision >= 0),
    -- It left the content and people had asked for it: kept for them, closed to others.
    orphaned          BOOLEAN NOT NULL DEFAULT FALSE,
    -- How many times somebody locked a session to write about it, or changed it: who finds what it
    -- left knows that nobody did meanwhile, and need not read the demands again. No number of places
    -- or of people is ever taken from it.
    version           BIGINT  NOT NULL DEFAULT 0,
    -- Under this number of places taken, the team is asked whether to hold the session.
    places_min        INTEGER NOT NULL DEFAULT 0 CHECK (places_min BETWEEN 0 AND 65535),
    -- The team's word; 'cancelled' stands above the content until the content's revision is raised.
    decision          TEXT    CHECK (decision IN ('held', 'cancelled'))
) WITH (fillfactor = 50);
CREATE INDEX sessions_starts ON sessions (starts);
CREATE INDEX sessions_group ON sessions (group_id, starts);

-- A rank is given inside the lock of its session: the order of ranks is the order of decisions.
CREATE SEQUENCE demand_ranks;

-- One row a demand, kept when it ends: its follow-up page still answers.
CREATE TABLE demands (
    rank                    BIGINT  PRIMARY KEY,
    id                      BYTEA   NOT NULL UNIQUE CHECK (length(id) = 16),
    session                 BIGINT  NOT NULL REFERENCES sessions (key),
    standing                TEXT    NOT NULL CHECK (standing IN ('enrolled', 'offered', 'waiting')),
    offered_until           BIGINT,
    to_confirm              BOOLEAN NOT NULL,
    -- 'merged': released as a repetition, while its own follow-up page goes on as before.
    -- 'expired': a place on offer was not accepted in time. 'moved': it goes on as another demand,
    -- to which `links` leads; its form alone is still known here.
    ended                   TEXT    CHECK (ended IN ('cancelled', 'merged', 'expired', 'moved')),
    places                  INTEGER NOT NULL CHECK (places BETWEEN 1 AND 65535),
    first_name              TEXT    NOT NULL CHECK (length(first_name) BETWEEN 1 AND 80),
    name_key                TEXT    NOT NULL,
    email                   TEXT,
    email_key               TEXT,
    phone                   TEXT,
    cautions                TEXT    NOT NULL,
    -- As it was typed: the team's mark is `to_confirm`.
    other_parent            BOOLEAN NOT NULL,
    other_parent_first_name TEXT,
    heard_from              TEXT,
    shared_device           BOOLEAN NOT NULL,
    lang                    TEXT    NOT NULL,
    -- For the team alone: the earliest demand with the same contact. It may have been erased since:
    -- ranks are never given twice, and looking whether it is there would take time that tells that
    -- there is one.
    repeats                 BIGINT,
    asked_at                BIGINT  NOT NULL,
    ended_at                BIGINT,
    -- The rendering of the form that made it, what else was in it, and the first answer: the same
    -- form gets it again.
    envoi                   TEXT    CHECK (length(envoi) BETWEEN 1 AND 64),
    fingerprint             BYTEA   CHECK (length(fingerprint) = 16),
    answer                  TEXT    CHECK (answer IN ('inscrit', 'liste_attente', 'a_confirmer')),
    -- It comes from a session that had no place for it: it waits before the others.
    first                   BOOLEAN NOT NULL DEFAULT FALSE,
    -- The name of the entry in this person's calendar, once they asked for one: the same for as
    -- long as the demand goes on.
    calendar                BYTEA   CHECK (length(calendar) = 16),
    -- The day of the session that it was moved from.
    previous                TEXT,
    -- Others share its contact: whoever is to hear of it does so after the answer, which must not
    -- take longer for that: not even for an entry in an index.
    -- 1: the team; 2: whoever reads the shared address may be asked, too.
    to_compare              SMALLINT NOT NULL DEFAULT 0 CHECK (to_compare BETWEEN 0 AND 2),
    CHECK (email IS NOT NULL OR phone IS NOT NULL),
    CHECK ((email IS NULL) = (email_key IS NULL)),
    CHECK ((ended IS NULL) = (ended_at IS NULL)),
    CHECK ((standing = 'offered') = (offered_until IS NOT NULL)),
    CHECK ((envoi IS NULL) = (fingerprint IS NULL) AND (envoi IS NULL) = (answer IS NULL))
);
CREATE INDEX demands_session ON demands (session);
-- The second net under "one form, one demand", whatever the instances do.
CREATE UNIQUE INDEX demands_form ON demands (fingerprint, envoi) WHERE fingerprint IS NOT NULL;
CREATE INDEX demands_offered ON demands (offered_until) WHERE offered_until IS NOT NULL;

-- The second net under "never above the limit": whatever gives places, the rows that it leaves hold
-- within the session. A limit that was lowered below those enrolled drops nobody, and changes of
-- those rows pass.
CREATE FUNCTION refuse_overfull(given BIGINT[]) RETURNS VOID LANGUAGE plpgsql AS $$
DECLARE
    over TEXT;
BEGIN
    SELECT s.id INTO over FROM sessions s
    WHERE s.key = ANY (given) AND s.places_max < (
        SELECT SUM(d.places) FROM demands d
        WHERE d.session = s.key AND d.ended IS NULL AND d.standing IN ('enrolled', 'offered'));
    IF FOUND THEN
        RAISE EXCEPTION 'session % would be overfull', over USING ERRCODE = 'check_violation';
    END IF;
END $$;

CREATE FUNCTION demands_arrived() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    PERFORM refuse_overfull(ARRAY(
        SELECT DISTINCT n.session FROM arrived n WHERE n.ended IS NULL AND n.standing IN ('enrolled', 'offered')));
    RETURN NULL;
END $$;
CREATE TRIGGER demands_arrived AFTER INSERT ON demands REFERENCING NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION demands_arrived();

CREATE FUNCTION demands_changed() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    PERFORM refuse_overfull(ARRAY(
        SELECT DISTINCT n.session FROM changed n JOIN former o USING (rank)
        WHERE n.ended IS NULL AND n.standing IN ('enrolled', 'offered')
          AND NOT (o.ended IS NULL AND o.standing IN ('enrolled', 'offered'))));
    RETURN NULL;
END $$;
CREATE TRIGGER demands_changed AFTER UPDATE ON demands REFERENCING OLD TABLE AS former NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION demands_changed();

-- The ids that a demand had before it was moved: each link that was given out leads to the demand
-- as it is now.
CREATE TABLE links (
    id     BYTEA  PRIMARY KEY CHECK (length(id) = 16),
    demand BIGINT NOT NULL REFERENCES demands (rank) ON DELETE CASCADE
);
CREATE INDEX links_demand ON links (demand);

-- The topics that people wish for, apart from the people from the start: no person, no instant, and
-- a random key, so that not even the order of the rows tells whose a topic is.
CREATE TABLE topics (
    key     BIGINT PRIMARY KEY,
    session BIGINT NOT NULL REFERENCES sessions (key),
    topic   TEXT   NOT NULL CHECK (length(topic) BETWEEN 1 AND 500)
);
CREATE INDEX topics_session ON topics (session);

-- What is to be written, in the transaction of what it tells. The words are found at sending. To a
-- person, about a demand; or to the team (no recipient), about a session or about everything; or to
-- a person of whom nothing else is left (no demand): that row goes when its letter has left.
CREATE TABLE outbox (
    key           BIGINT  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind          TEXT    NOT NULL,
    demand        BIGINT  REFERENCES demands (rank) ON DELETE CASCADE,
    recipient     TEXT,
    state         TEXT    NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sent', 'undeliverable')),
    attempts      INTEGER NOT NULL DEFAULT 0,
    written_at    BIGINT  NOT NULL,
    not_before    BIGINT  NOT NULL,
    claimed_until BIGINT,
    sent_at       BIGINT,
    session       BIGINT  REFERENCES sessions (key) ON DELETE CASCADE,
    lang          TEXT,
    CHECK (demand IS NULL OR (recipient IS NOT NULL AND session IS NULL AND lang IS NULL)),
    CHECK ((demand IS NULL AND recipient IS NOT NULL) = (lang IS NOT NULL))
);
CREATE INDEX outbox_due ON outbox (not_before) WHERE state = 'pending';
CREATE INDEX outbox_demand ON outbox (demand);
CREATE INDEX outbox_session ON outbox (session) WHERE session IS NOT NULL;

-- What the team is to know or do: about a demand, or about a whole session.
CREATE TABLE notices (
    key     BIGINT  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind    TEXT    NOT NULL,
    about   TEXT,
    demand  BIGINT  REFERENCES demands (rank) ON DELETE CASCADE,
    session BIGINT  REFERENCES sessions (key) ON DELETE CASCADE,
    at      BIGINT  NOT NULL,
    done    BOOLEAN NOT NULL DEFAULT FALSE,
    CHECK ((demand IS NULL) <> (session IS NULL))
);
CREATE INDEX notices_demand ON notices (demand) WHERE demand IS NOT NULL;
CREATE INDEX notices_session ON notices (session) WHERE session IS NOT NULL;

-- Who did what, when. No contact, no name.
CREATE TABLE audit (
    key     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      BIGINT NOT NULL,
    actor   TEXT   NOT NULL CHECK (actor IN ('person', 'link', 'team', 'content', 'rule')),
    action  TEXT   NOT NULL,
    demand  BYTEA,
    session BIGINT
);
-- What nothing refers to any more is found by its age.
CREATE INDEX audit_at ON audit (at);

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

-- On how many days, and when last, a running server saw that a session had ended, and the day on
-- which the team was told what follows: what was kept of it is erased then. Of a session that ends
-- at another instant, or after a jump of the clock, it begins again.
CREATE TABLE sightings (
    session   BIGINT  PRIMARY KEY REFERENCES sessions (key) ON DELETE CASCADE,
    ends      BIGINT  NOT NULL,
    days      INTEGER NOT NULL CHECK (days > 0),
    last      TEXT    NOT NULL,
    announced TEXT
);

-- The date that the content gives to a session that people asked for, when it is over already: the
-- session keeps its former date until the team says that this one is right, or the content's
-- revision is raised.
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

-- What a year came to, once its demands are erased: how many, by session and by where they had heard
-- of it. Nobody in it.
CREATE TABLE tallies (
    session    TEXT    NOT NULL,
    group_id   TEXT    NOT NULL,
    date       TEXT    NOT NULL,
    cancelled  BOOLEAN NOT NULL,
    -- '' when they did not say.
    heard_from TEXT    NOT NULL,
    asked      BIGINT  NOT NULL CHECK (asked >= 0),
    seats      BIGINT  NOT NULL CHECK (seats >= 0),
    withdrawn  BIGINT  NOT NULL CHECK (withdrawn >= 0),
    unserved   BIGINT  NOT NULL CHECK (unserved >= 0),
    PRIMARY KEY (session, heard_from)
);

-- The same of the demands that are there. A repetition is no other demand, and one that was moved
-- counts where it went.
CREATE VIEW counts AS
    SELECT s.key, s.id AS session, s.group_id, s.date, s.cancelled, COALESCE(d.heard_from, '') AS heard_from,
        COUNT(*) AS asked,
        COALESCE(SUM(d.places) FILTER (WHERE d.ended IS NULL AND d.standing <> 'waiting'), 0)::bigint AS seats,
        COUNT(*) FILTER (WHERE d.ended IS NOT NULL) AS withdrawn,
        COUNT(*) FILTER (WHERE d.ended IS NULL AND d.standing = 'waiting') AS unserved
    FROM demands d JOIN sessions s ON s.key = d.session
    WHERE d.ended IS NULL OR d.ended IN ('cancelled', 'expired')
    GROUP BY s.key, 6;

-- What the database knows of those who write into it: the fingerprint of the key that signs people's
-- links, from the first start.
CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
