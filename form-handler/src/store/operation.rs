//! Operations as data, and what they come to: a store may gather them, and try them again.

use jiff::Timestamp;

use super::{
    error::StoreError,
    outcome::{Actor, Changed, CodeAsked, Submitted},
};
use crate::{
    demand::{ContactDetails, Submission},
    enrolment::{Decision, Milestone, Rank, Sightings},
    token::DemandId,
};

/// Something to carry out, as data: it may be tried again.
#[derive(Debug, Clone)]
pub enum Operation {
    /// A new demand.
    Submit(Box<Submission>),
    /// A change of a demand that is there.
    Change {
        /// The demand.
        id: DemandId,
        /// What.
        change: DemandChange,
        /// Who asks.
        actor: Actor,
    },
    /// To another session.
    Move {
        /// The demand.
        id: DemandId,
        /// The session's id.
        session: String,
    },
    /// Another contact.
    Rewrite {
        /// The demand.
        id: DemandId,
        /// The contact.
        details: Box<ContactDetails>,
    },
    /// Another contact in the place of one that was mistyped, whose owner has the demand's link.
    Correct {
        /// The demand.
        id: DemandId,
        /// Its id from now on: its former links open nothing any more.
        renewed: DemandId,
        /// The contact.
        details: Box<ContactDetails>,
    },
    /// Of two demands of one browser, the one that it sent first is cancelled.
    CancelEarlier {
        /// That one.
        earlier: DemandId,
        /// The other.
        kept: DemandId,
    },
    /// A code, written to the person.
    SendCode {
        /// The demand.
        id: DemandId,
    },
    /// Everything about a demand, gone.
    Erase {
        /// The demand.
        id: DemandId,
    },
    /// Once more, where a backup brought it back: the person was told already.
    EraseAgain {
        /// The demand.
        id: DemandId,
    },
    /// Ends what was not answered, and gives on what is free.
    Settle {
        /// The session's key.
        session: i64,
    },
    /// The session is at another time or place: everybody who asked for it is told.
    Moved {
        /// The session's key.
        session: i64,
    },
    /// Does what is done once for a session, unless it was done already.
    Reach {
        /// The session's key.
        session: i64,
        /// When it begins: one that moved meanwhile has other milestones.
        starts: Timestamp,
        /// Which.
        milestone: Milestone,
    },
    /// On to the next session, for somebody who had no place.
    Carry {
        /// The demand.
        id: DemandId,
        /// The next session's key.
        to: i64,
    },
    /// The team's answer to a demand that it was to confirm: the next session.
    OfferNext {
        /// The demand.
        id: DemandId,
        /// The next session's key.
        to: i64,
    },
    /// The team's word on a session under its minimum.
    Decide {
        /// The session's key.
        session: i64,
        /// When it begins: the word was about no other time.
        starts: Timestamp,
        /// What.
        decision: Decision,
    },
    /// What others have to do with a demand, once its sender has their answer.
    Compare {
        /// The demand's own name: not that of one that it became.
        id: DemandId,
    },
    /// Today's look at a session that has ended.
    Sight {
        /// The session's key.
        session: i64,
        /// When it ends: of one that ends at another instant, nothing is known.
        ends: Timestamp,
        /// What is known now. The team is told when `announced` is the last day.
        sightings: Sightings,
    },
    /// Everything about people of a session, gone.
    EraseSession {
        /// The session's key.
        session: i64,
        /// When it ends: one that moved meanwhile keeps everything.
        ends: Timestamp,
    },
    /// The team says that the date which the content gives is right, though it is over.
    AcceptDate {
        /// The session's key.
        session: i64,
        /// When it would begin by the date that the team was shown: it was asked about no other.
        starts: Timestamp,
    },
    /// The team's answer about what is held of a session, or about the first of many.
    AnswerBurst {
        /// The session's key.
        session: i64,
        /// The last demand that it was told of: what came since is another question.
        last: Rank,
        /// What.
        answer: BurstAnswer,
    },
    /// The person wants the session in their calendar: its changes then come with an entry for it.
    AskCalendar {
        /// The demand.
        id: DemandId,
    },
}

/// A change of a demand that is there: see the methods of [`super::EnrolmentStore`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum DemandChange {
    Cancel,
    CancelOthers,
    Merge,
    Confirm,
    Accept,
}

/// The team's answer about demands that came in a burst.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BurstAnswer {
    /// They are let in, in the order of arrival.
    Admit,
    /// None of them is kept.
    Drop,
}

/// What an operation came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperationOutcome {
    /// Of [`Operation::Submit`].
    Submitted(Submitted),
    /// Of most.
    Changed(Changed),
    /// Of [`Operation::SendCode`].
    Code(CodeAsked),
}

impl OperationOutcome {
    pub(super) fn submitted(self) -> Result<Submitted, StoreError> {
        if let Self::Submitted(submitted) = self { Ok(submitted) } else { Err(odd()) }
    }

    pub(super) fn changed(self) -> Result<Changed, StoreError> {
        if let Self::Changed(changed) = self { Ok(changed) } else { Err(odd()) }
    }

    pub(super) fn code(self) -> Result<CodeAsked, StoreError> {
        if let Self::Code(code) = self { Ok(code) } else { Err(odd()) }
    }
}

fn odd() -> StoreError {
    StoreError::unavailable("an operation was answered in other words than its own")
}
