//! The typography of French, put where people wrote with a keyboard: no-break spaces around the signs that have one, in numbers,
//! hours and dates; apostrophes, dashes, ellipses and quotation marks. A text that is right already is left as it is, so that nothing
//! is ever done twice.
//!
//! Quotation marks are paired first ([`quotes`]), then other signs put right ([`signs`]), then the spaces around them ([`spaces`]); none
//! of the three reads what a later one changes. Addresses are left alone by all.

mod quotes;
mod run;
mod signs;
mod spaces;
mod template;
#[cfg(test)]
mod tests;

use std::{borrow::Cow, ops::Range};

pub(crate) use self::run::Run;
pub use self::template::{Shift, Typeset, template};

/// Around guillemets, before a colon, in numbers.
const NO_BREAK: char = '\u{a0}';
/// Before `;`, `?` and `!`, as French printers have it: every face of `templates/assets/fonts` has the glyph, at three fifths of a
/// space. Were one of them to lack it, a browser would take it from another font, of another width: then U+00A0 belongs here.
const NARROW: char = '\u{202f}';
/// Something that is not told: a value, a piece of code, a picture. It counts as a letter for what stands beside it.
pub(crate) const OBJECT: char = '\u{fffc}';
/// A tag: what precedes is seen through it, what follows may be something else.
const TAG: char = '\u{fffb}';

/// Bytes to replace, and by what.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Edit {
    at: Range<usize>,
    with: &'static str,
}

impl Edit {
    /// How many bytes longer the text becomes.
    fn grows(&self) -> isize {
        self.with.len().cast_signed() - self.at.len().cast_signed()
    }
}

/// `text` as French is printed.
///
/// ```
/// use entreparentaise::typography::french;
/// assert_eq!(french("Qu'est-ce ?"), "Qu’est-ce\u{202f}?");
/// assert_eq!(french("Voir https://exemple.fr/?a=1"), "Voir https://exemple.fr/?a=1");
/// ```
#[must_use]
pub fn french(text: &str) -> Cow<'_, str> {
    STEPS.iter().fold(Cow::Borrowed(text), |text, step| match step(&text) {
        edits if edits.is_empty() => text,
        edits => Cow::Owned(apply(&text, &edits)),
    })
}

const STEPS: [fn(&str) -> Vec<Edit>; 3] = [quotes::edits, signs::edits, spaces::edits];

/// What [`french`] changes in `text`, in order.
fn edits(text: &str) -> Vec<Edit> {
    let mut text = Cow::Borrowed(text);
    let mut all = Vec::new();
    for step in STEPS {
        let edits = step(&text);
        if !edits.is_empty() {
            text = Cow::Owned(apply(&text, &edits));
            all = compose(all, edits);
        }
    }
    all
}

/// The edits of a text, then those of what came out of it, as edits of the first: both touch different bytes.
fn compose(first: Vec<Edit>, then: Vec<Edit>) -> Vec<Edit> {
    let mut composed = Vec::with_capacity(first.len() + then.len());
    let mut first = first.into_iter().peekable();
    let mut grown = 0;
    for edit in then {
        while let Some(before) =
            first.next_if(|before| before.at.end.saturating_add_signed(grown + before.grows()) <= edit.at.start)
        {
            grown += before.grows();
            composed.push(before);
        }
        let at = edit.at.start.saturating_add_signed(-grown)..edit.at.end.saturating_add_signed(-grown);
        composed.push(Edit { at, with: edit.with });
    }
    composed.extend(first);
    composed
}

fn apply(text: &str, edits: &[Edit]) -> String {
    replaced(text, edits.iter().map(|edit| (edit.at.clone(), edit.with)))
}

/// `text` with these places of it, in their order, replaced.
pub(crate) fn replaced<'e>(text: &str, edits: impl ExactSizeIterator<Item = (Range<usize>, &'e str)>) -> String {
    let mut out = String::with_capacity(text.len() + edits.len() * 3);
    let mut from = 0;
    for (at, with) in edits {
        out.push_str(&text[from..at.start]);
        out.push_str(with);
        from = at.end;
    }
    out.push_str(&text[from..]);
    out
}

/// A space that stays on its line, of any width.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | NO_BREAK | NARROW | '\u{2009}')
}

/// What a sign may lean on: a letter, a digit, something that is not told.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == OBJECT
}

/// A text read at its bytes, and the last word that was asked about.
struct Reader<'t> {
    text: &'t str,
    word: Range<usize>,
    address: bool,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, word: 0..0, address: false }
    }

    /// The character that ends at byte `at`, tags left out.
    fn before(&self, at: usize) -> Option<char> {
        self.text[..at].chars().rev().find(|c| *c != TAG)
    }

    /// The character that begins at byte `at`.
    fn after(&self, at: usize) -> Option<char> {
        self.text[at..].chars().next()
    }

    /// Whether byte `at` is inside an address or a path.
    fn in_address(&mut self, at: usize) -> bool {
        if !self.word.contains(&at) {
            let start = self.text[..at]
                .rfind(char::is_whitespace)
                .map_or(0, |space| space + self.text[space..].chars().next().map_or(1, char::len_utf8));
            let end = self.text[at..].find(char::is_whitespace).map_or(self.text.len(), |length| at + length);
            self.word = start..end;
            self.address = is_address(&self.text[start..end]);
        }
        self.address
    }
}

/// An address of the Web, an e-mail address, a path: whatever a machine reads.
fn is_address(word: &str) -> bool {
    let bare = word.trim_start_matches(['(', '[', '{', '<', '"', '\'', '«', '“', '’', ',']);
    word.contains("://")
        || word.contains('@')
        || bare.starts_with('/')
        || bare.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("www."))
}
