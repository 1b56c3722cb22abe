//! Problems as data, so that all of them are told at once; and their two forms, for people and for programs.
//!
//! A problem names its message (a Fluent id) and its arguments; words come at the end, in the reader's language. The
//! message `<code>-aide`, when the locale has one, says what to write instead.

use std::{borrow::Cow, ops::Range};

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet, renderer::DecorStyle};
use serde_json::json;

use crate::{
    model::Place,
    sources::Sources,
    text::{FluentValue, Texts},
};

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is built.
    Error,
    /// Built all the same.
    Warning,
}

/// A problem: where, what, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad.
    pub severity: Severity,
    /// The Fluent id of the message.
    pub code: &'static str,
    /// The message's arguments.
    pub args: Vec<(&'static str, String)>,
    /// The Fluent id of the help, when it is not `<code>-aide`.
    pub help: Option<&'static str>,
    /// Where.
    pub at: Place,
    /// Whether the site may not be published with it: a fact still missing, an example date.
    pub blocks_publication: bool,
}

impl Diagnostic {
    /// An error at `at`.
    #[must_use]
    pub fn error(code: &'static str, at: Place) -> Self {
        Self { severity: Severity::Error, code, args: Vec::new(), help: None, at, blocks_publication: true }
    }

    /// A warning at `at`.
    #[must_use]
    pub fn warning(code: &'static str, at: Place) -> Self {
        Self { severity: Severity::Warning, blocks_publication: false, ..Self::error(code, at) }
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
        self.args.push((name, value.to_string()));
        self
    }

    /// With another help than `<code>-aide`.
    #[must_use]
    pub fn help(self, id: &'static str) -> Self {
        Self { help: Some(id), ..self }
    }

    /// The message, in `lang`.
    #[must_use]
    pub fn message(&self, texts: &Texts, lang: &str) -> String {
        texts.get(lang, self.code, &self.fluent_args())
    }

    /// What to do, in `lang`, when there is something to say.
    #[must_use]
    pub fn advice(&self, texts: &Texts, lang: &str) -> Option<String> {
        let default = format!("{}-aide", self.code);
        let id = self.help.unwrap_or(&default);
        let text = texts.get(lang, id, &self.fluent_args());
        (text != id).then_some(text)
    }

    fn fluent_args(&self) -> Vec<(&str, FluentValue<'_>)> {
        self.args.iter().map(|(name, value)| (*name, FluentValue::from(value.as_str()))).collect()
    }
}

/// Sorts by file and place, and removes what was said twice.
pub fn sort(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by(|a, b| {
        (&a.at.file, a.at.span.start, a.severity, a.code, &a.args).cmp(&(
            &b.at.file,
            b.at.span.start,
            b.severity,
            b.code,
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

/// Tells diagnostics to somebody, or to something.
#[derive(Debug, Clone, Copy)]
pub struct Reporter<'a> {
    /// The words.
    pub texts: &'a Texts,
    /// The reader's language.
    pub lang: &'a str,
    /// The sources that the diagnostics speak of.
    pub sources: &'a Sources,
    /// Whether the terminal shows colours.
    pub colour: bool,
}

impl Reporter<'_> {
    /// For people: `file:line:column`, the source line underlined, and what to write instead.
    #[must_use]
    pub fn human(&self, diagnostic: &Diagnostic) -> String {
        let texts = self.texts;
        let word = |id: &str| texts.get(self.lang, id, &[]);
        let level = match diagnostic.severity {
            Severity::Error => Level::ERROR.with_name(word("niveau-erreur")),
            Severity::Warning => Level::WARNING.with_name(word("niveau-avertissement")),
        };
        let file: &str = &diagnostic.at.file;
        let title = level.primary_title(diagnostic.message(texts, self.lang));
        let source = self.source(file);
        let mut group = match source.as_deref() {
            Some(source) => Group::with_title(title).element(
                Snippet::source(source)
                    .path(file)
                    .annotation(AnnotationKind::Primary.span(visible_span(source, &diagnostic.at.span))),
            ),
            None => Group::with_title(title).element(Origin::path(if file.is_empty() { "." } else { file })),
        };
        if let Some(advice) = diagnostic.advice(texts, self.lang) {
            group = group.element(Level::HELP.with_name(word("niveau-aide")).message(advice));
        }
        let renderer = if self.colour { Renderer::styled() } else { Renderer::plain() };
        renderer.decor_style(DecorStyle::Unicode).render(&[group])
    }

    /// For programs: one JSON object on one line.
    #[must_use]
    pub fn json(&self, diagnostic: &Diagnostic) -> String {
        let (line, column) = self.position(&diagnostic.at);
        json!({
            "type": "diagnostic",
            "niveau": match diagnostic.severity { Severity::Error => "erreur", Severity::Warning => "avertissement" },
            "code": diagnostic.code,
            "fichier": &*diagnostic.at.file,
            "ligne": line,
            "colonne": column,
            "message": diagnostic.message(self.texts, self.lang),
            "aide": diagnostic.advice(self.texts, self.lang),
            "bloque_publication": diagnostic.blocks_publication,
        })
        .to_string()
    }

    /// The file as it can be shown: up to its first bad byte, offsets are those of the file.
    fn source(&self, file: &str) -> Option<Cow<'_, str>> {
        self.sources.get(file).map(|file| String::from_utf8_lossy(&file.bytes))
    }

    /// Line and column of a place, from 1, the column in characters.
    #[must_use]
    pub fn position(&self, at: &Place) -> (usize, usize) {
        let Some(source) = self.source(&at.file) else { return (1, 1) };
        let before = &source[..source.floor_char_boundary(at.span.start.min(source.len()))];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (before.bytes().filter(|byte| *byte == b'\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}

/// The span cut to what can be underlined: inside the file, on character boundaries, on its first line only.
fn visible_span(source: &str, span: &Range<usize>) -> Range<usize> {
    let start = source.floor_char_boundary(span.start.min(source.len()));
    let end = source.ceil_char_boundary(span.end.clamp(start, source.len()));
    let first_line = source[start..end].find('\n').map_or(end, |newline| start + newline);
    start..first_line
}
