//! The promises on disk: what an answer says was done is done, durably, before the answer is given.
//!
//! The trait speaks of *commands*, not of rows, so that a store may share one commit among many and choose its own
//! locks; it decides nothing itself ([`crate::enrolment`] does). Every answer is a future that resolves after the
//! commit. The instant is always an argument.

#[cfg(test)]
pub(crate) mod conformance;
pub mod sqlite;

use std::{future::Future, pin::Pin};

use entreparentaise::model::{Availability, Group, Schedule, Session, SessionAvailability, State};
use jiff::{
    Timestamp,
    civil::{Date, Time},
    tz::TimeZone,
};
use tokio::sync::watch;

use crate::{
    demand::{Cautions, Submission},
    enrolment::MessageKind,
    said::Said,
    token::DemandId,
};

/// A store's answer, after its commit.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Why a store did nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreError {
    /// Too many commands wait already: 503, come back.
    Overloaded,
    /// The database does not answer: 503. The cause is for the log, in the database's words.
    Unavailable(String),
}

impl StoreError {
    /// What to tell whoever runs the server.
    #[must_use]
    pub fn said(&self) -> Said {
        match self {
            Self::Overloaded => Said::new("base-surchargee"),
            Self::Unavailable(cause) => Said::new("base-indisponible").with("cause", cause),
        }
    }
}

/// A session as the content describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// The room.
    pub place: String,
    /// The path of its page, from `/`.
    pub path: String,
    /// The instants that decide its state.
    pub schedule: Schedule,
    /// The room's limit.
    pub places_max: u16,
    /// The most that one demand may take.
    pub places_per_demand: u16,
    /// The content's revision.
    pub revision: u32,
}

impl SessionRecord {
    /// The record of a session of the content. Drafts are not to be mirrored: nobody may ask for one.
    #[must_use]
    pub fn of(session: &Session, group: &Group, zone: &TimeZone) -> Self {
        Self {
            id: session.id.to_string(),
            group: session.group.to_string(),
            title: session.title.clone(),
            date: session.date,
            start: session.start,
            end: session.end,
            place: session.place.clone(),
            path: format!("/seances/{}/", session.id),
            schedule: session.schedule(zone),
            places_max: session.places_max,
            places_per_demand: group.places_per_demand,
            revision: session.revision,
        }
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

/// What mirroring the content changed for people: for the team and the log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Synced {
    /// Sessions that left the content and are kept, since people had asked for them.
    pub orphaned: Vec<String>,
    /// Sessions whose limit is now below the places taken: nobody is dropped.
    pub overfull: Vec<String>,
}

/// The contract's `resultat`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given {
    /// A place.
    Place,
    /// A rank on the waiting list.
    WaitingList,
    /// To be confirmed by the team, whatever it holds.
    ToConfirm,
}

impl Given {
    /// The contract's word.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Place => "inscrit",
            Self::WaitingList => "liste_attente",
            Self::ToConfirm => "a_confirmer",
        }
    }
}

/// The answer to a demand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Submitted {
    /// Recorded, on disk.
    Recorded {
        /// What its links are made of.
        id: DemandId,
        /// What it was given.
        given: Given,
    },
    /// No such session: 404.
    UnknownSession,
    /// The session's state does not allow it: 409.
    Refused(State),
    /// More places than the group gives to one demand: 422 on `places`.
    TooManyPlaces(u16),
}

/// The answer to a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// It is so now, or was already.
    Done,
    /// The session is past or cancelled: 409.
    Refused(State),
    /// No such demand: 404.
    Unknown,
}

/// Who asks for a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// Somebody with the follow-up link.
    Person,
    /// Somebody with a link from a message.
    Link,
    /// The team.
    Team,
}

impl Actor {
    /// The name in the audit.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Link => "link",
            Self::Team => "team",
        }
    }
}

/// What a demand's own page says of it. A demand released as a repetition looks as it did before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// It has a place, waits, or is to be confirmed.
    Live(Given),
    /// It was cancelled.
    Cancelled,
}

/// What the follow-up page shows: contacts masked already, no first name, no rank, no mark for the team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FollowUp {
    /// Its id.
    pub id: DemandId,
    /// The session, which may have left the content.
    pub session: SessionStatus,
    /// The demand's state.
    pub shown: Shown,
    /// Places asked for.
    pub places: u16,
    /// `m•••@exemple.fr`.
    pub email: Option<String>,
    /// `•• •• •• •• 42`.
    pub phone: Option<String>,
    /// The device was said to be shared.
    pub shared_device: bool,
    /// The language to answer in.
    pub lang: String,
}

impl FollowUp {
    /// Whether the page offers to cancel.
    #[must_use]
    pub fn can_cancel(&self) -> bool {
        matches!(self.shown, Shown::Live(_)) && !matches!(self.session.state, State::Past | State::Cancelled)
    }
}

/// A live demand, for the team alone.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // The fields are those of the form and of `FollowUp`.
pub struct TeamRow {
    pub id: DemandId,
    pub enrolled: bool,
    pub to_confirm: bool,
    pub repeats: bool,
    pub first_name: String,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub cautions: Cautions,
    pub places: u16,
    pub other_parent_first_name: Option<String>,
    pub heard_from: Option<String>,
    pub asked_at: Timestamp,
}

/// A message to write, with what its words need as it stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The row's key.
    pub key: i64,
    /// The stable half of its `Message-ID`.
    pub id: DemandId,
    /// What it tells.
    pub kind: MessageKind,
    /// To whom.
    pub recipient: String,
    /// The demand it is about.
    pub demand: DemandId,
    /// Of the demand.
    pub lang: String,
    /// Of the demand.
    pub places: u16,
    /// The session.
    pub session: SessionRecord,
    /// What must be told as it was when it was decided: a JSON object.
    pub payload: String,
    /// How many times it was tried before.
    pub attempts: u32,
    /// When it was decided.
    pub written_at: Timestamp,
}

/// What became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// The transport took it.
    Sent,
    /// Not now: again at this instant.
    Retry(Timestamp),
    /// Never: the team is told to call.
    Undeliverable,
}

/// What the database must do, whatever database it is.
pub trait Store: Send + Sync + std::fmt::Debug {
    /// Mirrors the content's sessions. Nobody who asked for one is dropped.
    fn sync_sessions(&self, records: Vec<SessionRecord>, now: Timestamp) -> Answer<'_, Synced>;

    /// Records a demand.
    fn submit(&self, submission: Submission, now: Timestamp) -> Answer<'_, Submitted>;

    /// Cancels a demand.
    fn cancel(&self, id: DemandId, actor: Actor, now: Timestamp) -> Answer<'_, Changed>;

    /// Cancels the other demands with this one's e-mail address, on its session.
    fn cancel_others(&self, id: DemandId, now: Timestamp) -> Answer<'_, Changed>;

    /// Releases a demand as a repetition of the earliest one with its e-mail address (a link), or with either contact
    /// (the team, who can tell).
    fn merge(&self, id: DemandId, actor: Actor, now: Timestamp) -> Answer<'_, Changed>;

    /// The team confirms a demand.
    fn confirm(&self, id: DemandId, now: Timestamp) -> Answer<'_, Changed>;

    /// What a demand's own page shows.
    fn follow_up(&self, id: DemandId, now: Timestamp) -> Answer<'_, Option<FollowUp>>;

    /// One session of the content, with its state.
    fn session(&self, id: &str, now: Timestamp) -> Answer<'_, Option<SessionStatus>>;

    /// Every session of the content, with its state, by date then id.
    fn sessions(&self, now: Timestamp) -> Answer<'_, Vec<SessionStatus>>;

    /// The next instant after `now` at which a state changes by itself.
    fn next_change(&self, now: Timestamp) -> Answer<'_, Option<Timestamp>>;

    /// Erases everything about people of the sessions that ended before `ended_before`: demands, the answers to their forms, the
    /// messages to them. How many demands went. Their links then answer as unknown ones do.
    fn purge(&self, ended_before: Timestamp, now: Timestamp) -> Answer<'_, usize>;

    /// A session's live demands in the order of their ranks, for the team; `None` when there is no such session.
    fn export(&self, session: &str) -> Answer<'_, Option<Vec<TeamRow>>>;

    /// The topics wished for at a session, in no order that tells anything.
    fn topics(&self, session: &str) -> Answer<'_, Vec<String>>;

    /// Takes up to `limit` messages that are due, for nobody else to take before `until`.
    fn claim_messages(&self, limit: u32, now: Timestamp, until: Timestamp) -> Answer<'_, Vec<Outgoing>>;

    /// Says what became of messages.
    fn settle_messages(&self, attempts: Vec<(i64, Attempt)>, now: Timestamp) -> Answer<'_, ()>;

    /// When the next message is due.
    fn next_message(&self) -> Answer<'_, Option<Timestamp>>;

    /// Whether the database answers.
    fn health(&self) -> Answer<'_, ()>;

    /// Changes each time something was committed: to wake whoever republishes or sends.
    fn changes(&self) -> watch::Receiver<u64>;
}

/// What the generator is told, from [`Store::sessions`].
#[must_use]
pub fn availability(sessions: &[SessionStatus]) -> Availability {
    let row = |session: &SessionStatus| {
        let row = SessionAvailability {
            state: session.state,
            revision: session.record.revision,
            date: None,
            start: None,
            end: None,
            place: None,
        };
        (session.record.id.clone(), row)
    };
    Availability { sessions: sessions.iter().map(row).collect() }
}
