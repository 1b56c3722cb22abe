//! Problems as data, so that all of them are told at once ([`crate::report`] tells them).
//!
//! A problem names its message (a Fluent id) and its arguments; words come at the end, in the
//! reader's language. The message `<code>-aide`, when the locale has one, says what to write
//! instead.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::{
    diagnostics::text::{FluentValue, Texts},
    model::Place,
};

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Severity {
    /// Nothing is built.
    Error,
    /// Built all the same.
    Warning,
}

/// A problem: where, what, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// How bad.
    pub severity: Severity,
    /// The Fluent id of the message.
    pub code: Cow<'static, str>,
    /// The message's arguments.
    pub args: Vec<(Cow<'static, str>, String)>,
    /// The Fluent id of the help, when it is not `<code>-aide`.
    pub help: Option<Cow<'static, str>>,
    /// Where.
    pub at: Place,
    /// Whether the site may not be published with it: a fact still missing, an example date.
    pub blocks_publication: bool,
}

impl Diagnostic {
    /// An error at `at`.
    #[must_use]
    pub fn error(code: impl Into<Cow<'static, str>>, at: Place) -> Self {
        Self {
            severity: Severity::Error,
            code: code.into(),
            args: Vec::new(),
            help: None,
            at,
            blocks_publication: true,
        }
    }

    /// A warning at `at`.
    #[must_use]
    pub fn warning(code: &'static str, at: Place) -> Self {
        Self { severity: Severity::Warning, blocks_publication: false, ..Self::error(code, at) }
    }

    /// The same, built all the same.
    #[must_use]
    pub fn mere_warning(self) -> Self {
        Self { severity: Severity::Warning, blocks_publication: false, ..self }
    }

    /// Refused by `check --publication`.
    #[must_use]
    pub fn blocking_publication(self) -> Self {
        Self { blocks_publication: true, ..self }
    }

    /// With an argument for its message.
    #[must_use]
    #[allow(clippy::needless_pass_by_value, reason = "numbers, ids and texts alike, as they come")]
    pub fn arg(mut self, name: &'static str, value: impl ToString) -> Self {
        self.args.push((name.into(), value.to_string()));
        self
    }

    /// With another help than `<code>-aide`.
    #[must_use]
    pub fn help(self, id: &'static str) -> Self {
        Self { help: Some(id.into()), ..self }
    }

    /// The message, in `lang`.
    #[must_use]
    pub fn message(&self, texts: &Texts, lang: &str) -> String {
        texts.get(lang, &self.code, &self.fluent_args())
    }

    /// What to do, in `lang`, when there is something to say.
    #[must_use]
    pub fn advice(&self, texts: &Texts, lang: &str) -> Option<String> {
        let default = format!("{}-aide", self.code);
        let id = self.help.as_deref().unwrap_or(&default);
        let text = texts.get(lang, id, &self.fluent_args());
        (text != id).then_some(text)
    }

    fn fluent_args(&self) -> Vec<(&str, FluentValue<'_>)> {
        // Numbers choose their plural; a text that is not written as one stays as it is.
        let value = |value: &'_ str| match value.parse::<u64>() {
            Ok(number) if number.to_string() == value => FluentValue::from(number),
            _ => FluentValue::from(value.to_owned()),
        };
        self.args.iter().map(|(name, text)| (&**name, value(text))).collect()
    }
}

/// Sorts by file and place, and removes what was said twice.
pub fn sort(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by(|a, b| {
        (&a.at.file, a.at.span.start, a.severity, &a.code, &a.args).cmp(&(
            &b.at.file,
            b.at.span.start,
            b.severity,
            &b.code,
            &b.args,
        ))
    });
    diagnostics.dedup();
}

/// Whether any of them is an error.
#[must_use]
pub fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
}
