//! Quotation marks.

use super::text::{Edit, Reader};

/// Straight quotation marks that are paired, as guillemets; those that are left over stay as they
/// are.
pub(super) fn edits(text: &str) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut reader = Reader::new(text);
    let mut open = Vec::new();
    for at in memchr::memchr_iter(b'"', text.as_bytes()) {
        let (before, after) = (reader.before(at), reader.after(at + 1));
        if before == Some('"') || after == Some('"') || reader.in_address(at) {
            continue;
        }
        let opens = before.is_none_or(|c| c.is_whitespace() || "([{«“’'-–—".contains(c))
            && after.is_some_and(|c| !c.is_whitespace());
        let closes = before.is_some_and(|c| !c.is_whitespace() && !"([{«“".contains(c))
            && after.is_none_or(|c| !c.is_alphanumeric());
        if closes && let Some(start) = open.pop() {
            edits.push(Edit { at: start..start + 1, with: "«\u{a0}" });
            edits.push(Edit { at: at..at + 1, with: "\u{a0}»" });
        } else if opens {
            open.push(at);
        }
    }
    edits.sort_unstable_by_key(|edit| edit.at.start);
    edits
}
