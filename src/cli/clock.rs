//! The one place of this program that asks the system for the time.

use std::time::Instant;

use jiff::Timestamp;

/// The present.
#[allow(clippy::disallowed_methods, reason = "everything else is told the instant")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

/// A moment to measure from: what a command took is told, never used.
#[allow(clippy::disallowed_methods, reason = "only told to whoever waits")]
pub(crate) fn start() -> Instant {
    Instant::now()
}
