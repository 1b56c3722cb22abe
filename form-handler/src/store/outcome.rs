//! What whoever asks for something is answered, and who may ask.

use entreparentaise::model::State;
use jiff::Timestamp;

use crate::{enrolment::Standing, token::DemandId};

/// The contract's `resultat`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given {
    /// A place.
    Place,
    /// A rank on the waiting list.
    WaitingList,
    /// To be confirmed by the team, whatever it holds, or while it is held itself.
    ToConfirm,
    /// A place came free, held until then for them to accept.
    Offer(Timestamp),
}

impl Given {
    /// What a demand with this standing was given, as its sender is told.
    #[must_use]
    pub(super) fn of(to_confirm: bool, standing: Standing) -> Self {
        match standing {
            _ if to_confirm => Self::ToConfirm,
            Standing::Enrolled => Self::Place,
            Standing::Offered(until) => Self::Offer(until),
            Standing::Waiting => Self::WaitingList,
            // In the same words, whatever the other parent wishes.
            Standing::Held => Self::ToConfirm,
        }
    }

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
