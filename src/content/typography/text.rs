//! A text that is read sign by sign, and what is to be replaced in it.

use std::ops::Range;

/// Around guillemets, before a colon, in numbers.
pub(super) const NO_BREAK: char = '\u{a0}';
/// Before `;`, `?` and `!`, as French printers have it: every face of `templates/assets/fonts` has
/// the glyph, at three fifths of a space. Were one of them to lack it, a browser would take it from
/// another font, of another width: then U+00A0 belongs here.
pub(super) const NARROW: char = '\u{202f}';
/// Something that is not told: a value, a piece of code, a picture. It counts as a letter for what
/// stands beside it.
pub(crate) const OBJECT: char = '\u{fffc}';
/// A tag: what precedes is seen through it, what follows may be something else.
pub(super) const TAG: char = '\u{fffb}';

/// Bytes to replace, and by what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) at: Range<usize>,
    pub(super) with: &'static str,
}

impl Edit {
    /// How many bytes longer the text becomes.
    pub(super) fn grows(&self) -> isize {
        self.with.len().cast_signed() - self.at.len().cast_signed()
    }
}

pub(super) fn apply(text: &str, edits: &[Edit]) -> String {
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
pub(super) fn is_space(c: char) -> bool {
    matches!(c, ' ' | NO_BREAK | NARROW | '\u{2009}')
}

/// What a sign may lean on: a letter, a digit, something that is not told.
pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == OBJECT
}

/// A text read at its bytes, and the last word that was asked about.
pub(super) struct Reader<'t> {
    pub(super) text: &'t str,
    word: Range<usize>,
    address: bool,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, word: 0..0, address: false }
    }

    /// The character that ends at byte `at`, tags left out.
    pub(super) fn before(&self, at: usize) -> Option<char> {
        self.text[..at].chars().rev().find(|c| *c != TAG)
    }

    /// The character that begins at byte `at`.
    pub(super) fn after(&self, at: usize) -> Option<char> {
        self.text[at..].chars().next()
    }

    /// Whether byte `at` is inside an address or a path.
    pub(super) fn in_address(&mut self, at: usize) -> bool {
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
