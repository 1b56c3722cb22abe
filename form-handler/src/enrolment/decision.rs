//! The team's word on a session that has fewer people than it needs.

/// What the team decided about a session under its minimum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It is held all the same.
    Hold,
    /// It is not; whoever asked for it goes on at the next one.
    Cancel,
}

impl Decision {
    /// The name in rows.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Hold => "held",
            Self::Cancel => "cancelled",
        }
    }

    /// The decision of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Hold, Self::Cancel].into_iter().find(|decision| decision.name() == name)
    }
}
