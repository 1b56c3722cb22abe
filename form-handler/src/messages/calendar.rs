//! The entry for a person's own calendar, for those who asked for one: a family's calendar is
//! shared, so it says no more than that there is an appointment. Its name and its rising sequence
//! let a calendar change or remove the entry that it has, instead of adding another.

use entreparentaise::calendar::{CalendarEntry, Status, render};
use jiff::{Timestamp, tz::TimeZone};

use crate::{
    enrolment::MessageKind,
    store::{Given, SessionRecord},
    token::Key,
};

/// The type of such a file.
pub(crate) const CALENDAR_TYPE: &str = "text/calendar; charset=utf-8; method=PUBLISH";

/// An appointment, as a calendar shows it.
pub(crate) struct Appointment<'a> {
    /// The demand's own name for it: the same whatever becomes of the demand.
    pub(crate) name: [u8; 16],
    pub(crate) session: &'a SessionRecord,
    pub(crate) status: Status,
    /// When this was so, and no earlier than the session last changed, whatever the clock says: a
    /// later entry replaces an earlier one.
    pub(crate) at: Timestamp,
}

/// What a demand holds, as a calendar has it.
pub(crate) fn status_of(given: Given) -> Status {
    match given {
        Given::Place => Status::Confirmed,
        Given::WaitingList | Given::ToConfirm | Given::Offer(_) => Status::Tentative,
    }
}

impl MessageKind {
    /// What this letter changes in the calendar of somebody who asked for an entry there; `unsure`:
    /// the place is not theirs yet.
    pub(super) fn in_a_calendar(self, unsure: bool) -> Option<Status> {
        match self {
            Self::Cancelled | Self::CancelledOthersRemain | Self::OfferExpired | Self::SessionCancelled => {
                Some(Status::Cancelled)
            }
            Self::Place | Self::PlaceFreed | Self::SessionMoved | Self::NextSession => {
                Some(if unsure { Status::Tentative } else { Status::Confirmed })
            }
            _ => None,
        }
    }
}

impl Appointment<'_> {
    /// The file. `title` is all that it says: no page, no address of a person, and no name of the
    /// site behind the entry's own.
    pub(crate) fn file(&self, key: &Key, title: &str, zone: &TimeZone) -> Vec<u8> {
        let cancelled = self.session.schedule.cancelled;
        let entry = CalendarEntry {
            uid: key.calendar(self.name),
            sequence: sequence(self.at),
            stamp: self.at,
            starts: self.session.schedule.starts,
            ends: self.session.schedule.ends,
            zone: zone.iana_name().map(|_| zone.clone()),
            title: title.to_owned(),
            place: self.session.location(),
            position: self.session.venue.position,
            note: None,
            url: None,
            status: if cancelled { Status::Cancelled } else { self.status },
        };
        render(None, [entry])
    }
}

/// Whole minutes since 2020: what is written later comes after, whatever became of the demand
/// meanwhile, and it stays small enough for every calendar for four thousand years.
fn sequence(at: Timestamp) -> u32 {
    const YEAR_2020: i64 = 1_577_836_800;
    u32::try_from((at.as_second() - YEAR_2020).max(0) / 60).unwrap_or(u32::MAX)
}
