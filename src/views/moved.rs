//! What changed of a session that moved: from what to what.

use jiff::{
    civil::{Date, Time},
    tz::TimeZone,
};
use serde::Serialize;

use super::{DateView, Words};
use crate::{content::typography::french, model::Former};

/// How a session was before it moved: what is as it was is `none`, and something is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MovedView {
    /// The day.
    pub date: Option<DateView>,
    /// `de 18 h à 20 h`.
    pub hours: Option<String>,
    /// The room.
    pub place: Option<String>,
    /// When it would have begun, where it begins at another instant: RFC 3339, with the offset of
    /// the site's zone.
    pub starts_at: Option<String>,
    /// All of it, in one line: `mercredi 26 mai 2027, de 18 h à 20 h, Salle d’animation`.
    pub all: String,
}

/// When and where a session is held now.
#[derive(Debug, Clone, Copy)]
pub struct Appointment<'a> {
    /// The day.
    pub date: Date,
    /// When it begins, in the site's time zone.
    pub start: Time,
    /// When it ends.
    pub end: Time,
    /// The room.
    pub place: &'a str,
}

impl MovedView {
    /// From `former` to `now`; `None` when nothing is otherwise. A place that is only printed
    /// otherwise is no other.
    #[must_use]
    pub fn of(former: &Former, now: &Appointment<'_>, zone: &TimeZone, words: &Words) -> Option<Self> {
        let date = (former.date != now.date).then(|| words.date(former.date));
        let same_hours = (former.start, former.end) == (now.start, now.end);
        let hours = words.hours(former.start, former.end);
        let place = (french(&former.place) != french(now.place)).then(|| former.place.clone());
        if date.is_none() && same_hours && place.is_none() {
            return None;
        }
        let starts = zone.to_ambiguous_timestamp(former.date.to_datetime(former.start)).compatible().ok();
        let starts = starts.filter(|_| (former.date, former.start) != (now.date, now.start));
        let local = |at: jiff::Timestamp| at.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
        Some(Self {
            all: format!("{}, {hours}, {}", words.date(former.date).long, former.place),
            date,
            hours: (!same_hours).then_some(hours),
            place,
            starts_at: starts.map(local),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::diagnostics::text::Texts;

    #[test]
    fn only_what_is_otherwise_is_told() {
        let words = Words::new(&Arc::new(Texts::embedded()), "fr");
        let zone = TimeZone::get("Europe/Paris").unwrap();
        let former = Former {
            date: "2027-05-26".parse().unwrap(),
            start: "18:00".parse().unwrap(),
            end: "20:00".parse().unwrap(),
            place: "Salle d'animation".to_owned(),
            until: "2027-01-05T08:00:00Z".parse().unwrap(),
        };
        let now = Appointment { date: former.date, start: former.start, end: former.end, place: "Salle d’animation" };
        let moved = |now: Appointment<'_>| MovedView::of(&former, &now, &zone, &words);
        assert_eq!(moved(now), None, "a sign that is printed otherwise moves nobody");
        let day = moved(Appointment { date: "2027-06-02".parse().unwrap(), ..now }).unwrap();
        assert_eq!((&*day.date.unwrap().without_year, day.hours, day.place), ("mercredi 26 mai", None, None));
        assert_eq!(day.starts_at.as_deref(), Some("2027-05-26T18:00:00+02:00"));
        let longer = moved(Appointment { end: "21:00".parse().unwrap(), ..now }).unwrap();
        assert_eq!(longer.hours.as_deref(), Some("de 18\u{a0}h à 20\u{a0}h"));
        assert_eq!((longer.date, longer.starts_at), (None, None), "it begins when it did");
        let elsewhere = moved(Appointment { place: "Salle du parc", ..now }).unwrap();
        assert_eq!(elsewhere.place.as_deref(), Some("Salle d'animation"));
        assert!(elsewhere.all.starts_with("mercredi 26 mai 2027, de 18"), "{}", elsewhere.all);
    }
}
