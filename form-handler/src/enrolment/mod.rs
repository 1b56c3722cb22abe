//! The rules of enrolment, pure: who holds a place, who waits, what is told to whom. No clock, no
//! database, no HTTP.
//!
//! A demand has a [`Standing`] (a place, a place on offer, or a rank on the waiting list), and
//! beside it, independent of it, a mark "the team must confirm". A [`Book`] holds the demands of
//! one session; [`decide()`] turns a [`Command`] into [`Effect`]s and keeps the book true. One
//! function, private to [`decide()`], gives freed places on, whatever freed them. Occupied places
//! are counted from the book's rows, never from a counter.
//!
//! A place that comes free shortly before the session is only *offered* ([`Terms`]): it is held for
//! the person until they accept by their link; unanswered, it goes to the next. Whoever cannot be
//! written to gets it outright, and the team calls.
//!
//! # Who must learn nothing
//!
//! Read this module as a former partner would who knows somebody's first name, telephone number and
//! e-mail address, may send any demand, watches every public page and their own `suivi`, and has
//! patience. The contract's promises 3 and 4 are kept by these decisions:
//!
//! 1. **The answer looks at places only.** [`Command::Submit`] answers from occupied places, the waiting list and
//!    `autre_parent`. Demands that match the contact are looked up in every case, change nothing in the answer, and
//!    leave only a mark for the team and perhaps a message to somebody else.
//! 2. **A repeated demand is a real one.** It holds a real place or rank and is promoted like any other. Were it refused,
//!    dropped or uncounted, its sender would see it in the words "dernières places" or in not being promoted.
//! 3. **"Is this you again?" goes only to an address typed in this demand *and* recorded in the first**, and only when
//!    the first names agree. With the victim's telephone number and an address of one's own, nothing is ever written: not to the
//!    typed address (its owner would learn that the number is enrolled), not to the recorded one (it was not typed, so
//!    nothing says that its owner sent this demand). A shared telephone number alone is for the team, who may call.
//!    `pas_de_courriel` on either side silences the question between those two: somebody else may read that mailbox.
//!    It does so match by match: were one careful demand to silence the others too, whoever reads the mailbox could
//!    send two demands of their own and take the missing question for an answer. For the same reason the links in messages
//!    never touch a careful demand: such a link proves the mailbox, which that person said is not theirs alone.
//! 4. **The ordinary confirmation is never withheld because of somebody else.** It goes to the typed address even when
//!    that address's owner asked, in a demand of their own, for no e-mail: a confirmation that fails to arrive would tell
//!    whoever reads that mailbox that there is another demand.
//! 5. **Cancelling tells only the shared e-mail address** that others match, and the link in that message cancels only
//!    demands with that address: it proves the mailbox, not the telephone. The message is about the session, never
//!    about who else; the sender of the cancelled demand sees an ordinary cancellation.
//! 6. **A merged demand leaves a ghost.** When the recorded contact says "that was me", the repeated demand is released
//!    as by an ordinary cancellation, and its own `suivi` goes on as before: a former partner who sent it must not see
//!    it end, since that would say that somebody with that contact answered. A ghost that was waiting is even
//!    promoted when its turn comes, holding no place, lest a second demand of theirs overtake it visibly. A ghost can be
//!    cancelled by its sender like any demand.
//! 7. **`autre_parent` is answered the same whether the other parent is enrolled, waiting or unknown**, and whether the
//!    demand got a place or a rank: "to be confirmed", until the team, who alone see both, confirm it or offer the next
//!    session ([`offer_next`]). A promotion meanwhile is silent. The letter that offers the next session is the one that
//!    everybody gets whom a session had no place for, and tells no reason.
//! 8. **A demand is moved only where there is a place for it**, which the session's public state tells; otherwise it stays
//!    what it was. A ghost that is moved becomes a real demand there: its sender could as well cancel it and send another.
//! 9. **A changed contact is asked nothing about others**: it was not typed in the demand that others match. The
//!    team is told. Letters that wait for the former address are not written any more.
//! 10. **What is written to everybody of a session is written to ghosts too**, at their own address, unless it is that of a live demand, which
//!     gets the same letter; and a ghost is carried to the next session like a waiting demand ([`carry`]), where it holds nothing.
//! 11. **A session with somebody waiting is full**, in the state that is shown and in the answer given, even when the head
//!     of the list needs more places than are free: order is kept, and the page does not contradict the answer.
//!
//! What remains visible, and why it is accepted: that *somebody* cancelled (a place comes free).
//! The contract gives words instead of numbers for that reason, and nothing tells whose place it
//! was. Whoever reads a person's mailbox reads what is written there; `pas_de_courriel` is the
//! answer to that, asked before anything is sent.
//!
//! Timing: an answer takes the same work whoever else is there. Matches are looked up among what is
//! at hand, and leave a mark in the row that is written in any case ([`Effect::Compare`]); what
//! follows from it for the team and for the shared address is decided afterwards
//! ([`Command::Compare`]), when nobody waits for an answer any more.

mod book;
mod contact;
mod decide;
mod news;
mod retention;
mod told;

use entreparentaise::model::State;
use jiff::{SignedDuration, Timestamp};

pub(crate) use self::book::state;
pub use self::{
    book::{Book, Held},
    contact::{Contact, Trace},
    decide::{Command, Judge, Newcomer, Target, decide, move_to},
    news::{News, announce, carry, is_carried, offer_next},
    retention::{Due, Sightings, due},
    told::{MessageKind, Notice, TeamMessage},
};

/// A demand's key inside one database: its rank among all demands, which is also the order of
/// arrival.
pub type Rank = i64;

/// What a demand holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Places.
    Enrolled,
    /// Places, until then: the person has yet to accept them.
    Offered(Timestamp),
    /// A rank on the waiting list.
    Waiting,
}

impl Standing {
    /// Whether it takes places from others.
    #[must_use]
    pub fn occupies(self) -> bool {
        !matches!(self, Self::Waiting)
    }

    /// Whether it was on offer, and nobody answered in time.
    #[must_use]
    pub fn is_over(self, now: Timestamp) -> bool {
        matches!(self, Self::Offered(until) if until <= now)
    }
}

/// How a demand ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Cancelled; its `suivi` says so.
    Cancelled,
    /// Released as a repetition; its `suivi` goes on as before.
    Merged,
    /// The place on offer was not accepted in time.
    Expired,
    /// It goes on as another demand, on another session.
    Moved,
}

impl Ended {
    /// Every way.
    pub const ALL: &[Self] = &[Self::Cancelled, Self::Merged, Self::Expired, Self::Moved];

    /// The name in rows.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::Merged => "merged",
            Self::Expired => "expired",
            Self::Moved => "moved",
        }
    }

    /// The way of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|ended| ended.name() == name)
    }
}

/// What is still to be looked at in a demand whose contact others share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Comparison {
    /// The team is to know.
    ForTeam,
    /// The team is to know, and whoever reads the shared address may be asked: the contact was
    /// typed in this demand.
    WithQuestion,
}

/// When a place that comes free is offered rather than given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// From this long before the session: the person may have made other plans. Zero: never.
    pub offer_within: SignedDuration,
    /// The longest that they may take to answer. Never more than half of the time that is left.
    pub answer_within: SignedDuration,
    /// The longest that a place at the next session is held for whoever had none at this one. Never
    /// more than half of the time that is left.
    pub carry_within: SignedDuration,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            offer_within: SignedDuration::from_hours(24),
            answer_within: SignedDuration::from_hours(4),
            carry_within: SignedDuration::from_hours(7 * 24),
        }
    }
}

impl Terms {
    /// Until when a place that comes free at `now` is offered; `None`: it is given outright.
    #[must_use]
    pub fn offer_until(&self, now: Timestamp, starts: Timestamp) -> Option<Timestamp> {
        let left = starts.duration_since(now);
        if left > self.offer_within || left <= SignedDuration::ZERO {
            return None;
        }
        now.checked_add(self.answer_within.min(left / 2)).ok()
    }

    /// Until when a place at the next session is held at `now` for somebody who comes from another.
    #[must_use]
    pub fn carried_until(&self, now: Timestamp, starts: Timestamp) -> Option<Timestamp> {
        let left = starts.duration_since(now);
        if left <= SignedDuration::ZERO {
            return None;
        }
        now.checked_add(self.carry_within.min(left / 2)).ok()
    }
}

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
    /// Write to the demand's own e-mail address.
    Tell {
        /// Whose.
        demand: Rank,
        /// What.
        kind: MessageKind,
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

#[cfg(test)]
mod tests;
