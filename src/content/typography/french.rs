//! The three steps, one after the other. Quotation marks are paired first, then other signs put
//! right, then the spaces around them: none of the three reads what a later one changes.

use std::borrow::Cow;

use super::{
    quotes, signs, spaces,
    text::{Edit, apply},
};

/// `text` as French is printed.
///
/// ```
/// use entreparentaise::content::typography::french;
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
pub(super) fn edits(text: &str) -> Vec<Edit> {
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

/// The edits of a text, then those of what came out of it, as edits of the first: both touch
/// different bytes.
pub(super) fn compose(first: Vec<Edit>, then: Vec<Edit>) -> Vec<Edit> {
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
