//! Walks a spanned TOML table key by key, telling every problem of it: serde would stop at the
//! first.

use std::{borrow::Cow, cell::RefCell, ops::Range, sync::Arc};

use jiff::civil::{Date, DateTime, Time, Weekday};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::loose;
use crate::{
    content::typography::french,
    diagnostics::diagnostic::Diagnostic,
    model::{Fact, Id, Place},
};

/// What is written where nobody told a fact yet.
pub(crate) const TO_COMPLETE: &str = "à compléter";

/// Whether a text holds the mark of a missing fact.
pub(crate) fn is_missing(text: &str) -> bool {
    text.to_lowercase().contains(TO_COMPLETE)
}

/// The problems met so far in one file.
#[derive(Debug, Default)]
pub(crate) struct Problems(RefCell<Vec<Diagnostic>>);

impl Problems {
    pub(crate) fn push(&self, diagnostic: Diagnostic) {
        self.0.borrow_mut().push(diagnostic);
    }

    pub(crate) fn extend(&self, diagnostics: Vec<Diagnostic>) {
        self.0.borrow_mut().extend(diagnostics);
    }

    pub(crate) fn into_vec(self) -> Vec<Diagnostic> {
        self.0.into_inner()
    }
}

/// A table of TOML, read key by key. [`Record::finish`] tells the keys that nobody asked for.
pub(crate) struct Record<'a> {
    file: &'a Arc<str>,
    problems: &'a Problems,
    table: &'a DeTable<'a>,
    /// What to underline when a key is missing.
    span: Range<usize>,
    /// Bytes before the TOML in the file.
    offset: usize,
    /// Whether people read it in French.
    french: bool,
    known: RefCell<Vec<&'static str>>,
    missing: RefCell<Vec<&'static str>>,
}

type Value<'a> = &'a Spanned<DeValue<'a>>;

impl<'a> Record<'a> {
    pub(crate) fn new(
        file: &'a Arc<str>,
        problems: &'a Problems,
        table: &'a DeTable<'a>,
        span: Range<usize>,
        offset: usize,
        french: bool,
    ) -> Self {
        Self { file, problems, table, span, offset, french, known: RefCell::default(), missing: RefCell::default() }
    }

    /// The table as a whole.
    pub(crate) fn at(&self) -> Place {
        Place::new(self.file, self.span.clone())
    }

    /// Where a key's value is written, or the table when it is not.
    pub(crate) fn place_of(&self, key: &str) -> Place {
        self.table.get(key).map_or_else(|| self.at(), |value| self.place(&value.span()))
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Says that something is wrong in the value of `key`.
    pub(crate) fn problem(&self, key: &'static str, code: &'static str) -> Diagnostic {
        Diagnostic::error(code, self.place_of(key)).arg("cle", key)
    }

    pub(crate) fn push(&self, diagnostic: Diagnostic) {
        self.problems.push(diagnostic);
    }

    /// Tells every key that was never asked for, and those that are missing: a required key that
    /// was mistyped is one mistake, not two.
    pub(crate) fn finish(self) {
        let at = self.at();
        let known = self.known.into_inner();
        let mut missing = self.missing.into_inner();
        for key in self.table.keys() {
            let name: &str = key.get_ref();
            if known.contains(&name) {
                continue;
            }
            let span = key.span();
            let at = Place::new(self.file, span.start + self.offset..span.end + self.offset);
            let diagnostic = Diagnostic::error("cle-inconnue", at).arg("cle", name);
            self.problems.push(match closest(name, known.iter().copied()) {
                Some(near) => {
                    missing.retain(|key| *key != near);
                    diagnostic.arg("proposition", near).help("vouliez-vous-dire")
                }
                None => diagnostic.arg("connues", known.join(", ")),
            });
        }
        for key in missing {
            self.problems.push(Diagnostic::error("cle-manquante", at.clone()).arg("cle", key));
        }
    }

    /// What `read` makes of a key that must be there.
    pub(crate) fn required<T>(
        &self,
        key: &'static str,
        read: impl FnOnce(&Self, &'static str) -> Option<T>,
    ) -> Option<T> {
        self.require(key)?;
        read(self, key)
    }

    pub(crate) fn text(&self, key: &'static str) -> Option<String> {
        self.require(key).and_then(|value| self.as_text(key, value))
    }

    pub(crate) fn optional_text(&self, key: &'static str) -> Option<String> {
        self.get(key).and_then(|value| self.as_text(key, value))
    }

    /// A text that people read, as French is printed; what machines read is a [`text`](Self::text).
    pub(crate) fn prose(&self, key: &'static str) -> Option<String> {
        self.text(key).map(|text| self.printed(text))
    }

    pub(crate) fn optional_prose(&self, key: &'static str) -> Option<String> {
        self.optional_text(key).map(|text| self.printed(text))
    }

    pub(crate) fn fact(&self, key: &'static str) -> Option<Fact<String>> {
        self.text(key).map(to_fact)
    }

    pub(crate) fn prose_fact(&self, key: &'static str) -> Option<Fact<String>> {
        self.prose(key).map(to_fact)
    }

    pub(crate) fn optional_fact(&self, key: &'static str) -> Option<Fact<String>> {
        self.optional_text(key).map(to_fact)
    }

    pub(crate) fn optional_prose_fact(&self, key: &'static str) -> Option<Fact<String>> {
        self.optional_prose(key).map(to_fact)
    }

    pub(crate) fn id(&self, key: &'static str) -> Option<Id> {
        let text = self.text(key)?;
        let id = Id::new(&text);
        if id.is_none() {
            self.push(self.problem(key, "identifiant-invalide").arg("valeur", text));
        }
        id
    }

    pub(crate) fn optional_id(&self, key: &'static str) -> Option<Id> {
        self.has(key).then(|| self.id(key)).flatten().or_else(|| {
            self.know(key);
            None
        })
    }

    /// The ids of a list, each with where it is written; none when it is absent.
    pub(crate) fn ids(&self, key: &'static str) -> Vec<(Id, Place)> {
        let id = |item| {
            let text = self.as_text(key, item)?;
            let at = self.place(&item.span());
            let id = Id::new(&text);
            if id.is_none() {
                self.push(Diagnostic::error("identifiant-invalide", at.clone()).arg("valeur", text));
            }
            id.map(|id| (id, at))
        };
        self.list(key, "liste").into_iter().flatten().filter_map(id).collect()
    }

    pub(crate) fn flag(&self, key: &'static str) -> bool {
        self.flag_or(key, false)
    }

    /// The same, with what its absence means.
    pub(crate) fn flag_or(&self, key: &'static str, absent: bool) -> bool {
        let Some(value) = self.get(key) else { return absent };
        value.get_ref().as_bool().unwrap_or_else(|| {
            self.push(self.wrong_type(key, value, "booleen"));
            false
        })
    }

    /// A whole number within `range`.
    pub(crate) fn integer(&self, key: &'static str, range: Range<i64>) -> Option<i64> {
        let value = self.get(key)?;
        let limits = |problem: Diagnostic| problem.arg("min", range.start).arg("max", range.end - 1);
        let Some(integer) = value.get_ref().as_integer() else {
            self.push(limits(self.wrong_type(key, value, "entier")).help("entier-entre"));
            return None;
        };
        let number = i64::from_str_radix(integer.as_str(), integer.radix()).ok();
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            self.push(limits(self.problem(key, "hors-limites")));
        }
        number
    }

    /// A number of people.
    pub(crate) fn count(&self, key: &'static str) -> Option<u16> {
        self.integer(key, 1..1001).and_then(|number| number.try_into().ok())
    }

    pub(crate) fn number(&self, key: &'static str) -> Option<f64> {
        let value = self.get(key)?;
        let number = match value.get_ref() {
            DeValue::Integer(integer) => integer.as_str().parse().ok(),
            DeValue::Float(float) => float.as_str().parse().ok(),
            _ => None,
        };
        let number = number.filter(|number: &f64| number.is_finite());
        if number.is_none() {
            self.push(self.wrong_type(key, value, "nombre"));
        }
        number
    }

    pub(crate) fn date(&self, key: &'static str) -> Option<Date> {
        self.moment(key, "date", |moment| match (moment.date, moment.time, moment.offset) {
            (Some(date), None, None) => to_date(date),
            _ => None,
        })
    }

    pub(crate) fn time(&self, key: &'static str) -> Option<Time> {
        self.moment(key, "heure", |moment| match (moment.date, moment.time, moment.offset) {
            (None, Some(time), None) => to_time(time),
            _ => None,
        })
    }

    pub(crate) fn date_time(&self, key: &'static str) -> Option<DateTime> {
        self.moment(key, "date-heure", |moment| match (moment.date, moment.time, moment.offset) {
            (Some(date), Some(time), None) => Some(to_date(date)?.to_datetime(to_time(time)?)),
            _ => None,
        })
    }

    pub(crate) fn weekday(&self, key: &'static str) -> Option<Weekday> {
        let text = self.text(key)?.to_lowercase();
        let weekday = loose::WEEKDAYS.iter().find(|(name, _)| *name == text).map(|(_, weekday)| *weekday);
        if weekday.is_none() {
            self.push(self.unknown_name(key, &text, loose::WEEKDAYS.iter().map(|(name, _)| *name)));
        }
        weekday
    }

    /// One of a closed list of words.
    pub(crate) fn choice<T: Copy>(&self, key: &'static str, names: &'static [(&'static str, T)]) -> Option<T> {
        let text = self.optional_text(key)?;
        let found = names.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
        if found.is_none() {
            self.push(self.unknown_name(key, &text, names.iter().map(|(name, _)| *name)));
        }
        found
    }

    /// The items of a list, which an error calls a `kind`; `None` when it is absent or no list.
    fn list(&self, key: &'static str, kind: &'static str) -> Option<&'a [Spanned<DeValue<'a>>]> {
        let value = self.get(key)?;
        let array = value.get_ref().as_array();
        if array.is_none() {
            self.push(self.wrong_type(key, value, kind));
        }
        array.map(|array| &**array)
    }

    pub(crate) fn texts(&self, key: &'static str) -> Option<Vec<String>> {
        Some(self.list(key, "liste")?.iter().filter_map(|item| self.as_text(key, item)).collect())
    }

    /// Texts that people read.
    pub(crate) fn proses(&self, key: &'static str) -> Option<Vec<String>> {
        Some(self.texts(key)?.into_iter().map(|text| self.printed(text)).collect())
    }

    /// The table under a key.
    pub(crate) fn table(&self, key: &'static str) -> Option<Record<'a>> {
        let value = self.require(key)?;
        self.as_record(key, value)
    }

    /// The tables of `[[key]]`; none when it is absent.
    pub(crate) fn tables(&self, key: &'static str) -> Vec<Record<'a>> {
        self.list(key, "tableau").into_iter().flatten().filter_map(|item| self.as_record(key, item)).collect()
    }

    /// Every key with a text value, in the order of their names: for tables whose keys are data.
    pub(crate) fn entries(&self) -> Vec<(String, Place, String, Place)> {
        let mut entries = Vec::new();
        for (key, value) in self.table {
            let at_key = self.place(&key.span());
            match value.get_ref().as_str() {
                Some(text) => {
                    entries.push((key.get_ref().to_string(), at_key, text.to_owned(), self.place(&value.span())));
                }
                None => self.push(self.wrong_type("adresses", value, "texte")),
            }
        }
        entries
    }

    fn printed(&self, text: String) -> String {
        if !self.french {
            return text;
        }
        match french(&text) {
            Cow::Owned(printed) => printed,
            Cow::Borrowed(_) => text,
        }
    }

    fn know(&self, key: &'static str) {
        let mut known = self.known.borrow_mut();
        if !known.contains(&key) {
            known.push(key);
        }
    }

    fn get(&self, key: &'static str) -> Option<Value<'a>> {
        self.know(key);
        self.table.get(key)
    }

    fn require(&self, key: &'static str) -> Option<Value<'a>> {
        let value = self.get(key);
        if value.is_none() {
            self.missing.borrow_mut().push(key);
        }
        value
    }

    fn place(&self, span: &Range<usize>) -> Place {
        Place::new(self.file, span.start + self.offset..span.end + self.offset)
    }

    fn as_record(&self, key: &'static str, value: Value<'a>) -> Option<Record<'a>> {
        let Some(table) = value.get_ref().as_table() else {
            self.push(self.wrong_type(key, value, "tableau"));
            return None;
        };
        let span = self.place(&value.span()).span;
        Some(Self::new(self.file, self.problems, table, span, self.offset, self.french))
    }

    fn as_text(&self, key: &'static str, value: Value<'a>) -> Option<String> {
        let Some(text) = value.get_ref().as_str() else {
            self.push(self.wrong_type(key, value, "texte"));
            return None;
        };
        let at = self.place(&value.span());
        if text.trim().is_empty() {
            self.push(Diagnostic::error("texte-vide", at).arg("cle", key));
            return None;
        }
        if is_missing(text) {
            self.push(missing(at));
        }
        Some(text.to_owned())
    }

    fn moment<T>(
        &self,
        key: &'static str,
        kind: &'static str,
        convert: impl Fn(toml::value::Datetime) -> Option<T>,
    ) -> Option<T> {
        let value = self.get(key)?;
        let written = match value.get_ref() {
            DeValue::Datetime(moment) => {
                if let Some(converted) = convert(*moment) {
                    return Some(converted);
                }
                moment.to_string()
            }
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(integer) => integer.as_str().to_owned(),
            _ => String::new(),
        };
        self.push(moment_problem(key, kind, &written, self.place(&value.span())));
        None
    }

    fn wrong_type(&self, key: &str, value: Value<'_>, expected: &'static str) -> Diagnostic {
        Diagnostic::error("mauvais-type", self.place(&value.span()))
            .arg("cle", key)
            .arg("attendu", expected)
            .arg("recu", type_name(value.get_ref()))
    }

    fn unknown_name(
        &self,
        key: &'static str,
        text: &str,
        names: impl Iterator<Item = &'static str> + Clone,
    ) -> Diagnostic {
        let problem = self.problem(key, "mot-inconnu").arg("valeur", text);
        match closest(text, names.clone()) {
            Some(near) => problem.arg("proposition", near).help("vouliez-vous-dire"),
            None => problem.arg("connues", names.collect::<Vec<_>>().join(", ")),
        }
    }
}

/// A fact that nobody told yet: built all the same, but not fit for publication.
pub(crate) fn missing(at: Place) -> Diagnostic {
    Diagnostic::warning("a-completer", at).blocking_publication()
}

/// What is wrong with a date or a time, quoting the exact correction when the text can be
/// understood.
pub(crate) fn moment_problem(key: &str, kind: &'static str, written: &str, at: Place) -> Diagnostic {
    let correction = match kind {
        "date" => loose::date(written).map(|date| date.to_string()),
        "heure" => loose::time(written).map(loose::toml_time),
        _ => loose::date_time(written).map(|(date, time)| format!("{date}T{}", loose::toml_time(time))),
    };
    let problem = Diagnostic::error("moment-invalide", at).arg("cle", key).arg("nature", kind).arg("valeur", written);
    match correction {
        Some(correction) => problem.arg("proposition", correction).help("ecrivez"),
        None => problem,
    }
}

/// The word that was probably meant: near enough that a slip explains the difference.
pub fn closest<'n>(word: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let word = word.to_lowercase();
    names
        .map(|name| (strsim::damerau_levenshtein(&word, name), name))
        .filter(|(distance, name)| *distance <= 1 + name.chars().count() / 4)
        .min()
        .map(|(_, name)| name)
}

fn to_fact(text: String) -> Fact<String> {
    if is_missing(&text) { Fact::Missing } else { Fact::Known(text) }
}

fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "texte",
        DeValue::Integer(_) => "entier",
        DeValue::Float(_) => "nombre",
        DeValue::Boolean(_) => "booleen",
        DeValue::Datetime(_) => "date",
        DeValue::Array(_) => "liste",
        DeValue::Table(_) => "tableau",
    }
}

fn to_date(date: toml::value::Date) -> Option<Date> {
    Date::new(date.year.try_into().ok()?, date.month.try_into().ok()?, date.day.try_into().ok()?).ok()
}

fn to_time(time: toml::value::Time) -> Option<Time> {
    let second = time.second.unwrap_or(0).min(59);
    Time::new(time.hour.try_into().ok()?, time.minute.try_into().ok()?, second.try_into().ok()?, 0).ok()
}
