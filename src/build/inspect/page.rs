//! The rules of a page, applied to its tags in their order: its ids, its links, and what is wrong.
//!
//! Thousands of pages have the same menu: a link is handed on as it is met, and is never copied.

use std::collections::HashSet;

use super::{facts::hash, tag::Tag};

/// What a page offers to other pages, and what is wrong with it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct HtmlPage {
    /// The hash of every id and of every `name` of an `a`.
    pub(super) ids: HashSet<u64>,
    /// In no order that counts.
    pub(super) flaws: Vec<Flaw>,
}

/// What a page does with an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LinkKind {
    /// It leads readers or machines to another document, or shows one in a frame.
    Page,
    /// It loads a file such as an image, a script or a style sheet.
    Asset,
    /// It sends a form there.
    Form,
}

/// Something that is wrong with a page.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// An earlier element has the same id.
    DuplicateId(String),
    /// A heading is more than one level below the heading before it.
    HeadingSkipped {
        /// The level of the heading before.
        from: u8,
        /// The level of this heading.
        to: u8,
    },
    /// The document has no `h1`.
    NoMainHeading,
    /// The document already has an `h1`.
    SecondMainHeading,
    /// An image says nothing to those who cannot see it. Holds its `src`.
    ImageWithoutAlternative(String),
    /// A label belongs to no field. Holds its `for`, or nothing if it has none.
    LabelWithoutField(String),
    /// A field has neither a label nor another name. Holds its `name`, its `id` or nothing.
    FieldWithoutLabel(String),
}

/// A label whose end tag is still to come.
struct OpenLabel {
    has_for: bool,
    has_field: bool,
}

/// A field that has no name unless a label refers to it.
struct NamelessField {
    id: Option<String>,
    shown: String,
}

/// A page that is being read, tag by tag. What templates hold is skipped.
pub(super) struct Walk<'l> {
    page: HtmlPage,
    link: &'l mut dyn FnMut(&str, LinkKind),
    /// How many `svg` and `math` are open: their empty tags are really empty.
    open_foreign: usize,
    open_templates: usize,
    open_labels: Vec<OpenLabel>,
    labelled_ids: Vec<String>,
    field_ids: HashSet<String>,
    nameless_fields: Vec<NamelessField>,
    is_document: bool,
    last_heading: Option<u8>,
    has_main_heading: bool,
}

impl<'l> Walk<'l> {
    /// Before the first tag. `link` is told each address, without the white space around it.
    pub(super) fn new(link: &'l mut dyn FnMut(&str, LinkKind)) -> Self {
        Self {
            page: HtmlPage::default(),
            link,
            open_foreign: 0,
            open_templates: 0,
            open_labels: Vec::new(),
            labelled_ids: Vec::new(),
            field_ids: HashSet::new(),
            nameless_fields: Vec::new(),
            is_document: false,
            last_heading: None,
            has_main_heading: false,
        }
    }

    /// Whether what comes is part of a drawing or a formula.
    pub(super) fn is_foreign(&self) -> bool {
        self.open_foreign > 0
    }

    /// Notes a start tag; says whether its element is open from now on.
    pub(super) fn start_tag(&mut self, tag: &Tag) -> bool {
        if self.open_templates == 0 {
            self.note(tag);
        }
        if tag.self_closing && self.is_foreign() {
            return false;
        }
        match tag.name() {
            b"template" => self.open_templates += 1,
            b"svg" | b"math" if !tag.self_closing => self.open_foreign += 1,
            _ => {}
        }
        true
    }

    /// Notes an end tag.
    pub(super) fn end_tag(&mut self, name: &[u8]) {
        match name {
            b"template" => self.open_templates = self.open_templates.saturating_sub(1),
            b"svg" | b"math" => self.open_foreign = self.open_foreign.saturating_sub(1),
            b"label" if self.open_templates == 0 => self.close_label(),
            _ => {}
        }
    }

    fn note(&mut self, tag: &Tag) {
        let id = tag.get("id");
        if let Some(id) = id {
            self.id(id);
        }
        match tag.name() {
            b"a" => {
                // An anchor may carry one name in both ways for the sake of old browsers.
                if let Some(name) = tag.get("name").filter(|name| id != Some(*name)) {
                    self.id(name);
                }
                self.link(tag, "href", LinkKind::Page);
            }
            b"area" => self.link(tag, "href", LinkKind::Page),
            b"link" => self.link(tag, "href", kind_of_relation(tag.get("rel").unwrap_or_default())),
            b"img" => {
                self.image(tag);
                self.link(tag, "src", LinkKind::Asset);
                self.candidates(tag);
            }
            b"source" => {
                self.link(tag, "src", LinkKind::Asset);
                self.candidates(tag);
            }
            b"script" | b"audio" => self.link(tag, "src", LinkKind::Asset),
            b"iframe" => self.link(tag, "src", LinkKind::Page),
            b"video" => {
                self.link(tag, "src", LinkKind::Asset);
                self.link(tag, "poster", LinkKind::Asset);
            }
            b"form" => self.link(tag, "action", LinkKind::Form),
            b"meta" if tag.has("http-equiv", &["refresh"]) => {
                if let Some(target) = tag.get("content").and_then(refresh) {
                    (self.link)(target, LinkKind::Page);
                }
            }
            b"html" => self.is_document = true,
            [b'h', level @ b'1'..=b'6'] => self.heading(level - b'0'),
            b"label" => {
                let id = tag.get("for");
                self.open_labels.push(OpenLabel { has_for: id.is_some(), has_field: false });
                self.labelled_ids.extend(id.map(str::to_owned));
            }
            b"input" | b"select" | b"textarea" => self.field(tag),
            b"button" | b"output" | b"meter" | b"progress" => self.field_place(tag),
            // Elements of the page's own making may be fields, and nobody here can tell.
            name if name.contains(&b'-') => self.field_place(tag),
            _ => {}
        }
    }

    fn id(&mut self, id: &str) {
        if !id.is_empty() && !self.page.ids.insert(hash(id)) {
            self.page.flaws.push(Flaw::DuplicateId(id.to_owned()));
        }
    }

    fn link(&mut self, tag: &Tag, attribute: &str, kind: LinkKind) {
        if let Some(target) = tag.get(attribute) {
            (self.link)(target.trim_ascii(), kind);
        }
    }

    fn candidates(&mut self, tag: &Tag) {
        for target in candidates(tag.get("srcset").unwrap_or_default()) {
            (self.link)(target, LinkKind::Asset);
        }
    }

    fn heading(&mut self, level: u8) {
        if level == 1 && std::mem::replace(&mut self.has_main_heading, true) {
            self.page.flaws.push(Flaw::SecondMainHeading);
        }
        if let Some(from) = self.last_heading.replace(level)
            && level > from + 1
        {
            self.page.flaws.push(Flaw::HeadingSkipped { from, to: level });
        }
    }

    fn image(&mut self, tag: &Tag) {
        let hidden = tag.has("role", &["presentation", "none"]) || tag.has("aria-hidden", &["true"]);
        if tag.get("alt").is_none() && !hidden {
            let source = tag.get("src").unwrap_or_default();
            self.page.flaws.push(Flaw::ImageWithoutAlternative(source.to_owned()));
        }
    }

    fn close_label(&mut self) {
        let Some(label) = self.open_labels.pop() else { return };
        if !label.has_for && !label.has_field {
            self.page.flaws.push(Flaw::LabelWithoutField(String::new()));
        }
        // A label around this one holds all that this one holds.
        if label.has_field
            && let Some(outer) = self.open_labels.last_mut()
        {
            outer.has_field = true;
        }
    }

    fn field_place(&mut self, tag: &Tag) {
        if let Some(label) = self.open_labels.last_mut() {
            label.has_field = true;
        }
        self.field_ids.extend(tag.filled("id").map(str::to_owned));
    }

    fn field(&mut self, tag: &Tag) {
        let is_input = tag.name() == b"input";
        if is_input && tag.has("type", &["hidden"]) {
            return;
        }
        self.field_place(tag);
        let has_name = ["aria-label", "aria-labelledby", "title"].iter().any(|name| tag.filled(name).is_some());
        let is_button = is_input && tag.has("type", &["submit", "button", "reset", "image"]);
        if has_name || is_button || !self.open_labels.is_empty() {
            return;
        }
        let id = tag.filled("id");
        let shown = tag.filled("name").or(id).unwrap_or_default().to_owned();
        self.nameless_fields.push(NamelessField { id: id.map(str::to_owned), shown });
    }

    /// Ends the page: what stands for all of it is told last.
    pub(super) fn finish(mut self) -> HtmlPage {
        while !self.open_labels.is_empty() {
            self.close_label();
        }
        let flaws = &mut self.page.flaws;
        for NamelessField { id, shown } in self.nameless_fields {
            if id.is_none_or(|id| !self.labelled_ids.contains(&id)) {
                flaws.push(Flaw::FieldWithoutLabel(shown));
            }
        }
        let nowhere = self.labelled_ids.into_iter().filter(|id| !self.field_ids.contains(id));
        flaws.extend(nowhere.map(Flaw::LabelWithoutField));
        if !self.is_document {
            flaws.retain(|flaw| !matches!(flaw, Flaw::HeadingSkipped { .. } | Flaw::SecondMainHeading));
        } else if !self.has_main_heading {
            flaws.push(Flaw::NoMainHeading);
        }
        self.page
    }
}

/// Whether a `link` leads to a document or loads a file.
fn kind_of_relation(relations: &str) -> LinkKind {
    const DOCUMENTS: &[&str] = &[
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

/// The addresses of a `srcset`.
fn candidates(srcset: &str) -> impl Iterator<Item = &str> {
    let mut rest = srcset;
    std::iter::from_fn(move || {
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
fn refresh(content: &str) -> Option<&str> {
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
