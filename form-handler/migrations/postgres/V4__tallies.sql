-- What a year came to, once its demands are erased: how many, by session and by where they had heard of it. Nobody in it.

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

-- The same of the demands that are there. A repetition is no other demand, and one that was moved counts where it went.
CREATE VIEW counts AS
    SELECT s.key, s.id AS session, s.group_id, s.date, s.cancelled, COALESCE(d.heard_from, '') AS heard_from,
        COUNT(*) AS asked,
        COALESCE(SUM(d.places) FILTER (WHERE d.ended IS NULL AND d.standing <> 'waiting'), 0)::bigint AS seats,
        COUNT(*) FILTER (WHERE d.ended IS NOT NULL) AS withdrawn,
        COUNT(*) FILTER (WHERE d.ended IS NULL AND d.standing = 'waiting') AS unserved
    FROM demands d JOIN sessions s ON s.key = d.session
    WHERE d.ended IS NULL OR d.ended IN ('cancelled', 'expired')
    GROUP BY s.key, 6;
