//! The team's word on a session that has fewer people than it needs.

use strum::{EnumString, IntoStaticStr};

/// What the team decided about a session under its minimum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr)]
pub enum Decision {
    /// It is held all the same.
    #[strum(serialize = "held")]
    Hold,
    /// It is not; whoever asked for it goes on at the next one.
    #[strum(serialize = "cancelled")]
    Cancel,
}

impl Decision {
    /// The name in rows.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The decision of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        name.parse().ok()
    }
}
