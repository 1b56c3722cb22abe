//! What an order looks at and what it writes, as every store names them.

use jiff::Timestamp;

use crate::{
    agenda::{Decision, Milestone},
    demand::{ContactDetails, Fingerprint, Submission},
    enrolment::{Contact, Ended, MessageKind, Notice, Rank, Standing, TeamMessage},
    store::{Actor, Given, binder::Binder},
    token::DemandId,
};

/// A demand found by its id.
#[derive(Debug, Clone)]
pub(in crate::store) struct Known {
    pub(in crate::store) rank: Rank,
    pub(in crate::store) session: i64,
    pub(in crate::store) ended: Option<Ended>,
    pub(in crate::store) moved_to: Option<DemandId>,
    pub(in crate::store) contact: Contact,
    /// When a code was last written to it.
    pub(in crate::store) coded_at: Option<Timestamp>,
}

/// One thing to write.
#[derive(Debug)]
pub(in crate::store) enum Entry<'a> {
    Demand(NewDemand<'a>),
    /// Another row of the same person, on another session.
    Moved {
        from: Rank,
        rank: Rank,
        id: DemandId,
        session: i64,
        standing: Standing,
        first: bool,
        repeats: Option<Rank>,
    },
    Ended {
        rank: Rank,
        how: Ended,
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
    /// The demand and those that it was moved from, with everything about them; a last letter, if it may be written.
    Erased {
        rank: Rank,
        told: bool,
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
    /// The first answer, for whoever sends the same form again.
    pub(in crate::store) answer: Given,
}

/// The rows of a database, inside a transaction that lets nobody else decide about the same sessions.
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
    /// The demand of this id.
    fn demand(&mut self, id: DemandId) -> Result<Option<Known>, Self::Error>;
    /// Whether this was done for the session that begins then.
    fn is_reached(&mut self, session: i64, starts: Timestamp, milestone: Milestone) -> Result<bool, Self::Error>;
    /// A rank higher than any other, and a new id.
    fn newcomer(&mut self, now: Timestamp) -> Result<(Rank, DemandId), Self::Error>;
    /// Writes an entry, sooner or later before the commit, in the order of the calls.
    fn write(&mut self, now: Timestamp, entry: &Entry<'_>) -> Result<(), Self::Error>;
}
