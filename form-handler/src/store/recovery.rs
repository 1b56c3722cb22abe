//! What whoever restores a backup needs of a database: what was erased since, so that it does not
//! come back, and letters that wait until somebody says that they may leave.

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use super::{
    backend::{Backend, Connection, Row, values},
    error::{Answer, DatabaseError},
    rows,
};
use crate::token::DemandId;

/// A database that goes on from a backup.
pub trait RecoveryStore: Send + Sync {
    /// What was erased, by its instant, for as long as a backup may bring it back.
    fn erased(&self) -> Answer<'_, Vec<Erased>>;

    /// Changes each time something was erased here: to wake whoever notes it elsewhere.
    fn erasures(&self) -> watch::Receiver<u64>;

    /// Notes what others know to be erased.
    fn note_erased(&self, marks: Vec<Erased>) -> Answer<'_, ()>;

    /// From now on no letter leaves: the database is as a backup of that instant left it, and its
    /// letters may have left since.
    fn withhold_letters(&self, since: Timestamp) -> Answer<'_, ()>;

    /// The letters that are withheld, if any are.
    fn withheld_letters(&self) -> Answer<'_, Option<Withheld>>;

    /// Lets letters leave again; those that the backup had are dropped before, if `drop_former`.
    /// How many were.
    fn release_letters(&self, drop_former: bool) -> Answer<'_, usize>;
}

/// Something that was erased.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Erased {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: Mark,
}

/// What was erased. Nobody is in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// A demand, by an id that led to it.
    Demand(DemandId),
    /// What people left at the session of this id that ended then.
    Session(String, Timestamp),
    /// The key of this fingerprint: it signs no link any more.
    Key(String),
}

/// Letters that are withheld.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Withheld {
    /// The instant of the backup.
    pub since: Timestamp,
    /// Letters written before it: they may have left.
    pub former: usize,
    /// Letters written since the database goes on from it.
    pub new: usize,
}

/// Everything that was erased.
pub(super) const ERASED: &str = "SELECT at, demand, session, ends, fingerprint FROM erased ORDER BY at, key";

const SINCE: &str = "SELECT value FROM settings WHERE name = 'letters_withheld'";

async fn since<C: Connection>(db: &mut C) -> Result<Option<Timestamp>, DatabaseError> {
    let known = db.query(SINCE, &[], |row| rows::parsed::<i64>(row, "value")).await?.pop();
    let of_ms = |ms| Timestamp::from_millisecond(ms).map_err(DatabaseError::lasting);
    known.map(of_ms).transpose()
}

impl<D: Backend> RecoveryStore for D {
    fn erased(&self) -> Answer<'_, Vec<Erased>> {
        self.read(|db| Box::pin(async move { db.query(ERASED, &[], read_erased).await }))
    }

    fn erasures(&self) -> watch::Receiver<u64> {
        self.signals().erasures.subscribe()
    }

    fn note_erased(&self, marks: Vec<Erased>) -> Answer<'_, ()> {
        self.write(move |db| {
            let marks = marks.clone();
            Box::pin(async move {
                for mark in &marks {
                    note(db, mark).await?;
                }
                Ok(())
            })
        })
    }

    fn withhold_letters(&self, since: Timestamp) -> Answer<'_, ()> {
        self.write(move |db| {
            Box::pin(async move {
                // What was committed while the copy began has its place in it, too.
                let sql = "INSERT INTO settings (name, value) SELECT 'letters_withheld', CAST(MAX(at) AS TEXT) FROM ( \
                           SELECT CAST($1 AS BIGINT) AS at UNION ALL SELECT MAX(written_at) FROM outbox \
                           WHERE written_at <= $2) AS newest WHERE TRUE \
                           ON CONFLICT (name) DO UPDATE SET value = excluded.value";
                let began = since.saturating_add(SignedDuration::from_mins(1)).unwrap_or(since);
                db.execute(sql, values![since, began]).await.map(drop)
            })
        })
    }

    fn withheld_letters(&self) -> Answer<'_, Option<Withheld>> {
        self.read(|db| {
            Box::pin(async move {
                let Some(since) = since(db).await? else { return Ok(None) };
                let sql = "SELECT COUNT(*) FILTER (WHERE written_at <= $1) AS former, \
                           COUNT(*) FILTER (WHERE written_at > $1) AS later FROM outbox WHERE state = 'pending'";
                let read = |row: &dyn Row| {
                    Ok(Withheld { since, former: rows::number(row, "former")?, new: rows::number(row, "later")? })
                };
                Ok(db.query(sql, values![since], read).await?.pop())
            })
        })
    }

    fn release_letters(&self, drop_former: bool) -> Answer<'_, usize> {
        self.write(move |db| {
            Box::pin(async move {
                let mut dropped = 0;
                if let Some(since) = since(db).await?.filter(|_| drop_former) {
                    // The last letter to somebody of whom nothing else is left, with its address.
                    let last = "DELETE FROM outbox WHERE state = 'pending' AND written_at <= $1 \
                                AND demand IS NULL AND recipient IS NOT NULL";
                    dropped += db.execute(last, values![since]).await?;
                    let others = "UPDATE outbox SET state = 'sent', claimed_until = NULL \
                                  WHERE state = 'pending' AND written_at <= $1";
                    dropped += db.execute(others, values![since]).await?;
                }
                db.execute("DELETE FROM settings WHERE name = 'letters_withheld'", &[]).await?;
                Ok(usize::try_from(dropped).unwrap_or(usize::MAX))
            })
        })
    }
}

/// What [`ERASED`] finds.
pub(super) fn read_erased(row: &dyn Row) -> Result<Erased, DatabaseError> {
    let what = match (rows::optional_id(row, "demand")?, rows::optional_text(row, "session")?) {
        (Some(demand), _) => Mark::Demand(demand),
        (None, Some(session)) => Mark::Session(session, rows::instant(row, "ends")?),
        (None, None) => Mark::Key(rows::text(row, "fingerprint")?),
    };
    Ok(Erased { at: rows::instant(row, "at")?, what })
}

async fn note<C: Connection>(db: &mut C, mark: &Erased) -> Result<(), DatabaseError> {
    let at = mark.at;
    let noted = match &mark.what {
        Mark::Demand(id) => {
            db.execute("INSERT INTO erased (at, demand) VALUES ($1, $2) ON CONFLICT DO NOTHING", values![at, id]).await
        }
        Mark::Session(id, ends) => {
            let sql = "INSERT INTO erased (at, session, ends) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
            db.execute(sql, values![at, id, *ends]).await
        }
        Mark::Key(fingerprint) => {
            let sql = "INSERT INTO erased (at, fingerprint) VALUES ($1, $2) ON CONFLICT DO NOTHING";
            db.execute(sql, values![at, fingerprint]).await
        }
    };
    noted.map(drop)
}
