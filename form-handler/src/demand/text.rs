//! Making typed text safe to keep, to show and to compare.
//!
//! A name is shown in pages, mails, terminals and spreadsheets. Two kinds of characters lie there:
//! controls (and signs that stand for nothing), which break lines and forge headers, and the format
//! characters that turn the direction of what follows ("bidi" marks), which make one name look like
//! another. Both are refused with a message. The other invisible characters come along with copy
//! and paste and mean nothing: they are dropped, except the joiners that emoji and several scripts
//! need.

use entreparentaise::content::parse::is_unpublishable;
use icu_casemap::CaseMapper;
use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup},
};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Why a text is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bad {
    /// A control character.
    Control,
    /// A character that turns the direction of the text.
    Direction,
}

/// Which line ends a field keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lines {
    One,
    Many,
}

/// The text as it is kept: NFC, trimmed, without invisible characters. What holds nothing that can
/// be seen is empty.
pub(super) fn clean(raw: &str, lines: Lines) -> Result<String, Bad> {
    // Most of what is typed is plain: there is nothing to look up in the tables of characters.
    if raw.bytes().all(|b| matches!(b, b' '..=b'~')) {
        return Ok(raw.trim_matches(' ').to_owned());
    }
    clean_any(raw, lines)
}

fn clean_any(raw: &str, lines: Lines) -> Result<String, Bad> {
    let raw = match lines {
        Lines::One => raw.to_owned(),
        Lines::Many => raw.replace("\r\n", "\n").replace('\r', "\n"),
    };
    // Blanks and tabs at both ends come with copy and paste; a line end is a control like any
    // other.
    let trimmed = raw.trim_matches(|c| c == ' ' || c == '\t');
    let mut kept = String::with_capacity(trimmed.len());
    for c in trimmed.chars() {
        match c {
            '\n' if lines == Lines::Many => kept.push(c),
            '\u{2028}' | '\u{2029}' => return Err(Bad::Control),
            c if c.is_control() || is_unpublishable(c) => return Err(Bad::Control),
            '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => return Err(Bad::Direction),
            c if is_format(c) && !is_joiner(c) => {}
            c => kept.push(c),
        }
    }
    let kept: String = kept.trim().nfc().collect();
    Ok(if kept.chars().any(is_visible) { kept } else { String::new() })
}

/// A contact as it is read: also without the direction marks that telephones' address books put
/// around numbers.
pub(super) fn clean_contact(raw: &str) -> Result<String, Bad> {
    if raw.is_ascii() {
        return clean(raw, Lines::One);
    }
    let raw: String = raw.chars().filter(|c| !is_format(*c)).collect();
    clean(&raw, Lines::One)
}

/// The same text, composed.
pub(super) fn nfc(text: &str) -> String {
    if text.is_ascii() { text.to_owned() } else { text.nfc().collect() }
}

/// Case folded and NFC: equal for two spellings of one address.
pub(super) fn fold_case(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { fold_any_case(text) }
}

fn fold_any_case(text: &str) -> String {
    CaseMapper::new().fold_string(text).nfc().collect()
}

/// Case, accents and inner blanks folded: equal for `Éloïse`, `ELOISE` and ` eloise`.
pub(super) fn fold_name(text: &str) -> String {
    let mut bare = fold_case(text);
    if !bare.is_ascii() {
        bare = bare.nfd().filter(|c| !is_combining_mark(*c) && !is_format(*c)).collect();
    }
    // A hyphen and a blank are the same to people who type their own name (`Marie-Lou`, `Marie
    // Lou`).
    bare.split(|c: char| c.is_whitespace() || c == '-' || c == '\'' || c == '’')
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn is_format(c: char) -> bool {
    CodePointMapData::<GeneralCategory>::new().get(c) == GeneralCategory::Format
}

fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200C}' | '\u{200D}')
}

fn is_visible(c: char) -> bool {
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    let invisible =
        GeneralCategoryGroup::Separator.union(GeneralCategoryGroup::Mark).union(GeneralCategoryGroup::Control);
    !invisible.contains(category) && !CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_kept_as_people_meant_it() {
        let check = |raw: &str, expect: &str| assert_eq!(clean(raw, Lines::One).as_deref(), Ok(expect), "{raw:?}");
        check("  Marie\t", "Marie");
        check("E\u{301}loi\u{308}se", "Éloïse");
        check("ليلى", "ليلى");
        check("👩‍👧", "👩‍👧");
        check("Ma\u{200B}rie\u{FEFF}", "Marie");
        check("\u{200D}\u{3164}\u{A0}", "");
        check("<b>Robert'); DROP TABLE demands;--", "<b>Robert'); DROP TABLE demands;--");
    }

    #[test]
    fn text_that_lies_is_refused() {
        for raw in ["a\0b", "Marie\n", "a\r\nBcc: b", "a\u{85}b", "a\u{2028}b", "\u{7}", "a\u{fffe}", "\u{fdd0}"] {
            assert_eq!(clean(raw, Lines::One), Err(Bad::Control), "{raw:?}");
        }
        assert_eq!(clean("\u{202E}eiraM", Lines::One), Err(Bad::Direction));
        assert_eq!(clean("Marie\u{2066}", Lines::One), Err(Bad::Direction));
        assert_eq!(clean("a\r\nb", Lines::Many).as_deref(), Ok("a\nb"));
    }

    #[test]
    fn names_agree_whatever_their_accents() {
        assert_eq!(fold_name(" Éloïse"), fold_name("ELOISE "));
        assert_eq!(fold_name("Marie-Lou"), fold_name("marie lou"));
        assert_ne!(fold_name("Marie"), fold_name("Maria"));
    }

    proptest::proptest! {
        #[test]
        fn plain_text_goes_the_short_way_to_the_same_place(text in "[ -~]{0,20}") {
            proptest::prop_assert_eq!(clean(&text, Lines::One), clean_any(&text, Lines::One));
            proptest::prop_assert_eq!(clean(&text, Lines::Many), clean_any(&text, Lines::Many));
            proptest::prop_assert_eq!(fold_case(&text), fold_any_case(&text));
        }
    }
}
