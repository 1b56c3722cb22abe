//! The town's own time: lists are read there, whatever the server's zone.

use jiff::tz::TimeZone;

/// The time zone of the town.
pub(super) fn town_time() -> TimeZone {
    TimeZone::get("Europe/Paris").unwrap_or(TimeZone::UTC)
}
