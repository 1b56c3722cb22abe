-- What was erased, and the keys that were given up: whoever restores a backup from before does the
-- same again. A demand by its random id, a session by its own: nobody is in it. It goes once no
-- backup that could bring it back is left.
CREATE TABLE erased (
    key         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          BIGINT NOT NULL,
    demand      BYTEA  UNIQUE CHECK (length(demand) = 16),
    session     TEXT,
    -- When that session ended: at another instant, it is about other people.
    ends        BIGINT,
    -- Of a key that signs links no more.
    fingerprint TEXT   UNIQUE,
    UNIQUE (session, ends),
    CHECK ((session IS NULL) = (ends IS NULL)),
    CHECK (num_nonnulls(demand, session, fingerprint) = 1)
);
CREATE INDEX erased_at ON erased (at);
