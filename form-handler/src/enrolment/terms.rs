//! How long people have to answer, and to whom a place is offered rather than given.

use jiff::{SignedDuration, Timestamp};

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
