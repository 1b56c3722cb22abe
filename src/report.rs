//! Tells problems: to people, with the source line underlined, and to programs, as JSON lines.

use std::{borrow::Cow, ops::Range};

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet, renderer::DecorStyle};
use serde_json::json;

use crate::{
    assets::MEDIA,
    content::sources::Sources,
    diagnostics::{
        diagnostic::{Diagnostic, Severity},
        text::Texts,
    },
    model::Place,
};

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

    /// The file as it can be shown: up to its first bad byte, offsets are those of the file. A
    /// picture cannot.
    fn source(&self, file: &str) -> Option<Cow<'_, str>> {
        self.sources.get(file).filter(|_| !file.starts_with(MEDIA)).map(|file| String::from_utf8_lossy(file.bytes()))
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

/// The span cut to what can be underlined: inside the file, on character boundaries, on its first
/// line only.
fn visible_span(source: &str, span: &Range<usize>) -> Range<usize> {
    let start = source.floor_char_boundary(span.start.min(source.len()));
    let end = source.ceil_char_boundary(span.end.clamp(start, source.len()));
    let first_line = source[start..end].find('\n').map_or(end, |newline| start + newline);
    start..first_line
}
