//! Walks once over a finished page and notes its ids, its links and its flaws.
//!
//! The walk follows the tokenizer of the HTML standard but builds no tree.

mod seen;
mod tags;

use std::borrow::Cow;

use memchr::memchr;

pub(super) use self::seen::{Flaw, FlawKind, Link, LinkKind, Seen};
use self::tags::{Attribute, Attributes, Element};

/// Looks at a page once and notes what other pages and readers count on.
///
/// Comments, templates and the text of elements such as `script` are skipped. A tag that the
/// input cuts off is not there.
#[must_use]
pub(super) fn scan(html: &str) -> Seen<'_> {
    let mut walk = Walk::new(html);
    walk.run();
    walk.finish()
}

/// A label whose end tag is still to come.
struct OpenLabel {
    at: usize,
    has_for: bool,
    has_field: bool,
}

/// A field that has no name unless a label refers to it.
struct NamelessField<'a> {
    id: Option<Cow<'a, str>>,
    shown: Cow<'a, str>,
    at: usize,
}

struct Walk<'a> {
    html: &'a str,
    seen: Seen<'a>,
    attributes: Attributes<'a>,
    id_places: Places,
    link_places: Places,
    /// XML has no bogus comments, and its empty tags are really empty.
    is_xml: bool,
    open_foreign: usize,
    open_templates: usize,
    open_labels: Vec<OpenLabel>,
    labelled_ids: Vec<(Cow<'a, str>, usize)>,
    field_ids: Vec<Cow<'a, str>>,
    nameless_fields: Vec<NamelessField<'a>>,
    document_at: Option<usize>,
    last_heading: Option<u8>,
    has_main_heading: bool,
}

impl<'a> Walk<'a> {
    fn new(html: &'a str) -> Self {
        Self {
            html,
            seen: Seen {
                // Growing the list step by step would copy it several times on most pages.
                links: Vec::with_capacity(html.len() / 192),
                ..Seen::default()
            },
            attributes: Attributes::new(),
            id_places: Places::default(),
            link_places: Places::default(),
            is_xml: html.trim_start_matches('\u{feff}').trim_ascii_start().starts_with("<?xml"),
            open_foreign: 0,
            open_templates: 0,
            open_labels: Vec::new(),
            labelled_ids: Vec::new(),
            field_ids: Vec::new(),
            nameless_fields: Vec::new(),
            document_at: None,
            last_heading: None,
            has_main_heading: false,
        }
    }

    fn run(&mut self) {
        let bytes = self.html.as_bytes();
        let mut at = 0;
        while let Some(found) = bytes.get(at..).and_then(|rest| memchr(b'<', rest)) {
            let open = at + found;
            let next = match bytes.get(open + 1) {
                Some(b'/') => self.end_tag(open),
                Some(byte) if byte.is_ascii_alphabetic() => self.start_tag(open),
                Some(b'!') => Some(self.declaration(open)),
                Some(b'?') => Some(tags::skip_past(bytes, open, b'>')),
                _ => Some(open + 1),
            };
            let Some(next) = next else { break };
            at = next;
        }
    }

    fn declaration(&self, open: usize) -> usize {
        let bytes = self.html.as_bytes();
        let rest = bytes.get(open..).unwrap_or_default();
        if rest.starts_with(b"<!--") {
            tags::skip_comment(bytes, open)
        } else if rest.starts_with(b"<![CDATA[") && self.is_foreign() {
            memchr::memmem::find(rest, b"]]>").map_or(bytes.len(), |found| open + found + 3)
        } else {
            tags::skip_past(bytes, open, b'>')
        }
    }

    fn is_foreign(&self) -> bool {
        self.is_xml || self.open_foreign > 0
    }

    fn end_tag(&mut self, open: usize) -> Option<usize> {
        let bytes = self.html.as_bytes();
        if !bytes.get(open + 2)?.is_ascii_alphabetic() {
            return Some(tags::skip_past(bytes, open, b'>'));
        }
        let (element, end) = tags::read_name(bytes, open + 2)?;
        let next = self.skip_tag(end)?;
        match element {
            Element::Template => self.open_templates = self.open_templates.saturating_sub(1),
            Element::Svg | Element::Math => self.open_foreign = self.open_foreign.saturating_sub(1),
            Element::Label if self.open_templates == 0 => {
                if let Some(label) = self.open_labels.pop() {
                    self.close_label(&label);
                }
            }
            _ => {}
        }
        Some(next)
    }

    fn skip_tag(&mut self, name_end: usize) -> Option<usize> {
        if self.html.as_bytes().get(name_end) == Some(&b'>') {
            return Some(name_end + 1);
        }
        self.attributes.read(self.html, name_end).map(|end| end.next)
    }

    fn start_tag(&mut self, open: usize) -> Option<usize> {
        let bytes = self.html.as_bytes();
        let (element, name_end) = tags::read_name(bytes, open + 1)?;
        let end = self.attributes.read(self.html, name_end)?;
        if self.open_templates == 0 {
            if element != Element::Other {
                self.note(element, open);
            } else if !self.attributes.is_empty() || !self.open_labels.is_empty() {
                self.note_other(open, name_end);
            }
        }
        if element == Element::Other || end.closed && self.is_foreign() {
            return Some(end.next);
        }
        match element {
            Element::Template => self.open_templates += 1,
            Element::Svg | Element::Math if !end.closed => self.open_foreign += 1,
            _ => {
                if let Some(name) = element.raw_text() {
                    let name_end = tags::skip_raw_text(bytes, end.next, name)?;
                    return self.skip_tag(name_end);
                }
            }
        }
        Some(end.next)
    }

    fn note_other(&mut self, open: usize, name_end: usize) {
        self.note_ids(Element::Other, open);
        // Elements of the page's own making may be fields, and nobody here can tell.
        if self.html.as_bytes().get(open..name_end).is_some_and(|name| name.contains(&b'-')) {
            self.note_field_place();
        }
    }

    fn note(&mut self, element: Element, open: usize) {
        self.note_ids(element, open);
        match element {
            Element::A | Element::Area => self.link(Attribute::Href, LinkKind::Page, open),
            Element::Link => {
                let kind = kind_of_relation(self.attributes.raw(Attribute::Rel).unwrap_or_default());
                self.link(Attribute::Href, kind, open);
            }
            Element::Img => {
                self.note_image(open);
                self.link(Attribute::Src, LinkKind::Asset, open);
                self.link_candidates(open);
            }
            Element::Source => {
                self.link(Attribute::Src, LinkKind::Asset, open);
                self.link_candidates(open);
            }
            Element::Script | Element::Audio => self.link(Attribute::Src, LinkKind::Asset, open),
            Element::Iframe => self.link(Attribute::Src, LinkKind::Page, open),
            Element::Video => {
                self.link(Attribute::Src, LinkKind::Asset, open);
                self.link(Attribute::Poster, LinkKind::Asset, open);
            }
            Element::Form => self.link(Attribute::Action, LinkKind::Form, open),
            Element::Meta => self.note_refresh(open),
            Element::Html => self.document_at = self.document_at.or(Some(open)),
            Element::H1 => self.note_heading(1, open),
            Element::H2 => self.note_heading(2, open),
            Element::H3 => self.note_heading(3, open),
            Element::H4 => self.note_heading(4, open),
            Element::H5 => self.note_heading(5, open),
            Element::H6 => self.note_heading(6, open),
            Element::Label => self.note_label(open),
            Element::Input | Element::Select | Element::Textarea => self.note_field(element, open),
            Element::Button | Element::Output | Element::Meter | Element::Progress => {
                self.note_field_place();
            }
            _ => {}
        }
    }

    fn note_ids(&mut self, element: Element, at: usize) {
        let id = self.attributes.raw(Attribute::Id);
        if let Some(id) = id {
            self.note_id(tags::decode(id), at);
        }
        if element == Element::A
            && let Some(name) = self.attributes.text(Attribute::Name)
        {
            // An anchor may carry one name in both ways for the sake of old browsers.
            if id.is_none_or(|id| tags::decode(id) != name) {
                self.note_id(name, at);
            }
        }
    }

    fn note_id(&mut self, id: Cow<'a, str>, at: usize) {
        if id.is_empty() {
            return;
        }
        let ids = &self.seen.ids;
        if !self.id_places.insert(hash(&id), ids.len(), |place| ids.get(place) == Some(&id)) {
            self.flaw(FlawKind::DuplicateId(id.clone()), at);
        }
        self.seen.ids.push(id);
    }

    fn flaw(&mut self, kind: FlawKind<'a>, at: usize) {
        self.seen.flaws.push(Flaw { kind, at });
    }

    fn link(&mut self, attribute: Attribute, kind: LinkKind, at: usize) {
        if let Some(target) = self.attributes.text(attribute) {
            let trimmed = target.trim_ascii();
            let target = match target {
                Cow::Borrowed(target) => Cow::Borrowed(target.trim_ascii()),
                Cow::Owned(ref owned) if trimmed.len() < owned.len() => Cow::Owned(trimmed.to_owned()),
                owned @ Cow::Owned(_) => owned,
            };
            self.link_to(target, kind, at);
        }
    }

    fn link_to(&mut self, target: Cow<'a, str>, kind: LinkKind, at: usize) {
        let links = &self.seen.links;
        let same = |place| links.get(place).is_some_and(|link: &Link<'_>| link.kind == kind && link.target == target);
        if self.link_places.insert(hash(&target), links.len(), same) {
            self.seen.links.push(Link { target, kind, at });
        }
    }

    fn link_candidates(&mut self, at: usize) {
        match self.attributes.text(Attribute::Srcset) {
            Some(Cow::Borrowed(srcset)) => {
                for target in tags::candidates(srcset) {
                    self.link_to(Cow::Borrowed(target), LinkKind::Asset, at);
                }
            }
            Some(Cow::Owned(srcset)) => {
                for target in tags::candidates(&srcset) {
                    self.link_to(Cow::Owned(target.to_owned()), LinkKind::Asset, at);
                }
            }
            None => {}
        }
    }

    fn note_refresh(&mut self, at: usize) {
        if !self.says(Attribute::HttpEquiv, &["refresh"]) {
            return;
        }
        let target = match self.attributes.text(Attribute::Content) {
            Some(Cow::Borrowed(content)) => tags::refresh(content).map(Cow::Borrowed),
            Some(Cow::Owned(content)) => tags::refresh(&content).map(|target| Cow::Owned(target.to_owned())),
            None => None,
        };
        if let Some(target) = target {
            self.link_to(target, LinkKind::Page, at);
        }
    }

    /// Whether an attribute has one of the given values, in any case.
    fn says(&self, attribute: Attribute, values: &[&str]) -> bool {
        self.attributes.raw(attribute).is_some_and(|found| values.iter().any(|value| found.eq_ignore_ascii_case(value)))
    }

    fn note_heading(&mut self, level: u8, at: usize) {
        if level == 1 {
            if self.has_main_heading {
                self.flaw(FlawKind::SecondMainHeading, at);
            }
            self.has_main_heading = true;
        }
        if let Some(from) = self.last_heading
            && level > from + 1
        {
            self.flaw(FlawKind::HeadingSkipped { from, to: level }, at);
        }
        self.last_heading = Some(level);
    }

    fn note_image(&mut self, at: usize) {
        if self.attributes.has(Attribute::Alt)
            || self.says(Attribute::Role, &["presentation", "none"])
            || self.says(Attribute::AriaHidden, &["true"])
        {
            return;
        }
        let source = self.attributes.text(Attribute::Src).unwrap_or_default();
        self.flaw(FlawKind::ImageWithoutAlternative(source), at);
    }

    fn note_label(&mut self, at: usize) {
        let id = self.attributes.text(Attribute::For);
        self.open_labels.push(OpenLabel { at, has_for: id.is_some(), has_field: false });
        if let Some(id) = id {
            self.labelled_ids.push((id, at));
        }
    }

    fn close_label(&mut self, label: &OpenLabel) {
        if !label.has_for && !label.has_field {
            self.flaw(FlawKind::LabelWithoutField(Cow::Borrowed("")), label.at);
        }
        // A label around this one holds all that this one holds.
        if label.has_field
            && let Some(outer) = self.open_labels.last_mut()
        {
            outer.has_field = true;
        }
    }

    fn note_field_place(&mut self) {
        if let Some(label) = self.open_labels.last_mut() {
            label.has_field = true;
        }
        if let Some(id) = self.filled(Attribute::Id) {
            self.field_ids.push(id);
        }
    }

    fn note_field(&mut self, element: Element, at: usize) {
        let is_input = element == Element::Input;
        if is_input && self.says(Attribute::Type, &["hidden"]) {
            return;
        }
        self.note_field_place();
        let has_name = [Attribute::AriaLabel, Attribute::AriaLabelledby, Attribute::Title]
            .into_iter()
            .any(|name| self.filled(name).is_some());
        let is_button = is_input && self.says(Attribute::Type, &["submit", "button", "reset", "image"]);
        if has_name || is_button || !self.open_labels.is_empty() {
            return;
        }
        let id = self.filled(Attribute::Id);
        let shown = self.filled(Attribute::Name).or_else(|| id.clone()).unwrap_or_default();
        self.nameless_fields.push(NamelessField { id, shown, at });
    }

    /// The value of an attribute, unless there is nothing in it but white space.
    fn filled(&self, attribute: Attribute) -> Option<Cow<'a, str>> {
        self.attributes.text(attribute).filter(|text| !text.trim_ascii().is_empty())
    }

    fn finish(mut self) -> Seen<'a> {
        while let Some(label) = self.open_labels.pop() {
            self.close_label(&label);
        }
        self.field_ids.sort_unstable();
        self.labelled_ids.sort_unstable();
        let flaws = &mut self.seen.flaws;
        for field in self.nameless_fields {
            let is_labelled = field
                .id
                .is_some_and(|id| self.labelled_ids.binary_search_by(|(labelled, _)| labelled.cmp(&id)).is_ok());
            if !is_labelled {
                flaws.push(Flaw { kind: FlawKind::FieldWithoutLabel(field.shown), at: field.at });
            }
        }
        for (id, at) in self.labelled_ids {
            if self.field_ids.binary_search(&id).is_err() {
                flaws.push(Flaw { kind: FlawKind::LabelWithoutField(id), at });
            }
        }
        match self.document_at {
            Some(at) if !self.has_main_heading => flaws.push(Flaw { kind: FlawKind::NoMainHeading, at }),
            Some(_) => {}
            None => {
                flaws
                    .retain(|flaw| !matches!(flaw.kind, FlawKind::HeadingSkipped { .. } | FlawKind::SecondMainHeading));
            }
        }
        flaws.sort_by_key(|flaw| flaw.at);
        self.seen
    }
}

/// Whether a `link` leads to a document or loads a file.
fn kind_of_relation(relations: &str) -> LinkKind {
    const DOCUMENTS: [&str; 11] = [
        "alternate",
        "author",
        "canonical",
        "help",
        "license",
        "me",
        "next",
        "prev",
        "privacy-policy",
        "search",
        "terms-of-service",
    ];
    let mut kind = LinkKind::Asset;
    for relation in relations.split_ascii_whitespace() {
        if relation.eq_ignore_ascii_case("stylesheet") {
            return LinkKind::Asset;
        }
        if DOCUMENTS.iter().any(|document| relation.eq_ignore_ascii_case(document)) {
            kind = LinkKind::Page;
        }
    }
    kind
}

/// Remembers where in a list each text stands, by the hash of the text.
#[derive(Default)]
struct Places {
    /// A hash and a place each; the place counts from one, so that zero means free.
    slots: Vec<(u64, usize)>,
    taken: usize,
}

impl Places {
    /// Notes a place, unless the same text is known; says whether it was new.
    fn insert(&mut self, hash: u64, place: usize, same: impl Fn(usize) -> bool) -> bool {
        if self.taken * 2 >= self.slots.len() {
            self.grow();
        }
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = low_bits(hash);
        while let Some(slot) = self.slots.get_mut(at & mask) {
            if slot.1 == 0 {
                *slot = (hash, place + 1);
                self.taken += 1;
                return true;
            }
            if slot.0 == hash && same(slot.1 - 1) {
                return false;
            }
            at = at.wrapping_add(1);
        }
        true
    }

    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(64);
        let old = std::mem::replace(&mut self.slots, vec![(0, 0); size]);
        self.taken = 0;
        for (hash, place) in old {
            if place > 0 {
                self.insert(hash, place - 1, |_| false);
            }
        }
    }
}

fn low_bits(hash: u64) -> usize {
    usize::try_from(hash & 0xffff_ffff).unwrap_or_default()
}

/// A quick hash; the worst a clever page can do is to be looked at slowly.
fn hash(text: &str) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |hash: u64, word: u64| (hash ^ word).wrapping_mul(FACTOR).rotate_left(29);
    let bytes = text.as_bytes();
    let (words, rest) = bytes.as_chunks::<8>();
    let mut hash = words.iter().fold(0, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    // The last eight bytes cover the rest with one step; that some are read twice does no harm.
    let tail = match bytes.last_chunk::<8>() {
        Some(tail) => u64::from_le_bytes(*tail),
        None => rest.iter().fold(1, |tail, byte| tail << 8 | u64::from(*byte)),
    };
    hash = mix(hash, tail);
    hash ^ hash >> 32
}

#[cfg(test)]
mod tests;
