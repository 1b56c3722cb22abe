//! The text of a template: what stands outside of Tera's tags, and in HTML outside of its tags, its
//! code and its comments, except for the attributes that people read or hear.

use std::{borrow::Cow, ops::Range};

use super::{
    run::Run,
    text::{Edit, OBJECT, TAG, apply},
};

/// Elements inside which a text goes on.
const INLINE: &[&str] = &[
    "a", "abbr", "b", "bdi", "cite", "del", "dfn", "em", "font", "i", "ins", "label", "mark", "q", "s", "small",
    "span", "strong", "sub", "sup", "time", "u", "wbr",
];
/// Elements whose inside is no text.
const CODE: &[&str] = &["code", "kbd", "math", "pre", "samp", "script", "style", "svg", "textarea", "var"];
/// Attributes that people read or hear.
const SAID: &[&str] = &["alt", "aria-label", "placeholder", "title"];

/// A template as French is printed.
#[derive(Debug, Clone)]
pub struct Typeset<'t> {
    /// Its text.
    pub text: Cow<'t, str>,
    edits: Vec<Edit>,
}

impl Typeset<'_> {
    /// Where bytes of the text that was typeset come from.
    #[must_use]
    pub fn shift(&self) -> Shift {
        let mut grown = 0;
        let known = self.edits.iter().map(|edit| {
            let start = edit.at.start.saturating_add_signed(grown);
            grown += edit.grows();
            (start..start + edit.with.len(), edit.at.clone())
        });
        Shift(known.collect())
    }
}

/// From bytes of a typeset template to those of its file.
#[derive(Debug, Clone, Default)]
pub struct Shift(Vec<(Range<usize>, Range<usize>)>);

impl Shift {
    /// The byte of the file.
    #[must_use]
    pub fn source(&self, at: usize) -> usize {
        let before = self.0.partition_point(|(made, _)| made.start <= at);
        match before.checked_sub(1).and_then(|last| self.0.get(last)) {
            // Inside of what was replaced, its beginning.
            Some((made, source)) if at < made.end => source.start,
            Some((made, source)) => source.end + (at - made.end),
            None => at,
        }
    }

    /// The bytes of the file.
    #[must_use]
    pub fn range(&self, made: &Range<usize>) -> Range<usize> {
        self.source(made.start)..self.source(made.end)
    }
}

/// A template's text, typeset. Letters (`courriels/*.txt`) are texts, `.html` and `.xml` have tags;
/// others are for machines, and those whose name tells another language are left to it.
#[must_use]
pub fn template<'t>(name: &str, text: &'t str) -> Typeset<'t> {
    let file = name.rsplit('/').next().unwrap_or(name);
    let mut parts = file.split('.').skip(1);
    let (first, second) = (parts.next().unwrap_or_default(), parts.next());
    let french = second.is_none() || first == crate::diagnostics::text::REFERENCE;
    let markup = match second.unwrap_or(first) {
        _ if !french => None,
        "html" | "xml" => Some(true),
        "txt" if name.starts_with("courriels/") => Some(false),
        _ => None,
    };
    let edits = markup.map(|markup| Scan::new(text, markup).edits()).unwrap_or_default();
    let text = if edits.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(apply(text, &edits)) };
    Typeset { text, edits }
}

struct Scan<'t> {
    text: &'t str,
    markup: bool,
    at: usize,
    run: Run,
    edits: Vec<Edit>,
}

impl<'t> Scan<'t> {
    fn new(text: &'t str, markup: bool) -> Self {
        Self { text, markup, at: 0, run: Run::default(), edits: Vec::new() }
    }

    fn edits(mut self) -> Vec<Edit> {
        while self.at < self.text.len() {
            let rest = &self.text[self.at..];
            if !self.markup && rest.starts_with("    ") && (self.at == 0 || self.text[..self.at].ends_with('\n')) {
                // A code to copy.
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if let Some(length) = tera_tag(rest) {
                self.tera(length);
            } else if self.markup && rest.starts_with('<') {
                self.tag();
            } else if self.markup && rest.starts_with('&') {
                self.entity();
            } else {
                let length = self.plain(rest);
                self.run.push(&rest[..length], self.at);
                self.at += length;
            }
        }
        self.end();
        self.edits.sort_unstable_by_key(|edit| edit.at.start);
        self.edits
    }

    /// How much of `rest` is text before something may begin; a line of a letter ends with its line
    /// feed, where a code may begin.
    fn plain(&self, rest: &str) -> usize {
        let first = rest.chars().next().map_or(0, char::len_utf8);
        if self.markup {
            return rest[first..].find(['{', '<', '&']).map_or(rest.len(), |length| first + length);
        }
        let line = rest.find('\n').map_or(rest.len(), |feed| feed + 1);
        rest[first..line.max(first)].find('{').map_or(line, |length| first + length)
    }

    fn end(&mut self) {
        end(&mut self.run, &mut self.edits);
    }

    fn see(&mut self, sign: char) {
        self.run.see(sign.encode_utf8(&mut [0; 4]));
    }

    /// A value stands for a word; what decides only parts two texts.
    fn tera(&mut self, length: usize) {
        let tag = &self.text[self.at..self.at + length];
        self.at += length;
        if tag.starts_with("{{") {
            self.see(OBJECT);
        } else if tag.starts_with("{%") {
            self.see(TAG);
            if is_raw(tag) {
                let rest = &self.text[self.at..];
                self.at += rest.find("endraw").unwrap_or(rest.len());
            }
        }
    }

    fn entity(&mut self) {
        let rest = &self.text[self.at..];
        let name = rest[1..].find(|c: char| !(c.is_ascii_alphanumeric() || c == '#')).map_or(rest.len(), |end| end + 1);
        if name == 1 || !rest[name..].starts_with(';') {
            self.run.push("&", self.at);
            self.at += 1;
            return;
        }
        let sign = match &rest[1..name] {
            "nbsp" | "#160" | "#xa0" | "#xA0" => '\u{a0}',
            "#8239" | "#x202f" | "#x202F" => '\u{202f}',
            "laquo" => '«',
            "raquo" => '»',
            "ndash" => '–',
            "mdash" => '—',
            "hellip" => '…',
            "rsquo" => '’',
            _ => OBJECT,
        };
        self.see(sign);
        self.at += name + 1;
    }

    fn tag(&mut self) {
        let rest = &self.text[self.at..];
        if rest.starts_with("<!--") {
            self.at += rest.find("-->").map_or(rest.len(), |end| end + 3);
            return;
        }
        let closing = rest.starts_with("</");
        let named = &rest[1 + usize::from(closing)..];
        let name =
            &named[..named.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == ':')).unwrap_or(named.len())];
        if !(rest.starts_with("<!") || rest.starts_with("<?") || name.starts_with(|c: char| c.is_ascii_alphabetic())) {
            // A sign, not a tag.
            self.run.push("<", self.at);
            self.at += 1;
            return;
        }
        let name = name.to_ascii_lowercase();
        let code = !closing && CODE.contains(&name.as_str());
        match name.as_str() {
            "br" => self.run.see("\n"),
            "img" | "input" | "code" | "kbd" | "samp" | "svg" | "var" if !closing => self.see(OBJECT),
            name if INLINE.contains(&name) => self.see(TAG),
            _ => self.end(),
        }
        let empty = self.attributes();
        if code && !empty {
            let rest = &self.text[self.at..];
            let close = format!("</{name}");
            let found =
                rest.as_bytes().windows(close.len()).position(|part| part.eq_ignore_ascii_case(close.as_bytes()));
            let after = found
                .map_or(rest.len(), |found| found + rest[found..].find('>').map_or(rest.len() - found, |end| end + 1));
            self.at += after;
        }
    }

    /// Reads to the end of a tag; says whether it closes itself.
    fn attributes(&mut self) -> bool {
        let mut name = self.at..self.at;
        self.at += 1;
        while self.at < self.text.len() {
            let rest = &self.text[self.at..];
            if let Some(length) = tera_tag(rest) {
                self.at += length;
                continue;
            }
            let Some(c) = rest.chars().next() else { break };
            let here = self.at;
            self.at += c.len_utf8();
            match c {
                '>' => return self.text[..here].ends_with('/'),
                '"' | '\'' => {
                    let said = SAID.contains(&&self.text[name.clone()]);
                    self.value(c, said);
                }
                '=' => {}
                c if c.is_ascii_alphanumeric() || c == '-' || c == ':' => {
                    name = if name.end == here { name.start..self.at } else { here..self.at };
                }
                _ => {}
            }
        }
        false
    }

    /// Reads to the end of an attribute's value.
    fn value(&mut self, quote: char, said: bool) {
        let mut run = Run::default();
        while self.at < self.text.len() {
            let rest = &self.text[self.at..];
            if let Some(length) = tera_tag(rest) {
                if rest.starts_with("{{") {
                    run.see(OBJECT.encode_utf8(&mut [0; 4]));
                }
                self.at += length;
                continue;
            }
            let Some(c) = rest.chars().next() else { break };
            if c == quote {
                self.at += 1;
                break;
            }
            let length = rest[c.len_utf8()..].find(['{', quote]).map_or(rest.len(), |length| length + c.len_utf8());
            if said && !rest[..length].contains('&') {
                run.push(&rest[..length], self.at);
            } else {
                run.see(OBJECT.encode_utf8(&mut [0; 4]));
            }
            self.at += length;
        }
        end(&mut run, &mut self.edits);
    }
}

fn end(run: &mut Run, edits: &mut Vec<Edit>) {
    let changes = run.finish().into_iter();
    edits.extend(
        changes
            .map(|change| Edit { at: change.piece + change.at.start..change.piece + change.at.end, with: change.with }),
    );
}

/// The length of the tag of Tera that `rest` begins with.
fn tera_tag(rest: &str) -> Option<usize> {
    let end = match rest.as_bytes().get(..2)? {
        b"{{" => "}}",
        b"{%" => "%}",
        b"{#" => return Some(rest.find("#}").map_or(rest.len(), |end| end + 2)),
        _ => return None,
    };
    let mut at = 2;
    while let Some(inside) = rest.get(at..) {
        let Some(found) = inside.find(['"', '\'', '`', end.as_bytes()[0].into()]) else { break };
        let sign = inside.as_bytes()[found];
        at += found;
        if rest[at..].starts_with(end) {
            return Some(at + 2);
        }
        at += 1;
        if matches!(sign, b'"' | b'\'' | b'`')
            && let Some(close) = rest[at..].find(char::from(sign))
        {
            at += close + 1;
        }
    }
    // It never ends: Tera will say so.
    Some(rest.len())
}

fn is_raw(tag: &str) -> bool {
    tag.trim_start_matches(['{', '%', '-']).trim_start().starts_with("raw")
}
