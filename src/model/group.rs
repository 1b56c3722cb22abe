//! Discussion groups: what a session takes from its group unless it says otherwise.

use jiff::civil::{Time, Weekday};

use super::{Fact, Id, Place};

/// A discussion group: for whom, how many, where and when by default.
#[derive(Debug, Clone)]
pub struct Group {
    /// The file's name.
    pub id: Id,
    /// Its name.
    pub name: String,
    /// One or two sentences.
    pub summary: String,
    /// For whom, in a few words: what fits on a poster.
    pub audience: String,
    /// The situations the group is for; a person who signs up ticks that one of them is theirs,
    /// never which.
    pub conditions: Vec<String>,
    /// The day on which it meets.
    pub weekday: Weekday,
    /// When a session begins, in the site's time zone.
    pub start: Time,
    /// When a session ends.
    pub end: Time,
    /// The name of the venue.
    pub place: String,
    /// The venue; `None` when it is not understood, which is an error of the tree.
    pub venue: Option<Id>,
    /// Whether children may come, and whether somebody looks after them; `None` when nobody said.
    pub children: Option<Fact<String>>,
    /// Under this number of people the team decides whether to hold the session.
    pub places_min: u16,
    /// The room's limit.
    pub places_max: u16,
    /// The most places that one demand may take.
    pub places_per_demand: u16,
    /// The file.
    pub at: Place,
}
