//! Where an id leads. A demand that is moved becomes another, and each link that its person was
//! given leads there (`links`). One that was moved is reached by its link alone: once the demand
//! that it became is erased, it leads nowhere. An id may be closed: its link opens nothing, and
//! erasure still knows it.

/// The rank of the demand that the id `$1` leads to.
pub(super) const CURRENT: &str = "COALESCE((SELECT demand FROM links WHERE id = $1 AND NOT closed), \
    (SELECT rank FROM demands WHERE id = $1 AND ended IS DISTINCT FROM 'moved'))";

/// The demands that ids (`$1`, a list) lead to, as `d`, beside the ids themselves, as `led`; and
/// those that have these very ids (`$2`), not led to.
pub(super) const LED: &str = "(SELECT id, demand FROM links WHERE id = ANY ($1) AND NOT closed \
    UNION ALL SELECT id, rank FROM demands WHERE id = ANY ($1) AND ended IS DISTINCT FROM 'moved' \
    UNION ALL SELECT NULL, rank FROM demands WHERE id = ANY ($2)) AS led (id, demand) \
    JOIN demands d ON d.rank = led.demand";

/// Has every link of the demand `$2` lead to the demand `$1`, which it became.
pub(super) const MOVE: [&str; 2] = [
    "UPDATE links SET demand = $1 WHERE demand = $2",
    "INSERT INTO links (id, demand) SELECT id, $1 FROM demands WHERE rank = $2",
];

/// Closes every link of the demand `$1`.
pub(super) const CLOSE: [&str; 2] = [
    "UPDATE links SET closed = TRUE WHERE demand = $1",
    "INSERT INTO links (id, demand, closed) SELECT id, rank, TRUE FROM demands WHERE rank = $1",
];

/// The id of the demand `d` as it was given out: that of the demand which it became, once its own
/// is closed.
pub(super) const OPEN_ID: &str = "COALESCE((SELECT c.id FROM links l JOIN demands c ON c.rank = l.demand \
    WHERE l.id = d.id AND l.closed), d.id)";

/// Notes that the demand `$2` is erased, by each id that leads to it: see [`super::recovery`].
pub(super) const NOTE_ERASED: &str = "INSERT INTO erased (at, demand) \
    SELECT CAST($1 AS BIGINT), id FROM demands WHERE rank = $2 \
    UNION ALL SELECT CAST($1 AS BIGINT), id FROM links WHERE demand = $2 ON CONFLICT DO NOTHING";

/// Erases the demand `$1` and the rows that it was before it was moved; the audit keeps what was
/// done and when, no longer to which demand.
pub(super) const ERASE: [&str; 2] = [
    "UPDATE audit SET demand = NULL WHERE demand IN (SELECT id FROM links WHERE demand = $1 \
     UNION ALL SELECT id FROM demands WHERE rank = $1)",
    "DELETE FROM demands WHERE rank = $1 OR id IN (SELECT id FROM links WHERE demand = $1)",
];
