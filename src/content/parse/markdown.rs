//! Markdown to HTML, once for each text, noting what the checks will need: headings, links, images,
//! missing facts. The typography of French is put in what is read, last: places and anchors are
//! those of the text as it was written.

use std::{borrow::Cow, ops::Range, sync::Arc};

use percent_encoding::percent_decode_str;
use pulldown_cmark::{CowStr, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd, html};

use super::{
    names::slug,
    record::{Problems, TO_COMPLETE, closest, missing},
};
use crate::{
    content::typography::{OBJECT, Run, french, replaced},
    diagnostics::diagnostic::Diagnostic,
    model::{Block, Body, Component, Heading, ImageRef, LinkRef, Place},
};

/// The title that marks an image as decorative.
const DECORATIVE: &str = "decoratif";

type SpannedEvent<'a> = (Event<'a>, Range<usize>);

/// Turns `source` (which begins `offset` bytes into its file) into a [`Body`]; `printed`: as French
/// is printed.
pub(crate) fn body(file: &Arc<str>, source: &str, offset: usize, printed: bool, problems: &Problems) -> Body {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_HEADING_ATTRIBUTES;
    let events: Vec<SpannedEvent<'_>> = Parser::new_ext(source, options).into_offset_iter().collect();
    let (body, pending) = (Body::default(), Vec::new());
    let mut writer = HtmlWriter { file, offset, printed, problems, body, pending, level: 1, raw_open: 0 };
    let mut at = 0;
    while at < events.len() {
        at += writer.take(&events[at..]);
    }
    writer.flush();
    writer.body
}

struct HtmlWriter<'a, 's> {
    file: &'a Arc<str>,
    offset: usize,
    printed: bool,
    problems: &'a Problems,
    body: Body,
    pending: Vec<Event<'s>>,
    level: u8,
    /// Tags of HTML told and not closed yet.
    raw_open: usize,
}

impl<'s> HtmlWriter<'_, 's> {
    fn place(&self, span: &Range<usize>) -> Place {
        Place::new(self.file, span.start + self.offset..span.end + self.offset)
    }

    fn flush(&mut self) {
        if !self.pending.is_empty() {
            if self.printed {
                typeset(&mut self.pending);
            }
            let mut out = String::new();
            html::push_html(&mut out, self.pending.drain(..));
            self.body.blocks.push(Block::Html(out));
        }
    }

    fn printed(&self, text: String) -> String {
        match french(&text) {
            Cow::Owned(printed) if self.printed => printed,
            _ => text,
        }
    }

    /// Takes one or several events, and says how many.
    fn take(&mut self, events: &[SpannedEvent<'s>]) -> usize {
        let (event, span) = &events[0];
        match event {
            Event::Start(Tag::Paragraph) => {
                if let Some(taken) = self.component(events) {
                    return taken;
                }
                self.pending.push(event.clone());
            }
            Event::Start(Tag::Heading { level, id, classes, attrs }) => {
                let id = self.heading(*level, id.as_ref(), events);
                let (classes, attrs) = (classes.clone(), attrs.clone());
                self.pending.push(Event::Start(Tag::Heading { level: *level, id: Some(id.into()), classes, attrs }));
            }
            Event::Start(Tag::Link { dest_url, link_type, title, .. }) => {
                let target =
                    if *link_type == LinkType::Email { format!("mailto:{dest_url}") } else { dest_url.to_string() };
                let title = self.printed(title.to_string());
                self.pending.push(Event::InlineHtml(open_link(&target, &title).into()));
                self.body.links.push(LinkRef { target, at: self.place(span) });
            }
            Event::End(TagEnd::Link) => self.pending.push(Event::InlineHtml("</a>".into())),
            Event::Start(Tag::Image { dest_url, title, .. }) => {
                let length = matching_end(events);
                let image = ImageRef {
                    path: percent_decode_str(dest_url).decode_utf8_lossy().into_owned(),
                    alt: self.printed(plain_text(&events[..length])),
                    decorative: title.as_ref() == DECORATIVE,
                    at: self.place(span),
                };
                let title = self.printed(title.to_string());
                self.pending.push(Event::InlineHtml(picture(&image, &title).into()));
                self.body.images.push(image);
                return length;
            }
            Event::Text(text) => self.text(text, span),
            // A comment is the writer's own note: it is not published.
            Event::Html(raw) | Event::InlineHtml(raw) => {
                let raw = raw.trim();
                let told = raw.starts_with("</") && self.raw_open > 0;
                if told {
                    // Its opening was.
                    self.raw_open -= 1;
                } else if !(raw.is_empty() || raw.starts_with("<!--") || raw.ends_with("-->")) {
                    self.raw_open += 1;
                    self.problems.push(Diagnostic::error("html-brut", self.place(span)));
                }
            }
            other => self.pending.push(other.clone()),
        }
        1
    }

    /// A paragraph made of `{name}` alone is a component.
    fn component(&mut self, events: &[SpannedEvent<'s>]) -> Option<usize> {
        let [_, (Event::Text(text), span), (Event::End(TagEnd::Paragraph), _), ..] = events else { return None };
        let name = text.strip_prefix('{')?.strip_suffix('}')?;
        let at = self.place(span);
        match Component::NAMES.iter().find(|(known, _)| *known == name) {
            Some((_, component)) => {
                self.flush();
                self.body.blocks.push(Block::Component(*component, at));
            }
            None => {
                let names = Component::NAMES.iter().map(|(known, _)| *known);
                let problem = Diagnostic::error("composant-inconnu", at).arg("valeur", name);
                self.problems.push(match closest(name, names.clone()) {
                    Some(near) => problem.arg("proposition", near).help("vouliez-vous-dire"),
                    None => problem.arg("connues", names.collect::<Vec<_>>().join(", ")),
                });
            }
        }
        Some(3)
    }

    fn heading(&mut self, level: HeadingLevel, id: Option<&CowStr<'s>>, events: &[SpannedEvent<'s>]) -> String {
        let at = self.place(&events[0].1);
        let text = plain_text(&events[..matching_end(events)]);
        let number = level as u8;
        if number == 1 {
            self.problems.push(Diagnostic::error("titre-de-niveau-1", at.clone()));
        } else if number > self.level + 1 {
            let problem = Diagnostic::error("niveau-de-titre-saute", at.clone());
            self.problems.push(
                problem
                    .arg("niveau", "#".repeat(number.into()))
                    .arg("attendu", "#".repeat(usize::from(self.level) + 1)),
            );
        }
        self.level = number;
        let wanted = id.map_or_else(|| slug(&text), ToString::to_string);
        let wanted = if wanted.is_empty() { "section".to_owned() } else { wanted };
        let taken = |id: &str| self.body.headings.iter().any(|heading| heading.id == id);
        let id = if taken(&wanted) {
            (2_usize..=self.body.headings.len() + 2)
                .map(|n| format!("{wanted}-{n}"))
                .find(|id| !taken(id))
                .unwrap_or(wanted)
        } else {
            wanted
        };
        self.body.headings.push(Heading { level: number, id: id.clone(), text: self.printed(text), at });
        id
    }

    /// Text, with each missing fact made visible.
    fn text(&mut self, text: &CowStr<'s>, span: &Range<usize>) {
        if !may_be_missing(text) {
            self.pending.push(Event::Text(text.clone()));
            return;
        }
        let lower = text.to_lowercase();
        // Lowercasing keeps the length of everything French writes; where it does not, the mark is
        // told but not drawn.
        if lower.len() != text.len() || !lower.contains(TO_COMPLETE) {
            self.pending.push(Event::Text(text.clone()));
            return;
        }
        let mut from = 0;
        for (at, mark) in lower.match_indices(TO_COMPLETE) {
            let end = at + mark.len();
            self.pending.push(Event::Text(text[from..at].to_owned().into()));
            self.pending
                .push(Event::InlineHtml(format!("<mark class=\"a-completer\">{}</mark>", &text[at..end]).into()));
            let place = self.place(&(span.start + at..span.start + end));
            self.problems.push(missing(place.clone()));
            self.body.missing.push(place);
            from = end;
        }
        self.pending.push(Event::Text(text[from..].to_owned().into()));
    }
}

/// Puts the typography of French in the texts of `events`, each paragraph, cell or line of a list
/// read as a whole.
fn typeset(events: &mut [Event<'_>]) {
    let (mut run, mut code) = (Run::default(), false);
    let mut changes = Vec::new();
    for (index, event) in events.iter().enumerate() {
        match event {
            Event::Text(text) if !code => run.push(text, index),
            Event::SoftBreak | Event::HardBreak => run.see("\n"),
            Event::Start(Tag::Emphasis | Tag::Strong | Tag::Strikethrough)
            | Event::End(TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough) => {}
            // Links are read through; pictures and what is missing stand for a word, as code does.
            Event::InlineHtml(html) if html.starts_with("<a ") || html.starts_with("</a") => {}
            Event::InlineHtml(_) | Event::Code(_) => run.see(OBJECT.encode_utf8(&mut [0; 4])),
            other => {
                match other {
                    Event::Start(Tag::CodeBlock(_)) => code = true,
                    Event::End(TagEnd::CodeBlock) => code = false,
                    _ => {}
                }
                changes.append(&mut run.finish());
            }
        }
    }
    changes.append(&mut run.finish());
    for of_one in changes.chunk_by(|a, b| a.piece == b.piece) {
        let Some(Event::Text(text)) = events.get_mut(of_one[0].piece) else { continue };
        *text = replaced(text, of_one.iter().map(|change| (change.at.clone(), change.with))).into();
    }
}

/// Whether a text may hold the mark of a missing fact: no text without its "pl" does, and most have
/// none.
fn may_be_missing(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr2_iter(b'p', b'P', bytes).any(|at| bytes.get(at + 1).is_some_and(|next| matches!(next, b'l' | b'L')))
}

/// How many events an element takes, its end included.
fn matching_end(events: &[SpannedEvent<'_>]) -> usize {
    let mut depth = 0_usize;
    for (index, (event, _)) in events.iter().enumerate() {
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return index + 1;
        }
    }
    events.len()
}

fn plain_text(events: &[SpannedEvent<'_>]) -> String {
    let mut text = String::new();
    for (event, _) in events {
        match event {
            Event::Text(part) | Event::Code(part) => text.push_str(part),
            Event::SoftBreak | Event::HardBreak => text.push(' '),
            _ => {}
        }
    }
    text.trim().to_owned()
}

/// A link's opening tag. Other sites are not told where the reader comes from.
fn open_link(target: &str, title: &str) -> String {
    let mut tag = String::from("<a href=\"");
    pulldown_cmark_escape::escape_href(&mut tag, target).unwrap_or_default();
    tag.push('"');
    if !title.is_empty() {
        tag.push_str(" title=\"");
        pulldown_cmark_escape::escape_html(&mut tag, title).unwrap_or_default();
        tag.push('"');
    }
    if target.starts_with("http://") || target.starts_with("https://") {
        tag.push_str(" rel=\"noreferrer\"");
    }
    tag.push('>');
    tag
}

fn picture(image: &ImageRef, title: &str) -> String {
    let mut tag = String::from("<img src=\"");
    pulldown_cmark_escape::escape_href(&mut tag, &image.path).unwrap_or_default();
    tag.push_str("\" alt=\"");
    pulldown_cmark_escape::escape_html(&mut tag, if image.decorative { "" } else { &image.alt }).unwrap_or_default();
    tag.push('"');
    if !title.is_empty() && !image.decorative {
        tag.push_str(" title=\"");
        pulldown_cmark_escape::escape_html(&mut tag, title).unwrap_or_default();
        tag.push('"');
    }
    tag.push_str(" loading=\"lazy\">");
    tag
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str) -> (Body, Vec<String>) {
        let problems = Problems::default();
        let body = body(&"a.md".into(), source, 0, true, &problems);
        (body, problems.into_vec().into_iter().map(|problem| problem.code.into_owned()).collect())
    }

    fn html(source: &str) -> String {
        let (body, problems) = check(source);
        assert_eq!(problems, [] as [String; 0], "{source}");
        let html = |block: &Block| match block {
            Block::Html(html) => html.clone(),
            Block::Component(component, _) => format!("[{}]", component.name()),
        };
        body.blocks.iter().map(html).collect()
    }

    #[test]
    fn headings_get_stable_anchors() {
        assert_eq!(
            html("## Dois-je parler ?\n\n## Qu’est-ce\n\n## Cœur\n\n## Cœur"),
            "<h2 id=\"dois-je-parler\">Dois-je parler\u{202f}?</h2>\n<h2 id=\"qu-est-ce\">Qu’est-ce</h2>\n\
             <h2 id=\"coeur\">Cœur</h2>\n<h2 id=\"coeur-2\">Cœur</h2>\n"
        );
    }

    #[test]
    fn other_sites_are_not_told_where_the_reader_comes_from() {
        assert_eq!(html("[a](/charte/)"), "<p><a href=\"/charte/\">a</a></p>\n");
        assert_eq!(html("[a](https://x.fr)"), "<p><a href=\"https://x.fr\" rel=\"noreferrer\">a</a></p>\n");
    }

    #[test]
    fn a_component_stands_alone_in_its_paragraph() {
        assert_eq!(html("a\n\n{etapes}\n\nb {etapes}"), "<p>a</p>\n[etapes]<p>b {etapes}</p>\n");
        assert_eq!(check("{etape}").1, ["composant-inconnu"]);
    }

    #[test]
    fn missing_facts_are_seen_and_shown() {
        let (body, problems) = check("Tél. : à compléter.");
        assert_eq!(problems, ["a-completer"]);
        assert_eq!(body.missing.len(), 1);
        let [Block::Html(html)] = &body.blocks[..] else { panic!("one block") };
        assert_eq!(html, "<p>Tél.\u{a0}: <mark class=\"a-completer\">à compléter</mark>.</p>\n");
    }

    #[test]
    fn images_say_what_they_show_or_that_they_show_nothing() {
        assert!(html("![un cercle](/medias/a.png)").contains("alt=\"un cercle\""));
        assert!(html("![a](</medias/l’été.png>)").contains("src=\"/medias/l%E2%80%99%C3%A9t%C3%A9.png\""));
        assert_eq!(check("![a](/medias/%C3%A9t%C3%A9.png)").0.images[0].path, "/medias/été.png");
        assert!(html("![](/medias/a.png \"decoratif\")").contains("alt=\"\" loading"));
        assert!(!check("![](/medias/a.png)").0.images[0].decorative);
    }

    #[test]
    fn raw_html_is_refused_and_comments_are_kept_out() {
        assert_eq!(check("<script>x</script>").1, ["html-brut"]);
        assert_eq!(check("un <b>mot</b>, un <i>autre</i>").1, ["html-brut", "html-brut"]);
        assert_eq!(check("un </b>").1, ["html-brut"]);
        assert_eq!(html("a\n\n<!-- note -->\n"), "<p>a</p>\n");
    }

    #[test]
    fn levels_are_not_skipped() {
        assert_eq!(check("# a").1, ["titre-de-niveau-1"]);
        assert_eq!(check("## a\n\n#### b").1, ["niveau-de-titre-saute"]);
    }

    #[test]
    fn what_is_read_is_printed_in_french() {
        assert_eq!(
            html("C'est **gras** ! *Et* l'`a ?` ?\n\n- le 17 mars, \"oui\"\n- l'*été* [d'ici](/l'a?b)"),
            "<p>C’est <strong>gras</strong>\u{202f}! <em>Et</em> l’<code>a ?</code>\u{202f}?</p>\n<ul>\n\
             <li>le 17\u{a0}mars, «\u{a0}oui\u{a0}»</li>\n<li>l’<em>été</em> <a href=\"/l&#x27;a?b\">d’ici</a></li>\n</ul>\n"
        );
        assert_eq!(
            html("    l'un ?\n\n```\nl'un ?\n```"),
            "<pre><code>l'un ?\n</code></pre>\n<pre><code>l'un ?\n</code></pre>\n"
        );
        assert_eq!(
            html("<https://a.fr/?x> ?"),
            "<p><a href=\"https://a.fr/?x\" rel=\"noreferrer\">https://a.fr/?x</a>\u{202f}?</p>\n"
        );
        assert!(html("![L'été ?](/a.png)").contains("alt=\"L’été\u{202f}?\""));
        assert_eq!(html("| a |\n|---|\n| 33 % |\n").matches("33\u{a0}%").count(), 1);
    }

    #[test]
    fn typography_moves_no_anchor_and_no_place() {
        for heading in ["Qu'est-ce ?", "Un \"mot\"... ou 2 - 3", "18:00-20:00 : l'heure !"] {
            let source = format!("## {heading}");
            let written = body(&"a.en.md".into(), &source, 0, false, &Problems::default());
            let printed = body(&"a.md".into(), &source, 0, true, &Problems::default());
            assert_eq!(written.headings[0].id, printed.headings[0].id);
            assert_eq!(printed.headings[0].text, french(heading));
            assert_eq!(written.headings[0].text, heading);
        }
        let source = "L'un ? *D'où ?* Puis : à compléter ! Et l'autre : à compléter.";
        let (body, _) = check(source);
        let places = body.missing.iter().map(|at| &source[at.span.clone()]);
        assert_eq!(places.collect::<Vec<_>>(), ["à compléter"; 2]);
    }
}
