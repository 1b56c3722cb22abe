//! Spaces that do not break: beside the signs that have one, and inside what is read in one piece.

use super::text::{Edit, OBJECT, Reader, TAG, is_space, is_word};

const NO_BREAK: &str = "\u{a0}";
const NARROW: &str = "\u{202f}";

/// What a number is followed by, when both are read in one piece.
const UNITS: &[&str] = &[
    "h", "min", "mn", "s", "mm", "cm", "dm", "m", "km", "g", "kg", "mg", "l", "L", "cl", "ml", "Ko", "Mo", "Go", "an",
    "ans", "mois", "jour", "jours", "semaine", "semaines", "heure", "heures", "minute", "minutes", "seconde",
    "secondes", "euro", "euros",
];
const MONTHS: &[&str] = &[
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];

/// The spaces of `text` that should not break, and those that are missing.
pub(super) fn edits(text: &str) -> Vec<Edit> {
    let mut edits = Vec::new();
    let bytes = text.as_bytes();
    let mut reader = Reader::new(text);
    let mut at = 0;
    while let Some(found) = next(bytes, at) {
        at = found;
        let Some(sign) = reader.after(at) else { break };
        let end = at + sign.len_utf8();
        if !is_space(sign) {
            if let Some(with) = missing(&mut reader, sign, at, end) {
                edits.push(Edit { at: at..end, with });
            }
            at = end;
            continue;
        }
        let end = text.len() - text[at..].trim_start_matches(is_space).len();
        if let Some(with) = between(&reader, at, end)
            && &text[at..end] != with
        {
            edits.push(Edit { at: at..end, with });
        }
        at = end;
    }
    edits
}

/// What a byte may be the beginning of: nothing that has a space, a space, a sign or a space that
/// takes several bytes.
const BEGINS: [u8; 256] = {
    let mut table = [0; 256];
    table[b' ' as usize] = 1;
    let mut signs: &[u8] = b"?!;:\xc2\xe2";
    while let [sign, rest @ ..] = signs {
        table[*sign as usize] = 2;
        signs = rest;
    }
    table
};

/// The next byte that may begin a space or a sign that has one; most spaces stand between two
/// words.
fn next(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += bytes.get(at..)?.iter().position(|byte| BEGINS[usize::from(*byte)] > 0)?;
        let (byte, after) = (bytes[at], bytes.get(at + 1).copied().unwrap_or_default());
        let found = match byte {
            b' ' => matters(&bytes[..at], after),
            0xc2 => matches!(after, 0xa0 | 0xab | 0xbb),
            0xe2 => after == 0x80 && matches!(bytes.get(at + 2), Some(0xaf | 0x89)),
            _ => true,
        };
        if found {
            return Some(at);
        }
        at += 1;
    }
}

/// Whether a space may be one that does not break, told from the bytes around it.
fn matters(head: &[u8], after: u8) -> bool {
    if BEGINS[usize::from(after)] > 0 {
        return true;
    }
    match head {
        [.., b'0'..=b'9' | 0xab | 0xb0 | 0xba | 0xbb]
        | [.., 0xc2, 0xa0]
        | [.., 0x80, 0xaf | 0x89]
        | [.., b'e', b'r'] => true,
        [.., before, b'h'] => before.is_ascii_digit() || matches!(before, b' ' | 0xa0 | 0xaf | 0xbb | 0x89),
        _ => false,
    }
}

/// The sign with the space that it lacks.
fn missing(reader: &mut Reader<'_>, sign: char, start: usize, end: usize) -> Option<&'static str> {
    let (before, after) = (reader.before(start), reader.after(end));
    let ends = after.is_none_or(|c| !is_joined(c));
    let leans = before.is_some_and(|c| is_word(c) || ")]»”%€".contains(c));
    let with = match sign {
        '?' if leans && ends => "\u{202f}?",
        '!' if leans && ends => "\u{202f}!",
        ';' if leans && ends && !ends_entity(&reader.text[..start]) => "\u{202f};",
        ':' => {
            let letter = before.is_some_and(|c| c.is_alphabetic() || c == OBJECT || c == '»' || c == ')');
            let pause = after.is_none_or(char::is_whitespace);
            (letter && pause && !is_short_code(&reader.text[..start])).then_some("\u{a0}:")?
        }
        '«' if after.is_some_and(|c| is_word(c) || c == TAG || "([“‘…".contains(c)) => "«\u{a0}",
        '»' if leans || before.is_some_and(|c| ".,;?!…’".contains(c)) => "\u{a0}»",
        _ => return None,
    };
    (!reader.in_address(start)).then_some(with)
}

/// What a run of spaces should be; `None`: as it is.
fn between(reader: &Reader<'_>, start: usize, end: usize) -> Option<&'static str> {
    let (before, after) = (reader.before(start)?, reader.after(end)?);
    if before.is_whitespace() || after.is_whitespace() {
        return None;
    }
    let next = reader.after(end + after.len_utf8());
    let single = || {
        // Any space that does not break will do, and people choose.
        let kept = ["\u{a0}", "\u{202f}"].into_iter().find(|kept| *kept == &reader.text[start..end]);
        Some(kept.unwrap_or(NO_BREAK))
    };
    match (before, after) {
        ('«', _) | (_, '»') => Some(NO_BREAK),
        ('(' | '[' | '{', _) => None,
        (_, '?' | '!' | ';') => next.is_none_or(|c| !is_joined(c)).then_some(NARROW),
        (_, ':') => next
            .is_none_or(|c| c.is_whitespace() || matches!(c, OBJECT | TAG | '«' | '“' | '"' | ')' | '»'))
            .then_some(NO_BREAK),
        (_, '–' | '—') => next.is_none_or(|c| c.is_whitespace() || c == TAG).then(single)?,
        ('°' | 'º', '0'..='9') => is_number_sign(reader, start).then(single)?,
        ('0'..='9', '0'..='9' | '%' | '€' | '‰') => single(),
        ('0'..='9', '°') if next == Some('C') => single(),
        ('0'..='9' | 'r', _) if is_measured(reader, start, end) => single(),
        ('h', '0'..='9') => is_hour(reader, start, end).then(single)?,
        _ => None,
    }
}

/// What, after a sign, says that it is no mark of a sentence.
fn is_joined(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '=' | '&' | '_' | '/' | '#' | '$')
}

/// `&nbsp` and the like.
fn ends_entity(head: &str) -> bool {
    let name = head.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '#');
    name.ends_with('&')
}

/// `:smile`.
fn is_short_code(head: &str) -> bool {
    head.trim_end_matches(|c: char| c.is_alphanumeric() || c == '_').ends_with(':')
}

/// `20 ans`, `25 mm`, `17 mars`, `1er mars`.
fn is_measured(reader: &Reader<'_>, start: usize, end: usize) -> bool {
    let rest = &reader.text[end..];
    let word = &rest[..rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len())];
    // `5 l’un`, `3 s-o` are no units.
    if word.is_empty() || rest[word.len()..].starts_with(['’', '\'', '-', OBJECT]) {
        return false;
    }
    let head = reader.text[..start].trim_end_matches(TAG);
    let number = |head: &str| {
        let rest = head.trim_end_matches(|c: char| c.is_ascii_digit());
        (!rest.ends_with(|c: char| c.is_alphanumeric())).then(|| head.len() - rest.len())
    };
    if let Some(first) = head.strip_suffix("er") {
        return first.ends_with('1') && number(first) == Some(1) && MONTHS.contains(&word);
    }
    if !head.ends_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    UNITS.contains(&word) || (MONTHS.contains(&word) && number(head).is_some_and(|digits| digits <= 2))
}

/// `18 h 30`, before the minutes.
fn is_hour(reader: &Reader<'_>, start: usize, end: usize) -> bool {
    let minutes = reader.text[end..].bytes().take_while(u8::is_ascii_digit).count();
    let hours = reader.text[..start].trim_end_matches(TAG).trim_end_matches('h').trim_end_matches(is_space);
    minutes == 2 && hours.ends_with(|c: char| c.is_ascii_digit())
}

/// `n° 3`.
fn is_number_sign(reader: &Reader<'_>, start: usize) -> bool {
    reader.text[..start].trim_end_matches(TAG).trim_end_matches(['°', 'º']).ends_with(['n', 'N'])
}
