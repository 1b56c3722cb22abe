//! The town's own time: lists are read there, whatever the server's zone.

use jiff::tz::TimeZone;

/// The zone of the towns that this is for.
pub(super) fn town_time() -> TimeZone {
    TimeZone::get("Europe/Paris").unwrap_or(TimeZone::UTC)
}
