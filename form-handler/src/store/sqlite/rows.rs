//! Rows, as the values that the rest of the program knows.

use entreparentaise::model::Schedule;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result, Row, types::Type};

use crate::{
    enrolment::{Contact, Ended, Held, Queued, Rank, Room, Standing},
    store::{SessionRecord, SessionStatus},
    token::DemandId,
};

/// Places that live enrolled demands hold: counted, each time.
macro_rules! occupied {
    () => {
        "(SELECT COALESCE(SUM(places), 0) FROM demands WHERE session = s.key AND standing = 'enrolled' AND ended IS NULL)"
    };
}

/// Whether a live demand waits. The second term is the index's own; the third leaves the ghosts out.
macro_rules! someone_waits {
    () => {
        "EXISTS (SELECT 1 FROM demands WHERE session = s.key AND standing = 'waiting' \
         AND ended IS NOT 'cancelled' AND ended IS NULL)"
    };
}

const ROOM: &str = concat!(
    "s.starts, s.ends, s.opens, s.closes, s.cancelled, s.places_max, s.places_per_demand, ",
    occupied!(),
    " AS occupied, ",
    someone_waits!(),
    " AS someone_waits"
);

const RECORD: &str = "s.id, s.group_id, s.title, s.date, s.start_time, s.end_time, s.place, s.path, s.revision";

const HELD: &str = "d.rank, d.standing, d.to_confirm, d.ended, d.name_key, d.email_key, d.phone, d.cautions";

pub(super) fn ms(at: Timestamp) -> i64 {
    at.as_millisecond()
}

pub(super) fn instant(row: &Row<'_>, name: &str) -> Result<Timestamp> {
    Timestamp::from_millisecond(row.get(name)?).map_err(|error| odd(error, Type::Integer))
}

fn odd(error: impl std::error::Error + Send + Sync + 'static, kind: Type) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, kind, Box::new(error))
}

fn parsed<T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    row: &Row<'_>,
    name: &str,
) -> Result<T> {
    row.get::<_, String>(name)?.parse().map_err(|error| odd(error, Type::Text))
}

/// A session's key and what a decision sees of it; not one that left the content, unless asked.
pub(super) fn room(db: &Connection, id: &str) -> Result<Option<(i64, Room)>> {
    let sql = format!("SELECT s.key, {ROOM} FROM sessions s WHERE s.id = ?1 AND s.orphaned = 0");
    db.prepare_cached(&sql)?.query_row([id], |row| Ok((row.get("key")?, read_room(row)?))).optional()
}

/// What a decision sees of a session that is there.
pub(super) fn room_of(db: &Connection, session: i64) -> Result<Room> {
    let sql = format!("SELECT {ROOM} FROM sessions s WHERE s.key = ?1");
    db.prepare_cached(&sql)?.query_row([session], read_room)
}

fn read_schedule(row: &Row<'_>) -> Result<Schedule> {
    Ok(Schedule {
        starts: instant(row, "starts")?,
        ends: instant(row, "ends")?,
        opens: row.get::<_, Option<i64>>("opens")?.map(|_| instant(row, "opens")).transpose()?,
        closes: instant(row, "closes")?,
        cancelled: row.get("cancelled")?,
    })
}

fn read_room(row: &Row<'_>) -> Result<Room> {
    Ok(Room {
        schedule: read_schedule(row)?,
        places_max: row.get("places_max")?,
        places_per_demand: row.get("places_per_demand")?,
        occupied: row.get("occupied")?,
        someone_waits: row.get("someone_waits")?,
    })
}

pub(super) fn read_record(row: &Row<'_>) -> Result<SessionRecord> {
    Ok(SessionRecord {
        id: row.get("id")?,
        group: row.get("group_id")?,
        title: row.get("title")?,
        date: parsed(row, "date")?,
        start: parsed(row, "start_time")?,
        end: parsed(row, "end_time")?,
        place: row.get("place")?,
        path: row.get("path")?,
        schedule: read_schedule(row)?,
        places_max: row.get("places_max")?,
        places_per_demand: row.get("places_per_demand")?,
        revision: row.get("revision")?,
    })
}

/// Sessions with their states, of which `condition` (over `s`, with one parameter) holds.
pub(super) fn statuses(
    db: &Connection,
    condition: &str,
    parameter: &dyn rusqlite::ToSql,
    now: Timestamp,
) -> Result<Vec<SessionStatus>> {
    let sql = format!("SELECT {RECORD}, {ROOM} FROM sessions s WHERE {condition} ORDER BY s.date, s.id");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([parameter], |row| {
        Ok(SessionStatus { record: read_record(row)?, state: read_room(row)?.state(now) })
    })?;
    rows.collect()
}

pub(super) fn demand_id(row: &Row<'_>, name: &str) -> Result<DemandId> {
    row.get(name).map(DemandId)
}

pub(super) fn read_standing(row: &Row<'_>) -> Result<Standing> {
    Ok(if row.get_ref("standing")?.as_str()? == "enrolled" { Standing::Enrolled } else { Standing::Waiting })
}

pub(super) fn read_ended(row: &Row<'_>) -> Result<Option<Ended>> {
    Ok(match row.get_ref("ended")?.as_str_or_null()? {
        None => None,
        Some("merged") => Some(Ended::Merged),
        Some(_) => Some(Ended::Cancelled),
    })
}

fn read_held(row: &Row<'_>) -> Result<Held> {
    let cautions: String = row.get("cautions")?;
    Ok(Held {
        rank: row.get("rank")?,
        standing: read_standing(row)?,
        to_confirm: row.get("to_confirm")?,
        ended: read_ended(row)?,
        contact: Contact {
            name_key: row.get("name_key")?,
            email_key: row.get("email_key")?,
            phone: row.get("phone")?,
            no_email: crate::demand::Cautions::of(cautions.split(',')).no_email,
        },
    })
}

/// A demand and its session's key.
pub(super) fn held(db: &Connection, id: DemandId) -> Result<Option<(i64, Held)>> {
    let sql = format!("SELECT d.session, {HELD} FROM demands d WHERE d.id = ?1");
    db.prepare_cached(&sql)?.query_row([id.0], |row| Ok((row.get("session")?, read_held(row)?))).optional()
}

/// The live demands of a session with the same e-mail address or telephone number, first come first, but for `except`.
pub(super) fn matches(db: &Connection, session: i64, contact: &Contact, except: Option<Rank>) -> Result<Vec<Held>> {
    // Two searches, so that each has its index.
    let sql = format!(
        "SELECT {HELD} FROM demands d WHERE session = ?1 AND email_key = ?2 AND ended IS NULL \
         UNION SELECT {HELD} FROM demands d WHERE session = ?1 AND phone = ?3 AND ended IS NULL ORDER BY 1"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map((session, &contact.email_key, &contact.phone), read_held)?;
    rows.filter(|held| held.as_ref().map_or(true, |held| Some(held.rank) != except)).collect()
}

/// The head of a session's waiting list, ghosts included.
pub(super) fn queue(db: &Connection, session: i64, limit: u32) -> Result<Vec<Queued>> {
    let sql = format!(
        "SELECT {HELD}, d.places FROM demands d \
         WHERE session = ?1 AND standing = 'waiting' AND ended IS NOT 'cancelled' ORDER BY rank LIMIT ?2"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement
        .query_map((session, limit), |row| Ok(Queued { demand: read_held(row)?, places: row.get("places")? }))?;
    rows.collect()
}
