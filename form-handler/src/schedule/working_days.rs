//! Days on which the team works: Monday to Friday, but for the public holidays of metropolitan
//! France (Code du travail, L3133-1).

use jiff::{ToSpan, civil::Date};

/// Holidays with a date of their own: month, day.
const FIXED: &[(i8, i8)] = &[(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)];

/// Holidays that follow Easter Sunday: Easter Monday, Ascension Day, Whit Monday; in days after it.
const AFTER_EASTER: &[i64] = &[1, 39, 50];

/// Whether the team works on this day.
#[must_use]
pub fn is_worked(day: Date) -> bool {
    day.weekday().to_monday_one_offset() <= 5 && !is_holiday(day)
}

fn is_holiday(day: Date) -> bool {
    let moves = || {
        let easter = computus::gregorian_jiff_date(day.year().into()).ok()?;
        Some(AFTER_EASTER.iter().any(|days| easter.checked_add(days.days()).is_ok_and(|holiday| holiday == day)))
    };
    FIXED.contains(&(day.month(), day.day())) || moves().unwrap_or(false)
}

/// The day that is so many worked days before `day`.
#[must_use]
pub fn before(day: Date, worked: u8) -> Date {
    let (mut found, mut left) = (day, worked);
    while left > 0 {
        let Ok(yesterday) = found.yesterday() else { return found };
        found = yesterday;
        left -= u8::from(is_worked(found));
    }
    found
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_wednesdays_minimum_is_asked_the_friday_before() {
        assert_eq!(before(date(2027, 3, 17), 3), date(2027, 3, 12));
        assert_eq!(before(date(2027, 3, 17), 0), date(2027, 3, 17));
    }

    #[test]
    fn nobody_works_on_a_public_holiday() {
        // Easter is on 28 March 2027, Ascension Day on 6 May, Whit Monday on 17 May
        // (service-public.fr, "Jours fériés").
        for holiday in [
            date(2027, 1, 1),
            date(2027, 3, 29),
            date(2027, 5, 1),
            date(2027, 5, 6),
            date(2027, 5, 8),
            date(2027, 5, 17),
            date(2027, 7, 14),
            date(2027, 8, 15),
            date(2027, 11, 1),
            date(2027, 11, 11),
            date(2027, 12, 25),
        ] {
            assert!(!is_worked(holiday), "{holiday}");
        }
        assert!(is_worked(date(2027, 3, 26)), "Good Friday is worked");
        // Wednesday 19 May 2027, after Whit Monday: Tuesday, Friday, Thursday.
        assert_eq!(before(date(2027, 5, 19), 3), date(2027, 5, 13));
    }
}
