//! iCalendar (RFC 5545). The clock is never asked: `DTSTAMP` and `LAST-MODIFIED` are when the entry
//! last changed, so that the same content gives the same bytes.

use std::fmt::Write;

use icalendar::{Calendar, Component, Event, EventLike, EventStatus};
use jiff::{
    SignedDuration, Timestamp,
    tz::{Offset, TimeZone},
};

use crate::model::Position;

/// Whether what an entry announces takes place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It does.
    Confirmed,
    /// It is not sure yet.
    Tentative,
    /// It does not.
    Cancelled,
}

/// What a calendar entry says.
#[derive(Debug, Clone)]
pub struct CalendarEntry {
    /// Stable for ever: a client updates the entry that it knows by it.
    pub uid: String,
    /// Raised at each change.
    pub sequence: u32,
    /// When it last changed.
    pub stamp: Timestamp,
    /// When it begins.
    pub starts: Timestamp,
    /// When it ends.
    pub ends: Timestamp,
    /// The zone in which its hours are said; without one, in UTC.
    pub zone: Option<TimeZone>,
    /// What is read in the calendar.
    pub title: String,
    /// Where: the name, and the address as far as it is known.
    pub place: String,
    /// Where that is on a map.
    pub position: Option<Position>,
    /// What else is to be read there.
    pub note: Option<String>,
    /// The page.
    pub url: Option<String>,
    /// Whether it takes place.
    pub status: Status,
}

/// Who made the file. Programs show it: an entry may be in a calendar that others read.
const MAKER: &str = "-//Calendrier//FR";

/// How often a subscription looks again: a date that moved is known the same day.
const REFRESH: &str = "PT6H";

/// A calendar of these entries, CRLF line ends, lines folded.
#[must_use]
pub fn render(name: Option<&str>, entries: impl IntoIterator<Item = CalendarEntry>) -> Vec<u8> {
    let mut calendar = Calendar::empty();
    calendar.append_property(("VERSION", "2.0")).append_property(("PRODID", MAKER));
    calendar.append_property(("CALSCALE", "GREGORIAN")).append_property(("METHOD", "PUBLISH"));
    if let Some(name) = name {
        // One that is subscribed to is asked for again: RFC 7986's word, and the older one that
        // most programs know.
        calendar.name(&line(name)).append_property(("X-PUBLISHED-TTL", REFRESH));
        let mut refresh = icalendar::Property::new("REFRESH-INTERVAL", REFRESH);
        calendar.append_property(refresh.add_parameter("VALUE", "DURATION").done());
    }
    let mut zones = String::new();
    for entry in entries {
        let mut event = Event::with_uid(&entry.uid);
        event.add_property("DTSTAMP", utc(entry.stamp)).add_property("LAST-MODIFIED", utc(entry.stamp));
        let named = entry.zone.as_ref().and_then(|zone| Some((zone, zone.iana_name()?)));
        for (property, at) in [("DTSTART", entry.starts), ("DTEND", entry.ends)] {
            match named {
                Some((zone, name)) => {
                    let mut local = icalendar::Property::new(property, local(at, zone.to_offset(at)));
                    event.append_property(local.add_parameter("TZID", name).done());
                }
                None => drop(event.add_property(property, utc(at))),
            }
        }
        if let Some((zone, name)) = named {
            describe(&mut zones, zone, name, entry.starts);
        }
        if let Some(note) = &entry.note {
            event.description(&line(note));
        }
        if let Some(url) = &entry.url {
            event.add_property("URL", url);
        }
        if let Some(position) = entry.position {
            event.add_property("GEO", position.to_string());
        }
        event.summary(&line(&entry.title)).location(&line(&entry.place)).sequence(entry.sequence).status(
            match entry.status {
                Status::Confirmed => EventStatus::Confirmed,
                Status::Tentative => EventStatus::Tentative,
                Status::Cancelled => EventStatus::Cancelled,
            },
        );
        calendar.push(event.done());
    }
    let mut text = calendar.to_string();
    // The library knows no zones: they stand before the first entry.
    if let Some(first) = text.find("BEGIN:VEVENT") {
        text.insert_str(first, &zones);
    }
    text.into_bytes()
}

/// Where something is, for a telephone to find the way: what people call the place, and its
/// address.
#[must_use]
pub fn location(name: &str, address: Option<&str>) -> String {
    [Some(name), address].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// A text on one line: the library escapes line feeds alone, and any other control would end the
/// line of the calendar, or the calendar.
fn line(text: &str) -> String {
    text.split(char::is_control).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

fn utc(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

fn local(at: Timestamp, offset: Offset) -> String {
    offset.to_datetime(at).strftime("%Y%m%dT%H%M%S").to_string()
}

/// The zone's hours around an instant: since the last time that its clocks were turned, and after
/// the next.
fn describe(text: &mut String, zone: &TimeZone, name: &str, at: Timestamp) {
    let _ = write!(text, "BEGIN:VTIMEZONE\r\nTZID:{name}\r\n");
    // Clocks that were never turned are as they were at the beginning.
    let since = zone.preceding(at).next().map_or(Timestamp::UNIX_EPOCH, |turn| turn.timestamp());
    let turns = [Some(since), zone.following(at).next().map(|turn| turn.timestamp())];
    for turn in turns.into_iter().flatten() {
        let before = zone.to_offset(turn.saturating_sub(SignedDuration::from_secs(1)).unwrap_or(turn));
        let after = zone.to_offset_info(turn);
        let kind = if after.dst().is_dst() { "DAYLIGHT" } else { "STANDARD" };
        let _ = write!(
            text,
            "BEGIN:{kind}\r\nDTSTART:{}\r\nTZOFFSETFROM:{}\r\nTZOFFSETTO:{}\r\nTZNAME:{}\r\nEND:{kind}\r\n",
            local(turn, before),
            signed(before),
            signed(after.offset()),
            after.abbreviation(),
        );
    }
    text.push_str("END:VTIMEZONE\r\n");
}

/// `+0100`.
fn signed(offset: Offset) -> String {
    let seconds = offset.seconds();
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.abs() / 60;
    format!("{sign}{:02}{:02}", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_the_same_for_ever() {
        let entry = CalendarEntry {
            uid: "2027-03-17@exemple.fr".into(),
            sequence: 2,
            stamp: "2026-11-22T00:00:00Z".parse().unwrap(),
            starts: "2027-03-17T17:00:00Z".parse().unwrap(),
            ends: "2027-03-17T19:00:00Z".parse().unwrap(),
            zone: None,
            title: "Rendez-vous, à l’heure".into(),
            place: "Salle, 1 rue A ; B".into(),
            position: Position::new(43.635, -1.39),
            note: None,
            url: Some("https://exemple.fr/seances/2027-03-17/".into()),
            status: Status::Cancelled,
        };
        let text = String::from_utf8(render(None, [entry.clone()])).unwrap();
        for line in [
            "UID:2027-03-17@exemple.fr",
            "SEQUENCE:2",
            "LAST-MODIFIED:20261122T000000Z",
            "DTSTART:20270317T170000Z",
            "STATUS:CANCELLED",
            "LOCATION:Salle\\, 1 rue A \\; B",
            "GEO:43.635;-1.39",
        ] {
            assert!(text.contains(&format!("{line}\r\n")), "{line} in {text}");
        }
        assert!(text.contains("SUMMARY:Rendez-vous\\, à l’heure"), "{text}");
        assert_eq!(text.into_bytes(), render(None, [entry]));
    }

    #[test]
    fn no_text_ends_its_line() {
        assert_eq!(line("Salle\r\nATTENDEE:x\u{0}\ty"), "Salle ATTENDEE:x y");
        assert_eq!(line("Rendez-vous"), "Rendez-vous");
    }

    #[test]
    fn hours_in_a_zone_come_with_what_they_mean() {
        let entry = CalendarEntry {
            uid: "a".into(),
            sequence: 0,
            stamp: "2026-11-22T00:00:00Z".parse().unwrap(),
            starts: "2027-03-17T17:00:00Z".parse().unwrap(),
            ends: "2027-03-17T19:00:00Z".parse().unwrap(),
            zone: Some(TimeZone::get("Europe/Paris").unwrap()),
            title: "Rendez-vous".into(),
            place: "Salle".into(),
            position: None,
            note: None,
            url: None,
            status: Status::Confirmed,
        };
        let text = String::from_utf8(render(None, [entry])).unwrap();
        assert!(text.contains("DTSTART;TZID=Europe/Paris:20270317T180000\r\n"), "{text}");
        let zone = "BEGIN:VTIMEZONE\r\nTZID:Europe/Paris\r\n\
                    BEGIN:STANDARD\r\nDTSTART:20261025T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nTZNAME:CET\r\nEND:STANDARD\r\n\
                    BEGIN:DAYLIGHT\r\nDTSTART:20270328T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nTZNAME:CEST\r\nEND:DAYLIGHT\r\n\
                    END:VTIMEZONE\r\nBEGIN:VEVENT";
        assert!(text.contains(zone), "{text}");
    }
}
