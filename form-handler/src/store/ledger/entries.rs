//! What an order looks at and what it writes, as every store names them.

use jiff::Timestamp;

use crate::{
    agenda::{Decision, Milestone},
    demand::{ContactDetails, Fingerprint, Submission},
    enrolment::{Comparison, Contact, Ended, MessageKind, Notice, Rank, Sightings, Standing, TeamMessage},
    store::{Actor, Given, binder::Binder},
    token::DemandId,
};

/// A demand that is there.
#[derive(Debug, Clone)]
pub(in crate::store) struct Known {
    pub(in crate::store) rank: Rank,
    pub(in crate::store) session: i64,
    pub(in crate::store) ended: Option<Ended>,
    pub(in crate::store) contact: Contact,
    /// What others have to do with it, if that is still to be looked at.
    pub(in crate::store) to_compare: Option<Comparison>,
    /// When a code was last written to it.
    pub(in crate::store) coded_at: Option<Timestamp>,
}

/// One thing to write.
#[derive(Debug)]
pub(in crate::store) enum Entry<'a> {
    Demand(NewDemand<'a>),
    /// Another row of the same person, on another session: their links lead there.
    Moved {
        from: Rank,
        rank: Rank,
        id: DemandId,
        session: i64,
        standing: Standing,
        to_confirm: bool,
        first: bool,
        repeats: Option<Rank>,
        to_compare: Option<Comparison>,
    },
    Ended {
        rank: Rank,
        how: Ended,
        to_compare: Option<Comparison>,
    },
    /// What others have to do with it was looked at.
    Compared {
        rank: Rank,
    },
    Standing {
        rank: Rank,
        standing: Standing,
    },
    Confirmed {
        rank: Rank,
    },
    Contact {
        rank: Rank,
        details: &'a ContactDetails,
        repeats: Option<Rank>,
        to_compare: Option<Comparison>,
    },
    /// To this address, or to that of the demand, as it stands.
    Message {
        rank: Rank,
        kind: MessageKind,
        to: Option<&'a str>,
    },
    Notice {
        rank: Rank,
        notice: Notice,
    },
    Topic {
        session: i64,
        topic: &'a str,
    },
    /// To the team, about a session.
    ToTeam {
        session: i64,
        kind: TeamMessage,
    },
    /// For the team, about a whole session.
    AboutSession {
        session: i64,
        notice: Notice,
    },
    /// The demand and those that it was moved from, with everything about them; a last letter, if
    /// it may be written.
    Erased {
        rank: Rank,
        told: bool,
    },
    /// What is known of the end of the session that ends then.
    Sighted {
        session: i64,
        ends: Timestamp,
        sightings: Sightings,
    },
    /// Everything about people of a session; how many they were stays counted.
    SessionErased {
        session: i64,
    },
    /// The date that the content gives it is right.
    DateAccepted {
        session: i64,
    },
    /// Done once for the session that begins then.
    Reached {
        session: i64,
        starts: Timestamp,
        milestone: Milestone,
    },
    Decided {
        session: i64,
        decision: Decision,
    },
    /// The entry for this person's calendar goes on under this demand's name.
    Calendar {
        rank: Rank,
    },
    Audit {
        actor: Actor,
        action: &'static str,
        demand: Audited,
        session: i64,
    },
}

/// Which demand an audit line is about.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) enum Audited {
    /// None that is left.
    Nobody,
    /// The one that was just recorded.
    New(DemandId),
    /// One that is there.
    Known(Rank),
}

/// A row to be.
#[derive(Debug)]
pub(in crate::store) struct NewDemand<'a> {
    pub(in crate::store) rank: Rank,
    pub(in crate::store) id: DemandId,
    pub(in crate::store) session: i64,
    pub(in crate::store) submission: &'a Submission,
    pub(in crate::store) standing: Standing,
    pub(in crate::store) to_confirm: bool,
    pub(in crate::store) repeats: Option<Rank>,
    pub(in crate::store) to_compare: Option<Comparison>,
    /// The first answer, for whoever sends the same form again.
    pub(in crate::store) answer: Given,
}

/// The rows of a database, inside a transaction that lets nobody else decide about the same
/// sessions.
pub(in crate::store) trait Rows {
    type Error;

    /// The demand that this very form made on this session, and what it was answered.
    fn answered(
        &mut self,
        session: i64,
        envoi: &str,
        fingerprint: &Fingerprint,
    ) -> Result<Option<(DemandId, Given)>, Self::Error>;
    /// The session of this id, with its demands and its forms, even if it left the content.
    fn session(&mut self, id: &str) -> Result<Option<Binder>, Self::Error>;
    /// A session that is there, with its demands and its forms.
    fn binder(&mut self, session: i64) -> Result<Binder, Self::Error>;
    /// The demand that this id leads to.
    fn demand(&mut self, id: DemandId) -> Result<Option<Known>, Self::Error>;
    /// The demand that has this very id, though it may have been moved.
    fn row(&mut self, id: DemandId) -> Result<Option<Known>, Self::Error>;
    /// Whether this was done for the session that begins then.
    fn is_reached(&mut self, session: i64, starts: Timestamp, milestone: Milestone) -> Result<bool, Self::Error>;
    /// A rank higher than any other, and a new id.
    fn newcomer(&mut self, now: Timestamp) -> Result<(Rank, DemandId), Self::Error>;
    /// Writes an entry, sooner or later before the commit, in the order of the calls.
    fn write(&mut self, now: Timestamp, entry: &Entry<'_>) -> Result<(), Self::Error>;
}
