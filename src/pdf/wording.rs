//! What the printed words say that cannot be true, or is not known yet.

use jiff::civil::{Date, Weekday};

use super::fault::Fault;
use crate::{content::parse::is_missing, diagnostics::text::Texts, views::Words};

/// The names of the days and the months of a language, in small letters.
#[derive(Debug)]
pub(super) struct Names {
    weekdays: Vec<(String, Weekday)>,
    months: Vec<String>,
}

impl Names {
    pub(super) fn new(lang: &str) -> Self {
        let words = Words::new(&std::sync::Arc::new(Texts::embedded()), lang);
        let days = Weekday::Monday.cycle_forward().take(7);
        let month = |month: i8| words.date(jiff::civil::date(2024, month, 1)).month.to_lowercase();
        Self {
            weekdays: days.map(|day| (words.weekday(day).to_lowercase(), day)).collect(),
            months: (1..=12).map(month).collect(),
        }
    }

    fn weekday(&self, word: &str) -> Option<Weekday> {
        self.weekdays.iter().find(|(name, _)| name == word).map(|(_, day)| *day)
    }

    fn month(&self, word: &str) -> Option<i8> {
        let at = self.months.iter().position(|name| name == word)?;
        i8::try_from(at + 1).ok()
    }

    fn name(&self, weekday: Weekday) -> &str {
        self.weekdays.iter().find(|(_, day)| *day == weekday).map_or("", |(name, _)| name)
    }
}

/// What is wrong with the words of a sheet, in the order in which they are read.
pub(super) fn faults(text: &str, names: &Names) -> Vec<Fault> {
    let words: Vec<String> = text.split(apart).filter(|word| !word.is_empty()).map(str::to_owned).collect();
    let mut faults = missing(text);
    // Elements that follow each other are lines of the text: a weekday in one and its day in the
    // next are read as one date.
    for four in words.windows(4) {
        let small: Vec<String> = four.iter().map(|word| word.to_lowercase()).collect();
        let Some(said) = names.weekday(&small[0]) else { continue };
        let Some((day, month, year)) = day(&small[1]).zip(names.month(&small[2])).zip(year(&small[3])).map(flat) else {
            // Without its year, a date has no weekday.
            continue;
        };
        let text = four.join(" ");
        match Date::new(year, month, day) {
            Err(_) => faults.push(Fault::NoSuchDay { text }),
            Ok(date) if date.weekday() != said => {
                faults.push(Fault::Weekday { text, right: names.name(date.weekday()).to_owned() });
            }
            Ok(_) => {}
        }
    }
    faults
}

/// Every line that holds the mark of a fact that nobody told; when it is broken between two lines,
/// both.
fn missing(text: &str) -> Vec<Fault> {
    let plain = |text: &str| text.split(blank).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let lines: Vec<String> = text.lines().map(plain).filter(|line| !line.is_empty()).collect();
    let found: Vec<&String> = lines.iter().filter(|line| is_missing(line)).collect();
    if !found.is_empty() {
        return found.into_iter().map(|line| Fault::Missing { text: line.clone() }).collect();
    }
    let pairs = lines.windows(2).map(|pair| pair.join(" "));
    pairs.filter(|pair| is_missing(pair)).map(|text| Fault::Missing { text }).collect()
}

/// No-break spaces are blanks of the Unicode standard; marks that nobody sees are not.
fn blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200b}' | '\u{ad}')
}

fn apart(c: char) -> bool {
    !c.is_alphanumeric()
}

fn flat(((day, month), year): ((i8, i8), i16)) -> (i8, i8, i16) {
    (day, month, year)
}

/// `17`, `1er`.
fn day(word: &str) -> Option<i8> {
    let digits = word.trim_end_matches(|c: char| c.is_alphabetic());
    let ordinal = word.len() - digits.len() <= 3;
    digits.parse().ok().filter(|day| ordinal && (1..=31).contains(day))
}

fn year(word: &str) -> Option<i16> {
    word.parse().ok().filter(|year| word.len() == 4 && (1900..=2999).contains(year))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<Fault> {
        faults(text, &Names::new("fr"))
    }

    #[test]
    fn a_weekday_that_is_right_is_let_through() {
        for text in
            ["mercredi 17 mars 2027", "Jeudi 1er avril 2027 à 18 h", "mercredi\n17\nmars\n2027", "mardi 17 mars"]
        {
            assert_eq!(told(text), [], "{text}");
        }
    }

    #[test]
    fn a_weekday_that_is_wrong_is_told_with_the_right_one() {
        for text in ["mardi 17 mars 2027", "MARDI\u{a0}17\u{a0}MARS\u{a0}2027.", "Salle 3\nmardi\n17\nmars\n2027\n18 h"]
        {
            let [Fault::Weekday { right, .. }] = &told(text)[..] else { panic!("{text}") };
            assert_eq!(right, "mercredi");
        }
        let [Fault::Weekday { text, .. }] = &told("le mardi, 17 mars 2027")[..] else { panic!() };
        assert_eq!(text, "mardi 17 mars 2027");
    }

    #[test]
    fn other_languages_have_their_names() {
        let names = Names::new("en");
        assert_eq!(faults("Wednesday 17 March 2027", &names), []);
        assert_eq!(faults("Tuesday 17 March 2027", &names).len(), 1);
    }

    #[test]
    fn a_day_that_no_month_has_is_told() {
        assert_eq!(told("mardi 31 février 2027"), [Fault::NoSuchDay { text: "mardi 31 février 2027".into() }]);
    }

    #[test]
    fn a_missing_fact_is_found_however_it_is_written() {
        for text in [
            "Tél. : à compléter",
            "À COMPLÉTER",
            "à\u{a0}compléter",
            "à\u{202f}\u{200b}compléter",
            "Salle à\ncompléter",
        ] {
            assert!(matches!(told(text)[..], [Fault::Missing { .. }]), "{text}");
        }
        assert_eq!(told("un dossier complet, à compter de mardi"), []);
        assert_eq!(told("Tél. : à compléter\nSalle 3"), [Fault::Missing { text: "Tél. : à compléter".into() }]);
    }
}
