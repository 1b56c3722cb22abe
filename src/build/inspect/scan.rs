//! Reads the tags of a page with `html5gum`, which follows the tokenizer of the HTML standard.
//!
//! No tree is built: text and comments are dropped as they come, and nothing is allocated for a
//! tag.

use std::convert::Infallible;

use html5gum::{Emitter, Error, State, Tokenizer};

use super::{
    page::{HtmlPage, LinkKind, Walk},
    tag::Tag,
};

/// What a page offers and has wrong; `link` is told each address that it leads to or loads, as
/// often as it is written. A tag that the input cuts off is not there.
pub(super) fn scan(html: &str, mut link: impl FnMut(&str, LinkKind)) -> HtmlPage {
    let mut walk = Walk::new(&mut link);
    let tags = Tags { walk: &mut walk, tag: Tag::default(), is_end: false, text_element: Vec::new() };
    let Ok(()) = Tokenizer::new_with_emitter(html, tags).finish();
    walk.finish()
}

/// Hands each tag to the walk when it is whole.
struct Tags<'w, 'l> {
    walk: &'w mut Walk<'l>,
    tag: Tag,
    is_end: bool,
    /// The last element that held text alone, which an end tag of this name ends.
    text_element: Vec<u8>,
}

impl Emitter for Tags<'_, '_> {
    type Token = Infallible;

    fn init_start_tag(&mut self) {
        self.tag.clear();
        self.is_end = false;
    }

    fn init_end_tag(&mut self) {
        self.tag.clear();
        self.is_end = true;
    }

    fn push_tag_name(&mut self, name: &[u8]) {
        self.tag.push_name(name);
    }

    fn init_attribute(&mut self) {
        self.tag.begin_attribute();
    }

    fn push_attribute_name(&mut self, name: &[u8]) {
        self.tag.push_attribute_name(name);
    }

    fn push_attribute_value(&mut self, value: &[u8]) {
        self.tag.push_attribute_value(value);
    }

    fn set_self_closing(&mut self) {
        self.tag.self_closing = true;
    }

    fn emit_current_tag(&mut self) -> Option<State> {
        if self.is_end {
            self.walk.end_tag(self.tag.name());
            return None;
        }
        let state = self.walk.start_tag(&self.tag).then(|| text_state(self.tag.name())).flatten();
        if state.is_some() {
            self.text_element.clear();
            self.text_element.extend_from_slice(self.tag.name());
        }
        state
    }

    fn current_is_appropriate_end_tag_token(&mut self) -> bool {
        self.is_end && self.text_element == self.tag.name()
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&mut self) -> bool {
        self.walk.is_foreign()
    }

    fn should_emit_errors(&mut self) -> bool {
        false
    }

    fn pop_token(&mut self) -> Option<Infallible> {
        None
    }

    // Text, comments and the document's type tell nothing.
    fn set_last_start_tag(&mut self, _: Option<&[u8]>) {}
    fn emit_eof(&mut self) {}
    fn emit_error(&mut self, _: Error) {}
    fn emit_string(&mut self, _: &[u8]) {}
    fn init_comment(&mut self) {}
    fn push_comment(&mut self, _: &[u8]) {}
    fn emit_current_comment(&mut self) {}
    fn init_doctype(&mut self) {}
    fn push_doctype_name(&mut self, _: &[u8]) {}
    fn set_doctype_public_identifier(&mut self, _: &[u8]) {}
    fn set_doctype_system_identifier(&mut self, _: &[u8]) {}
    fn push_doctype_public_identifier(&mut self, _: &[u8]) {}
    fn push_doctype_system_identifier(&mut self, _: &[u8]) {}
    fn set_force_quirks(&mut self) {}
    fn emit_current_doctype(&mut self) {}
}

/// How the text of an element is read, when that is not as markup. Readers without scripts are
/// given what `noscript` holds, so its tags count.
fn text_state(element: &[u8]) -> Option<State> {
    match element {
        b"textarea" | b"title" => Some(State::RcData),
        b"script" => Some(State::ScriptData),
        b"style" | b"iframe" | b"xmp" | b"noembed" | b"noframes" => Some(State::RawText),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
