//! What the handler has to say to people, kept as a Fluent id and its values until somebody reads it: the core knows
//! neither French nor English, and a test can compare what is said without comparing prose.

use entreparentaise::text::{FluentValue, Texts};

/// A message of `locales/<lang>/inscription.ftl`, not yet in any language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The Fluent message.
    pub id: &'static str,
    /// Its values, by name.
    pub args: Vec<(&'static str, String)>,
}

impl Said {
    /// A message without values.
    #[must_use]
    pub fn new(id: &'static str) -> Self {
        Self { id, args: Vec::new() }
    }

    /// The same message with one more value.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.args.push((name, value.to_string()));
        self
    }

    /// The words, in `lang`.
    #[must_use]
    pub fn text(&self, texts: &Texts, lang: &str) -> String {
        let args: Vec<(&str, FluentValue<'_>)> =
            self.args.iter().map(|(name, value)| (*name, FluentValue::from(value.as_str()))).collect();
        texts.get(lang, self.id, &args)
    }
}
