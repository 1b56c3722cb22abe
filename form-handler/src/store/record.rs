//! A session as the content describes it, and its state.

use entreparentaise::{
    calendar::location,
    content::typography::french,
    model::{Fact, Group, Position, Schedule, Session, State, Venue},
};
use jiff::{
    civil::{Date, Time},
    tz::TimeZone,
};
use serde::{Deserialize, Serialize};

use crate::enrolment::Departure;

/// A session as the content describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRecord {
    /// Its id.
    pub id: String,
    /// Its group's id.
    pub group: String,
    /// A title of its own.
    pub title: Option<String>,
    /// The day.
    pub date: Date,
    /// When it begins, in the site's time zone.
    pub start: Time,
    /// When it ends.
    pub end: Time,
    /// The name of its venue.
    pub place: String,
    /// The way there.
    pub venue: VenueRecord,
    /// The path of its page, from `/`.
    pub path: String,
    /// The instants that decide its state.
    pub schedule: Schedule,
    /// Under this number of places taken, the team decides whether to hold it.
    pub places_min: u16,
    /// The room's limit.
    pub places_max: u16,
    /// The most that one demand may take.
    pub places_per_demand: u16,
    /// The content's revision.
    pub revision: u32,
}

impl SessionRecord {
    /// The record of a session of the content. Drafts are not to be mirrored: nobody may ask for
    /// one.
    #[must_use]
    pub fn of(session: &Session, group: &Group, venue: Option<&Venue>, zone: &TimeZone) -> Self {
        Self {
            id: session.id.to_string(),
            group: session.group.to_string(),
            title: session.title.clone(),
            date: session.date,
            start: session.start,
            end: session.end,
            place: session.place.clone(),
            venue: venue.map(VenueRecord::of).unwrap_or_default(),
            path: format!("/seances/{}/", session.id),
            schedule: session.schedule(zone),
            places_min: session.places_min,
            places_max: session.places_max,
            places_per_demand: group.places_per_demand,
            revision: session.revision,
        }
    }

    /// Whether somebody who knows the way of one would not find the door of the other. What people
    /// go by is compared: the name and the address, as they are read. The file that says them is
    /// the team's business, and an address that was only not told yet leads nowhere else.
    #[must_use]
    pub fn is_elsewhere(&self, other: &Self) -> bool {
        let differs = |a: &Option<String>, b: &Option<String>| {
            a.as_ref().zip(b.as_ref()).is_some_and(|(a, b)| french(a) != french(b))
        };
        french(&self.place) != french(&other.place)
            || differs(&self.venue.street, &other.venue.street)
            || differs(&self.venue.town, &other.venue.town)
    }

    /// Where it is held, on one line: the name, and the address as far as it is known.
    #[must_use]
    pub fn location(&self) -> String {
        location(&self.place, self.venue.address().as_deref())
    }
}

/// The way to a session. Of what is `None`, nothing is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VenueRecord {
    /// Street and number.
    pub street: Option<String>,
    /// Postal code and town.
    pub town: Option<String>,
    /// Which door, and what to do there.
    pub door: Option<String>,
    /// Where it is on a map.
    pub position: Option<Position>,
}

impl VenueRecord {
    fn of(venue: &Venue) -> Self {
        Self {
            street: venue.street.known().cloned(),
            town: venue.town_line(),
            door: venue.door.as_ref().and_then(Fact::known).cloned(),
            position: venue.position,
        }
    }

    /// Street, postal code and town, of what is known.
    #[must_use]
    pub fn address(&self) -> Option<String> {
        let parts: Vec<&str> = [&self.street, &self.town].into_iter().flatten().map(String::as_str).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

/// A session and its state: no count leaves the store but for the team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionStatus {
    /// As the content describes it.
    pub record: SessionRecord,
    /// The contract's `etat`.
    pub state: State,
}

/// The session that a demand was made for, before it went on at another. It may have left the
/// content, or have been erased, since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Previous {
    /// Its day, then.
    pub date: Date,
    /// Why it was left; `None`: that was not noted yet.
    pub departure: Option<Departure>,
}

/// What mirroring the content changed for people: for the team and the log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Synced {
    /// Sessions that left the content and are kept, since people had asked for them.
    pub orphaned: Vec<String>,
    /// Sessions whose limit is now below the places taken: nobody is dropped.
    pub overfull: Vec<String>,
    /// Sessions that people had asked for and that are now at another time or place.
    pub moved: Vec<String>,
    /// Sessions that people had asked for and that are now cancelled.
    pub cancelled: Vec<String>,
    /// Sessions that keep their former date, since the one that the content gives is over already.
    pub doubtful: Vec<String>,
}
