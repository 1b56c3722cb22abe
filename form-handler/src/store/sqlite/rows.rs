//! Rows, as the values that the rest of the program knows.

use entreparentaise::model::{Availability, Schedule};
use jiff::{Timestamp, civil::Date};
use rusqlite::{Connection, OptionalExtension, Result, Row, RowIndex, types::Type};

use crate::{
    agenda::Decision,
    demand::Cautions,
    enrolment::{self, Book, Comparison, Contact, Ended, Held, Standing, Trace},
    store::{SessionRecord, SessionStatus, binder::Binder, ledger::Known, mirror::Mirrored, told},
    token::DemandId,
};

/// Places that live demands hold: counted, each time.
macro_rules! occupied {
    () => {
        "(SELECT COALESCE(SUM(weight), 0) FROM demands WHERE session = s.key AND weight > 0)"
    };
}

/// The instants of a session and its limits.
macro_rules! limits {
    () => {
        "s.starts, s.ends, s.opens, s.closes, s.cancelled, s.places_min, s.places_max, s.places_per_demand"
    };
}

const STATUS: &str = concat!(
    "s.id, s.group_id, s.title, s.date, s.start_time, s.end_time, s.place, s.path, s.revision, ",
    limits!(),
    ", ",
    occupied!(),
    " AS occupied, EXISTS (SELECT 1 FROM demands WHERE session = s.key AND weight = 0) AS someone_waits"
);

pub(super) fn ms(at: Timestamp) -> i64 {
    at.as_millisecond()
}

pub(super) fn instant(row: &Row<'_>, column: impl RowIndex) -> Result<Timestamp> {
    of_ms(row.get(column)?)
}

pub(super) fn optional_instant(row: &Row<'_>, column: impl RowIndex) -> Result<Option<Timestamp>> {
    row.get::<_, Option<i64>>(column)?.map(of_ms).transpose()
}

pub(super) fn optional_date(row: &Row<'_>, name: &str) -> Result<Option<Date>> {
    let text: Option<String> = row.get(name)?;
    text.map(|text| text.parse().map_err(|error| odd(error, Type::Text))).transpose()
}

fn of_ms(ms: i64) -> Result<Timestamp> {
    Timestamp::from_millisecond(ms).map_err(|error| odd(error, Type::Integer))
}

fn odd(error: impl std::error::Error + Send + Sync + 'static, kind: Type) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, kind, Box::new(error))
}

pub(super) fn parsed<T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    row: &Row<'_>,
    name: &str,
) -> Result<T> {
    row.get::<_, String>(name)?.parse().map_err(|error| odd(error, Type::Text))
}

/// The one session of which `condition` (with one parameter) holds, with the demands that decisions
/// look at, and its forms.
pub(super) fn binder(db: &Connection, condition: &str, parameter: &dyn rusqlite::ToSql) -> Result<Option<Binder>> {
    // The way of every sign-up: columns by their numbers.
    let sql = format!(
        "SELECT {}, s.key, s.group_id, s.orphaned, s.decision, t.starts, t.ends, t.opens, t.closes FROM sessions s \
             LEFT JOIN doubtful_dates t ON t.session = s.key WHERE {condition}",
        limits!()
    );
    let found = db.prepare_cached(&sql)?.query_row([parameter], |row| {
        let doubtful = match optional_instant(row, 12)? {
            Some(starts) => Some(Schedule {
                starts,
                ends: instant(row, 13)?,
                opens: optional_instant(row, 14)?,
                closes: instant(row, 15)?,
                cancelled: row.get(4)?,
            }),
            None => None,
        };
        Ok(Book {
            schedule: Schedule {
                starts: instant(row, 0)?,
                ends: instant(row, 1)?,
                opens: optional_instant(row, 2)?,
                closes: instant(row, 3)?,
                cancelled: row.get(4)?,
            },
            places_max: row.get(6)?,
            places_per_demand: row.get(7)?,
            session: row.get(8)?,
            group: row.get(9)?,
            orphaned: row.get(10)?,
            decision: decision(row, 11)?,
            doubtful,
            rows: Vec::new(),
        })
    });
    let Some(mut binder) = found.optional()?.map(Binder::new) else { return Ok(None) };
    let sql = "SELECT rank, id, standing, offered_until, to_confirm, ended, places, name_key, email_key, phone, cautions, first, fingerprint, envoi \
               FROM demands WHERE session = ?1 ORDER BY rank";
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query([binder.book.session])?;
    while let Some(row) = rows.next()? {
        if let (Some(fingerprint), Some(envoi)) =
            (row.get_ref(12)?.as_blob_or_null()?, row.get_ref(13)?.as_str_or_null()?)
        {
            binder.forms.add(envoi, fingerprint);
        }
        // What has ended holds nothing, but for a ghost.
        let ended = row.get_ref(5)?.as_str_or_null()?;
        if ended.is_some_and(|how| how != Ended::Merged.name()) {
            continue;
        }
        binder.book.rows.push(Held {
            rank: row.get(0)?,
            id: DemandId(row.get(1)?),
            standing: standing(row, 2, 3)?,
            to_confirm: row.get(4)?,
            ghost: ended.is_some(),
            places: row.get(6)?,
            first: row.get(11)?,
            contact: Contact {
                name: Trace::of(row.get_ref(7)?.as_str()?),
                email: trace(row, 8)?,
                phone: trace(row, 9)?,
                no_email: no_email(row, 10)?,
            },
        });
    }
    Ok(Some(binder))
}

pub(super) fn decision(row: &Row<'_>, column: impl RowIndex) -> Result<Option<Decision>> {
    Ok(row.get_ref(column)?.as_str_or_null()?.and_then(Decision::of_name))
}

fn trace(row: &Row<'_>, column: impl RowIndex) -> Result<Option<Trace>> {
    Ok(row.get_ref(column)?.as_str_or_null()?.map(Trace::of))
}

fn no_email(row: &Row<'_>, cautions: impl RowIndex) -> Result<bool> {
    Ok(Cautions::of(row.get_ref(cautions)?.as_str()?.split(',')).no_email)
}

pub(super) fn cautions(row: &Row<'_>) -> Result<Cautions> {
    Ok(Cautions::of(row.get_ref("cautions")?.as_str()?.split(',')))
}

fn read_schedule(row: &Row<'_>) -> Result<Schedule> {
    Ok(Schedule {
        starts: instant(row, "starts")?,
        ends: instant(row, "ends")?,
        opens: optional_instant(row, "opens")?,
        closes: instant(row, "closes")?,
        cancelled: row.get("cancelled")?,
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
        places_min: row.get("places_min")?,
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
    let sql = format!("SELECT {STATUS} FROM sessions s WHERE {condition} ORDER BY s.date, s.id");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([parameter], |row| {
        let record = read_record(row)?;
        let (occupied, waits) = (row.get("occupied")?, row.get("someone_waits")?);
        let state = enrolment::state(&record.schedule, occupied, u32::from(record.places_max), waits, now);
        Ok(SessionStatus { record, state })
    })?;
    rows.collect()
}

/// What the generator is told. Each place is counted in one walk over the live demands: this is
/// asked at each change of a state.
pub(super) fn availability(db: &Connection, now: Timestamp) -> Result<Availability> {
    let sql = concat!(
        // What the team cancelled is a later revision than the content's.
        "SELECT s.id, s.revision + (s.decision IS 'cancelled') AS revision, s.date, s.start_time, s.end_time, \
         EXISTS (SELECT 1 FROM doubtful_dates WHERE session = s.key) AS kept, ",
        limits!(),
        ", COALESCE(d.occupied, 0) AS occupied, COALESCE(d.someone_waits, 0) AS someone_waits FROM sessions s \
         LEFT JOIN (SELECT session, SUM(weight) AS occupied, MAX(weight = 0) AS someone_waits FROM demands \
         WHERE weight IS NOT NULL GROUP BY session) d ON d.session = s.key WHERE s.orphaned = 0"
    );
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| {
        let (occupied, waits) = (row.get("occupied")?, row.get("someone_waits")?);
        let state = enrolment::state(&read_schedule(row)?, occupied, row.get("places_max")?, waits, now);
        let kept = if row.get("kept")? {
            Some((parsed(row, "date")?, parsed(row, "start_time")?, parsed(row, "end_time")?))
        } else {
            None
        };
        Ok((row.get("id")?, told(state, row.get("revision")?, kept)))
    })?;
    Ok(Availability { sessions: rows.collect::<Result<_>>()? })
}

/// Every session that is mirrored, with what hangs on it.
pub(super) fn mirrored(db: &Connection) -> Result<Vec<Mirrored>> {
    let sql = concat!(
        "SELECT s.key, s.orphaned, s.id, s.group_id, s.title, s.date, s.start_time, s.end_time, s.place, s.path, s.revision, ",
        limits!(),
        ", s.decision, (SELECT starts FROM doubtful_dates WHERE session = s.key) AS doubtful, d.asked, \
         (SELECT ends FROM sightings WHERE session = s.key AND ends = s.ends) AS ended, COALESCE(d.live, 0) AS live, COALESCE(d.occupied, 0) AS occupied, \
         (d.session IS NOT NULL OR EXISTS (SELECT 1 FROM topics WHERE session = s.key)) AS remembered FROM sessions s \
         LEFT JOIN (SELECT session, COUNT(weight) AS live, COALESCE(SUM(weight), 0) AS occupied, \
         MAX(asked_at) FILTER (WHERE weight IS NOT NULL) AS asked FROM demands GROUP BY session) d ON d.session = s.key"
    );
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| {
        let mut record = read_record(row)?;
        let cancelled_by_team = decision(row, "decision")? == Some(Decision::Cancel);
        // As the content last said it.
        record.schedule.cancelled &= !cancelled_by_team;
        Ok(Mirrored {
            key: row.get("key")?,
            record,
            cancelled_by_team,
            orphaned: row.get("orphaned")?,
            live: row.get("live")?,
            occupied: row.get("occupied")?,
            remembered: row.get("remembered")?,
            doubtful: optional_instant(row, "doubtful")?,
            asked: optional_instant(row, "asked")?,
            ended: optional_instant(row, "ended")?,
        })
    })?;
    rows.collect()
}

pub(super) fn demand_id(row: &Row<'_>, name: &str) -> Result<DemandId> {
    row.get(name).map(DemandId)
}

pub(super) fn read_standing(row: &Row<'_>) -> Result<Standing> {
    standing(row, "standing", "offered_until")
}

fn standing(row: &Row<'_>, name: impl RowIndex, until: impl RowIndex) -> Result<Standing> {
    Ok(match row.get_ref(name)?.as_str()? {
        "enrolled" => Standing::Enrolled,
        "offered" => Standing::Offered(instant(row, until)?),
        _ => Standing::Waiting,
    })
}

pub(super) fn read_ended(row: &Row<'_>) -> Result<Option<Ended>> {
    let name = row.get_ref("ended")?.as_str_or_null()?;
    Ok(name.map(|name| Ended::of_name(name).unwrap_or(Ended::Cancelled)))
}

/// The rank of the demand that an id (the first parameter) leads to. One that was moved is reached
/// by its link alone: once the demand that it became is erased, it leads nowhere.
macro_rules! current {
    () => {
        "COALESCE((SELECT demand FROM links WHERE id = ?1), (SELECT rank FROM demands WHERE id = ?1 AND ended IS NOT 'moved'))"
    };
}
pub(super) use current;

/// A demand, ended or not, by the condition that goes behind.
macro_rules! known {
    () => {
        "SELECT d.rank, d.session, d.ended, d.name_key, d.email_key, d.phone, d.cautions, d.to_compare, \
         (SELECT MAX(written_at) FROM outbox WHERE demand = d.rank AND kind = 'code') AS coded_at FROM demands d WHERE "
    };
}

/// The demand that an id leads to.
pub(super) fn known(db: &Connection, id: DemandId) -> Result<Option<Known>> {
    read_known(db, concat!(known!(), "d.rank = ", current!()), id)
}

/// The demand that has this very id.
pub(super) fn own(db: &Connection, id: DemandId) -> Result<Option<Known>> {
    read_known(db, concat!(known!(), "d.id = ?1"), id)
}

fn read_known(db: &Connection, sql: &str, id: DemandId) -> Result<Option<Known>> {
    let found = db.prepare_cached(sql)?.query_row([id.0], |row| {
        Ok(Known {
            rank: row.get("rank")?,
            session: row.get("session")?,
            ended: read_ended(row)?,
            contact: Contact {
                name: Trace::of(row.get_ref("name_key")?.as_str()?),
                email: trace(row, "email_key")?,
                phone: trace(row, "phone")?,
                no_email: no_email(row, "cautions")?,
            },
            to_compare: match row.get("to_compare")? {
                0 => None,
                1 => Some(Comparison::ForTeam),
                _ => Some(Comparison::WithQuestion),
            },
            coded_at: optional_instant(row, "coded_at")?,
        })
    });
    found.optional()
}
