-- The same tables as in SQLite, for several instances side by side. Instants are milliseconds since 1970, UTC. Names of contract
-- values are the contract's own.

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
    orphaned          BOOLEAN NOT NULL DEFAULT FALSE
);

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
    -- 'merged': released as a repetition, while its own follow-up page goes on as before. 'expired': a place on offer was not accepted in
    -- time. 'moved': it goes on as the demand of `moved_to`.
    ended                   TEXT    CHECK (ended IN ('cancelled', 'merged', 'expired', 'moved')),
    moved_to                BIGINT  REFERENCES demands (rank) ON DELETE SET NULL,
    places                  INTEGER NOT NULL CHECK (places BETWEEN 1 AND 65535),
    first_name              TEXT    NOT NULL CHECK (length(first_name) BETWEEN 1 AND 80),
    name_key                TEXT    NOT NULL,
    email                   TEXT,
    email_key               TEXT,
    phone                   TEXT,
    cautions                TEXT    NOT NULL,
    other_parent_first_name TEXT,
    heard_from              TEXT,
    shared_device           BOOLEAN NOT NULL,
    lang                    TEXT    NOT NULL,
    -- For the team alone: the earliest demand with the same contact.
    repeats                 BIGINT  REFERENCES demands (rank) ON DELETE SET NULL,
    asked_at                BIGINT  NOT NULL,
    ended_at                BIGINT,
    -- The rendering of the form that made it, what else was in it, and the first answer: the same form gets it again.
    envoi                   TEXT    CHECK (length(envoi) BETWEEN 1 AND 64),
    fingerprint             BYTEA   CHECK (length(fingerprint) = 16),
    answer                  TEXT    CHECK (answer IN ('inscrit', 'liste_attente', 'a_confirmer')),
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
CREATE INDEX demands_repeats ON demands (repeats) WHERE repeats IS NOT NULL;
CREATE INDEX demands_moved ON demands (moved_to) WHERE moved_to IS NOT NULL;

-- The second net under "never above the limit": whatever gives places, the rows that it leaves hold within the session. A limit that was
-- lowered below those enrolled drops nobody, and changes of those rows pass.
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

-- The topics that people wish for, apart from the people from the start: no person, no instant, and a random key, so that not even
-- the order of the rows tells whose a topic is.
CREATE TABLE topics (
    key     BIGINT PRIMARY KEY,
    session BIGINT NOT NULL REFERENCES sessions (key),
    topic   TEXT   NOT NULL CHECK (length(topic) BETWEEN 1 AND 500)
);
CREATE INDEX topics_session ON topics (session);

-- What is to be written to people, in the transaction of what it tells. The words are found at sending.
CREATE TABLE outbox (
    key           BIGINT  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind          TEXT    NOT NULL,
    demand        BIGINT  NOT NULL REFERENCES demands (rank) ON DELETE CASCADE,
    recipient     TEXT    NOT NULL,
    state         TEXT    NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sent', 'undeliverable')),
    attempts      INTEGER NOT NULL DEFAULT 0,
    written_at    BIGINT  NOT NULL,
    not_before    BIGINT  NOT NULL,
    claimed_until BIGINT,
    sent_at       BIGINT
);
CREATE INDEX outbox_due ON outbox (not_before) WHERE state = 'pending';
CREATE INDEX outbox_demand ON outbox (demand);

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
