//! Dates and times as people type them, so that an error can quote the exact correction. Never used
//! to accept them.

use jiff::civil::{Date, Time, Weekday};

use super::names::slug;

/// The days of the week, as the content writes them.
pub(crate) const WEEKDAYS: &[(&str, Weekday)] = &[
    ("lundi", Weekday::Monday),
    ("mardi", Weekday::Tuesday),
    ("mercredi", Weekday::Wednesday),
    ("jeudi", Weekday::Thursday),
    ("vendredi", Weekday::Friday),
    ("samedi", Weekday::Saturday),
    ("dimanche", Weekday::Sunday),
];

/// Month names without accents: what is compared has lost its own.
const MONTHS: &[&str] = &[
    "janvier",
    "fevrier",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "aout",
    "septembre",
    "octobre",
    "novembre",
    "decembre",
];

/// `17/03/2027`, `17-3-27`, `17.03.2027`, `mercredi 17 mars 2027`, `1er avril 2027`, `2027/03/17`.
pub(crate) fn date(text: &str) -> Option<Date> {
    let plain = slug(text);
    let mut words: Vec<&str> = plain.split('-').filter(|word| !word.is_empty()).collect();
    if words.first().is_some_and(|word| WEEKDAYS.iter().any(|(name, _)| name == word)) {
        words.remove(0);
    }
    let [first, second, third] = words[..] else { return None };
    let month = match MONTHS.iter().position(|name| *name == second) {
        Some(index) => i8::try_from(index).ok()? + 1,
        None => second.parse().ok()?,
    };
    let (day, year) = if first.len() == 4 { (third, first) } else { (first, third) };
    let day = day.strip_suffix("er").unwrap_or(day).parse().ok()?;
    let year: i16 = year.parse().ok()?;
    Date::new(if year < 100 { year + 2000 } else { year }, month, day).ok()
}

/// `18h30`, `18 h 30`, `18h`, `18:30`, `18.30`, `1830`.
pub(crate) fn time(text: &str) -> Option<Time> {
    let digits: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    let stray = text.chars().any(|c| !(c.is_ascii_digit() || c.is_whitespace() || "hH:.minMIN".contains(c)));
    if stray {
        return None;
    }
    let (hour, minute) = match digits[..] {
        [hour] if hour.len() == 4 => hour.split_at(2),
        [hour] => (hour, "0"),
        [hour, minute] | [hour, minute, "00"] => (hour, minute),
        _ => return None,
    };
    Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

/// A date then a time, however they are joined.
pub(crate) fn date_time(text: &str) -> Option<(Date, Time)> {
    let text = text.replace(" à ", " ").replace(['T', 't'], " ");
    let splits = text.char_indices().filter(|(_, c)| c.is_whitespace()).map(|(at, _)| at);
    splits.into_iter().find_map(|at| Some((date(&text[..at])?, time(text[at..].trim())?)))
}

/// A time as TOML writes it.
pub(crate) fn toml_time(time: Time) -> String {
    format!("{:02}:{:02}:00", time.hour(), time.minute())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_forms_are_understood() {
        for text in ["17/03/2027", "17-3-27", "17.03.2027", "mercredi 17 mars 2027", "2027/03/17", "17 Mars 2027"] {
            assert_eq!(date(text).unwrap().to_string(), "2027-03-17", "{text}");
        }
        assert_eq!(date("1er août 2027").unwrap().to_string(), "2027-08-01");
        for text in ["18h30", "18 h 30", "18:30", "18.30", "1830", "18h30min"] {
            assert_eq!(toml_time(time(text).unwrap()), "18:30:00", "{text}");
        }
        assert_eq!(toml_time(time("18h").unwrap()), "18:00:00");
        let (date, time) = date_time("16/03/2027 à 12h").unwrap();
        assert_eq!((date.to_string(), toml_time(time)), ("2027-03-16".to_owned(), "12:00:00".to_owned()));
    }

    #[test]
    fn what_is_no_date_is_no_date() {
        for text in ["31/02/2027", "bientôt", "", "17/2027", "un/deux/trois"] {
            assert_eq!(date(text), None, "{text}");
        }
        for text in ["25h", "soir", "", "18h75", "-1h"] {
            assert_eq!(time(text), None, "{text}");
        }
    }
}
