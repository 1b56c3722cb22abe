//! The fields of a posted form, and the letters that they are written in.
//!
//! Our pages are in UTF-8, and so is what browsers send from them. A page that was saved, a proxy
//! or a program may send what old browsers did: windows-1252, which they call ISO-8859-1. That is
//! read where it can be told. What cannot is refused: a name is never kept with a sign in place of
//! the letter that nobody understood.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use percent_encoding::percent_decode;

/// A browser that is asked to says here which letters it uses.
const CHARSET_FIELD: &[u8] = b"_charset_";

/// The pairs of a body of this content type, in their order; `None`: nobody can tell its letters.
pub(super) fn read(body: &[u8], content_type: &str) -> Option<Vec<(String, String)>> {
    let pairs: Vec<(Vec<u8>, Vec<u8>)> =
        body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).map(pair).collect();
    let texts = || pairs.iter().flat_map(|(name, value)| [name, value]);
    let encoding = if texts().all(|text| std::str::from_utf8(text).is_ok()) {
        UTF_8
    } else {
        let field = pairs.iter().find(|(name, _)| name == CHARSET_FIELD).map(|(_, value)| value.as_slice());
        let told = field.or_else(|| charset(content_type).map(str::as_bytes));
        let accented = |text: &Vec<u8>| !text.is_ascii() && std::str::from_utf8(text).is_ok();
        match told {
            Some(label) => Encoding::for_label(label)?,
            // Two kinds of letters in one form: one of them would be read wrongly.
            None if texts().any(accented) => return None,
            None => WINDOWS_1252,
        }
    };
    // The others are never used for forms, or are a browser's own mistake.
    if encoding != UTF_8 && !encoding.is_single_byte() {
        return None;
    }
    let decode = |text: &[u8]| encoding.decode_without_bom_handling_and_without_replacement(text).map(Cow::into_owned);
    pairs.iter().map(|(name, value)| Some((decode(name)?, decode(value)?))).collect()
}

/// Name and value, in bytes; without a sign of equality, all of it is the name.
fn pair(pair: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let at = pair.iter().position(|byte| *byte == b'=');
    let (name, value) = at.map_or((pair, &[][..]), |at| (&pair[..at], &pair[at + 1..]));
    let decode = |text: &[u8]| {
        let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
        percent_decode(&spaced).collect()
    };
    (decode(name), decode(value))
}

/// What a content type says of its letters.
fn charset(content_type: &str) -> Option<&str> {
    let parameters = content_type.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let mut told = parameters.filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    told.next().map(|(_, value)| value.trim().trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FORM: &str = "application/x-www-form-urlencoded";

    fn first_name(body: &str, content_type: &str) -> Option<String> {
        let pairs = read(body.as_bytes(), content_type)?;
        pairs.into_iter().find(|(name, _)| name == "prenom").map(|(_, value)| value)
    }

    #[test]
    fn a_name_is_read_in_the_letters_that_it_is_written_in() {
        let latin = "application/x-www-form-urlencoded; charset=ISO-8859-1";
        for (body, kind, name) in [
            ("prenom=%C3%89lise", FORM, "Élise"),
            ("prenom=\u{c9}lise+B", FORM, "Élise B"),
            // UTF-8 can hardly be anything else, whatever is said of it.
            ("prenom=%C3%89lise", latin, "Élise"),
            ("prenom=%C9lise", FORM, "Élise"),
            ("prenom=%C9lise", latin, "Élise"),
            ("prenom=%C9lise&_charset_=windows-1252", FORM, "Élise"),
            ("prenom=Zo%EB&theme=%80", "application/x-www-form-urlencoded;Charset=\"latin1\"", "Zoë"),
            ("prenom=%A4&theme=%BC", "x; charset=iso-8859-15", "€"),
            ("prenom=%D6%F1", "x; charset=iso-8859-2", "Öń"),
        ] {
            assert_eq!(first_name(body, kind).as_deref(), Some(name), "{body} {kind}");
        }
    }

    #[test]
    fn what_cannot_be_told_is_not_guessed() {
        for (body, kind) in [
            ("prenom=%C9lise", "x; charset=utf-8"),
            ("prenom=%C9lise", "x; charset=klingon"),
            ("prenom=%C9lise", "x; charset=utf-16le"),
            ("prenom=%C9lise", "x; charset=gb18030"),
            ("prenom=%C9lise&_charset_=UTF-8", FORM),
            ("prenom=%C9lise&autre_parent_prenom=%C3%89lise", FORM),
        ] {
            assert_eq!(read(body.as_bytes(), kind), None, "{body} {kind}");
        }
    }

    /// What stands where a letter was not understood.
    const REPLACED: char = '\u{fffd}';

    fn is_replaced((name, value): &(String, String)) -> bool {
        name.contains(REPLACED) || value.contains(REPLACED)
    }

    proptest! {
        /// The same as the library that reads forms, wherever that loses nothing.
        #[test]
        fn what_is_utf8_is_read_as_ever(body in "[a-c=&+% éà0-9A-F]{0,40}") {
            let ours = read(body.as_bytes(), "x; charset=utf-8");
            let theirs: Vec<(String, String)> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
            match ours {
                Some(ours) => prop_assert_eq!(ours, theirs),
                None => prop_assert!(theirs.iter().any(is_replaced)),
            }
        }

        /// Nothing is ever replaced.
        #[test]
        fn no_letter_is_replaced(body in prop::collection::vec(any::<u8>(), 0..40)) {
            prop_assume!(!String::from_utf8(body.clone()).is_ok_and(|text| text.contains(REPLACED)));
            prop_assert!(!read(&body, FORM).unwrap_or_default().iter().any(is_replaced));
        }
    }
}
