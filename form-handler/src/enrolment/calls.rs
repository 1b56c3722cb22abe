//! The calls that the team makes to whoever cannot be written to: by when, and until when.

use jiff::{SignedDuration, Timestamp};

use super::kinds::MessageKind;

/// By when somebody is to be called: two days after it happened, and the day before the session at
/// the latest.
#[must_use]
pub fn call_by(since: Timestamp, starts: Timestamp) -> Timestamp {
    let in_time = starts.checked_sub(SignedDuration::from_hours(12)).unwrap_or(starts);
    let soon = since.checked_add(SignedDuration::from_hours(48)).unwrap_or(since);
    if in_time > since { soon.min(in_time) } else { soon }
}

/// Whether a call is still worth making: what was to be said of a session that has begun is over,
/// but for what follows it.
#[must_use]
pub fn is_pressing(about: Option<MessageKind>, starts: Timestamp, now: Timestamp) -> bool {
    let after = match about {
        Some(MessageKind::Thanks) => SignedDuration::from_hours(8 * 24),
        Some(about) if about.tells_of_an_end() => SignedDuration::from_hours(7 * 24),
        _ => SignedDuration::ZERO,
    };
    now.duration_since(starts) < after
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn people_are_called_in_time() {
        let starts = at("2027-03-17T17:00:00Z");
        assert_eq!(call_by(at("2027-03-10T12:00:00Z"), starts), at("2027-03-12T12:00:00Z"));
        assert_eq!(call_by(at("2027-03-16T12:00:00Z"), starts), at("2027-03-17T05:00:00Z"));
        assert_eq!(call_by(at("2027-03-18T12:00:00Z"), starts), at("2027-03-20T12:00:00Z"), "after the session");
    }

    #[test]
    fn a_call_is_not_made_when_it_is_of_no_use_any_more() {
        let starts = at("2027-03-17T17:00:00Z");
        let pressing = |about, now: &str| is_pressing(about, starts, at(now));
        assert!(pressing(Some(MessageKind::WeekBefore), "2027-03-17T16:59:59Z"));
        assert!(!pressing(Some(MessageKind::WeekBefore), "2027-03-17T17:00:00Z"));
        assert!(!pressing(None, "2027-03-17T17:00:00Z"));
        assert!(pressing(Some(MessageKind::Thanks), "2027-03-18T09:00:00Z"));
        assert!(pressing(Some(MessageKind::SessionCancelled), "2027-03-18T09:00:00Z"));
        assert!(!pressing(Some(MessageKind::Thanks), "2027-03-26T09:00:00Z"));
    }
}
