//! What an operation writes, as every store names it.

use jiff::Timestamp;

use super::outcome::{Actor, Given};
use crate::{
    demand::{ContactDetails, Submission},
    enrolment::{
        Channel, Comparison, Decision, Departure, Ended, MessageKind, Milestone, Notice, Rank, Sightings, Standing,
        TeamMessage,
    },
    token::DemandId,
};

/// One thing to write.
#[derive(Debug)]
pub(super) enum Mutation<'a> {
    Demand(NewDemand<'a>),
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
    /// To this address or telephone, or to that of the demand, as it stands.
    Message {
        rank: Rank,
        kind: MessageKind,
        by: Channel,
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
    Audit {
        actor: Actor,
        action: &'static str,
        demand: Audited,
        session: i64,
    },
    /// What few operations write.
    Rare(RareMutation),
}

/// What few operations write: a handful of rows, that it looks at or removes.
#[derive(Debug, Clone)]
pub(super) enum RareMutation {
    /// Another row of the same person, on another session: their links lead there.
    Moved(MovedDemand),
    Contact {
        rank: Rank,
        details: Box<ContactDetails>,
        repeats: Option<Rank>,
        to_compare: Option<Comparison>,
    },
    /// From now on it has this id, and no link that was given out opens it any more.
    Renewed {
        rank: Rank,
        id: DemandId,
    },
    /// Released as a repetition, and now the one that is left.
    Revived {
        rank: Rank,
    },
    /// A held demand that the team lets in.
    Admitted {
        rank: Rank,
        standing: Standing,
        repeats: Option<Rank>,
        to_compare: Option<Comparison>,
    },
    /// The team has answered about what is held of a session.
    BurstSettled {
        session: i64,
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
}

impl From<RareMutation> for Mutation<'_> {
    fn from(mutation: RareMutation) -> Self {
        Self::Rare(mutation)
    }
}

/// A demand that goes on as another.
#[derive(Debug, Clone, Copy)]
pub(super) struct MovedDemand {
    /// The rank that it had.
    pub(super) from: Rank,
    pub(super) rank: Rank,
    pub(super) id: DemandId,
    pub(super) session: i64,
    pub(super) standing: Standing,
    pub(super) to_confirm: bool,
    pub(super) first: bool,
    pub(super) repeats: Option<Rank>,
    pub(super) to_compare: Option<Comparison>,
    /// Why it left the session that it was made for.
    pub(super) departure: Departure,
}

/// Which demand an audit line is about.
#[derive(Debug, Clone, Copy)]
pub(super) enum Audited {
    /// None that is left.
    Nobody,
    /// The one that was just recorded.
    New(DemandId),
    /// One that is there.
    Known(Rank),
}

/// A row to be.
#[derive(Debug)]
pub(super) struct NewDemand<'a> {
    pub(super) rank: Rank,
    pub(super) id: DemandId,
    pub(super) session: i64,
    pub(super) submission: &'a Submission,
    pub(super) standing: Standing,
    pub(super) to_confirm: bool,
    pub(super) repeats: Option<Rank>,
    pub(super) to_compare: Option<Comparison>,
    /// The first answer, for whoever sends the same form again.
    pub(super) answer: Given,
}
