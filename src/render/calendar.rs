//! iCalendar (RFC 5545). The clock is never asked: `DTSTAMP` is when the text last changed, so that the same content gives the same bytes.

use icalendar::{Calendar, Component, Event, EventLike, EventStatus};
use jiff::Timestamp;

/// What a calendar entry says.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Stable for ever: a client updates the entry that it knows by it.
    pub uid: String,
    /// Raised at each change.
    pub sequence: u32,
    /// When the text last changed.
    pub stamp: Timestamp,
    /// When it begins.
    pub starts: Timestamp,
    /// When it ends.
    pub ends: Timestamp,
    /// What is read in the calendar.
    pub title: String,
    /// Where.
    pub place: String,
    /// The page.
    pub url: String,
    /// Whether it is cancelled.
    pub cancelled: bool,
}

/// A calendar of these entries, CRLF line ends, lines folded.
#[must_use]
pub fn render(name: Option<&str>, entries: impl IntoIterator<Item = Entry>) -> Vec<u8> {
    let mut calendar = Calendar::empty();
    calendar.append_property(("VERSION", "2.0")).append_property(("PRODID", "-//Entreparentaise//FR"));
    calendar.append_property(("CALSCALE", "GREGORIAN")).append_property(("METHOD", "PUBLISH"));
    if let Some(name) = name {
        calendar.name(name);
    }
    for entry in entries {
        let mut event = Event::with_uid(&entry.uid);
        event
            .add_property("DTSTAMP", utc(entry.stamp))
            .add_property("DTSTART", utc(entry.starts))
            .add_property("DTEND", utc(entry.ends))
            .add_property("URL", &entry.url)
            .summary(&entry.title)
            .location(&entry.place)
            .sequence(entry.sequence)
            .status(if entry.cancelled { EventStatus::Cancelled } else { EventStatus::Confirmed });
        calendar.push(event.done());
    }
    calendar.to_string().into_bytes()
}

fn utc(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_the_same_for_ever() {
        let entry = Entry {
            uid: "2027-03-17@exemple.fr".into(),
            sequence: 2,
            stamp: "2026-11-22T00:00:00Z".parse().unwrap(),
            starts: "2027-03-17T17:00:00Z".parse().unwrap(),
            ends: "2027-03-17T19:00:00Z".parse().unwrap(),
            title: "Rendez-vous, à l’heure".into(),
            place: "Salle".into(),
            url: "https://exemple.fr/seances/2027-03-17/".into(),
            cancelled: true,
        };
        let text = String::from_utf8(render(None, [entry.clone()])).unwrap();
        for line in ["UID:2027-03-17@exemple.fr", "SEQUENCE:2", "DTSTART:20270317T170000Z", "STATUS:CANCELLED"] {
            assert!(text.contains(&format!("{line}\r\n")), "{line} in {text}");
        }
        assert!(text.contains("SUMMARY:Rendez-vous\\, à l’heure"), "{text}");
        assert_eq!(text.into_bytes(), render(None, [entry]));
    }
}
