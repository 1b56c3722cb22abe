//! What a demand holds, and how it ends: the words that rows, rules and pages share.

use jiff::Timestamp;
use strum::{EnumString, IntoStaticStr};

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
    /// Nothing, until the team lets it in: it came in a burst.
    Held,
}

impl Standing {
    /// Whether it takes places from others.
    #[must_use]
    pub fn occupies(self) -> bool {
        matches!(self, Self::Enrolled | Self::Offered(_))
    }

    /// Whether it was on offer, and nobody answered in time.
    #[must_use]
    pub fn is_over(self, now: Timestamp) -> bool {
        matches!(self, Self::Offered(until) if until <= now)
    }
}

/// How a demand ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum Ended {
    /// Cancelled; its `suivi` says so.
    Cancelled,
    /// Released as a repetition; its `suivi` goes on as before.
    Merged,
    /// The place on offer was not accepted in time.
    Expired,
    /// It goes on as another demand, on another session.
    Moved,
    /// The team did not let it in; its `suivi` says so.
    Dropped,
}

impl Ended {
    /// The name in rows.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The way of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        name.parse().ok()
    }
}

/// Why a demand left a session and goes on at another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum Departure {
    /// The session is not held.
    Cancelled,
    /// It had no place for it.
    Full,
    /// The team offers another date.
    Team,
    /// Its person chose another.
    Person,
}

impl Departure {
    /// The name in rows, and for templates.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The departure of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        name.parse().ok()
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
