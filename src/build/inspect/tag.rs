//! One start or end tag as the tokenizer reads it. All tags of a page use the same buffers: a list
//! for each would take longer than reading it.

/// A tag, with its entities decoded.
#[derive(Debug, Default)]
pub(super) struct Tag {
    name: Vec<u8>,
    /// Names and values of the attributes, one after the other.
    text: Vec<u8>,
    attributes: Vec<Attribute>,
    /// Whether it ends with `/>`.
    pub(super) self_closing: bool,
}

/// Bytes of [`Tag::text`]: a name begins at `start`, its value at `value` and ends at `end`.
#[derive(Debug)]
struct Attribute {
    start: usize,
    value: usize,
    end: usize,
}

impl Tag {
    /// In small letters.
    pub(super) fn name(&self) -> &[u8] {
        &self.name
    }

    /// The value of an attribute; empty when it has none. Of two with one name, the first counts.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|found| &self.text[found.start..found.value] == name.as_bytes())?;
        std::str::from_utf8(&self.text[found.value..found.end]).ok()
    }

    /// The value of an attribute, unless there is nothing in it but white space.
    pub(super) fn filled(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.trim_ascii().is_empty())
    }

    /// Whether an attribute has one of the given values, in any case.
    pub(super) fn has(&self, name: &str, values: &[&str]) -> bool {
        self.get(name).is_some_and(|found| values.iter().any(|value| found.eq_ignore_ascii_case(value)))
    }

    pub(super) fn clear(&mut self) {
        self.name.clear();
        self.text.clear();
        self.attributes.clear();
        self.self_closing = false;
    }

    pub(super) fn push_name(&mut self, bytes: &[u8]) {
        self.name.extend_from_slice(bytes);
    }

    pub(super) fn begin_attribute(&mut self) {
        let start = self.text.len();
        self.attributes.push(Attribute { start, value: start, end: start });
    }

    pub(super) fn push_attribute_name(&mut self, bytes: &[u8]) {
        self.text.extend_from_slice(bytes);
        if let Some(last) = self.attributes.last_mut() {
            last.value = self.text.len();
            last.end = last.value;
        }
    }

    pub(super) fn push_attribute_value(&mut self, bytes: &[u8]) {
        self.text.extend_from_slice(bytes);
        if let Some(last) = self.attributes.last_mut() {
            last.end = self.text.len();
        }
    }
}
