//! The one place of this program that asks the system for the time.

use jiff::Timestamp;

/// The present.
#[allow(clippy::disallowed_methods, reason = "everything else is told the instant")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}
