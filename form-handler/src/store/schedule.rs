//! What time brings, for whoever watches it: what may be due, what has ended, what is out of date.

use std::sync::{Arc, atomic::Ordering};

use jiff::{Timestamp, civil::Date};

use super::{
    backend::{Backend, Connection, Row, values},
    enrolments::EnrolmentStore,
    error::{Answer, DatabaseError, StoreError},
    operation::Operation,
    outcome::Changed,
    rows,
    team::{NEXT, digest},
};
use crate::{
    enrolment::{Decision, Milestone, Sightings, TeamMessage},
    token::DemandId,
};

/// What time brings, as whoever watches it asks for it.
pub trait ScheduleStore: Send + Sync {
    /// Ends the offers that nobody answered in time. How many sessions were looked at.
    fn expire(&self, now: Timestamp) -> Answer<'_, usize>;

    /// When the next unanswered offer ends.
    fn next_expiry(&self) -> Answer<'_, Option<Timestamp>>;

    /// The sessions for which something may be due: those that begin between two instants, and
    /// those still to come that are cancelled. By their beginnings.
    fn scheduled(&self, from: Timestamp, until: Timestamp, now: Timestamp) -> Answer<'_, Vec<ScheduledSession>>;

    /// The demands of a session that go on at the next one, in their order.
    fn to_carry(&self, session: i64) -> Answer<'_, Vec<DemandId>>;

    /// The demands of which others still have to be looked at, first come first, `limit` at most.
    fn to_compare(&self, limit: u32) -> Answer<'_, Vec<DemandId>>;

    /// Has the team's digest of that day written, if it was not and there is anything to tell.
    /// Whether it was.
    fn write_digest(&self, day: Date, now: Timestamp) -> Answer<'_, bool>;

    /// The sessions that have ended at `now` and of which anything about people is kept, by their
    /// ends. What becomes of each is [`Operation::Sight`] and [`Operation::EraseSession`]: its
    /// demands with the answers to their forms and the letters about them, its topics and notices.
    /// Links then answer as unknown ones do; how many people they were stays known to
    /// [`super::TeamStore::tallies`].
    fn ended(&self, now: Timestamp) -> Answer<'_, Vec<EndedSession>>;

    /// Forgets what names nobody and has been kept long enough, each by its own instant
    /// ([`Outdated`]).
    fn forget(&self, outdated: Outdated) -> Answer<'_, ()>;

    /// Has what was erased leave the database's files too: its log, the free room in its tables.
    /// Where nothing was erased since the last time, and `always` is false, it does nothing.
    /// Whether anything was done.
    fn scrub(&self, always: bool) -> Answer<'_, bool>;
}

/// A session, as far as time matters to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduledSession {
    /// Its key in the database.
    pub session: i64,
    /// The day.
    pub date: Date,
    /// When it begins.
    pub starts: Timestamp,
    /// When it ends.
    pub ends: Timestamp,
    /// Whether it is not held.
    pub cancelled: bool,
    /// Under this number of places taken, the team is asked.
    pub places_min: u32,
    /// Places taken.
    pub occupied: u32,
    /// Demands that are live, or that go on as before for their senders; none that is held.
    pub live: u32,
    /// Of these, those that wait.
    pub waiting: u32,
    /// What the team decided.
    pub decision: Option<Decision>,
    /// What was done for it at this time.
    pub done: Vec<Milestone>,
    /// The next session of its group that somebody may be carried over to.
    pub next: Option<i64>,
}

/// A session that has ended, of which something about people is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedSession {
    /// Its key in the database.
    pub key: i64,
    /// Its id.
    pub id: String,
    /// Its day.
    pub date: Date,
    /// When it ended.
    pub ends: Timestamp,
    /// Demands that are kept, those that ended too.
    pub demands: usize,
    /// What is known of its end at that instant.
    pub sightings: Option<Sightings>,
}

/// What names nobody is forgotten when it is older than this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outdated {
    /// Letters to the team that have left.
    pub team_letters: Timestamp,
    /// Days whose digest was written; the last one stays.
    pub digests: Timestamp,
    /// Lines of the audit.
    pub audit: Timestamp,
    /// What was erased, once no backup could bring it back.
    pub erased: Timestamp,
    /// A server that ran has noted a digest on so many days between these two instants; otherwise
    /// the clock may be wrong, and nothing is forgotten.
    pub ran: (Timestamp, Timestamp),
}

impl Outdated {
    /// Days with a digest between [`Outdated::ran`]'s instants: half of a fortnight's worked days.
    const DAYS: u32 = 5;
}

impl<D: Backend> ScheduleStore for D {
    fn expire(&self, now: Timestamp) -> Answer<'_, usize> {
        let due = self.read(move |db| {
            Box::pin(async move {
                let sql =
                    "SELECT session FROM demands WHERE offered_until <= $1 AND (ended IS NULL OR ended = 'merged')";
                db.query(sql, values![now], |row| rows::number::<i64>(row, "session")).await
            })
        });
        Box::pin(async move {
            let mut sessions = due.await?;
            sessions.sort_unstable();
            sessions.dedup();
            for session in &sessions {
                Backend::operate(self, Operation::Settle { session: *session }, now).await?;
            }
            Ok(sessions.len())
        })
    }

    fn next_expiry(&self) -> Answer<'_, Option<Timestamp>> {
        self.read(|db| {
            Box::pin(async move {
                let sql = "SELECT MIN(offered_until) AS at FROM demands WHERE offered_until IS NOT NULL";
                Ok(db.query(sql, &[], |row| rows::optional_instant(row, "at")).await?.into_iter().flatten().next())
            })
        })
    }

    fn scheduled(&self, from: Timestamp, until: Timestamp, now: Timestamp) -> Answer<'_, Vec<ScheduledSession>> {
        self.read(move |db| Box::pin(scheduled(db, from, until, now)))
    }

    fn to_carry(&self, session: i64) -> Answer<'_, Vec<DemandId>> {
        self.read(move |db| {
            Box::pin(async move {
                // Everybody of a session that is cancelled, but for what is held; of another, those
                // who wait.
                let sql = "SELECT d.id FROM demands d JOIN sessions s ON s.key = d.session WHERE d.session = $1 \
                           AND (d.ended IS NULL OR d.ended = 'merged') AND (s.cancelled OR d.standing = 'waiting') \
                           AND d.standing <> 'held' \
                           ORDER BY d.standing = 'waiting', d.first DESC, d.rank";
                db.query(sql, values![session], |row| rows::demand_id(row, "id")).await
            })
        })
    }

    fn to_compare(&self, limit: u32) -> Answer<'_, Vec<DemandId>> {
        let signals = Arc::clone(self.signals());
        let Some(since) = signals.uncompared.may_be_some() else { return Box::pin(async { Ok(Vec::new()) }) };
        let found = self.read(move |db| {
            Box::pin(async move {
                let sql = "SELECT id FROM demands WHERE to_compare > 0 ORDER BY rank LIMIT $1";
                db.query(sql, values![limit], |row| rows::demand_id(row, "id")).await
            })
        });
        Box::pin(async move {
            let found = found.await?;
            if found.is_empty() {
                signals.uncompared.found_none(since);
            }
            Ok(found)
        })
    }

    fn write_digest(&self, day: Date, now: Timestamp) -> Answer<'_, bool> {
        self.write(move |db| Box::pin(write_digest(db, day, now)))
    }

    fn ended(&self, now: Timestamp) -> Answer<'_, Vec<EndedSession>> {
        self.read(move |db| Box::pin(ended(db, now)))
    }

    fn forget(&self, outdated: Outdated) -> Answer<'_, ()> {
        self.write(move |db| Box::pin(forget(db, outdated)))
    }

    fn scrub(&self, always: bool) -> Answer<'_, bool> {
        Box::pin(async move {
            // What is erased from here on is scrubbed the next time.
            let erased = &self.signals().erased;
            if !erased.swap(false, Ordering::Relaxed) && !always {
                return Ok(false);
            }
            if let Err(error) = self.scrub_files().await {
                erased.store(true, Ordering::Relaxed);
                return Err(error);
            }
            Ok(true)
        })
    }
}

/// Demands that are looked at between two readings of those that are still to be.
const COMPARED_AT_ONCE: u32 = 64;

/// Looks at what others have to do with demands whose senders have their answers: for the team, and
/// for who reads a shared address. How many were looked at.
///
/// # Errors
/// A database that does not answer: the rest is still to be looked at.
pub async fn compare(
    store: &(impl ScheduleStore + EnrolmentStore + ?Sized),
    now: Timestamp,
) -> Result<usize, StoreError> {
    let mut done = 0;
    loop {
        let demands = store.to_compare(COMPARED_AT_ONCE).await?;
        let mut compared = 0;
        for id in &demands {
            compared += usize::from(store.change(Operation::Compare { id: *id }, now).await? == Changed::Done);
        }
        done += compared;
        // One that was erased meanwhile is not there any more, the next time.
        if demands.len() < COMPARED_AT_ONCE as usize || compared == 0 {
            return Ok(done);
        }
    }
}

async fn scheduled<C: Connection>(
    db: &mut C,
    from: Timestamp,
    until: Timestamp,
    now: Timestamp,
) -> Result<Vec<ScheduledSession>, DatabaseError> {
    let live = "FROM demands WHERE session = s.key AND (ended IS NULL OR ended = 'merged') AND standing <> 'held'";
    let sql = format!(
        "SELECT s.key, s.date, s.starts, s.ends, s.cancelled, s.places_min, s.decision, {} AS occupied, \
         (SELECT COUNT(*) {live}) AS live, (SELECT COUNT(*) {live} AND standing = 'waiting') AS waiting, {NEXT} AS next, \
         (SELECT string_agg(what, ',') FROM milestones m WHERE m.session = s.key AND m.starts = s.starts) AS done \
         FROM sessions s WHERE NOT s.orphaned AND (s.starts BETWEEN $2 AND $3 OR (s.cancelled AND s.starts > $1)) \
         ORDER BY s.starts, s.key",
        C::OCCUPIED
    );
    let read = |row: &dyn Row| {
        let done = row.text("done")?.into_iter().flat_map(|done| done.split(',')).map(rows::milestone);
        Ok(ScheduledSession {
            session: rows::number(row, "key")?,
            date: rows::parsed(row, "date")?,
            starts: rows::instant(row, "starts")?,
            ends: rows::instant(row, "ends")?,
            cancelled: rows::flag(row, "cancelled")?,
            places_min: rows::number(row, "places_min")?,
            occupied: rows::number(row, "occupied")?,
            live: rows::number(row, "live")?,
            waiting: rows::number(row, "waiting")?,
            decision: rows::decision(row)?,
            done: done.collect::<Result<_, _>>()?,
            next: rows::optional_number(row, "next")?,
        })
    };
    db.query(&sql, values![now, from, until], read).await
}

/// Has the digest of that day written, once.
async fn write_digest<C: Connection>(db: &mut C, day: Date, now: Timestamp) -> Result<bool, DatabaseError> {
    let presses = digest(db, now).await?.presses;
    let sql = "INSERT INTO digests (day, at) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    let first = db.execute(sql, values![day, now]).await? > 0;
    if first && presses {
        let sql = "INSERT INTO outbox (kind, written_at, not_before) VALUES ($1, $2, $2)";
        db.execute(sql, values![TeamMessage::Digest.name(), now]).await?;
    }
    Ok(first && presses)
}

async fn ended<C: Connection>(db: &mut C, now: Timestamp) -> Result<Vec<EndedSession>, DatabaseError> {
    let sql = "SELECT s.key, s.id, s.date, s.ends, (SELECT COUNT(*) FROM demands WHERE session = s.key) AS demands, \
               n.days, n.last, n.announced FROM sessions s LEFT JOIN sightings n ON n.session = s.key AND n.ends = s.ends \
               WHERE s.ends <= $1 AND (EXISTS (SELECT 1 FROM demands WHERE session = s.key) \
               OR EXISTS (SELECT 1 FROM topics WHERE session = s.key)) ORDER BY s.ends, s.key";
    let read = |row: &dyn Row| {
        Ok(EndedSession {
            key: rows::number(row, "key")?,
            id: rows::text(row, "id")?,
            date: rows::parsed(row, "date")?,
            ends: rows::instant(row, "ends")?,
            demands: rows::number(row, "demands")?,
            sightings: rows::sightings(row)?,
        })
    };
    db.query(sql, values![now], read).await
}

/// Forgets what names nobody and is older than it is kept. The last digest stays: the next one
/// tells what happened since.
async fn forget<C: Connection>(db: &mut C, outdated: Outdated) -> Result<(), DatabaseError> {
    let (since, until) = outdated.ran;
    let sql = "SELECT COUNT(*) AS days FROM digests WHERE at BETWEEN $1 AND $2";
    let days = db.query(sql, values![since, until], |row| rows::number::<u32>(row, "days")).await?;
    if days.iter().sum::<u32>() < Outdated::DAYS {
        return Ok(());
    }
    let letters = "DELETE FROM outbox WHERE recipient IS NULL AND state <> 'pending' AND written_at < $1";
    db.execute(letters, values![outdated.team_letters]).await?;
    let digests = "DELETE FROM digests WHERE at < $1 AND at < (SELECT MAX(at) FROM digests)";
    db.execute(digests, values![outdated.digests]).await?;
    db.execute("DELETE FROM audit WHERE at < $1", values![outdated.audit]).await?;
    db.execute("DELETE FROM erased WHERE at < $1", values![outdated.erased]).await?;
    Ok(())
}
