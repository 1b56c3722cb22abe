//! The folder of the backups: how they are named, when the next one is due, which of them go.

use std::path::PathBuf;

use jiff::{
    SignedDuration, Timestamp, ToSpan,
    civil::{DateTime, time},
    tz::TimeZone,
};

use crate::settings::Every;

/// How the names of our backups begin and end.
const START: &str = "inscriptions-";
const END: &str = ".zip";
const ENCRYPTED: &str = ".zip.age";

/// The instant in a name.
const STAMP: &str = "%Y%m%dT%H%M%SZ";

/// The hour of the night at which a backup is made, where the site is.
const NIGHT: i8 = 3;

/// After one that failed, the next try comes this much later.
const AGAIN: SignedDuration = SignedDuration::from_hours(1);

/// When the next backup is due, after the last that was made and the last that failed.
pub(super) fn due(
    every: Every,
    (made, failed): (Option<Timestamp>, Option<Timestamp>),
    zone: &TimeZone,
    now: Timestamp,
) -> Timestamp {
    // A clock that was ahead made none that counts.
    let made = made.filter(|made| *made <= now);
    let again = failed.filter(|failed| *failed <= now && made.is_none_or(|made| made < *failed));
    let due = match (made, every) {
        (None, _) => now,
        (Some(made), Every::Hours(hours)) => later(made, SignedDuration::from_hours(hours.into())),
        (Some(made), Every::Night) => night_after(made, zone),
    };
    again.map_or(due, |failed| due.max(later(failed, AGAIN)))
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

fn night_after(made: Timestamp, zone: &TimeZone) -> Timestamp {
    let local = made.to_zoned(zone.clone()).datetime();
    let tonight = local.date().to_datetime(time(NIGHT, 0, 0, 0));
    let next = if tonight > local { Ok(tonight) } else { tonight.checked_add(1.day()) };
    let at = next.and_then(|next| zone.to_ambiguous_timestamp(next).compatible());
    at.unwrap_or(Timestamp::MAX)
}

/// The name of a backup of this instant.
#[must_use]
pub fn name_of(instant: Timestamp, encrypted: bool) -> String {
    format!("{START}{}{}", instant.strftime(STAMP), if encrypted { ENCRYPTED } else { END })
}

/// The instant of a backup of ours, by its name.
fn instant_of(name: &str) -> Option<Timestamp> {
    let stamp = name.strip_prefix(START)?;
    let stamp = stamp.strip_suffix(ENCRYPTED).or_else(|| stamp.strip_suffix(END))?;
    stamp_of(stamp)
}

/// The instant that a name was given.
pub(super) fn stamp_of(stamp: &str) -> Option<Timestamp> {
    Some(DateTime::strptime(STAMP, stamp).ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// An instant, as names hold it.
pub(super) fn stamp(instant: Timestamp) -> String {
    instant.strftime(STAMP).to_string()
}

/// Of the files of a folder, those of our backups that go: all but the `keep` newest, and whatever
/// is older than its term. While no other has been made, the newest stays: it is all that there is,
/// and whoever runs the server is told.
pub(super) fn outdated(files: Vec<PathBuf>, keep: usize, oldest: Timestamp) -> Vec<PathBuf> {
    let named = |path: PathBuf| Some((instant_of(path.file_name()?.to_str()?)?, path));
    let mut ours: Vec<_> = files.into_iter().filter_map(named).collect();
    ours.sort();
    let backups = ours.into_iter().rev().enumerate();
    backups.filter(|(nth, (at, _))| *nth > 0 && (*nth >= keep || *at < oldest)).map(|(_, (_, path))| path).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_night_comes_once_a_day_also_when_clocks_change() {
        let paris = TimeZone::get("Europe/Paris").unwrap();
        let due = |made: &str| due(Every::Night, (Some(at(made)), None), &paris, at("2027-12-31T12:00:00Z"));
        assert_eq!(due("2027-01-10T12:00:00Z"), at("2027-01-11T02:00:00Z"));
        assert_eq!(due("2027-01-10T02:00:00Z"), at("2027-01-11T02:00:00Z"));
        assert_eq!(due("2027-01-10T01:59:59Z"), at("2027-01-10T02:00:00Z"));
        assert_eq!(due("2027-03-27T12:00:00Z"), at("2027-03-28T01:00:00Z"), "three is the first hour of summer");
        assert_eq!(due("2027-10-30T12:00:00Z"), at("2027-10-31T02:00:00Z"));
    }

    #[test]
    fn one_that_failed_is_tried_again_in_an_hour() {
        let now = at("2027-01-10T12:00:00Z");
        let due = |made: Option<&str>, failed: Option<&str>| {
            due(Every::Hours(6), (made.map(at), failed.map(at)), &TimeZone::UTC, now)
        };
        assert_eq!(due(None, None), now);
        assert_eq!(due(None, Some("2027-01-10T11:30:00Z")), at("2027-01-10T12:30:00Z"));
        assert_eq!(due(Some("2027-01-10T05:00:00Z"), None), at("2027-01-10T11:00:00Z"));
        assert_eq!(due(Some("2027-01-10T05:00:00Z"), Some("2027-01-10T11:59:00Z")), at("2027-01-10T12:59:00Z"));
        assert_eq!(due(Some("2027-01-10T11:00:00Z"), Some("2027-01-10T10:00:00Z")), at("2027-01-10T17:00:00Z"));
        // A clock that was ahead.
        assert_eq!(due(Some("2031-01-01T00:00:00Z"), Some("2031-01-01T00:00:00Z")), now);
    }

    #[test]
    fn what_is_too_old_goes_and_what_is_not_ours_stays() {
        let days = ["01", "05", "20", "28", "29", "30"];
        let mut files: Vec<PathBuf> =
            days.iter().map(|day| name_of(at(&format!("2027-01-{day}T02:00:00Z")), *day == "20").into()).collect();
        files.extend(
            ["effacees", "inscriptions-hier.zip", "inscriptions-20270101T020000Z.zip.age.partiel"].map(PathBuf::from),
        );
        let gone = |keep, oldest: &str| {
            let gone = outdated(files.clone(), keep, at(oldest)).into_iter();
            gone.map(|path| path.display().to_string()[19..21].to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(gone(14, "2027-01-06T00:00:00Z"), ["05", "01"]);
        assert_eq!(gone(2, "2026-01-06T00:00:00Z"), ["28", "20", "05", "01"]);
        assert_eq!(gone(14, "2027-12-01T00:00:00Z"), ["29", "28", "20", "05", "01"], "the newest is all there is");
        assert_eq!(gone(0, "2026-01-06T00:00:00Z").len(), 5);
    }
}
