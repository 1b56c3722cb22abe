//! A page as somebody reads it, in lines: what it says, where its links lead, what its buttons and
//! fields are. For snapshots that a person reads.

use std::fmt::Write;

use html5gum::Token;

use crate::html::{VOID, text, tokens};

/// Elements that begin and end a line.
const LINES: &[&str] = &[
    "address", "article", "dd", "details", "div", "dl", "dt", "fieldset", "form", "h1", "h2", "h3", "h4", "header",
    "legend", "li", "nav", "ol", "p", "section", "select", "summary", "table", "td", "tr", "ul",
];

/// The main part of a page, line by line: `#` for a heading, `⟨words → address⟩` for a link,
/// `⟦words⟧` for a button, `(•)` and `[x]` for what is chosen. What nobody sees is left out.
#[must_use]
pub fn outline(html: &str) -> String {
    let mut outline = Outline::default();
    for token in tokens(html) {
        match token {
            Token::StartTag(tag) => {
                let get = |wanted: &str| {
                    let mut found = tag.attributes.iter().filter(|(name, _)| text(name) == wanted);
                    found.next().map(|(_, value)| text(value))
                };
                outline.open(&text(&tag.name), tag.self_closing, get);
            }
            Token::EndTag(tag) => outline.close(&text(&tag.name)),
            Token::String(string) if outline.inside && outline.hidden == 0 => outline.line.push_str(&text(&string)),
            _ => {}
        }
    }
    outline.end();
    outline.lines.join("\n")
}

#[derive(Default)]
struct Outline {
    lines: Vec<String>,
    line: String,
    /// Whether the main part has begun, and is not over.
    inside: bool,
    /// How deep in something that nobody sees.
    hidden: usize,
    links: Vec<String>,
}

impl Outline {
    fn open(&mut self, element: &str, closed: bool, get: impl Fn(&str) -> Option<String>) {
        let void = closed || VOID.contains(&element);
        if element == "main" {
            self.inside = true;
        }
        let unseen = ["script", "style", "svg", "textarea"].contains(&element)
            || get("aria-hidden").as_deref() == Some("true")
            || get("hidden").is_some();
        if self.hidden > 0 || unseen {
            self.hidden += usize::from(!void);
            return;
        }
        if !self.inside {
            return;
        }
        if LINES.contains(&element) {
            self.end();
        }
        match (element, get("type").as_deref()) {
            ("h1", _) => self.line.push_str("# "),
            ("h2", _) => self.line.push_str("## "),
            ("h3" | "h4", _) => self.line.push_str("### "),
            ("li", _) => self.line.push_str("- "),
            ("br", _) => self.line.push_str(" / "),
            ("summary", _) => self.line.push_str("▸ "),
            ("dt", _) => self.line.push_str(": "),
            ("button", _) => self.line.push_str(" ⟦"),
            ("a", _) => {
                self.line.push_str(" ⟨");
                self.links.push(get("href").unwrap_or_default());
            }
            ("input", Some("radio")) => self.line.push_str(if get("checked").is_some() { "(•) " } else { "( ) " }),
            ("input", Some("checkbox")) => self.line.push_str(if get("checked").is_some() { "[x] " } else { "[ ] " }),
            ("input", kind) if kind != Some("hidden") => {
                let value = get("value").unwrap_or_default();
                let _ = write!(self.line, " [{}: {value}]", get("name").unwrap_or_default());
            }
            ("option", _) => self.line.push_str(if get("selected").is_some() { " | (•) " } else { " | " }),
            _ => {}
        }
    }

    fn close(&mut self, element: &str) {
        if self.hidden > 0 {
            self.hidden -= 1;
            return;
        }
        match element {
            "main" => {
                self.end();
                self.inside = false;
            }
            "button" => self.line.push('⟧'),
            "a" if self.inside => {
                let link = self.links.pop().unwrap_or_default();
                let _ = write!(self.line, " → {link}⟩");
            }
            element if LINES.contains(&element) => self.end(),
            _ => {}
        }
    }

    /// The line is whole.
    fn end(&mut self) {
        let line = self.line.split_whitespace().collect::<Vec<_>>().join(" ");
        if !line.is_empty() && line != "-" {
            self.lines.push(line);
        }
        self.line.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_told_as_it_is_read() {
        let html = "<body><p>Menu</p><main><h1>Titre</h1><p>Un <b>mot</b>, <a href=/x/>le <i>lien</i></a>.</p>\
            <p aria-hidden=true>rien<br><b>du tout</b><svg><path d=x /></svg></p><ul><li>Un<li>Deux</ul><form><label><input type=radio checked>\
            Oui</label><input name=nom value=Ana><button>J’envoie</button></form></main><p>Pied</p>";
        let read = "# Titre\nUn mot, ⟨le lien → /x/⟩.\n- Un\n- Deux\n(•) Oui [nom: Ana] ⟦J’envoie⟧";
        assert_eq!(outline(html), read);
    }
}
