//! The text of a file, before it means anything: its header, its body, and the errors of its TOML.

use std::{ops::Range, sync::Arc};

use super::{
    markdown,
    names::is_french,
    record::{Problems, moment_problem},
};
use crate::{
    diagnostics::diagnostic::Diagnostic,
    model::{Body, Place},
};

/// A file's text, and where its parts are.
pub(super) struct Source<'t> {
    pub(super) text: &'t str,
    pub(super) split: Split,
}

impl<'t> Source<'t> {
    pub(super) fn header(&self) -> &'t str {
        &self.text[self.split.toml.clone()]
    }

    pub(super) fn body(&self) -> &'t str {
        &self.text[self.split.body..]
    }

    pub(super) fn markdown(&self, path: &Arc<str>, problems: &Problems) -> Body {
        markdown::body(path, self.body(), self.split.body, is_french(path), problems)
    }
}

/// Where the header and the text of a Markdown file are.
pub(super) struct Split {
    pub(super) toml: Range<usize>,
    pub(super) body: usize,
}

pub(super) fn front_matter(path: &Arc<str>, text: &str, problems: &Problems) -> Option<Split> {
    let start = text.strip_prefix('\u{feff}').map_or(0, |_| '\u{feff}'.len_utf8());
    let mut lines = text[start..].split_inclusive('\n');
    let opening = lines.next().unwrap_or_default();
    if opening.trim_end() != "+++" {
        problems.push(Diagnostic::error("en-tete-manquant", Place::new(path, start..start + opening.trim_end().len())));
        return None;
    }
    let toml = start + opening.len();
    let mut at = toml;
    for line in lines {
        if line.trim_end() == "+++" {
            return Some(Split { toml: toml..at, body: at + line.len() });
        }
        at += line.len();
    }
    problems.push(Diagnostic::error("en-tete-ouvert", Place::new(path, start..start + 3)));
    None
}

/// The line of a text that has this byte.
pub(super) fn line_at(text: &str, at: usize) -> &str {
    let start = text[..text.floor_char_boundary(at)].rfind('\n').map_or(0, |newline| newline + 1);
    text[start..].lines().next().unwrap_or_default()
}

/// A TOML error, with the correction when the line is a date or a time that was typed the usual
/// way.
pub(super) fn toml_problem(path: &Arc<str>, text: &str, error: &toml::de::Error, offset: usize) -> Diagnostic {
    let span = error.span().unwrap_or(0..0);
    let (start, end) = (span.start + offset, span.end + offset);
    let line_start = text[..text.floor_char_boundary(start)].rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[line_start..].lines().next().unwrap_or_default();
    let at = Place::new(path, start..end.max(start + 1));
    if let Some((key, value)) = line.split_once('=') {
        let (key, value) = (key.trim(), value.trim());
        let kind = match key {
            "date" | "modifie_le" | "verifie_le" => Some("date"),
            "debut" | "fin" => Some("heure"),
            "inscription_ouvre" | "inscription_ferme" => Some("date-heure"),
            _ => None,
        };
        if let Some(kind) = kind {
            let column = line_start + line.find(value).unwrap_or(0);
            return moment_problem(key, kind, value, Place::new(path, column..column + value.len()));
        }
        let bare = value.starts_with(|c: char| c.is_alphabetic()) && !["true", "false"].contains(&value);
        if bare {
            let column = line_start + line.find(value).unwrap_or(0);
            let problem = Diagnostic::error("toml-guillemets", Place::new(path, column..column + value.len()));
            return problem.arg("proposition", format!("{key} = \"{}\"", value.trim_matches('"')));
        }
    }
    let duplicate = error.message().contains("duplicate");
    Diagnostic::error(if duplicate { "cle-en-double" } else { "toml-invalide" }, at).arg("detail", error.message())
}

/// A file that is not UTF-8, at its first bad byte.
pub(crate) fn not_utf8(path: &Arc<str>, error: &std::str::Utf8Error) -> Diagnostic {
    let at = error.valid_up_to();
    Diagnostic::error("utf8-invalide", Place::new(path, at..at + 1))
}
