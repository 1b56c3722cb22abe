//! Rows of either database, as the values that the rest of the program knows. A word that is not
//! known is an error, which names its column.

use entreparentaise::model::{Position, Schedule};
use jiff::{Timestamp, civil::Date};

use super::{
    backend::Row,
    error::{DatabaseError, UnknownWord},
    outcome::Given,
    record::{Previous, SessionRecord, SessionStatus, VenueRecord},
};
use crate::{
    demand::{Cautions, Contact, Trace},
    enrolment::{
        self, Book, BookEntry, Channel, Comparison, Decision, Departure, Ended, MessageKind, Milestone, Notice,
        Sightings, Standing,
    },
    token::DemandId,
};

type Result<T> = std::result::Result<T, DatabaseError>;

/// The columns of [`record`], of the session `s`.
pub(super) const RECORD: &str = "s.key, s.orphaned, s.id, s.group_id, s.title, s.date, s.start_time, s.end_time, \
    s.place, s.path, s.revision, s.starts, s.ends, s.opens, s.closes, s.cancelled, s.places_min, s.places_max, \
    s.places_per_demand, s.decision, s.street, s.town, s.door, s.coordinates";

/// When the session `s` last changed, as `changed_at`.
pub(super) const CHANGED_AT: &str = "(SELECT MAX(c.at) FROM session_changes c WHERE c.session = s.key) AS changed_at";

/// The columns of [`book`], of the session `s` and the doubtful date `t`.
pub(super) const BOOK: &str = "s.key, s.id, s.group_id, s.orphaned, s.starts, s.ends, s.opens, s.closes, s.cancelled, \
    s.places_max, s.places_per_demand, s.decision, t.starts AS doubtful_starts, t.ends AS doubtful_ends, \
    t.opens AS doubtful_opens, t.closes AS doubtful_closes";

/// The columns of [`book_entry`] and of the form that made it.
pub(super) const BOOK_ENTRY: &str = "session, rank, id, standing, offered_until, to_confirm, ended, places, name_key, \
    email_key, phone, sms, cautions, first, fingerprint, envoi";

/// The columns of the demand `d` that its person and the team see.
pub(super) const DEMAND: &str = "d.rank, d.id AS demand_id, d.standing, d.offered_until, d.to_confirm, d.ended, d.places, \
    d.first_name, d.email, d.phone, d.sms, d.cautions, d.other_parent, d.other_parent_first_name, d.heard_from, d.shared_device, d.lang, \
    d.repeats, d.asked_at, d.ended_at, d.calendar, d.previous, d.departure";

/// A row that this program did not write.
fn odd(column: &'static str, what: impl std::fmt::Display) -> DatabaseError {
    DatabaseError::lasting(format!("an odd {column}: {what}"))
}

fn there<T>(column: &'static str, value: Option<T>) -> Result<T> {
    value.ok_or_else(|| odd(column, "nothing"))
}

/// A number, in the type that holds it.
pub(super) fn number<T: TryFrom<i64>>(row: &dyn Row, column: &'static str) -> Result<T> {
    let wide = there(column, row.integer(column)?)?;
    T::try_from(wide).map_err(|_| odd(column, wide))
}

pub(super) fn optional_number<T: TryFrom<i64>>(row: &dyn Row, column: &'static str) -> Result<Option<T>> {
    row.integer(column)?.map(|wide| T::try_from(wide).map_err(|_| odd(column, wide))).transpose()
}

pub(super) fn flag(row: &dyn Row, column: &'static str) -> Result<bool> {
    Ok(there(column, row.integer(column)?)? != 0)
}

pub(super) fn text(row: &dyn Row, column: &'static str) -> Result<String> {
    Ok(there(column, row.text(column)?)?.to_owned())
}

pub(super) fn optional_text(row: &dyn Row, column: &'static str) -> Result<Option<String>> {
    Ok(row.text(column)?.map(str::to_owned))
}

pub(super) fn instant(row: &dyn Row, column: &'static str) -> Result<Timestamp> {
    there(column, optional_instant(row, column)?)
}

pub(super) fn optional_instant(row: &dyn Row, column: &'static str) -> Result<Option<Timestamp>> {
    let of_ms = |ms| Timestamp::from_millisecond(ms).map_err(|error| odd(column, error));
    row.integer(column)?.map(of_ms).transpose()
}

pub(super) fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(row: &dyn Row, column: &'static str) -> Result<T> {
    there(column, row.text(column)?)?.parse().map_err(|error| odd(column, error))
}

pub(super) fn optional_date(row: &dyn Row, column: &'static str) -> Result<Option<Date>> {
    row.text(column)?.map(|text| text.parse().map_err(|error| odd(column, error))).transpose()
}

pub(super) fn optional_id(row: &dyn Row, column: &'static str) -> Result<Option<DemandId>> {
    row.bytes(column)?.map(|bytes| bytes.try_into().map(DemandId).map_err(|error| odd(column, error))).transpose()
}

pub(super) fn demand_id(row: &dyn Row, column: &'static str) -> Result<DemandId> {
    there(column, optional_id(row, column)?)
}

/// The word of a column, understood; `None` where there is none.
fn word<T>(
    row: &dyn Row,
    (column, name): (&'static str, &'static str),
    of_name: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>> {
    let Some(word) = row.text(column)? else { return Ok(None) };
    of_name(word).map(Some).ok_or_else(|| UnknownWord::new(name, word).into())
}

pub(super) fn standing(row: &dyn Row) -> Result<Standing> {
    let until = optional_instant(row, "offered_until")?;
    let found = word(row, ("standing", "demands.standing"), |word| match (word, until) {
        ("enrolled", _) => Some(Standing::Enrolled),
        ("offered", Some(until)) => Some(Standing::Offered(until)),
        ("waiting", _) => Some(Standing::Waiting),
        ("held", _) => Some(Standing::Held),
        _ => None,
    })?;
    there("standing", found)
}

/// The words of [`standing`]'s columns.
pub(super) fn standing_columns(standing: Standing) -> (&'static str, Option<Timestamp>) {
    match standing {
        Standing::Enrolled => ("enrolled", None),
        Standing::Offered(until) => ("offered", Some(until)),
        Standing::Waiting => ("waiting", None),
        Standing::Held => ("held", None),
    }
}

pub(super) fn ended(row: &dyn Row) -> Result<Option<Ended>> {
    word(row, ("ended", "demands.ended"), Ended::of_name)
}

pub(super) fn decision(row: &dyn Row) -> Result<Option<Decision>> {
    word(row, ("decision", "sessions.decision"), Decision::of_name)
}

pub(super) fn milestone(word: &str) -> Result<Milestone> {
    Milestone::of_name(word).ok_or_else(|| UnknownWord::new("milestones.what", word).into())
}

/// Where a demand comes from, of `previous` and `departure`.
pub(super) fn previous(row: &dyn Row) -> Result<Option<Previous>> {
    let Some(date) = optional_date(row, "previous")? else { return Ok(None) };
    let departure = word(row, ("departure", "demands.departure"), Departure::of_name)?;
    Ok(Some(Previous { date, departure }))
}

/// What was answered to a form, which is never an offer.
pub(super) fn first_answer(row: &dyn Row) -> Result<Given> {
    let found = word(row, ("answer", "demands.answer"), |word| {
        [Given::Place, Given::WaitingList, Given::ToConfirm].into_iter().find(|given| given.key() == word)
    })?;
    there("answer", found)
}

pub(super) fn message_kind(word: &str) -> Result<MessageKind> {
    MessageKind::of_name(word).ok_or_else(|| UnknownWord::new("outbox.kind", word).into())
}

pub(super) fn channel(row: &dyn Row) -> Result<Channel> {
    there("channel", word(row, ("channel", "outbox.channel"), Channel::of_name)?)
}

/// What a notice says; one of a call names the message that could not be written.
pub(super) fn notice(row: &dyn Row) -> Result<Notice> {
    let about = word(row, ("about", "notices.about"), MessageKind::of_name)?;
    there("kind", word(row, ("kind", "notices.kind"), |word| Notice::of_name(word, about))?)
}

/// What is still to be looked at.
fn comparison(row: &dyn Row) -> Result<Option<Comparison>> {
    match number::<i64>(row, "to_compare")? {
        0 => Ok(None),
        1 => Ok(Some(Comparison::ForTeam)),
        2 => Ok(Some(Comparison::WithQuestion)),
        other => Err(UnknownWord::new("demands.to_compare", other).into()),
    }
}

/// The number that stands for it.
pub(super) fn comparison_number(to_compare: Option<Comparison>) -> i16 {
    match to_compare {
        None => 0,
        Some(Comparison::ForTeam) => 1,
        Some(Comparison::WithQuestion) => 2,
    }
}

/// The cautions' names, joined by commas.
pub(super) fn cautions(row: &dyn Row) -> Result<Cautions> {
    let names = there("cautions", row.text("cautions")?)?;
    let names = names.split(',').filter(|name| !name.is_empty());
    Cautions::of(names).map_err(|word| UnknownWord::new("demands.cautions", word).into())
}

pub(super) fn sightings(row: &dyn Row) -> Result<Option<Sightings>> {
    let Some(days) = optional_number(row, "days")? else { return Ok(None) };
    Ok(Some(Sightings { days, last: parsed(row, "last")?, announced: optional_date(row, "announced")? }))
}

pub(super) fn schedule(row: &dyn Row) -> Result<Schedule> {
    Ok(Schedule {
        starts: instant(row, "starts")?,
        ends: instant(row, "ends")?,
        opens: optional_instant(row, "opens")?,
        closes: instant(row, "closes")?,
        cancelled: flag(row, "cancelled")?,
    })
}

pub(super) fn record(row: &dyn Row) -> Result<SessionRecord> {
    Ok(SessionRecord {
        id: text(row, "id")?,
        group: text(row, "group_id")?,
        title: optional_text(row, "title")?,
        date: parsed(row, "date")?,
        start: parsed(row, "start_time")?,
        end: parsed(row, "end_time")?,
        place: text(row, "place")?,
        venue: VenueRecord {
            street: optional_text(row, "street")?,
            town: optional_text(row, "town")?,
            door: optional_text(row, "door")?,
            position: optional_text(row, "coordinates")?.as_deref().and_then(Position::parse),
        },
        path: text(row, "path")?,
        schedule: schedule(row)?,
        places_min: number(row, "places_min")?,
        places_max: number(row, "places_max")?,
        places_per_demand: number(row, "places_per_demand")?,
        revision: number(row, "revision")?,
    })
}

/// A session with its state, of `occupied` and `waiting` beside its record.
pub(super) fn status(row: &dyn Row, now: Timestamp) -> Result<SessionStatus> {
    let record = record(row)?;
    let (occupied, waits) = (number(row, "occupied")?, number::<i64>(row, "waiting")? > 0);
    let state = enrolment::state(&record.schedule, occupied, u32::from(record.places_max), waits, now);
    Ok(SessionStatus { record, state })
}

/// A session as the rules look at it, without its demands, and its id.
pub(super) fn book(row: &dyn Row) -> Result<(String, Book)> {
    let schedule = schedule(row)?;
    let doubtful = match optional_instant(row, "doubtful_starts")? {
        Some(starts) => Some(Schedule {
            starts,
            ends: instant(row, "doubtful_ends")?,
            opens: optional_instant(row, "doubtful_opens")?,
            closes: instant(row, "doubtful_closes")?,
            cancelled: schedule.cancelled,
        }),
        None => None,
    };
    let book = Book {
        session: number(row, "key")?,
        group: text(row, "group_id")?,
        schedule,
        places_max: number(row, "places_max")?,
        places_per_demand: number(row, "places_per_demand")?,
        orphaned: flag(row, "orphaned")?,
        decision: decision(row)?,
        doubtful,
        rows: Vec::new(),
    };
    Ok((text(row, "id")?, book))
}

/// A demand as the rules look at it; one that has ended holds nothing, but for a ghost.
pub(super) fn book_entry(row: &dyn Row) -> Result<Option<BookEntry>> {
    let ended = ended(row)?;
    if ended.is_some_and(|how| how != Ended::Merged) {
        return Ok(None);
    }
    Ok(Some(BookEntry {
        rank: number(row, "rank")?,
        id: demand_id(row, "id")?,
        standing: standing(row)?,
        to_confirm: flag(row, "to_confirm")?,
        ghost: ended.is_some(),
        first: flag(row, "first")?,
        places: number(row, "places")?,
        contact: contact(row)?,
    }))
}

fn contact(row: &dyn Row) -> Result<Contact> {
    Ok(Contact {
        name: Trace::of(there("name_key", row.text("name_key")?)?),
        email: row.text("email_key")?.map(Trace::of),
        phone: row.text("phone")?.map(Trace::of),
        no_email: cautions(row)?.no_email,
        texts: flag(row, "sms")?,
    })
}

/// The columns of [`known`], of the demand `d`.
pub(super) const KNOWN: &str = "d.id, d.rank, d.session, d.ended, d.name_key, d.email_key, d.phone, d.sms, d.cautions, \
    d.other_parent, d.standing = 'held' AS held, d.to_compare, (SELECT MAX(written_at) FROM outbox WHERE demand = d.rank AND kind = 'code') AS coded_at";

/// A demand that is there, ended or not.
#[derive(Debug, Clone)]
pub(super) struct KnownDemand {
    pub(super) rank: enrolment::Rank,
    pub(super) session: i64,
    pub(super) ended: Option<Ended>,
    /// It came in a burst, and was not let in: nothing was ever written about it.
    pub(super) held: bool,
    /// The other parent wishes to come too.
    pub(super) other_parent: bool,
    pub(super) contact: Contact,
    /// What others have to do with it, if that is still to be looked at.
    pub(super) to_compare: Option<Comparison>,
    /// When a code was last written to it.
    pub(super) coded_at: Option<Timestamp>,
}

pub(super) fn known(row: &dyn Row) -> Result<KnownDemand> {
    Ok(KnownDemand {
        rank: number(row, "rank")?,
        session: number(row, "session")?,
        ended: ended(row)?,
        held: flag(row, "held")?,
        other_parent: flag(row, "other_parent")?,
        contact: contact(row)?,
        to_compare: comparison(row)?,
        coded_at: optional_instant(row, "coded_at")?,
    })
}
