//! What a publication told of a session: what an edit of its file is later held against.

use jiff::{
    Timestamp,
    civil::{Date, Time},
};
use serde::{Deserialize, Serialize};

use crate::model::{Group, Id, Session, SessionStatus};

/// What a publication said of a session, as its file said it: what a calendar would have to be told
/// of, were it another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announced {
    /// The session.
    pub id: Id,
    /// The day.
    pub date: Date,
    /// When it began, where its file told.
    pub start: Option<Time>,
    /// When it ended, where its file told.
    pub end: Option<Time>,
    /// The id of the venue, where its file told.
    pub place: Option<String>,
    /// Whether it was to be held. A draft is not announced.
    pub status: SessionStatus,
    /// Its revision.
    pub revision: u32,
    /// When that was published.
    pub published: Timestamp,
}

impl Announced {
    /// Whether a session is when and where it was announced, and held or not as it was. What its
    /// file left to its group was as the group says now.
    #[must_use]
    pub(super) fn is_still(&self, session: &Session, group: &Group) -> bool {
        let id = |venue: &'_ Option<Id>| venue.as_ref().map(ToString::to_string);
        let place = self.place.clone().or_else(|| id(&group.venue));
        let hours = (self.start.unwrap_or(group.start), self.end.unwrap_or(group.end));
        (self.date, self.status, hours, place)
            == (session.date, session.status, (session.start, session.end), id(&session.venue))
    }
}
