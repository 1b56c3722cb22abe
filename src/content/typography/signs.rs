//! Apostrophes, dashes, ellipses.

use super::text::{Edit, OBJECT, Reader, TAG, is_space, is_word};

/// What elides before a quotation or a number as it does before a letter.
const ELIDED: &[&str] = &["l", "d", "j", "n", "s", "t", "c", "m", "qu", "jusqu", "lorsqu", "puisqu", "quoiqu"];
/// Numbers that follow one of these are a reference, not a range.
const REFERENCES: &[&str] =
    &["article", "articles", "art.", "n°", "nº", "no", "loi", "décret", "arrêté", "réf.", "code"];

/// Longer than any end of a range: what is longer is an identifier.
const LONGEST: usize = 8;

/// The signs of `text` that are not those of French.
pub(super) fn edits(text: &str) -> Vec<Edit> {
    let mut edits = Vec::new();
    let bytes = text.as_bytes();
    let mut reader = Reader::new(text);
    let mut at = 0;
    while let Some(found) = next(bytes, at) {
        at = found;
        match bytes[at] {
            b'\'' => {
                if is_apostrophe(&reader, at) && !reader.in_address(at) {
                    edits.push(Edit { at: at..at + 1, with: "’" });
                }
                at += 1;
            }
            byte => {
                let length = bytes[at..].iter().take_while(|next| **next == byte).count();
                let wanted = if byte == b'.' { ellipsis(&reader, at, length) } else { dash(&reader, at, length) };
                if let Some(with) = wanted
                    && !reader.in_address(at)
                {
                    edits.push(Edit { at: at..at + length, with });
                }
                at += length;
            }
        }
    }
    edits
}

/// The next byte that may have to change: most full stops and hyphens may not.
fn next(bytes: &[u8], from: usize) -> Option<usize> {
    let side = |byte: Option<&u8>| {
        byte.is_none_or(|byte| matches!(byte, b'-' | b' ' | b'\n' | b'\r' | b'0'..=b'9' | b'h' | 0x80..))
    };
    memchr::memchr3_iter(b'\'', b'.', b'-', bytes.get(from..)?).map(|found| from + found).find(|&at| match bytes[at] {
        b'.' => bytes.get(at + 1) == Some(&b'.'),
        b'-' => {
            let after = bytes.get(at + 1);
            after == Some(&b'-') || (side(after) && side(at.checked_sub(1).and_then(|before| bytes.get(before))))
        }
        _ => true,
    })
}

fn is_apostrophe(reader: &Reader<'_>, at: usize) -> bool {
    let Some(before) = reader.before(at).filter(|c| c.is_alphabetic()) else { return false };
    let Some(after) = reader.after(at + 1) else { return false };
    if after.is_alphabetic() || matches!(after, OBJECT | TAG) {
        return true;
    }
    if !(after.is_ascii_digit() || matches!(after, '«' | '“')) {
        return false;
    }
    let head = &reader.text[..at];
    let word = head.char_indices().rev().take_while(|(_, c)| c.is_alphabetic()).last();
    let word = &head[word.map_or(at - before.len_utf8(), |(start, _)| start)..];
    ELIDED.iter().any(|elided| word.eq_ignore_ascii_case(elided))
}

fn ellipsis(reader: &Reader<'_>, at: usize, length: usize) -> Option<&'static str> {
    // Two dots are a folder, more than three a line to write on.
    (length == 3 && reader.before(at) != Some('/') && reader.after(at + length) != Some('/')).then_some("…")
}

fn dash(reader: &Reader<'_>, at: usize, length: usize) -> Option<&'static str> {
    let (before, after) = (reader.before(at), reader.after(at + length));
    let open = |c: Option<char>| c.is_none_or(char::is_whitespace);
    let wanted = match length {
        // At the beginning of a line it is an item, not an aside.
        1 if before.is_some_and(is_space) && after.is_some_and(char::is_whitespace) => {
            let head = reader.text[..at].trim_end_matches(is_space);
            !(head.is_empty() || head.ends_with('\n'))
        }
        1 => is_range(reader, at),
        // `--option`, and the line that comes before a signature, are no dashes.
        2 | 3 if open(before) => {
            let rest = reader.text[at + length..].trim_start_matches(is_space);
            let alone = before.is_none_or(|c| c == '\n') && (rest.is_empty() || rest.starts_with(['\n', '\r']));
            after.is_some_and(is_space) && !alone
        }
        2 | 3 => {
            let word = |c: char| is_word(c) || ",.)»!?".contains(c);
            before.is_some_and(word) && after.is_none_or(|c| c.is_whitespace() || c.is_alphabetic() || c == OBJECT)
        }
        _ => false,
    };
    wanted.then_some("–")
}

/// Whether the hyphen at `at` stands between two numbers of which the second is further on.
fn is_range(reader: &Reader<'_>, at: usize) -> bool {
    let of_number = |c: char| {
        is_word(c) || matches!(c, ':' | '-' | '.' | '…' | ',' | '/' | '_' | '+' | '–' | '\'' | '’' | '&' | '#')
    };
    let (head, rest) = (&reader.text[..at], &reader.text[at + 1..]);
    let length = head.chars().rev().take(LONGEST).take_while(|c| of_number(*c)).map(char::len_utf8).sum::<usize>();
    let (head, from) = head.split_at(head.len() - length);
    let length = rest.chars().take(LONGEST).take_while(|c| of_number(*c)).map(char::len_utf8).sum::<usize>();
    let to = &rest[..length];
    if from.len() >= LONGEST || to.len() >= LONGEST {
        return false;
    }
    // What ends a sentence is no part of its last number.
    let to = to.trim_end_matches(['.', ',', ':']);
    if let (Some(from), Some(to)) = (hour(from), hour(to)) {
        return from < to;
    }
    let plain = |word: &str| word.bytes().all(|b| b.is_ascii_digit()) && (word == "0" || !word.starts_with('0'));
    let (Some(start), Some(end)) = (from.parse::<u32>().ok(), to.parse::<u32>().ok()) else { return false };
    let years = |number: &u32| (1900..2200).contains(number);
    let sizes = (from.len() <= 3 && to.len() <= 3) || (years(&start) && years(&end));
    let last = head.trim_end_matches(is_space).rsplit(char::is_whitespace).next().unwrap_or_default().to_lowercase();
    // A telephone number has hyphens of its own, sometimes with spaces.
    let alone =
        !reader.text[at + 1 + to.len()..].trim_start_matches(is_space).starts_with(|c: char| c.is_ascii_digit())
            && !last.ends_with(|c: char| c.is_ascii_digit());
    plain(from) && plain(to) && start < end && sizes && alone && !REFERENCES.contains(&last.trim_start_matches('('))
}

/// `18:00`, `18h`, `18h30` in minutes.
fn hour(word: &str) -> Option<u32> {
    let (hours, minutes) = word.split_once([':', 'h'])?;
    let digits = |part: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
    };
    let spelled = word.contains('h') && minutes.is_empty();
    if !digits(hours, 1..=2) || !(spelled || digits(minutes, 2..=2)) {
        return None;
    }
    let (hours, minutes): (u32, u32) = (hours.parse().ok()?, if spelled { 0 } else { minutes.parse().ok()? });
    (hours <= 24 && minutes < 60).then_some(hours * 60 + minutes)
}
