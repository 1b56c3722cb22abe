//! The content's sessions, for whoever publishes them: mirrored, with the state that the site
//! shows.

use std::collections::HashMap;

use entreparentaise::model::{Availability, Former, SessionAvailability};
use jiff::Timestamp;
use tokio::sync::watch;

use super::{
    backend::{Backend, Connection, Row, SqlValue, values},
    error::{Answer, DatabaseError},
    mirror::{Mirrored, SessionWrite, meet},
    operation::Operation,
    outcome::Actor,
    record::{SessionRecord, SessionStatus, Synced, VenueRecord},
    rows::{self, RECORD},
    writes,
};
use crate::enrolment::Decision;

/// The content's sessions, mirrored: what whoever publishes tells and is told.
pub trait ContentStore: Send + Sync {
    /// Mirrors the content's sessions. Nobody who asked for one is dropped.
    fn sync_sessions(&self, records: Vec<SessionRecord>, now: Timestamp) -> Answer<'_, Synced>;

    /// One session of the content, with its state.
    fn session(&self, id: &str, now: Timestamp) -> Answer<'_, Option<SessionStatus>>;

    /// Every session of the content, with its state, by date then id.
    fn sessions(&self, now: Timestamp) -> Answer<'_, Vec<SessionStatus>>;

    /// What the generator is told: the state of every session of the content, and nothing that has
    /// a number.
    fn availability(&self, now: Timestamp) -> Answer<'_, Availability>;

    /// Changes each time a demand, or its end, changed what the site shows of a session: to wake
    /// whoever publishes. Most change nothing there; and who mirrors the content publishes what
    /// came of it.
    fn states(&self) -> watch::Receiver<u64>;
}

impl<D: Backend> ContentStore for D {
    fn sync_sessions(&self, records: Vec<SessionRecord>, now: Timestamp) -> Answer<'_, Synced> {
        self.mirror(records, now)
    }

    fn session(&self, id: &str, now: Timestamp) -> Answer<'_, Option<SessionStatus>> {
        let id = id.to_owned();
        self.read(move |db| {
            let id = id.clone();
            Box::pin(async move { Ok(statuses(db, "s.id = $1", values![&id], now).await?.pop()) })
        })
    }

    fn sessions(&self, now: Timestamp) -> Answer<'_, Vec<SessionStatus>> {
        self.read(move |db| Box::pin(statuses(db, "TRUE", &[], now)))
    }

    fn availability(&self, now: Timestamp) -> Answer<'_, Availability> {
        self.read(move |db| Box::pin(availability(db, now)))
    }

    fn states(&self) -> watch::Receiver<u64> {
        self.signals().states.subscribe()
    }
}

/// Sessions of the content with their states, of which `condition` holds, by date then id.
async fn statuses<C: Connection>(
    db: &mut C,
    condition: &str,
    values: &[SqlValue<'_>],
    now: Timestamp,
) -> Result<Vec<SessionStatus>, DatabaseError> {
    let sql = format!(
        "SELECT {RECORD}, {} AS occupied, {} AS waiting FROM sessions s WHERE NOT s.orphaned AND {condition} \
         ORDER BY s.date, s.id",
        C::OCCUPIED,
        C::WAITING
    );
    db.query(&sql, values, |row| rows::status(row, now)).await
}

async fn availability<C: Connection>(db: &mut C, now: Timestamp) -> Result<Availability, DatabaseError> {
    let sql = format!(
        "SELECT {RECORD}, {} AS occupied, {} AS waiting, \
         EXISTS (SELECT 1 FROM doubtful_dates WHERE session = s.key) AS kept FROM sessions s WHERE NOT s.orphaned",
        C::OCCUPIED,
        C::WAITING
    );
    let changes = last_changes(db).await?;
    let read = |row: &dyn Row| {
        let SessionStatus { record, state } = rows::status(row, now)?;
        let change = changes.get(&rows::number::<i64>(row, "key")?);
        let revision = record.revision.max(change.map_or(0, |change| change.number));
        let (changed_at, former) = (change.and_then(|change| change.at), change.and_then(|one| one.former.clone()));
        // Its date is told when that is not the content's.
        let kept = rows::flag(row, "kept")?;
        let (date, start, end) =
            (kept.then_some(record.date), kept.then_some(record.start), kept.then_some(record.end));
        let since = None;
        let row = SessionAvailability { state, revision, changed_at, former, since, date, start, end, place: None };
        Ok((record.id, row))
    };
    Ok(Availability { sessions: db.query(&sql, &[], read).await?.into_iter().collect() })
}

/// What is told of the changes of a session.
#[derive(Default)]
struct LastChange {
    number: u32,
    /// `None`: it was noted before instants were.
    at: Option<Timestamp>,
    former: Option<Former>,
}

/// What was noted of each session of the content, by its key.
async fn last_changes<C: Connection>(db: &mut C) -> Result<HashMap<i64, LastChange>, DatabaseError> {
    let sql = "SELECT c.session, c.number, c.at, c.moved, c.date, c.start_time, c.end_time, c.place \
               FROM session_changes c JOIN sessions s ON s.key = c.session WHERE NOT s.orphaned \
               ORDER BY c.session, c.number";
    let read = |row: &dyn Row| {
        let (at, former) = (rows::instant(row, "at")?, former(row)?);
        let at = Some(at).filter(|at| *at > Timestamp::UNIX_EPOCH);
        Ok((rows::number(row, "session")?, LastChange { number: rows::number(row, "number")?, at, former }))
    };
    let mut last = HashMap::<i64, LastChange>::new();
    for (session, change) in db.query(sql, &[], read).await? {
        let known = last.entry(session).or_default();
        // What it was before it last moved, whatever changed since.
        let former = change.former.or(known.former.take());
        *known = LastChange { former, ..change };
    }
    Ok(last)
}

/// How a session was until a change that is noted, when it moved.
pub(super) fn former(row: &dyn Row) -> Result<Option<Former>, DatabaseError> {
    if !rows::flag(row, "moved")? {
        return Ok(None);
    }
    Ok(Some(Former {
        date: rows::parsed(row, "date")?,
        start: rows::parsed(row, "start_time")?,
        end: rows::parsed(row, "end_time")?,
        place: rows::text(row, "place")?,
        until: rows::instant(row, "at")?,
    }))
}

/// What mirroring came to.
pub(super) struct MirrorOutcome {
    pub(super) synced: Synced,
    /// Whether anything was written.
    pub(super) changed: bool,
    /// What is to be done for those who asked for these sessions.
    pub(super) follows: Vec<Operation>,
}

/// Mirrors the content's sessions, in a transaction in which nobody else decides about any.
pub(super) async fn mirror<C: Connection>(
    db: &mut C,
    records: &[SessionRecord],
    now: Timestamp,
) -> Result<MirrorOutcome, DatabaseError> {
    let live = "FROM demands d WHERE d.session = s.key AND d.ended IS NULL";
    let sql = format!(
        "SELECT {RECORD}, {} AS occupied, (SELECT COUNT(*) {live}) AS live, (SELECT MAX(d.asked_at) {live}) AS asked, \
         (EXISTS (SELECT 1 FROM demands WHERE session = s.key) OR EXISTS (SELECT 1 FROM topics WHERE session = s.key)) \
         AS remembered, (SELECT ends FROM sightings WHERE session = s.key AND ends = s.ends) AS seen_ended, \
         (SELECT starts FROM doubtful_dates WHERE session = s.key) AS doubtful FROM sessions s",
        C::OCCUPIED
    );
    let mirrored = db.query(&sql, &[], mirrored).await?;
    let meeting = meet(&mirrored, records, now);
    for change in &meeting.changes {
        writes::note_change(db, now, change.session, change.moved, Some(change.revision)).await?;
    }
    for session in &meeting.write {
        upsert(db, session).await?;
    }
    for (session, record) in &meeting.doubt {
        doubt(db, *session, record).await?;
        writes::ask_about_date(db, now, *session).await?;
    }
    for session in &meeting.trust {
        writes::trust_date(db, *session).await?;
    }
    writes::forget_sightings(db).await?;
    for session in &meeting.forget {
        db.execute("DELETE FROM sessions WHERE key = $1", values![*session]).await?;
    }
    for session in &meeting.orphan {
        db.execute("UPDATE sessions SET orphaned = TRUE WHERE key = $1", values![*session]).await?;
    }
    for (session, notice) in &meeting.notices {
        writes::about_session(db, now, *session, *notice).await?;
        let sql = "INSERT INTO audit (at, actor, action, session) VALUES ($1, $2, $3, $4)";
        db.execute(sql, values![now, Actor::Content.name(), notice.name(), *session]).await?;
    }
    let changed = meeting.writes_anything();
    // A raised limit or a session that is held after all frees places like a cancellation does.
    let settle = meeting.settle.into_iter().map(|session| Operation::Settle { session });
    let moved = meeting.moved.into_iter().map(|session| Operation::Moved { session });
    Ok(MirrorOutcome { synced: meeting.synced, changed, follows: settle.chain(moved).collect() })
}

fn mirrored(row: &dyn Row) -> Result<Mirrored, DatabaseError> {
    let mut record = rows::record(row)?;
    let decision = rows::decision(row)?;
    // As the content last said it.
    record.schedule.cancelled &= decision != Some(Decision::Cancel);
    Ok(Mirrored {
        key: rows::number(row, "key")?,
        record,
        decision,
        orphaned: rows::flag(row, "orphaned")?,
        live: rows::number(row, "live")?,
        occupied: rows::number(row, "occupied")?,
        remembered: rows::flag(row, "remembered")?,
        doubtful: rows::optional_instant(row, "doubtful")?,
        asked: rows::optional_instant(row, "asked")?,
        ended: rows::optional_instant(row, "seen_ended")?,
    })
}

async fn upsert<C: Connection>(db: &mut C, session: &SessionWrite<'_>) -> Result<(), DatabaseError> {
    let sql = "INSERT INTO sessions (id, group_id, title, date, start_time, end_time, place, path, starts, ends, opens, \
               closes, cancelled, places_max, places_per_demand, revision, places_min, decision, street, town, door, \
               coordinates) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, \
               $20, $21, $22) \
               ON CONFLICT (id) DO UPDATE SET group_id = excluded.group_id, title = excluded.title, \
               date = excluded.date, start_time = excluded.start_time, end_time = excluded.end_time, \
               place = excluded.place, path = excluded.path, starts = excluded.starts, ends = excluded.ends, \
               opens = excluded.opens, closes = excluded.closes, cancelled = excluded.cancelled, \
               places_max = excluded.places_max, places_per_demand = excluded.places_per_demand, \
               revision = excluded.revision, places_min = excluded.places_min, decision = excluded.decision, \
               street = excluded.street, town = excluded.town, door = excluded.door, \
               coordinates = excluded.coordinates, \
               orphaned = FALSE";
    let SessionRecord { id, group, title, date, start, end, place, path, schedule, revision, .. } = &*session.record;
    let (start, end) = (start.to_string(), end.to_string());
    let VenueRecord { street, town, door, position } = &session.record.venue;
    let coordinates = position.map(|position| position.to_string());
    let values = values![
        id,
        group,
        title.as_ref(),
        *date,
        &start,
        &end,
        place,
        path,
        schedule.starts,
        schedule.ends,
        schedule.opens,
        schedule.closes,
        session.is_cancelled(),
        session.record.places_max,
        session.record.places_per_demand,
        *revision,
        session.record.places_min,
        session.decision.map(Decision::name),
        street.as_ref(),
        town.as_ref(),
        door.as_ref(),
        coordinates.as_ref(),
    ];
    db.execute(sql, values).await.map(drop)
}

/// The content gives a session a date that is over: it is kept apart.
async fn doubt<C: Connection>(db: &mut C, session: i64, record: &SessionRecord) -> Result<(), DatabaseError> {
    let sql = "INSERT INTO doubtful_dates (session, date, start_time, end_time, starts, ends, opens, closes) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (session) DO UPDATE SET date = excluded.date, \
               start_time = excluded.start_time, end_time = excluded.end_time, starts = excluded.starts, \
               ends = excluded.ends, opens = excluded.opens, closes = excluded.closes";
    let SessionRecord { date, start, end, schedule, .. } = record;
    let (start, end) = (start.to_string(), end.to_string());
    let values = values![session, *date, &start, &end, schedule.starts, schedule.ends, schedule.opens, schedule.closes];
    db.execute(sql, values).await.map(drop)
}
