-- What was erased, and the keys that were given up: whoever restores a backup from before does the
-- same again. A demand by its random id, a session by its own: nobody is in it. It goes once no
-- backup that could bring it back is left.
CREATE TABLE erased (
    key         INTEGER PRIMARY KEY,
    at          INTEGER NOT NULL,
    demand      BLOB    UNIQUE CHECK (length(demand) = 16),
    session     TEXT,
    -- When that session ended: at another instant, it is about other people.
    ends        INTEGER,
    -- Of a key that signs links no more.
    fingerprint TEXT    UNIQUE,
    UNIQUE (session, ends),
    CHECK ((session IS NULL) = (ends IS NULL)),
    CHECK ((demand IS NOT NULL) + (session IS NOT NULL) + (fingerprint IS NOT NULL) = 1)
) STRICT;
CREATE INDEX erased_at ON erased (at);
