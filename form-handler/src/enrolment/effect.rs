//! What a decision comes to: things to write down, or a refusal.

use entreparentaise::model::State;
use jiff::Timestamp;

use super::{
    kinds::{Channel, MessageKind, Notice, TeamMessage},
    standing::{Comparison, Ended, Rank, Standing},
};
use crate::token::DemandId;

/// Why nothing was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The session's state does not allow it: cancelled, past, closed or not open yet; full, for a
    /// move.
    State(State),
    /// More places than this group gives to one demand.
    TooManyPlaces {
        /// The most it gives.
        most: u32,
    },
    /// The place is not on offer any more, or the team has answered already.
    TooLate,
    /// The session is another group's: its conditions were not accepted.
    OtherGroup,
    /// The demand has ended.
    Ended,
}

/// One thing to write down. All the effects of a decision are written, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Record a new demand.
    Enrol {
        /// Its rank.
        demand: Rank,
        /// A place or a rank.
        standing: Standing,
        /// The team must confirm it.
        to_confirm: bool,
        /// It comes from a session that had no place for it, and waits before all others.
        first: bool,
        /// The earliest demand with the same contact, for the team.
        repeats: Option<Rank>,
    },
    /// Let a held demand in, as if it came now: it has its letter, and a place or its rank.
    Admit {
        /// The demand.
        demand: Rank,
        /// A place or a rank.
        standing: Standing,
        /// The earliest demand with the same contact, for the team.
        repeats: Option<Rank>,
    },
    /// End a demand; what it occupied is free.
    Release {
        /// The demand.
        demand: Rank,
        /// How.
        how: Ended,
    },
    /// Give places to a waiting demand.
    Promote {
        /// The demand.
        demand: Rank,
    },
    /// Hold places for a waiting demand until then.
    Offer {
        /// The demand.
        demand: Rank,
        /// Until when.
        until: Timestamp,
    },
    /// The person accepted the places on offer.
    Accept {
        /// The demand.
        demand: Rank,
    },
    /// Take the mark off.
    Confirm {
        /// The demand.
        demand: Rank,
    },
    /// Put the new contact in the place of the former one, and forget the letters that waited for
    /// that.
    Rewrite {
        /// The demand.
        demand: Rank,
        /// The earliest demand with the same contact, for the team.
        repeats: Option<Rank>,
    },
    /// From now on the demand has this id, and no link that was given out opens it any more.
    Renew {
        /// The demand.
        demand: Rank,
        /// Its id.
        id: DemandId,
    },
    /// It was released as a repetition of one that ends: it is the one that is left.
    Revive {
        /// The demand.
        demand: Rank,
    },
    /// Others share its contact: to be looked at once its sender has their answer. A mark in the
    /// row that is written anyway.
    Compare {
        /// The demand.
        demand: Rank,
        /// For whom.
        how: Comparison,
    },
    /// It was looked at.
    Compared {
        /// The demand.
        demand: Rank,
    },
    /// Write to the demand's own e-mail address, or to its own telephone.
    Tell {
        /// Whose.
        demand: Rank,
        /// What.
        kind: MessageKind,
        /// How.
        by: Channel,
    },
    /// Tell the team.
    Notify {
        /// What.
        notice: Notice,
        /// About which demand.
        demand: Rank,
    },
    /// Write to the team, about the session.
    TellTeam {
        /// What.
        kind: TeamMessage,
    },
}
