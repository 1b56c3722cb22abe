//! What the handler has to say to people, kept as a Fluent id and its values until somebody reads
//! it: the core knows neither French nor English, and a test can compare what is said without
//! comparing prose.

use entreparentaise::diagnostics::text::{FluentValue, Texts};

/// A message of `locales/<lang>/inscription.ftl`, not yet in any language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase {
    /// The Fluent message.
    pub id: &'static str,
    /// Its arguments, by name.
    pub args: Vec<(&'static str, Argument)>,
}

/// An argument of a message. Counts are apart: words agree with them ("1 place", "2 places").
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Argument {
    /// Shown as it is.
    Text(String),
    /// A count.
    Count(usize),
    /// Another message, in the same language.
    Phrase(Box<Phrase>),
}

impl Phrase {
    /// A message without values.
    #[must_use]
    pub fn new(id: &'static str) -> Self {
        Self { id, args: Vec::new() }
    }

    /// The same message with one more value.
    #[must_use]
    #[allow(clippy::needless_pass_by_value)] // `path.display()` and errors are given as they come.
    pub fn with(mut self, name: &'static str, value: impl std::fmt::Display) -> Self {
        self.args.push((name, Argument::Text(value.to_string())));
        self
    }

    /// The same message with one more count.
    #[must_use]
    pub fn count(mut self, name: &'static str, value: usize) -> Self {
        self.args.push((name, Argument::Count(value)));
        self
    }

    /// The same message with another one inside.
    #[must_use]
    pub fn nested(mut self, name: &'static str, phrase: Phrase) -> Self {
        self.args.push((name, Argument::Phrase(Box::new(phrase))));
        self
    }

    /// The words, in `lang`.
    #[must_use]
    pub fn text(&self, texts: &Texts, lang: &str) -> String {
        let argument = |argument: &'_ Argument| match argument {
            Argument::Text(text) => FluentValue::from(text.clone()),
            Argument::Count(count) => FluentValue::from(*count),
            Argument::Phrase(phrase) => FluentValue::from(phrase.text(texts, lang)),
        };
        let args: Vec<(&str, FluentValue<'_>)> =
            self.args.iter().map(|(name, given)| (*name, argument(given))).collect();
        texts.get(lang, self.id, &args)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_agree_with_counts() {
        let phrase = |most| Phrase::new("champ-places-limite").count("limite", most).text(&Texts::embedded(), "fr");
        assert!(phrase(1).ends_with("1 place."), "{}", phrase(1));
        assert!(phrase(2).ends_with("2 places."), "{}", phrase(2));
    }
}
