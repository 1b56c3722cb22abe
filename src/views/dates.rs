//! Dates, hours and numbers in words: what ICU knows of a language, and the messages around it.

use std::sync::Arc;

use icu_datetime::{DateTimeFormatter, fieldsets, input};
use jiff::civil::{Date, Time};
use serde::Serialize;

use crate::diagnostics::text::{FluentValue, Texts};

/// A day, in the words of a language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DateView {
    /// `2027-03-17`.
    pub iso: String,
    /// `mercredi 17 mars 2027`.
    pub long: String,
    /// `mercredi 17 mars`.
    pub without_year: String,
    /// `17 mars 2027`.
    pub short: String,
    /// `17 mars`.
    pub day_month: String,
    /// `mercredi`.
    pub weekday: String,
    /// `17`.
    pub day: i8,
    /// `mars`.
    pub month: String,
    /// `2027`.
    pub year: i16,
}

/// Dates, times and numbers in the words of a language. Names of days and months come from the
/// Unicode CLDR; how they are put together, from the locale's messages.
#[derive(Debug, Clone)]
pub struct Words {
    texts: Arc<Texts>,
    lang: String,
    /// From Monday.
    weekdays: Vec<String>,
    /// From January.
    months: Vec<String>,
}

impl Words {
    /// The words of `lang`; an unknown language speaks French.
    #[must_use]
    pub fn new(texts: &Arc<Texts>, lang: &str) -> Self {
        let locale: icu_locale_core::Locale = lang.parse().unwrap_or(icu_locale_core::locale!("fr"));
        let weekday = DateTimeFormatter::try_new((&locale).into(), fieldsets::E::long());
        let month = DateTimeFormatter::try_new((&locale).into(), fieldsets::M::long());
        // 2024-01-01 was a Monday.
        let day = |month: u8, day: u8| input::Date::try_new_iso(2024, month, day).ok();
        let weekdays = (1..=7).filter_map(|d| Some(weekday.as_ref().ok()?.format(&day(1, d)?).to_string()));
        let months = (1..=12).filter_map(|m| Some(month.as_ref().ok()?.format(&day(m, 1)?).to_string()));
        Self { texts: Arc::clone(texts), lang: lang.to_owned(), weekdays: weekdays.collect(), months: months.collect() }
    }

    /// A message of the locale.
    #[must_use]
    pub fn text(&self, id: &str, args: &[(&str, FluentValue<'_>)]) -> String {
        self.texts.get(&self.lang, id, args)
    }

    /// A day.
    #[must_use]
    pub fn date(&self, date: Date) -> DateView {
        let weekday = self.weekday(date.weekday());
        let month = self.months.get(usize::from(date.month().unsigned_abs()) - 1).cloned().unwrap_or_default();
        let say = |id: &str| {
            let args = [
                ("weekday", FluentValue::from(weekday.as_str())),
                ("day", FluentValue::from(date.day())),
                ("month", FluentValue::from(month.as_str())),
                // As text: a year takes no thousands separator.
                ("year", FluentValue::from(date.year().to_string())),
            ];
            self.text(id, &args)
        };
        DateView {
            iso: date.to_string(),
            long: say("date-longue"),
            without_year: say("date-sans-annee"),
            short: say("date-courte"),
            day_month: say("date-jour-mois"),
            day: date.day(),
            year: date.year(),
            weekday,
            month,
        }
    }

    /// A day of the week.
    #[must_use]
    pub fn weekday(&self, weekday: jiff::civil::Weekday) -> String {
        let index = usize::from(weekday.to_monday_zero_offset().unsigned_abs());
        self.weekdays.get(index).cloned().unwrap_or_default()
    }

    /// `18 h`, `18 h 30`.
    #[must_use]
    pub fn time(&self, time: Time) -> String {
        let args = [
            ("hour", FluentValue::from(time.hour())),
            ("minutes", FluentValue::from(time.minute())),
            ("padded", FluentValue::from(format!("{:02}", time.minute()))),
        ];
        self.text("heure", &args)
    }

    /// `de 18 h à 20 h`.
    #[must_use]
    pub fn hours(&self, start: Time, end: Time) -> String {
        let args = [("start", self.time(start).into()), ("end", self.time(end).into())];
        self.text("horaire", &args)
    }

    /// A number as the language writes it, with its unit: `33,37 %`.
    #[must_use]
    pub fn quantity(&self, value: f64, unit: &str) -> String {
        let plain = value.to_string();
        let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
        let id = if fraction.is_empty() { "nombre-entier" } else { "nombre-decimal" };
        let number = self.text(id, &[("whole", whole.to_owned().into()), ("fraction", fraction.to_owned().into())]);
        if unit.is_empty() {
            number
        } else {
            self.text("quantite", &[("number", number.into()), ("unit", unit.into())])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_said_in_french_words() {
        let texts = Arc::new(Texts::embedded());
        let words = Words::new(&texts, "fr");
        let date = words.date(jiff::civil::date(2027, 3, 17));
        assert_eq!((date.long.as_str(), date.short.as_str()), ("mercredi 17 mars 2027", "17 mars 2027"));
        assert_eq!(words.date(jiff::civil::date(2027, 4, 1)).without_year, "jeudi 1er avril");
        assert_eq!(
            words.hours(jiff::civil::time(18, 0, 0, 0), jiff::civil::time(20, 30, 0, 0)),
            "de 18\u{a0}h à 20\u{a0}h\u{a0}30"
        );
        assert_eq!(words.quantity(33.37, "%"), "33,37\u{a0}%");
        assert_eq!(words.quantity(25.0, "%"), "25\u{a0}%");
    }

    #[test]
    fn dates_are_said_in_english_words() {
        let texts = Arc::new(Texts::embedded());
        let words = Words::new(&texts, "en");
        assert_eq!(words.date(jiff::civil::date(2027, 3, 17)).long, "Wednesday 17 March 2027");
        assert_eq!(words.quantity(33.37, "%"), "33.37%");
    }
}
