//! Signs that nobody sees and that nothing published may hold. XML forbids most of them, however
//! they are written: a feed or a picture with one is no feed and no picture. HTML forbids the
//! others.
//!
//! Sources: XML 1.0, 2.2 (<https://www.w3.org/TR/xml/#charsets>), which also advises against the
//! controls and noncharacters that it lets pass; HTML, 13.1.
//! (<https://html.spec.whatwg.org/multipage/syntax.html#text-2>).

use std::{ops::Range, sync::Arc};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::{diagnostics::diagnostic::Diagnostic, model::Place};

/// Whether a sign is a control that ends no line, or none that will ever stand for anything.
#[must_use]
pub fn is_unpublishable(sign: char) -> bool {
    let code = u32::from(sign);
    let control = sign.is_control() && !matches!(sign, '\t' | '\n' | '\r');
    control || code & 0xFFFE == 0xFFFE || (0xFDD0..=0xFDEF).contains(&code)
}

/// Each of them in a text, as it is typed.
pub(crate) fn typed(path: &Arc<str>, text: &str) -> Vec<Diagnostic> {
    let signs = text.char_indices().filter(|(_, sign)| is_unpublishable(*sign));
    signs.map(|(at, sign)| problem(path, at..at + sign.len_utf8(), sign)).collect()
}

/// Each of them that a text names, as HTML does (`&#1;`, `&#x1;`). The text begins `offset` bytes
/// into its file.
pub(crate) fn named(path: &Arc<str>, text: &str, offset: usize) -> Vec<Diagnostic> {
    let named = |(at, mark): (usize, &str)| {
        let (digits, _) = text[at + mark.len()..].split_once(';')?;
        let code = match digits.strip_prefix(['x', 'X']) {
            Some(digits) => u32::from_str_radix(digits, 16),
            None => digits.parse(),
        };
        let end = at + mark.len() + digits.len() + 1;
        Some((at + offset..end + offset, char::from_u32(code.ok()?)?))
    };
    told(path, text.match_indices("&#").filter_map(named))
}

/// Each of them that a message names, as Fluent does (`\u0001`, `\U000001`).
pub(crate) fn escaped(path: &Arc<str>, text: &str) -> Vec<Diagnostic> {
    let of_length = |mark: &'static str, length: usize| {
        text.match_indices(mark).filter_map(move |(at, _)| {
            let end = at + mark.len() + length;
            let code = u32::from_str_radix(text.get(at + mark.len()..end)?, 16).ok()?;
            Some((at..end, char::from_u32(code)?))
        })
    };
    told(path, of_length("\\u", 4).chain(of_length("\\U", 6)))
}

/// Each text of a table that holds one and does not show it, since it is written `\u0001`.
/// `source`: the table as it is written, `offset` bytes into its file.
pub(super) fn in_values(path: &Arc<str>, table: &DeTable<'_>, source: &str, offset: usize) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let mut values: Vec<&Spanned<DeValue<'_>>> = table.values().collect();
    while let Some(value) = values.pop() {
        match value.get_ref() {
            DeValue::String(text) => {
                let span = value.span();
                let shown = source.get(span.clone()).is_some_and(|written| written.contains(is_unpublishable));
                if let Some(sign) = text.chars().find(|sign| is_unpublishable(*sign)).filter(|_| !shown) {
                    problems.push(problem(path, span.start + offset..span.end + offset, sign));
                }
            }
            DeValue::Array(items) => values.extend(items.iter()),
            DeValue::Table(table) => values.extend(table.values()),
            _ => {}
        }
    }
    problems
}

fn told(path: &Arc<str>, signs: impl Iterator<Item = (Range<usize>, char)>) -> Vec<Diagnostic> {
    signs.filter(|(_, sign)| is_unpublishable(*sign)).map(|(span, sign)| problem(path, span, sign)).collect()
}

fn problem(path: &Arc<str>, span: Range<usize>, sign: char) -> Diagnostic {
    let code = format!("U+{:04X}", u32::from(sign));
    Diagnostic::error("signe-impubliable", Place::new(path, span)).arg("valeur", code)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every sign that XML 1.0 does not name in `Char` (2.2).
    #[test]
    fn what_xml_forbids_is_not_published() {
        let xml = |sign: char| matches!(sign, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}');
        assert!((char::MIN..=char::MAX).all(|sign| xml(sign) || is_unpublishable(sign)));
        assert!("Éloïse\u{a0}: «\u{202f}10 € » 👩‍👧 ليلى\u{feff}\r\n\t".chars().all(|sign| !is_unpublishable(sign)));
    }

    #[test]
    fn it_is_found_however_it_is_written() {
        let path: Arc<str> = "a.md".into();
        let places =
            |problems: Vec<Diagnostic>| problems.into_iter().map(|problem| problem.at.span).collect::<Vec<_>>();
        assert_eq!(places(typed(&path, "é\u{1}a\u{ffff}")), [2..3, 4..7]);
        assert_eq!(places(named(&path, "a &#1; &#x0B; &#233; &#xE9; &#; &#1", 10)), [12..16, 17..23]);
        assert_eq!(places(escaped(&path, "a = {\"\\u0007\"} {\"\\u00e9\"} \\U00FFFE")), [6..12, 26..34]);
    }
}
