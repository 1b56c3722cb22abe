//! Rows, as the values that the rest of the program knows. Instants are milliseconds, places are
//! 32-bit.

use entreparentaise::model::Schedule;
use jiff::{Timestamp, civil::Date};
use tokio_postgres::{Row, types::FromSql};

use super::failure::Failure;
use crate::{
    agenda::Decision,
    demand::Cautions,
    enrolment::{self, Book, Comparison, Contact, Ended, Held, Standing, Trace},
    store::{SessionRecord, SessionStatus, ledger::Known, mirror::Mirrored},
    token::DemandId,
};

type Result<T> = std::result::Result<T, Failure>;

/// The columns of [`book`].
pub(super) const BOOK: &str = "s.key, s.id, s.group_id, s.orphaned, s.starts, s.ends, s.opens, s.closes, s.cancelled, s.places_min, \
                               s.places_max, s.places_per_demand, s.decision, t.starts AS doubtful_starts, t.ends AS doubtful_ends, \
                               t.opens AS doubtful_opens, t.closes AS doubtful_closes";

/// The columns of [`record`].
pub(super) const RECORD: &str = "s.key, s.orphaned, s.id, s.group_id, s.title, s.date, s.start_time, s.end_time, s.place, s.path, \
                                 s.revision, s.starts, s.ends, s.opens, s.closes, s.cancelled, s.places_min, s.places_max, \
                                 s.places_per_demand, s.decision";

/// Sessions with what their live demands come to: `WHERE` goes behind.
pub(super) const COUNTED: &str = "FROM sessions s LEFT JOIN LATERAL (SELECT COUNT(*) FILTER (WHERE d.ended IS NULL) AS live, \
                                  COALESCE(SUM(d.places) FILTER (WHERE d.ended IS NULL AND d.standing <> 'waiting'), 0) AS occupied, \
                                  COALESCE(BOOL_OR(d.ended IS NULL AND d.standing = 'waiting'), FALSE) AS someone_waits, \
                                  MAX(d.asked_at) FILTER (WHERE d.ended IS NULL) AS asked, \
                                  COUNT(*) > 0 AS remembered FROM demands d WHERE d.session = s.key) c ON TRUE";

pub(super) fn ms(at: Timestamp) -> i64 {
    at.as_millisecond()
}

pub(super) fn get<'r, T: FromSql<'r>>(row: &'r Row, name: &str) -> Result<T> {
    Ok(row.try_get(name)?)
}

pub(super) fn instant(row: &Row, name: &str) -> Result<Timestamp> {
    of_ms(get(row, name)?)
}

pub(super) fn optional_instant(row: &Row, name: &str) -> Result<Option<Timestamp>> {
    get::<Option<i64>>(row, name)?.map(of_ms).transpose()
}

fn of_ms(ms: i64) -> Result<Timestamp> {
    Timestamp::from_millisecond(ms).map_err(|error| odd(&error))
}

/// A row that this program did not write.
fn odd(error: &dyn std::fmt::Display) -> Failure {
    Failure::Lasting(format!("an odd row: {error}"))
}

pub(super) fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(row: &Row, name: &str) -> Result<T> {
    get::<&str>(row, name)?.parse().map_err(|error| odd(&error))
}

/// A small number, kept in a wider column.
pub(super) fn number<T: TryFrom<i64>>(row: &Row, name: &str) -> Result<T> {
    let wide = get::<i64>(row, name).or_else(|_| get::<i32>(row, name).map(i64::from))?;
    T::try_from(wide).map_err(|_| odd(&name))
}

fn schedule(row: &Row) -> Result<Schedule> {
    Ok(Schedule {
        starts: instant(row, "starts")?,
        ends: instant(row, "ends")?,
        opens: optional_instant(row, "opens")?,
        closes: instant(row, "closes")?,
        cancelled: get(row, "cancelled")?,
    })
}

/// A session, without its demands yet, and its id in the content.
pub(super) fn book(row: &Row) -> Result<(String, Book)> {
    let cancelled = get(row, "cancelled")?;
    let doubtful = match optional_instant(row, "doubtful_starts")? {
        Some(starts) => Some(Schedule {
            starts,
            ends: instant(row, "doubtful_ends")?,
            opens: optional_instant(row, "doubtful_opens")?,
            closes: instant(row, "doubtful_closes")?,
            cancelled,
        }),
        None => None,
    };
    let book = Book {
        session: get(row, "key")?,
        group: get(row, "group_id")?,
        schedule: schedule(row)?,
        places_max: number(row, "places_max")?,
        places_per_demand: number(row, "places_per_demand")?,
        orphaned: get(row, "orphaned")?,
        decision: decision(row)?,
        doubtful,
        rows: Vec::new(),
    };
    Ok((get(row, "id")?, book))
}

pub(super) fn held(row: &Row) -> Result<Held> {
    Ok(Held {
        rank: get(row, "rank")?,
        id: demand_id(row, "id")?,
        standing: standing(row)?,
        to_confirm: get(row, "to_confirm")?,
        ghost: get::<Option<&str>>(row, "ended")?.is_some(),
        first: get(row, "first")?,
        places: number(row, "places")?,
        contact: contact(row)?,
    })
}

fn contact(row: &Row) -> Result<Contact> {
    Ok(Contact {
        name: Trace::of(get(row, "name_key")?),
        email: get::<Option<&str>>(row, "email_key")?.map(Trace::of),
        phone: get::<Option<&str>>(row, "phone")?.map(Trace::of),
        no_email: cautions(row)?.no_email,
    })
}

pub(super) fn cautions(row: &Row) -> Result<Cautions> {
    Ok(Cautions::of(get::<&str>(row, "cautions")?.split(',')))
}

pub(super) fn demand_id(row: &Row, name: &str) -> Result<DemandId> {
    optional_id(row, name)?.ok_or_else(|| odd(&name))
}

pub(super) fn optional_id(row: &Row, name: &str) -> Result<Option<DemandId>> {
    let bytes: Option<&[u8]> = get(row, name)?;
    bytes.map(|bytes| bytes.try_into().map(DemandId).map_err(|error| odd(&error))).transpose()
}

pub(super) fn standing(row: &Row) -> Result<Standing> {
    Ok(match get::<&str>(row, "standing")? {
        "enrolled" => Standing::Enrolled,
        "offered" => Standing::Offered(instant(row, "offered_until")?),
        _ => Standing::Waiting,
    })
}

pub(super) fn ended(row: &Row) -> Result<Option<Ended>> {
    let name: Option<&str> = get(row, "ended")?;
    Ok(name.map(|name| Ended::of_name(name).unwrap_or(Ended::Cancelled)))
}

pub(super) fn decision(row: &Row) -> Result<Option<Decision>> {
    Ok(get::<Option<&str>>(row, "decision")?.and_then(Decision::of_name))
}

pub(super) fn optional_date(row: &Row, name: &str) -> Result<Option<Date>> {
    get::<Option<&str>>(row, name)?.map(|text| text.parse().map_err(|error| odd(&error))).transpose()
}

pub(super) fn known(row: &Row) -> Result<Known> {
    Ok(Known {
        rank: get(row, "rank")?,
        session: get(row, "session")?,
        ended: ended(row)?,
        contact: contact(row)?,
        to_compare: match get::<i16>(row, "to_compare")? {
            0 => None,
            1 => Some(Comparison::ForTeam),
            _ => Some(Comparison::WithQuestion),
        },
        coded_at: optional_instant(row, "coded_at")?,
    })
}

pub(super) fn record(row: &Row) -> Result<SessionRecord> {
    Ok(SessionRecord {
        id: get(row, "id")?,
        group: get(row, "group_id")?,
        title: get(row, "title")?,
        date: parsed(row, "date")?,
        start: parsed(row, "start_time")?,
        end: parsed(row, "end_time")?,
        place: get(row, "place")?,
        path: get(row, "path")?,
        schedule: schedule(row)?,
        places_min: number(row, "places_min")?,
        places_max: number(row, "places_max")?,
        places_per_demand: number(row, "places_per_demand")?,
        revision: number(row, "revision")?,
    })
}

/// A row of [`RECORD`] and [`COUNTED`].
pub(super) fn status(row: &Row, now: Timestamp) -> Result<SessionStatus> {
    let record = record(row)?;
    let (occupied, waits) = (number(row, "occupied")?, get(row, "someone_waits")?);
    let state = enrolment::state(&record.schedule, occupied, u32::from(record.places_max), waits, now);
    Ok(SessionStatus { record, state })
}

/// A row of [`RECORD`] and [`COUNTED`], whether it has topics, and when it would begin by a date
/// that is doubted.
pub(super) fn mirrored(row: &Row) -> Result<Mirrored> {
    let mut record = record(row)?;
    let cancelled_by_team = decision(row)? == Some(Decision::Cancel);
    // As the content last said it.
    record.schedule.cancelled &= !cancelled_by_team;
    Ok(Mirrored {
        key: get(row, "key")?,
        record,
        cancelled_by_team,
        orphaned: get(row, "orphaned")?,
        live: number(row, "live")?,
        occupied: number(row, "occupied")?,
        remembered: get::<bool>(row, "remembered")? || get::<bool>(row, "topical")?,
        doubtful: optional_instant(row, "doubtful")?,
        asked: optional_instant(row, "asked")?,
        ended: optional_instant(row, "ended")?,
    })
}
