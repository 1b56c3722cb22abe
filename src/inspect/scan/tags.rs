//! Reads one tag at a time: its name, its attributes and what their values say.

use std::borrow::Cow;
use std::iter;

use memchr::{memchr, memchr2};

/// Maps each byte to its lower case, or to zero where it ends the name of a tag.
const TAG_NAME: [u8; 256] = name_table(b"");
/// Maps each byte to its lower case, or to zero where it ends the name of an attribute.
const ATTRIBUTE_NAME: [u8; 256] = name_table(b"=");
/// How many bytes of a name fit into a key.
const KEY_BYTES: usize = 8;

/// What the standard makes of numeric references to 0x80 and up, which it reads as Windows-1252.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

const fn name_table(also_ends: &[u8]) -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = u8::MAX;
    while byte > 0 {
        table[byte as usize] = byte.to_ascii_lowercase();
        byte -= 1;
    }
    // A NUL is an ordinary byte of a name; zero is taken, so it borrows a byte UTF-8 never has.
    table[0] = u8::MAX;
    let common = b" \t\n\r\x0c/>";
    let mut at = 0;
    while at < common.len() {
        table[common[at] as usize] = 0;
        at += 1;
    }
    at = 0;
    while at < also_ends.len() {
        table[also_ends[at] as usize] = 0;
        at += 1;
    }
    table
}

/// Packs a short name into one number, so that names compare in one step.
const fn key(name: &str) -> u64 {
    let bytes = name.as_bytes();
    let mut key = 0;
    let mut at = 0;
    while at < bytes.len() {
        key = key << 8 | bytes[at] as u64;
        at += 1;
    }
    key
}

/// Declares the elements that get a name of their own here.
macro_rules! elements {
    ($($element:ident $name:literal,)*) => {
        /// An element that the walk treats in a way of its own.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Element {
            $(#[doc = concat!("The element `", $name, "`.")] $element,)*
            /// Any other element.
            Other,
        }

        impl Element {
            fn from_key(found: u64) -> Self {
                match found {
                    $(name if name == const { key($name) } => Self::$element,)*
                    _ => Self::Other,
                }
            }
        }
    };
}

elements! {
    A "a", Area "area", Audio "audio", Button "button", Form "form",
    H1 "h1", H2 "h2", H3 "h3", H4 "h4", H5 "h5", H6 "h6",
    Html "html", Iframe "iframe", Img "img", Input "input", Label "label", Link "link",
    Math "math", Meta "meta", Meter "meter", Noembed "noembed", Noframes "noframes",
    Output "output", Progress "progress", Script "script", Select "select", Source "source",
    Style "style", Svg "svg", Template "template", Textarea "textarea", Title "title",
    Video "video", Xmp "xmp",
}

impl Element {
    /// The name of an element whose content is text up to its end tag.
    pub(super) fn raw_text(self) -> Option<&'static [u8]> {
        match self {
            Self::Iframe => Some(b"iframe"),
            Self::Noembed => Some(b"noembed"),
            Self::Noframes => Some(b"noframes"),
            Self::Script => Some(b"script"),
            Self::Style => Some(b"style"),
            Self::Textarea => Some(b"textarea"),
            Self::Title => Some(b"title"),
            Self::Xmp => Some(b"xmp"),
            _ => None,
        }
    }
}

/// An attribute that somebody asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attribute {
    Action,
    Alt,
    AriaHidden,
    AriaLabel,
    AriaLabelledby,
    Content,
    For,
    Href,
    HttpEquiv,
    Id,
    Name,
    Poster,
    Rel,
    Role,
    Src,
    Srcset,
    Title,
    Type,
}

/// How many attributes there are in [`Attribute`].
const ATTRIBUTES: usize = Attribute::Type as usize + 1;

impl Attribute {
    fn from_key(found: u64) -> Option<Self> {
        const LIST: [(u64, Attribute); 14] = [
            (key("action"), Attribute::Action),
            (key("alt"), Attribute::Alt),
            (key("content"), Attribute::Content),
            (key("for"), Attribute::For),
            (key("href"), Attribute::Href),
            (key("id"), Attribute::Id),
            (key("name"), Attribute::Name),
            (key("poster"), Attribute::Poster),
            (key("rel"), Attribute::Rel),
            (key("role"), Attribute::Role),
            (key("src"), Attribute::Src),
            (key("srcset"), Attribute::Srcset),
            (key("title"), Attribute::Title),
            (key("type"), Attribute::Type),
        ];
        LIST.iter().find(|(key, _)| *key == found).map(|(_, attribute)| *attribute)
    }

    fn from_long_name(name: &[u8]) -> Option<Self> {
        let (full, attribute): (&[u8], _) = match (name.len(), name.first()?) {
            (10, b'a' | b'A') => (b"aria-label", Self::AriaLabel),
            (10, b'h' | b'H') => (b"http-equiv", Self::HttpEquiv),
            (11, b'a' | b'A') => (b"aria-hidden", Self::AriaHidden),
            (15, b'a' | b'A') => (b"aria-labelledby", Self::AriaLabelledby),
            _ => return None,
        };
        name.eq_ignore_ascii_case(full).then_some(attribute)
    }
}

/// Reads the name of a tag: the element and the offset past the name, or nothing at the end of
/// the input.
#[inline]
pub(super) fn read_name(bytes: &[u8], from: usize) -> Option<(Element, usize)> {
    let (key, end) = read_key(bytes, from, 0, &TAG_NAME)?;
    let element = if end - from > KEY_BYTES { Element::Other } else { Element::from_key(key) };
    Some((element, end))
}

#[inline]
fn read_key(bytes: &[u8], from: usize, first: u64, table: &[u8; 256]) -> Option<(u64, usize)> {
    let mut key = first;
    for (read, byte) in bytes.get(from..)?.iter().enumerate() {
        let lower = table[usize::from(*byte)];
        if lower == 0 {
            return Some((key, from + read));
        }
        key = key << 8 | u64::from(lower);
    }
    None
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\t' | b'\r' | b'\x0c')
}

/// Skips white space: the offset and the byte there, or nothing at the end of the input.
#[inline]
fn skip_space(bytes: &[u8], mut at: usize) -> Option<(usize, u8)> {
    loop {
        let byte = *bytes.get(at)?;
        if !is_space(byte) {
            return Some((at, byte));
        }
        at += 1;
    }
}

/// Where a tag ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct End {
    /// The offset past the `>`.
    pub(super) next: usize,
    /// Whether the tag closes itself with `/>`.
    pub(super) closed: bool,
}

/// The attributes of the tag that was read last.
#[derive(Debug)]
pub(super) struct Attributes<'a> {
    /// One bit for each attribute that is present; only their values are up to date, so that
    /// nothing needs to be wiped between two tags.
    present: u32,
    values: [&'a str; ATTRIBUTES],
}

impl<'a> Attributes<'a> {
    /// No attributes.
    pub(super) fn new() -> Self {
        Self { present: 0, values: [""; ATTRIBUTES] }
    }

    /// Whether none of the attributes in [`Attribute`] is there.
    pub(super) fn is_empty(&self) -> bool {
        self.present == 0
    }

    /// Whether the attribute is there.
    pub(super) fn has(&self, attribute: Attribute) -> bool {
        self.present & 1 << attribute as u32 != 0
    }

    /// The value of an attribute as it is written.
    pub(super) fn raw(&self, attribute: Attribute) -> Option<&'a str> {
        self.has(attribute).then(|| self.values[attribute as usize])
    }

    /// The value of an attribute with its entities decoded.
    pub(super) fn text(&self, attribute: Attribute) -> Option<Cow<'a, str>> {
        self.raw(attribute).map(decode)
    }

    /// Reads the attributes of a tag, from the offset past its name, up to the end of the tag.
    ///
    /// Returns nothing if the input ends first, which by the standard drops the tag.
    #[inline]
    pub(super) fn read(&mut self, html: &'a str, from: usize) -> Option<End> {
        let bytes = html.as_bytes();
        self.present = 0;
        let mut at = from;
        loop {
            let start;
            let byte;
            (start, byte) = skip_space(bytes, at)?;
            match byte {
                b'>' => {
                    return Some(End { next: start + 1, closed: false });
                }
                b'/' => {
                    at = start + 1;
                    if bytes.get(at) == Some(&b'>') {
                        return Some(End { next: at + 1, closed: true });
                    }
                    continue;
                }
                _ => {}
            }
            // An equals sign that no name precedes starts a name.
            let (name_from, first) = if byte == b'=' { (start + 1, u64::from(byte)) } else { (start, 0) };
            let (key, name_end) = read_key(bytes, name_from, first, &ATTRIBUTE_NAME)?;
            let (next, byte) = skip_space(bytes, name_end)?;
            at = next;
            let mut value = next..next;
            if byte == b'=' {
                (value, at) = read_value(bytes, next + 1)?;
            }
            let attribute = if name_end - start > KEY_BYTES {
                Attribute::from_long_name(bytes.get(start..name_end)?)
            } else {
                Attribute::from_key(key)
            };
            if let Some(attribute) = attribute
                && !self.has(attribute)
            {
                self.present |= 1 << attribute as u32;
                self.values[attribute as usize] = html.get(value)?;
            }
        }
    }
}

/// Reads a value from the offset past the equals sign: where it lies and where to go on.
#[inline]
fn read_value(bytes: &[u8], from: usize) -> Option<(std::ops::Range<usize>, usize)> {
    let (at, byte) = skip_space(bytes, from)?;
    if byte == b'"' || byte == b'\'' {
        let end = at + 1 + memchr(byte, bytes.get(at + 1..)?)?;
        return Some((at + 1..end, end + 1));
    }
    let length = bytes.get(at..)?.iter().position(|byte| *byte == b'>' || is_space(*byte))?;
    Some((at..at + length, at + length))
}

/// The offset past a comment that opens at `open`.
pub(super) fn skip_comment(bytes: &[u8], open: usize) -> usize {
    let mut at = open + 4;
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr(b'>', rest)) {
        let end = at + found;
        let body = bytes.get(open + 4..end).unwrap_or_default();
        // The dashes that open a comment may close it at once, but not with the `!`.
        let whole = bytes.get(open + 2..end).unwrap_or_default();
        if whole.ends_with(b"--") || body.ends_with(b"--!") {
            return end + 1;
        }
        at = end + 1;
    }
    bytes.len()
}

/// The offset past the next place where `byte` stands.
pub(super) fn skip_past(bytes: &[u8], from: usize, byte: u8) -> usize {
    bytes.get(from..).and_then(|rest| memchr(byte, rest)).map_or(bytes.len(), |found| from + found + 1)
}

/// The offset past the name in the end tag that ends the text of an element.
pub(super) fn skip_raw_text(bytes: &[u8], from: usize, name: &[u8]) -> Option<usize> {
    if name == b"script" {
        return skip_script(bytes, from);
    }
    let mut at = from;
    loop {
        at += memchr(b'<', bytes.get(at..)?)? + 1;
        if bytes.get(at) == Some(&b'/') && names(bytes, at + 1, name) {
            return Some(at + 1 + name.len());
        }
    }
}

/// Scripts have rules of their own: in what looks like a comment, a start tag has to be matched.
fn skip_script(bytes: &[u8], from: usize) -> Option<usize> {
    let name = b"script";
    let mut in_comment = false;
    let mut in_inner = false;
    let mut at = from;
    loop {
        let rest = bytes.get(at..)?;
        let found = if in_comment { memchr2(b'<', b'>', rest)? } else { memchr(b'<', rest)? };
        let mark = at + found;
        at = mark + 1;
        let rest = bytes.get(at..)?;
        if bytes.get(mark) == Some(&b'>') {
            if bytes.get(from..mark)?.ends_with(b"--") {
                in_comment = false;
                in_inner = false;
            }
        } else if rest.starts_with(b"/") && names(bytes, at + 1, name) {
            if !in_inner {
                return Some(at + 1 + name.len());
            }
            in_inner = false;
        } else if in_comment && names(bytes, at, name) {
            in_inner = true;
        } else if rest.starts_with(b"!--") {
            in_comment = true;
        }
    }
}

/// Whether the name of a tag stands at the offset, in any case and with nothing after it.
fn names(bytes: &[u8], at: usize, name: &[u8]) -> bool {
    let end = at + name.len();
    bytes.get(at..end).is_some_and(|found| found.eq_ignore_ascii_case(name))
        && bytes.get(end).is_some_and(|byte| matches!(byte, b'>' | b'/') || is_space(*byte))
}

/// Decodes numeric references and the entities that HTML writers have to use.
pub(super) fn decode(text: &str) -> Cow<'_, str> {
    let mut decoded = String::new();
    let mut done = 0;
    let mut at = 0;
    while let Some(found) = text.as_bytes().get(at..).and_then(|rest| memchr(b'&', rest)) {
        at += found;
        if let Some((character, length)) = text.as_bytes().get(at + 1..).and_then(entity) {
            decoded.push_str(text.get(done..at).unwrap_or_default());
            decoded.push(character);
            at += length;
            done = at + 1;
        }
        at += 1;
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    decoded.push_str(text.get(done..).unwrap_or_default());
    Cow::Owned(decoded)
}

/// The character for the entity after a `&`, and how many bytes it takes.
fn entity(text: &[u8]) -> Option<(char, usize)> {
    const NAMED: [(&[u8], char); 5] = [(b"amp", '&'), (b"lt", '<'), (b"gt", '>'), (b"quot", '"'), (b"apos", '\'')];
    if let Some(digits) = text.strip_prefix(b"#") {
        return numeric(digits).map(|(character, length)| (character, length + 1));
    }
    let (name, character) = NAMED.into_iter().find(|(name, _)| text.starts_with(name))?;
    match text.get(name.len()) {
        Some(b';') => Some((character, name.len() + 1)),
        // So that `?a=1&lt=2` stays what its writer meant; `&apos` is too young to go without.
        Some(next) if *next == b'=' || next.is_ascii_alphanumeric() => None,
        _ if name == b"apos" => None,
        _ => Some((character, name.len())),
    }
}

fn numeric(text: &[u8]) -> Option<(char, usize)> {
    let (radix, skipped) = if matches!(text.first(), Some(b'x' | b'X')) { (16, 1) } else { (10, 0) };
    let mut value: u32 = 0;
    let mut length = skipped;
    while let Some(digit) = text.get(length).and_then(|byte| char::from(*byte).to_digit(radix)) {
        value = value.saturating_mul(radix).saturating_add(digit);
        length += 1;
    }
    if length == skipped {
        return None;
    }
    length += usize::from(text.get(length) == Some(&b';'));
    let character = match value {
        0 => char::REPLACEMENT_CHARACTER,
        0x80..=0x9f => WINDOWS_1252[(value - 0x80) as usize],
        _ => char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER),
    };
    Some((character, length))
}

/// The addresses of a `srcset`.
pub(super) fn candidates(srcset: &str) -> impl Iterator<Item = &str> {
    let mut rest = srcset;
    iter::from_fn(move || {
        rest = rest.trim_start_matches(|next: char| next == ',' || next.is_ascii_whitespace());
        let end = rest.find(|next: char| next.is_ascii_whitespace()).unwrap_or(rest.len());
        let (word, after) = rest.split_at_checked(end)?;
        let address = word.trim_end_matches(',');
        // A comma right after the address leaves no place for a descriptor.
        rest = if address.len() < word.len() { after } else { skip_descriptors(after) };
        (!address.is_empty()).then_some(address)
    })
}

fn skip_descriptors(text: &str) -> &str {
    let mut in_parentheses = false;
    let end = text.find(|next| {
        match next {
            '(' => in_parentheses = true,
            ')' => in_parentheses = false,
            _ => {}
        }
        next == ',' && !in_parentheses
    });
    end.and_then(|end| text.get(end..)).unwrap_or_default()
}

/// The address in the `content` of a refresh.
pub(super) fn refresh(content: &str) -> Option<&str> {
    let is_digit = |next: char| next.is_ascii_digit();
    let trimmed = content.trim_ascii_start();
    if !trimmed.starts_with(|next| is_digit(next) || next == '.') {
        return None;
    }
    let rest = trimmed.trim_start_matches(is_digit).trim_start_matches(|next| is_digit(next) || next == '.');
    let after = rest.trim_ascii_start();
    let stripped = after.strip_prefix([';', ',']).unwrap_or(after);
    if stripped.len() == rest.len() {
        return None;
    }
    let rest = stripped.trim_ascii_start();
    let address = after_url_word(rest).unwrap_or(rest);
    let unquoted = match address.chars().next() {
        Some(quote @ ('"' | '\'')) => address.split(quote).nth(1)?,
        _ => address,
    };
    let address = unquoted.trim_ascii();
    (!address.is_empty()).then_some(address)
}

fn after_url_word(text: &str) -> Option<&str> {
    let (word, rest) = text.split_at_checked(3)?;
    if !word.eq_ignore_ascii_case("url") {
        return None;
    }
    rest.trim_ascii_start().strip_prefix('=').map(str::trim_ascii_start)
}
