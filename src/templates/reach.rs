//! What a template reaches: the templates that it extends, includes and calls, and the names that
//! these may read. Told from their text, on the safe side: a name that stands inside a tag counts
//! as read, whatever is done with it. An output depends on what its template reaches, and on
//! nothing else of the templates (see [`crate::outputs`]).

use std::collections::{BTreeMap, BTreeSet};

use crate::fingerprint::Fingerprint;

/// All that a template may read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// The templates, itself included, by name.
    pub templates: BTreeSet<String>,
    /// Every word that stands inside their tags.
    pub words: BTreeSet<String>,
    /// Every text in quotes that stands inside their tags.
    pub quoted: BTreeSet<String>,
    /// Whether an asset is named otherwise than by a text in quotes.
    pub any_asset: bool,
}

impl Reach {
    /// Whether a value of this name may be read.
    #[must_use]
    pub fn reads(&self, name: &str) -> bool {
        // Tera's own name for everything that it was given.
        self.words.contains(name) || self.words.contains("__tera_context")
    }

    /// This, and `other`.
    pub fn extend(&mut self, other: &Self) {
        self.templates.extend(other.templates.iter().cloned());
        self.words.extend(other.words.iter().cloned());
        self.quoted.extend(other.quoted.iter().cloned());
        self.any_asset |= other.any_asset;
    }
}

/// One template's text, looked at.
#[derive(Debug)]
pub(super) struct TemplateText {
    pub(super) fingerprint: Fingerprint,
    words: BTreeSet<String>,
    quoted: BTreeSet<String>,
    calls: BTreeSet<String>,
    defines: BTreeSet<String>,
    any_asset: bool,
}

/// Looks at a template's text.
pub(super) fn look(text: &str, fingerprint: Fingerprint) -> TemplateText {
    let mut piece = TemplateText {
        fingerprint,
        words: BTreeSet::new(),
        quoted: BTreeSet::new(),
        calls: BTreeSet::new(),
        defines: BTreeSet::new(),
        any_asset: false,
    };
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        let end = match rest.as_bytes().get(start + 1) {
            Some(b'{') => "}}",
            Some(b'%') => "%}",
            _ => {
                rest = &rest[start + 1..];
                continue;
            }
        };
        let inside = &rest[start + 2..];
        // A tag that never ends is Tera's to refuse; what follows is read all the same.
        let length = inside.find(end).unwrap_or(inside.len());
        piece.take(&inside[..length]);
        piece.any_asset |= names_an_asset_otherwise(&inside[..length]);
        rest = &inside[length..];
    }
    piece
}

/// Whether a call of `asset` has anything but `path=` and a text in quotes.
fn names_an_asset_otherwise(tag: &str) -> bool {
    tag.match_indices("asset").any(|(at, _)| {
        let call: String = tag[at + "asset".len()..].chars().filter(|c| !c.is_whitespace()).take(7).collect();
        call.starts_with('(') && !["(path=\"", "(path='", "(path=`"].contains(&call.as_str())
    })
}

impl TemplateText {
    fn take(&mut self, tag: &str) {
        let mut rest = tag;
        let mut before = ' ';
        let mut last = "";
        while let Some(c) = rest.chars().next() {
            if matches!(c, '"' | '\'' | '`') {
                let inside = &rest[1..];
                let length = inside.find(c).unwrap_or(inside.len());
                self.quoted.insert(inside[..length].to_owned());
                rest = inside.get(length + 1..).unwrap_or_default();
            } else if c.is_alphabetic() || c == '_' {
                let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
                let path = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(rest.len());
                let word = &rest[..length];
                if before == '<' {
                    self.calls.insert(rest[..path].to_owned());
                }
                if last == "component" {
                    self.defines.insert(rest[..path].to_owned());
                }
                self.words.insert(word.to_owned());
                last = word;
                rest = &rest[length..];
            } else {
                rest = &rest[c.len_utf8()..];
            }
            if !c.is_whitespace() {
                before = c;
            }
        }
    }
}

/// What the template of this name reaches among `pieces`.
pub(super) fn reach(name: &str, pieces: &BTreeMap<String, TemplateText>) -> Reach {
    let mut reach = Reach::default();
    let mut waiting = vec![name];
    while let Some(name) = waiting.pop() {
        let Some((name, piece)) = pieces.get_key_value(name) else { continue };
        if !reach.templates.insert(name.clone()) {
            continue;
        }
        reach.words.extend(piece.words.iter().cloned());
        reach.quoted.extend(piece.quoted.iter().cloned());
        reach.any_asset |= piece.any_asset;
        for (other, found) in pieces {
            if piece.quoted.contains(other) || !found.defines.is_disjoint(&piece.calls) {
                waiting.push(other);
            }
        }
    }
    reach
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces() -> BTreeMap<String, TemplateText> {
        let texts = [
            ("base.html", "<nav>{{ site.name }}</nav>{% block x %}{% endblock %}{{ asset(path=\"a.css\") }}"),
            ("page.html", "{% extends \"base.html\" %}{% include 'part.html' %}{{ <ui.card session={upcoming[0]}/> }}"),
            ("part.html", "{%- for g in groups %}{{ g.name }}{% endfor %}"),
            ("ui.html", "{% component ui.card(session) %}{{ session.title }}{% endcomponent ui.card %}"),
            ("other.html", "{{ partners }}"),
        ];
        texts.into_iter().map(|(name, text)| (name.to_owned(), look(text, Fingerprint::of(text.as_bytes())))).collect()
    }

    #[test]
    fn what_is_extended_included_and_called_is_reached() {
        let reach = reach("page.html", &pieces());
        assert_eq!(
            reach.templates.iter().map(String::as_str).collect::<Vec<_>>(),
            ["base.html", "page.html", "part.html", "ui.html"]
        );
        assert!(reach.reads("groups") && reach.reads("upcoming") && reach.reads("site"));
        assert!(!reach.reads("partners") && !reach.reads("nav"), "outside of tags, a word is text");
        assert!(reach.quoted.contains("a.css"));
    }

    #[test]
    fn a_template_that_reads_everything_is_believed() {
        let text = "{{ __tera_context }}";
        let pieces = BTreeMap::from([("a.html".to_owned(), look(text, Fingerprint::default()))]);
        assert!(reach("a.html", &pieces).reads("partners"));
    }

    #[test]
    fn an_asset_named_by_a_variable_may_be_any() {
        assert!(!look("{{ asset(path=\"a.css\") }}", Fingerprint::default()).any_asset);
        assert!(look("{{ asset(path=name) }}", Fingerprint::default()).any_asset);
        assert!(!look("asset(path=name)", Fingerprint::default()).any_asset);
    }

    #[test]
    fn a_broken_template_is_looked_at_all_the_same() {
        let piece = look("{{ a {% b \" c", Fingerprint::default());
        assert!(piece.words.contains("a") && piece.words.contains("b"));
    }
}
