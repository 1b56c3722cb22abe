//! Enough of HTML to ask questions of a page: its elements, in order, and the text that people
//! read.

use std::collections::{BTreeMap, BTreeSet};

use html5gum::{DefaultEmitter, Token, Tokenizer};

/// Elements that never have an end tag.
pub(crate) const VOID: &[&str] =
    &["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"];

/// An element as it opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// Its name, in lower case.
    pub name: String,
    /// Its attributes.
    pub attributes: BTreeMap<String, String>,
    /// The text right inside it, up to the next tag: all of a script, a style or a title.
    pub text: String,
}

impl Element {
    /// An attribute.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }

    /// Whether it has this class.
    #[must_use]
    pub fn has_class(&self, class: &str) -> bool {
        self.get("class").is_some_and(|classes| classes.split_whitespace().any(|known| known == class))
    }
}

/// Every element of a page, in the order in which they open.
#[must_use]
pub fn elements(html: &str) -> Vec<Element> {
    let mut elements: Vec<Element> = Vec::new();
    let mut inside = false;
    for token in tokens(html) {
        match token {
            Token::StartTag(tag) => {
                let attributes = tag.attributes.into_iter().map(|(name, value)| (text(&name), text(&value)));
                elements.push(Element { name: text(&tag.name), attributes: attributes.collect(), text: String::new() });
                inside = true;
            }
            Token::EndTag(_) => inside = false,
            Token::String(string) if inside => {
                if let Some(element) = elements.last_mut() {
                    element.text.push_str(&text(&string));
                }
            }
            _ => {}
        }
    }
    elements
}

/// The words that people read, blanks run together; a line for each block would say more than tests
/// need.
#[must_use]
pub fn words(html: &str) -> String {
    let mut out = String::new();
    let mut hidden = 0_usize;
    for token in tokens(html) {
        match token {
            Token::StartTag(tag) => {
                let name = text(&tag.name);
                hidden += usize::from(["script", "style", "head"].contains(&name.as_str()));
                if VOID.contains(&name.as_str()) || !INLINE.contains(&name.as_str()) {
                    out.push(' ');
                }
            }
            Token::EndTag(tag) => {
                let name = text(&tag.name);
                hidden -= usize::from(["script", "style", "head"].contains(&name.as_str())).min(hidden);
                if !INLINE.contains(&name.as_str()) {
                    out.push(' ');
                }
            }
            Token::String(string) if hidden == 0 => out.push_str(&text(&string)),
            _ => {}
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

const INLINE: &[&str] = &["a", "abbr", "b", "em", "i", "mark", "small", "span", "strong", "time"];

/// What is wrong with the writing of a page: marks that no reader of HTML expects, elements that
/// are not closed in their order.
#[must_use]
pub fn mistakes(html: &str) -> Vec<String> {
    let (mut mistakes, mut open) = (Vec::new(), Vec::new());
    for token in tokens(html) {
        match token {
            Token::Error(error) => mistakes.push(format!("{:?}", error.value)),
            Token::StartTag(tag) if !VOID.contains(&text(&tag.name).as_str()) => open.push(text(&tag.name)),
            Token::EndTag(tag) if open.pop() != Some(text(&tag.name)) => {
                mistakes.push(format!("</{}>", text(&tag.name)));
            }
            _ => {}
        }
    }
    mistakes.extend(open);
    mistakes
}

/// The ids of a page.
#[must_use]
pub fn ids(html: &str) -> BTreeSet<String> {
    elements(html).iter().filter_map(|element| element.get("id").map(str::to_owned)).collect()
}

/// Where the page leads and what it loads: every `href`, `src`, `srcset` and `action`.
#[must_use]
pub fn addresses(html: &str) -> Vec<String> {
    let named = |element: &Element| -> Vec<String> {
        let plain =
            ["href", "src", "action", "poster", "data", "xlink:href"].iter().filter_map(|name| element.get(name));
        let sets = element.get("srcset").into_iter().flat_map(|set| set.split(','));
        let sets = sets.filter_map(|candidate| candidate.split_whitespace().next());
        plain.chain(sets).map(str::to_owned).collect()
    };
    elements(html).iter().flat_map(named).collect()
}

pub(crate) fn tokens(html: &str) -> impl Iterator<Item = Token> {
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    Tokenizer::new_with_emitter(html, emitter).map(|token| match token {
        Ok(token) => token,
        Err(never) => match never {},
    })
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_what_people_read() {
        let html =
            "<head><title>Non</title></head><p>Un <b>mot</b>,<br>deux</p><script>non()</script><p>trois &amp; plus";
        assert_eq!(words(html), "Un mot, deux trois & plus");
    }

    #[test]
    fn mistakes_are_told() {
        assert_eq!(mistakes("<!doctype html><p>a<br>b &amp; <b>c</b></p>"), Vec::<String>::new());
        assert_eq!(mistakes("<!doctype html><p><b>a</p></b>"), ["</p>", "</b>"]);
        assert_eq!(mistakes("<p>"), ["p"]);
        assert_eq!(mistakes("<a href=x href=y></a>"), ["DuplicateAttribute"]);
    }

    #[test]
    fn a_script_is_one_text() {
        let elements = elements("<script type=a>if (a<b) {}</script><p id=x>");
        assert_eq!(elements[0].text, "if (a<b) {}");
        assert_eq!(elements[1].get("id"), Some("x"));
    }
}
