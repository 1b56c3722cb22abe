//! When what is kept of a session is erased, so that no mistake erases anything. A year that is
//! mistyped, a clock that was wrong once, a term that is shortened: each shows for days before it
//! does anything, and the team is told meanwhile.
//!
//! A running server notes, once a day, that it saw a session ended ([`Sightings`]). What is kept of
//! it is erased when it was seen so on seven days, its term is over, and the team was told two days
//! before at least. Days count as long as none is far from the one before: a stop over a long
//! weekend changes nothing, while a clock that jumps, and comes back, begins the seven days again.
//! So does another date.
//!
//! What a person asks to have erased is erased at once: this is about time alone.

use jiff::{SignedDuration, Timestamp, civil::Date};

/// On so many days a running server saw the session ended, before anything of it is erased.
const SEEN: u16 = 7;

/// From that day on the team may be told.
const TOLD_FROM: u16 = 5;

/// Whole days between telling the team and erasing, at least.
const NOTICE_DAYS: i64 = 2;

/// How many days before the term the team may be told: some of them are worked, so that the term is
/// kept to the day.
const TOLD_BEFORE_DAYS: i64 = 7;

/// The most days from one sighting to the next: from the Friday before a long weekend to the
/// Tuesday after it.
const LONGEST_STEP: i32 = 4;

/// What is known of the end of a session that ends at one instant. Of another instant, nothing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sightings {
    /// On how many days it was seen ended.
    pub days: u16,
    /// The last of them.
    pub last: Date,
    /// The day on which the team was told that what is kept is to be erased; `None`: it was not.
    pub announced: Option<Date>,
}

impl Sightings {
    /// With today's, which counts once. A clock that went back, or far ahead, begins again.
    #[must_use]
    pub fn noted(before: Option<Self>, today: Date) -> Self {
        match before {
            Some(before) if before.last == today => before,
            Some(before) if before.goes_on(today) => {
                Self { days: before.days.saturating_add(1), last: today, ..before }
            }
            _ => Self { days: 1, last: today, announced: None },
        }
    }

    /// Whether `today` follows what was seen.
    fn goes_on(&self, today: Date) -> bool {
        let step = today.since(self.last).map_or(i32::MIN, |span| span.get_days());
        (0..=LONGEST_STEP).contains(&step)
    }
}

/// What is to be done about what is kept of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Nothing yet.
    Nothing,
    /// The team is to be told that it will be erased.
    Announce,
    /// It is to be erased.
    Erase,
}

/// What is due at `now`, which is `today` where the site is, for a session that ends at `ends`,
/// when enrolments are kept for `retention_days` after it.
#[must_use]
pub fn due(ends: Timestamp, sightings: Option<Sightings>, retention_days: u16, now: Timestamp, today: Date) -> Due {
    let days = |count: i64| SignedDuration::from_hours(24 * count);
    let kept = now.duration_since(ends);
    let Some(seen) = sightings.filter(|seen| seen.goes_on(today) && !kept.is_negative()) else { return Due::Nothing };
    let term = days(retention_days.into());
    match seen.announced {
        None if seen.days >= TOLD_FROM && kept >= term.saturating_sub(days(TOLD_BEFORE_DAYS)) => Due::Announce,
        Some(day) if seen.days >= SEEN && kept >= term && is_told(day, today) => Due::Erase,
        _ => Due::Nothing,
    }
}

/// Whether the team was told long enough ago.
fn is_told(day: Date, today: Date) -> bool {
    today.since(day).is_ok_and(|span| i64::from(span.get_days()) >= NOTICE_DAYS)
}

#[cfg(test)]
mod tests {
    use jiff::{ToSpan, civil::date, tz::TimeZone};
    use proptest::prelude::*;

    use super::*;

    const TERM: u16 = 90;

    fn ends() -> Timestamp {
        "2027-03-17T19:00:00Z".parse().unwrap()
    }

    fn noon(day: Date) -> Timestamp {
        day.at(12, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp()
    }

    /// Lets these days go by, with a server that runs; on which of them something is due, and what.
    fn go_by(days: impl IntoIterator<Item = Date>, term: u16) -> Vec<(Date, Due)> {
        let mut seen = None;
        let mut found = Vec::new();
        for day in days {
            let now = noon(day);
            if now >= ends() {
                seen = Some(Sightings::noted(seen, day));
            }
            match due(ends(), seen, term, now, day) {
                Due::Nothing => {}
                Due::Announce => {
                    found.push((day, Due::Announce));
                    seen = seen.map(|seen| Sightings { announced: Some(day), ..seen });
                }
                Due::Erase => {
                    found.push((day, Due::Erase));
                    break;
                }
            }
        }
        found
    }

    fn every_day(from: Date) -> impl Iterator<Item = Date> {
        (0_i64..).map(move |n| from.checked_add(n.days()).unwrap())
    }

    #[test]
    fn what_is_kept_is_erased_after_its_term_and_the_team_knows_a_week_before() {
        let told = [(date(2027, 6, 9), Due::Announce), (date(2027, 6, 16), Due::Erase)];
        assert_eq!(go_by(every_day(date(2027, 3, 1)), TERM), told);
    }

    #[test]
    fn a_date_that_is_long_over_is_seen_for_seven_days_first() {
        let told = [(date(2028, 1, 5), Due::Announce), (date(2028, 1, 7), Due::Erase)];
        assert_eq!(go_by(every_day(date(2028, 1, 1)), TERM), told);
    }

    #[test]
    fn a_jump_begins_again_and_a_long_weekend_does_not() {
        let jump = every_day(date(2028, 1, 1)).take(6).chain(every_day(date(2028, 2, 1)));
        assert_eq!(go_by(jump, TERM)[1..], [(date(2028, 2, 5), Due::Announce), (date(2028, 2, 7), Due::Erase)]);
        let back = every_day(date(2029, 1, 1)).take(6).chain(every_day(date(2028, 1, 1)));
        assert_eq!(go_by(back, TERM)[1..], [(date(2028, 1, 5), Due::Announce), (date(2028, 1, 7), Due::Erase)]);
        let worked = every_day(date(2028, 1, 3)).filter(|day| day.weekday().to_monday_one_offset() <= 5);
        assert_eq!(go_by(worked, TERM), [(date(2028, 1, 7), Due::Announce), (date(2028, 1, 11), Due::Erase)]);
    }

    #[test]
    fn a_term_that_is_shortened_is_told_before_it_erases() {
        let mut seen = None;
        for day in every_day(date(2027, 3, 18)).take(30) {
            seen = Some(Sightings::noted(seen, day));
            assert_eq!(due(ends(), seen, TERM, noon(day), day), Due::Nothing);
        }
        let today = date(2027, 4, 17);
        assert_eq!(due(ends(), seen, 9, noon(today), today), Due::Announce);
    }

    proptest! {
        /// Whatever the clock says from one look to the next, nothing is erased that was not seen
        /// ended on seven days, each near the one before, after the term, and told two days before.
        #[test]
        fn nothing_is_erased_by_a_clock_that_lies(steps in prop::collection::vec(-900_i64..900, 1..40), calm in 0_usize..20) {
            let mut day = date(2027, 3, 18);
            let mut days = Vec::new();
            for step in steps {
                day = day.checked_add(step.days()).unwrap();
                days.push(day);
                days.extend(every_day(day).skip(1).take(calm % 4));
            }
            let found = go_by(days.iter().copied(), TERM);
            if let Some((erased, _)) = found.iter().find(|(_, what)| *what == Due::Erase) {
                let at = days.iter().position(|day| day == erased).unwrap();
                let seen: std::collections::BTreeSet<Date> = days[..=at].iter().copied().collect();
                prop_assert!(seen.len() >= usize::from(SEEN));
                prop_assert!(noon(*erased) >= ends().checked_add(SignedDuration::from_hours(24 * 90)).unwrap());
                prop_assert!(found.iter().any(|(told, what)| *what == Due::Announce && is_told(*told, *erased)));
            }
            // And once the clock is calm, everything is erased at last.
            let end = *days.last().unwrap();
            let calm = go_by(days.into_iter().chain(every_day(end).skip(1).take(1_100)), TERM);
            prop_assert!(calm.iter().any(|(_, what)| *what == Due::Erase) || noon(end.checked_add(1_000.days()).unwrap()) < ends());
        }
    }
}
