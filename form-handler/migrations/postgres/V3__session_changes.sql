-- What changed of a session, and when: how it was until then. Calendars are told by the number,
-- which never goes down and is never below the content's own revision; feeds by the instant. Nobody
-- is in it. It goes with its session.
CREATE TABLE session_changes (
    session    BIGINT  NOT NULL REFERENCES sessions (key) ON DELETE CASCADE,
    number     BIGINT  NOT NULL CHECK (number > 0),
    at         BIGINT  NOT NULL,
    -- Whether the day, the hours or the place changed.
    moved      BOOLEAN NOT NULL,
    date       TEXT    NOT NULL,
    start_time TEXT    NOT NULL,
    end_time   TEXT    NOT NULL,
    place      TEXT    NOT NULL,
    cancelled  BOOLEAN NOT NULL,
    PRIMARY KEY (session, number)
);

-- What the team cancelled was told as one revision later: it stays so.
INSERT INTO session_changes (session, number, at, moved, date, start_time, end_time, place, cancelled)
    SELECT key, revision + 1,
        COALESCE((SELECT MAX(at) FROM audit WHERE session = sessions.key AND action = 'cancelled'), 0),
        FALSE, date, start_time, end_time, place, FALSE
    FROM sessions WHERE decision = 'cancelled';
