//! Sessions, and how each stands at an instant: open, full, held, past.

use std::sync::Arc;

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
    tz::TimeZone,
};
use serde::{Deserialize, Serialize};

use super::{Body, Id, Place};
use crate::fingerprint::Fingerprint;

/// A session, with what its group says filled in. Its stored form is without its text, and knows no
/// file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Session {
    /// The file's name.
    pub id: Id,
    /// The group.
    pub group: Id,
    /// The day.
    pub date: Date,
    /// When it begins, in the site's time zone.
    pub start: Time,
    /// When it ends.
    pub end: Time,
    /// The name of the venue, or the room that the team chose instead.
    pub place: String,
    /// The venue; `None` when the team chose another room.
    #[serde(default)]
    pub venue: Option<Id>,
    /// A title of its own.
    pub title: Option<String>,
    /// A topic, when the group chose one beforehand.
    pub topic: Option<String>,
    /// An outside speaker.
    pub speaker: Option<String>,
    /// Under this number of people the team decides whether to hold it.
    pub places_min: u16,
    /// Never more than this.
    pub places_max: u16,
    /// Planned, cancelled or draft.
    pub status: SessionStatus,
    /// When sign-up opens; at once when absent.
    pub opens: Option<DateTime>,
    /// When sign-up closes; at the start when absent.
    pub closes: Option<DateTime>,
    /// Raised when date, place or state change: the calendar entry's `SEQUENCE`. The handler tells
    /// a higher one where it noticed a change.
    pub revision: u32,
    /// When the text last changed.
    pub updated: Option<Date>,
    /// A date that nobody confirmed, shown with a banner and refused for publication.
    pub example: bool,
    /// When it last changed, as the handler noticed.
    #[serde(skip)]
    pub changed_at: Option<Timestamp>,
    /// How it was before it last moved, as the handler noticed.
    #[serde(skip)]
    pub former: Option<Former>,
    /// A text of its own.
    #[serde(skip)]
    pub body: Arc<Body>,
    /// Of the header of its file.
    #[serde(skip)]
    pub head: Fingerprint,
    /// Of the text of its file.
    #[serde(skip)]
    pub text: Fingerprint,
    /// The file.
    #[serde(skip)]
    pub at: Place,
    /// Where the date is written.
    #[serde(skip)]
    pub date_at: Place,
}

impl Session {
    /// The session's instants. A local time that the zone skips or repeats is resolved as RFC 5545
    /// does (the offset before the change); [`crate::check`] tells the writer of it.
    #[must_use]
    pub fn schedule(&self, zone: &TimeZone) -> Schedule {
        let instant = |at: DateTime| zone.to_ambiguous_timestamp(at).compatible().unwrap_or(Timestamp::MAX);
        let starts = instant(self.date.to_datetime(self.start));
        Schedule {
            starts,
            ends: instant(self.date.to_datetime(self.end)),
            opens: self.opens.map(instant),
            closes: self.closes.map_or(starts, instant),
            cancelled: self.status == SessionStatus::Cancelled,
        }
    }
}

/// When and where a session was to be held, until it moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Former {
    /// The day.
    pub date: Date,
    /// When it would have begun, in the site's time zone.
    #[serde(rename = "debut")]
    pub start: Time,
    /// When it would have ended.
    #[serde(rename = "fin")]
    pub end: Time,
    /// The room.
    #[serde(rename = "lieu")]
    pub place: String,
    /// When it moved.
    #[serde(rename = "jusqu_a")]
    pub until: Timestamp,
}

/// `etat` in a session's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
pub enum SessionStatus {
    /// It is to be held.
    #[default]
    Planned,
    /// It will not be held; the page says so.
    Cancelled,
    /// Not shown yet.
    Draft,
}

impl SessionStatus {
    /// Every status, by its name in the content.
    pub const NAMES: &[(&str, Self)] =
        &[("prevue", Self::Planned), ("annulee", Self::Cancelled), ("brouillon", Self::Draft)];
}

/// The instants that decide a session's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// When it begins.
    pub starts: Timestamp,
    /// When it ends.
    pub ends: Timestamp,
    /// When sign-up opens; at once when absent.
    pub opens: Option<Timestamp>,
    /// When sign-up closes.
    pub closes: Timestamp,
    /// Whether it is cancelled.
    pub cancelled: bool,
}

/// Where a session stands at an instant: all that time and the team decide of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Its instants.
    pub schedule: Schedule,
    /// What may be said of it.
    pub state: Option<State>,
    /// Whether it has ended.
    pub past: bool,
    /// Whether a demand may be sent, as far as is known.
    pub accepts: bool,
    /// Whether sign-up is still to open.
    pub opens_later: bool,
}

impl Standing {
    /// Where `session` stands at `now`, its room being as full as `fill` says.
    #[must_use]
    pub fn of(session: &Session, zone: &TimeZone, now: Timestamp, fill: Option<Fill>) -> Self {
        let schedule = session.schedule(zone);
        let state = State::at(now, &schedule, fill);
        let opens_later = !schedule.cancelled && schedule.opens.is_some_and(|opens| now < opens);
        let open = now < schedule.closes && !opens_later;
        Self {
            schedule,
            state,
            past: now >= schedule.ends,
            accepts: state.map_or(open, State::accepts_demands),
            opens_later,
        }
    }
}

/// How full a session is, in the only words that may leave the team: a number that moves tells who
/// came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fill {
    /// More than [`Fill::LAST_PLACES`] places left.
    Free,
    /// A few places left.
    LastPlaces,
    /// None left: a new demand goes on the waiting list.
    Full,
}

impl Fill {
    /// From this many places left, a session has its "last places".
    pub const LAST_PLACES: u32 = 3;

    /// How full a room of `places_max` is with `taken` places occupied.
    #[must_use]
    pub fn of(taken: u32, places_max: u32) -> Self {
        match places_max.saturating_sub(taken) {
            0 => Self::Full,
            1..=Self::LAST_PLACES => Self::LastPlaces,
            _ => Self::Free,
        }
    }
}

/// What may be said of a session: the contract's `etat`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum State {
    /// It will not be held.
    #[serde(rename = "annulee")]
    Cancelled,
    /// It has ended.
    #[serde(rename = "passee")]
    Past,
    /// Sign-up has closed.
    #[serde(rename = "close")]
    Closed,
    /// Sign-up has not opened.
    #[serde(rename = "a_venir")]
    NotYetOpen,
    /// Full: a demand goes on the waiting list.
    #[serde(rename = "complete")]
    Full,
    /// Three places or fewer are left.
    #[serde(rename = "dernieres_places")]
    LastPlaces,
    /// There is room.
    #[serde(rename = "ouverte")]
    Open,
}

impl State {
    /// The state at `now`: the first that applies, in the contract's order. `None` when sign-up is
    /// open and nobody told how full the session is.
    #[must_use]
    pub fn at(now: Timestamp, schedule: &Schedule, fill: Option<Fill>) -> Option<Self> {
        if schedule.cancelled {
            Some(Self::Cancelled)
        } else if now >= schedule.ends {
            Some(Self::Past)
        } else if now >= schedule.closes {
            Some(Self::Closed)
        } else if schedule.opens.is_some_and(|opens| now < opens) {
            Some(Self::NotYetOpen)
        } else {
            fill.map(|fill| match fill {
                Fill::Full => Self::Full,
                Fill::LastPlaces => Self::LastPlaces,
                Fill::Free => Self::Open,
            })
        }
    }

    /// The next instant after `now` at which what is shown of a session may change by itself.
    #[must_use]
    pub fn next_change(now: Timestamp, schedule: &Schedule) -> Option<Timestamp> {
        // A cancelled session is announced as such until its end.
        let opens = schedule.opens.filter(|_| !schedule.cancelled);
        let closes = Some(schedule.closes).filter(|_| !schedule.cancelled);
        [opens, closes, Some(schedule.ends)].into_iter().flatten().filter(|at| *at > now).min()
    }

    /// The contract's word.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Cancelled => "annulee",
            Self::Past => "passee",
            Self::Closed => "close",
            Self::NotYetOpen => "a_venir",
            Self::Full => "complete",
            Self::LastPlaces => "dernieres_places",
            Self::Open => "ouverte",
        }
    }

    /// How full this state says that the session is, when it says so.
    #[must_use]
    pub fn fill(self) -> Option<Fill> {
        match self {
            Self::Full => Some(Fill::Full),
            Self::LastPlaces => Some(Fill::LastPlaces),
            Self::Open => Some(Fill::Free),
            Self::Cancelled | Self::Past | Self::Closed | Self::NotYetOpen => None,
        }
    }

    /// Whether a demand may be sent now (perhaps for the waiting list).
    #[must_use]
    pub fn accepts_demands(self) -> bool {
        self.fill().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn schedule() -> Schedule {
        Schedule {
            starts: at("2027-03-17T17:00:00Z"),
            ends: at("2027-03-17T19:00:00Z"),
            opens: Some(at("2027-02-01T08:00:00Z")),
            closes: at("2027-03-17T11:00:00Z"),
            cancelled: false,
        }
    }

    #[test]
    fn the_first_state_that_applies_wins() {
        let state = |now: &str, fill| State::at(at(now), &schedule(), fill);
        assert_eq!(state("2027-01-31T23:00:00Z", Some(Fill::Full)), Some(State::NotYetOpen));
        assert_eq!(state("2027-02-01T08:00:00Z", Some(Fill::Free)), Some(State::Open));
        assert_eq!(state("2027-02-01T08:00:00Z", None), None);
        assert_eq!(state("2027-03-01T08:00:00Z", Some(Fill::LastPlaces)), Some(State::LastPlaces));
        assert_eq!(state("2027-03-01T08:00:00Z", Some(Fill::Full)), Some(State::Full));
        assert_eq!(state("2027-03-17T11:00:00Z", Some(Fill::Free)), Some(State::Closed));
        assert_eq!(state("2027-03-17T19:00:00Z", None), Some(State::Past));
        let cancelled = Schedule { cancelled: true, ..schedule() };
        assert_eq!(State::at(at("2027-03-18T00:00:00Z"), &cancelled, None), Some(State::Cancelled));
    }

    #[test]
    fn a_room_is_told_in_words() {
        assert_eq!(Fill::of(0, 12), Fill::Free);
        assert_eq!(Fill::of(8, 12), Fill::Free);
        assert_eq!(Fill::of(9, 12), Fill::LastPlaces);
        assert_eq!(Fill::of(11, 12), Fill::LastPlaces);
        assert_eq!(Fill::of(12, 12), Fill::Full);
        assert_eq!(Fill::of(14, 12), Fill::Full);
    }

    #[test]
    fn the_next_change_is_the_next_instant_that_decides() {
        assert_eq!(State::next_change(at("2027-01-01T00:00:00Z"), &schedule()), schedule().opens);
        assert_eq!(State::next_change(at("2027-02-01T08:00:00Z"), &schedule()), Some(schedule().closes));
        assert_eq!(State::next_change(at("2027-03-17T19:00:00Z"), &schedule()), None);
        let cancelled = Schedule { cancelled: true, ..schedule() };
        assert_eq!(State::next_change(at("2027-01-01T00:00:00Z"), &cancelled), Some(cancelled.ends));
    }
}
