-- What a year came to, once its demands are erased: how many, by session and by where they had heard of it. Nobody in it.

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

-- The same of the demands that are there. A repetition is no other demand, and one that was moved counts where it went.
CREATE VIEW counts AS
    SELECT s.key, s.id AS session, s.group_id, s.date, s.cancelled, COALESCE(d.heard_from, '') AS heard_from,
        COUNT(*) AS asked,
        COALESCE(SUM(d.places) FILTER (WHERE d.ended IS NULL AND d.standing <> 'waiting'), 0) AS seats,
        COUNT(*) FILTER (WHERE d.ended IS NOT NULL) AS withdrawn,
        COUNT(*) FILTER (WHERE d.ended IS NULL AND d.standing = 'waiting') AS unserved
    FROM demands d JOIN sessions s ON s.key = d.session
    WHERE d.ended IS NULL OR d.ended IN ('cancelled', 'expired')
    GROUP BY s.key, 6;
