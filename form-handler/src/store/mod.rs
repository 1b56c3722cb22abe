//! The promises on disk: what an answer says was done is done, durably, before the answer is given.
//!
//! The trait speaks of *commands*, not of rows, so that a store may share one commit among many and
//! choose its own locks; it decides nothing itself ([`crate::enrolment`] does, and the ledger that
//! every store shares asks it). Every answer is a future that resolves after the commit. The
//! instant is always an argument.

mod binder;
#[cfg(test)]
pub(crate) mod conformance;
mod ledger;
mod mirror;
mod order;
pub mod postgres;
mod shown;
pub mod sqlite;
mod unlooked;

use std::{future::Future, pin::Pin};

use entreparentaise::model::{Availability, Group, Schedule, Session, SessionAvailability, State};
use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, Time},
    tz::TimeZone,
};
use serde::Serialize;
use tokio::sync::watch;

pub use self::{
    order::{Change, Order, Outcome},
    shown::{
        Attempt, Call, Counted, Counts, Digest, DoubtfulDate, EndedSession, FollowUp, NextSession, NoticeRow, Outdated,
        Outgoing, Personal, Shown, Tally, TeamRow, ToConfirm, ToPerson, ToTeam, ToWrite, Written,
    },
};
use crate::{
    agenda::Facts,
    demand::{ContactDetails, Submission},
    said::Said,
    token::DemandId,
};

/// The longest pause between two attempts to send a letter: one that waits for longer was noted by
/// a clock that was wrong.
pub(crate) const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(6);

/// What a clock that was wrong had done early by no more than this is not done again.
pub(crate) const EARLY: SignedDuration = SignedDuration::from_hours(24);

/// How long the claim of a letter holds: as long as a batch is worked on, and its last letter may
/// take. It matters where several processes share a database: the letters of one that died wait for
/// so long.
pub(crate) const CLAIM: SignedDuration = SignedDuration::from_mins(6);

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
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
            places_min: session.places_min,
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
    /// Sessions that people had asked for and that are now at another time or place.
    pub moved: Vec<String>,
    /// Sessions that people had asked for and that are now cancelled.
    pub cancelled: Vec<String>,
    /// Sessions that keep their former date, since the one that the content gives is over already.
    pub doubtful: Vec<String>,
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
    /// A place came free, held until then for them to accept.
    Offer(Timestamp),
}

impl Given {
    /// The contract's word.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Place => "inscrit",
            Self::WaitingList => "liste_attente",
            Self::ToConfirm => "a_confirmer",
            Self::Offer(_) => "proposee",
        }
    }

    /// What a first answer was, which is never an offer.
    pub(crate) fn of_first_answer(key: &str) -> Self {
        match key {
            "inscrit" => Self::Place,
            "liste_attente" => Self::WaitingList,
            _ => Self::ToConfirm,
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
    /// The session's state does not allow it: 409.
    Refused(State),
    /// The place is not on offer any more: 409.
    TooLate,
    /// The demand has ended: 409.
    Ended,
    /// There is no such session to move to: 404.
    UnknownSession,
    /// No such demand: 404.
    Unknown,
}

/// The answer to whoever asks for a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeAsked {
    /// It is on its way, or was a moment ago.
    Sent,
    /// There is no address that may be written to: the team is to be called.
    NoAddress,
    /// No such demand.
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
    /// Nobody: it follows from what somebody else did, or from time.
    Rule,
    /// Whoever edits the content.
    Content,
}

impl Actor {
    /// The name in the audit.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Link => "link",
            Self::Team => "team",
            Self::Rule => "rule",
            Self::Content => "content",
        }
    }
}

/// What the database must do, whatever database it is.
pub trait Store: Send + Sync + std::fmt::Debug {
    /// Mirrors the content's sessions. Nobody who asked for one is dropped.
    fn sync_sessions(&self, records: Vec<SessionRecord>, now: Timestamp) -> Answer<'_, Synced>;

    /// Carries an order out.
    fn order(&self, order: Order, now: Timestamp) -> Answer<'_, Outcome>;

    /// Everything that is recorded about a demand.
    fn personal(&self, id: DemandId) -> Answer<'_, Option<Personal>>;

    /// Ends the offers that nobody answered in time. How many sessions were looked at.
    fn expire(&self, now: Timestamp) -> Answer<'_, usize>;

    /// The sessions for which something may be due: those that begin between two instants, and
    /// those still to come that are cancelled. By their beginnings.
    fn agenda(&self, from: Timestamp, until: Timestamp, now: Timestamp) -> Answer<'_, Vec<Facts>>;

    /// The demands of a session that go on at the next one, in their order.
    fn to_carry(&self, session: i64) -> Answer<'_, Vec<DemandId>>;

    /// Has the team's digest of that day written, if it was not and there is anything to tell.
    /// Whether it was.
    fn digest(&self, day: Date, now: Timestamp) -> Answer<'_, bool>;

    /// What a digest that is written at `now` tells.
    fn digest_facts(&self, now: Timestamp) -> Answer<'_, Digest>;

    /// A session of the content, counted, for the team.
    fn counted(&self, session: i64) -> Answer<'_, Option<Counted>>;

    /// The calls that the team is to make at `now`, the oldest first.
    fn calls(&self, now: Timestamp) -> Answer<'_, Vec<Call>>;

    /// The call was made. Whether it was still to be.
    fn call_made(&self, key: i64, now: Timestamp) -> Answer<'_, bool>;

    /// The demands that the team has yet to confirm at `now`, the oldest first: of sessions that
    /// are held and not over.
    fn to_confirm(&self, now: Timestamp) -> Answer<'_, Vec<ToConfirm>>;

    /// When the next unanswered offer ends.
    fn next_expiry(&self) -> Answer<'_, Option<Timestamp>>;

    /// What a demand's own page shows.
    fn follow_up(&self, id: DemandId, now: Timestamp) -> Answer<'_, Option<FollowUp>>;

    /// One session of the content, with its state.
    fn session(&self, id: &str, now: Timestamp) -> Answer<'_, Option<SessionStatus>>;

    /// Every session of the content, with its state, by date then id.
    fn sessions(&self, now: Timestamp) -> Answer<'_, Vec<SessionStatus>>;

    /// What the generator is told: the state of every session of the content, and nothing that has
    /// a number.
    fn availability(&self, now: Timestamp) -> Answer<'_, Availability>;

    /// The next instant after `now` at which a state changes by itself.
    fn next_change(&self, now: Timestamp) -> Answer<'_, Option<Timestamp>>;

    /// The sessions that have ended at `now` and of which anything about people is kept, by their
    /// ends. What becomes of each is [`Order::Sight`] and [`Order::EraseSession`]: its demands with
    /// the answers to their forms and the letters about them, its topics and notices. Links then
    /// answer as unknown ones do; how many people they were stays known to [`Store::tallies`].
    fn ended(&self, now: Timestamp) -> Answer<'_, Vec<EndedSession>>;

    /// Forgets what names nobody and has been kept long enough, each by its own instant
    /// ([`Outdated`]).
    fn forget(&self, outdated: Outdated) -> Answer<'_, ()>;

    /// Of these letters' keys, those that are still known: the others were about somebody who is
    /// erased.
    fn known_letters(&self, keys: Vec<i64>) -> Answer<'_, Vec<i64>>;

    /// Has what was erased leave the database's files too: its log, the free room in its tables.
    /// Where nothing was erased since the last time, and `always` is false, it does nothing.
    /// Whether anything was done.
    fn scrub(&self, always: bool) -> Answer<'_, bool>;

    /// The demands of which others still have to be looked at, first come first, `limit` at most.
    fn to_compare(&self, limit: u32) -> Answer<'_, Vec<DemandId>>;

    /// Sets right what was noted at an instant that is still to come, by a clock that was wrong:
    /// letters that wait for it are due at once. How many letters these were.
    fn correct_clock(&self, now: Timestamp) -> Answer<'_, usize>;

    /// A session's live demands in the order of their ranks, for the team; `None` when there is no
    /// such session.
    fn export(&self, session: &str) -> Answer<'_, Option<Vec<TeamRow>>>;

    /// What came of the sessions of these days, both included, by day, session and what people had
    /// answered to `connu_par`; one of a session of the content that nobody asked for, too. Whoever
    /// had themselves erased is counted nowhere.
    fn tallies(&self, from: Date, until: Date) -> Answer<'_, Vec<Tally>>;

    /// What the team has yet to know or do, first come first.
    fn notices(&self) -> Answer<'_, Vec<NoticeRow>>;

    /// The topics wished for at a session, in no order that tells anything.
    fn topics(&self, session: &str) -> Answer<'_, Vec<String>>;

    /// Takes up to `limit` messages that are due, for nobody else to take before `until`.
    fn claim_messages(&self, limit: u32, now: Timestamp, until: Timestamp) -> Answer<'_, Vec<Outgoing>>;

    /// Says what became of messages.
    fn settle_messages(&self, attempts: Vec<(i64, Attempt)>, now: Timestamp) -> Answer<'_, ()>;

    /// Gives back what was claimed in an earlier life of this process, which alone sends: at its
    /// start. Where several processes share the database, what looks so may be another's, and is
    /// left alone until its time is over.
    fn release_claims(&self) -> Answer<'_, ()> {
        Box::pin(async { Ok(()) })
    }

    /// When the next message is due.
    fn next_message(&self) -> Answer<'_, Option<Timestamp>>;

    /// Whether the database answers.
    fn health(&self) -> Answer<'_, ()>;

    /// Changes each time something was committed: to wake whoever sends.
    fn changes(&self) -> watch::Receiver<u64>;

    /// Changes each time a demand, or its end, changed what the site shows of a session: to wake
    /// whoever publishes. Most change nothing there; and who mirrors the content publishes what
    /// came of it.
    fn states(&self) -> watch::Receiver<u64>;

    /// Carries these orders out in one transaction, in their order.
    #[cfg(test)]
    fn batch(&self, orders: Vec<Order>, now: Timestamp) -> Answer<'_, Vec<Outcome>>;

    /// Records a demand.
    fn submit(&self, submission: Submission, now: Timestamp) -> Answer<'_, Submitted> {
        let outcome = self.order(Order::Submit(Box::new(submission)), now);
        Box::pin(async move { outcome.await?.submitted() })
    }

    /// Has a demand that is there changed.
    fn change(&self, order: Order, now: Timestamp) -> Answer<'_, Changed> {
        let outcome = self.order(order, now);
        Box::pin(async move { outcome.await?.changed() })
    }

    /// Cancels a demand.
    fn cancel(&self, id: DemandId, actor: Actor, now: Timestamp) -> Answer<'_, Changed> {
        self.change(Order::Change { id, change: Change::Cancel, actor }, now)
    }

    /// Cancels the other demands with this one's e-mail address, on its session.
    fn cancel_others(&self, id: DemandId, now: Timestamp) -> Answer<'_, Changed> {
        self.change(Order::Change { id, change: Change::CancelOthers, actor: Actor::Link }, now)
    }

    /// Releases a demand as a repetition of the earliest one with its e-mail address (a link), or
    /// with either contact (the team, who can tell).
    fn merge(&self, id: DemandId, actor: Actor, now: Timestamp) -> Answer<'_, Changed> {
        self.change(Order::Change { id, change: Change::Merge, actor }, now)
    }

    /// The person accepts the place on offer.
    fn accept(&self, id: DemandId, now: Timestamp) -> Answer<'_, Changed> {
        self.change(Order::Change { id, change: Change::Accept, actor: Actor::Person }, now)
    }

    /// The team confirms a demand.
    fn confirm(&self, id: DemandId, now: Timestamp) -> Answer<'_, Changed> {
        self.change(Order::Change { id, change: Change::Confirm, actor: Actor::Team }, now)
    }

    /// The team offers the next session, of this key, in place of the one that was asked for.
    fn offer_next(&self, id: DemandId, to: i64, now: Timestamp) -> Answer<'_, Changed> {
        self.change(Order::OfferNext { id, to }, now)
    }

    /// Moves a demand to another session, if there is a place for it.
    fn move_to(&self, id: DemandId, session: String, now: Timestamp) -> Answer<'_, Changed> {
        self.change(Order::Move { id, session }, now)
    }

    /// Puts another contact in the place of the recorded one.
    fn rewrite(&self, id: DemandId, details: ContactDetails, now: Timestamp) -> Answer<'_, Changed> {
        self.change(Order::Rewrite { id, details: Box::new(details) }, now)
    }

    /// Erases a demand and everything about it; what it held goes on as after a cancellation.
    fn erase(&self, id: DemandId, now: Timestamp) -> Answer<'_, Changed> {
        self.change(Order::Erase { id }, now)
    }

    /// From now on, what changes of their session comes with an entry for their calendar.
    fn ask_calendar(&self, id: DemandId, now: Timestamp) -> Answer<'_, Changed> {
        self.change(Order::AskCalendar { id }, now)
    }

    /// Writes a code to the person, at most one in two minutes.
    fn send_code(&self, id: DemandId, now: Timestamp) -> Answer<'_, CodeAsked> {
        let outcome = self.order(Order::SendCode { id }, now);
        Box::pin(async move { outcome.await?.code() })
    }

    /// The fingerprint of the key that signs people's links: `ours` from now on, if none is known.
    fn key_fingerprint(&self, ours: String) -> Answer<'_, String>;

    /// Whether links were given out: a key is known, or was before fingerprints were kept.
    fn knows_key(&self) -> Answer<'_, bool>;

    /// Has this fingerprint known in place of any other.
    fn replace_key_fingerprint(&self, ours: String) -> Answer<'_, ()>;
}

/// Demands that are looked at between two readings of those that are still to be.
const COMPARED_AT_ONCE: u32 = 64;

/// Looks at what others have to do with demands whose senders have their answers: for the team, and
/// for who reads a shared address. How many were looked at.
///
/// # Errors
/// A database that does not answer: the rest is still to be looked at.
pub async fn compare(store: &dyn Store, now: Timestamp) -> Result<usize, StoreError> {
    let mut done = 0;
    loop {
        let demands = store.to_compare(COMPARED_AT_ONCE).await?;
        let mut compared = 0;
        for id in &demands {
            compared += usize::from(store.change(Order::Compare { id: *id }, now).await? == Changed::Done);
        }
        done += compared;
        // One that was erased meanwhile is not there any more, the next time.
        if demands.len() < COMPARED_AT_ONCE as usize || compared == 0 {
            return Ok(done);
        }
    }
}

/// What the generator is told of a session; with its date, when that is not the content's.
fn told(state: State, revision: u32, kept: Option<(Date, Time, Time)>) -> SessionAvailability {
    let (date, start, end) = kept.map_or((None, None, None), |(date, start, end)| (Some(date), Some(start), Some(end)));
    SessionAvailability { state, revision, since: None, date, start, end, place: None }
}
