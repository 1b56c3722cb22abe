//! The kit of whoever tells of the group: every support, texts that are ready to be sent, a block
//! for another site, all of it in one archive, and a list of it for programs.

use std::{
    collections::HashMap,
    io::{Cursor, Write},
};

use rayon::prelude::*;
use serde::Serialize;
use tera::Value;
use zip::{CompressionMethod, DateTime, ZipWriter, write::SimpleFileOptions};

use super::{
    output::{Inspection, Output, OutputKind, Rendered},
    prints, session_calendar, share_picture,
    supports::MadeSupport,
    view::View,
};
use crate::{
    diagnostics::diagnostic::Diagnostic,
    model::{Id, Medium, Place, Print, PrintKind},
    site::Snapshot,
    urls,
};

const PAGE: &str = "kit/page.html";
/// The block, as a page of its own.
const BLOCK: &str = "kit/bloc.html";
/// The block, as a piece of another page.
const FRAGMENT: &str = "kit/fragment.html";
/// Texts to send.
const TEXT: &str = "kit/texte.txt";

/// How long texts to send are, from the shortest.
const LENGTHS: [&str; 3] = ["court", "moyen", "long"];

/// The sessions that texts are written for, besides the season: the next one.
const TEXTS_FOR: usize = 1;

/// The sessions whose supports the page lists, a season and more; the list for programs has them
/// all.
const PARTS: usize = 12;

/// The sessions of the block.
const BLOCK_LENGTH: usize = 4;

/// A support in the kit. Names are those of `kit.json`, which is French.
#[derive(Serialize)]
struct SupportEntry<'a> {
    id: &'a str,
    titre: &'a str,
    format: &'static str,
    seance: Option<&'a str>,
    /// The page to prints, or the picture.
    adresse: String,
    image: bool,
    /// Millimetres on paper, pixels of a picture.
    largeur: u32,
    hauteur: u32,
    pdf: Option<String>,
    pdf_imprimeur: Option<String>,
    apercu: Option<String>,
}

/// What the page shows of the season (without a session), or of one session.
#[derive(Serialize)]
struct PartView<'a> {
    session: Option<&'a Value>,
    sheets: Vec<SupportEntry<'a>>,
    pictures: Vec<SupportEntry<'a>>,
}

/// A text to send.
#[derive(Serialize)]
struct TextEntry<'a> {
    reseau: &'a str,
    nom: &'a str,
    seance: Option<&'a str>,
    longueur: &'static str,
    texte: String,
}

/// A session in `kit.json`: what does not change from one hour to the next.
#[derive(Serialize)]
struct SessionEntry<'a> {
    id: &'a str,
    debut: &'a str,
    fin: &'a str,
    lieu: &'a str,
    exemple: bool,
    adresse: &'a str,
    adresse_courte: &'a str,
    agenda: String,
}

/// `kit.json`.
#[derive(Serialize)]
struct Index<'a> {
    nom: &'a str,
    adresse: &'a str,
    calendrier: String,
    flux: String,
    bloc: String,
    fragment: String,
    archive: String,
    seances: Vec<SessionEntry<'a>>,
    supports: Vec<SupportEntry<'a>>,
    textes: Vec<TextEntry<'a>>,
}

/// What the kit is made of.
#[derive(Debug, Clone, Copy)]
enum Kit {
    Page,
    /// The list for programs.
    Index,
    Archive,
    Block,
    Fragment,
}

pub(super) fn plan(_: &Snapshot, outputs: &mut Vec<Output>) {
    let parts = [
        (urls::KIT, Kit::Page),
        (urls::KIT_INDEX, Kit::Index),
        (urls::KIT_ARCHIVE, Kit::Archive),
        (urls::KIT_BLOCK, Kit::Block),
        (urls::KIT_FRAGMENT, Kit::Fragment),
    ];
    outputs.extend(parts.into_iter().map(|(url, part)| Output::new(url.to_owned(), part)));
}

impl OutputKind for Kit {
    fn name(&self) -> &'static str {
        match self {
            Self::Page => "kit",
            Self::Index => "kit-index",
            Self::Archive => "kit-archive",
            Self::Block => "kit-block",
            Self::Fragment => "kit-fragment",
        }
    }

    fn template(&self, _: &Snapshot) -> Option<String> {
        let template = match self {
            Self::Page => PAGE,
            Self::Index | Self::Archive => TEXT,
            Self::Block => BLOCK,
            Self::Fragment => FRAGMENT,
        };
        Some(template.to_owned())
    }

    fn inspection(&self) -> Inspection {
        match self {
            // Its pictures are in closed lists: none is loaded before somebody opens one.
            Self::Page => Inspection::PageOfAnyWeight,
            Self::Block => Inspection::Page,
            Self::Index | Self::Archive | Self::Fragment => Inspection::None,
        }
    }

    fn render<'a>(&'a self, view: &View<'a>, output: &'a Output) -> Rendered<'a> {
        let bytes = match self {
            Self::Page => page(view, &output.url)?.into_bytes(),
            Self::Index => index(view)?,
            Self::Archive => archive(view)?,
            Self::Block => block(view, BLOCK, &output.url)?.into_bytes(),
            Self::Fragment => block(view, FRAGMENT, &output.url)?.into_bytes(),
        };
        Ok(bytes.into())
    }
}

/// The page.
fn page(view: &View<'_>, url: &str) -> Result<String, Box<Diagnostic>> {
    let words = view.words();
    let page = view.made_page(url, &words.text("kit-titre", &[]), &words.text("kit-description", &[]), false);
    let mut by_session: HashMap<Option<&str>, (Vec<SupportEntry<'_>>, Vec<SupportEntry<'_>>)> = HashMap::new();
    for entry in supports(view, "") {
        let (sheets, pictures) = by_session.entry(entry.seance).or_default();
        if entry.image { pictures.push(entry) } else { sheets.push(entry) }
    }
    let mut part = |session: Option<usize>| {
        let session = session.map(|index| view.session(index));
        let (sheets, pictures) = by_session.remove(&session.map(|(shown, _)| &*shown.id)).unwrap_or_default();
        PartView { session: session.map(|(_, value)| value), sheets, pictures }
    };
    let parts: Vec<PartView<'_>> =
        [None].into_iter().chain(view.live().iter().take(PARTS).copied().map(Some)).map(&mut part).collect();
    let (texts, sessions) = (texts(view)?, view.cards(view.next_sessions()));
    let fragment = block(view, FRAGMENT, urls::KIT_FRAGMENT)?;
    view.fill(PAGE, &page.lang, |context| {
        context.insert("page", &page);
        context.insert("parts", &parts);
        context.insert("texts", &texts);
        context.insert_value("sessions", sessions);
        context.insert("fragment", &fragment);
    })
}

/// The block, alone in its page or as a piece of another: the sessions that come next, and what may
/// be said of them now.
fn block(view: &View<'_>, template: &str, url: &str) -> Result<String, Box<Diagnostic>> {
    let site = view.site();
    let page = view.made_page(url, &site.name, &site.description, false);
    let next = view.next_sessions();
    let sessions = view.cards(&next[..next.len().min(BLOCK_LENGTH)]);
    view.fill(template, &page.lang, |context| {
        context.insert("page", &page);
        context.insert_value("sessions", sessions);
    })
}

/// The list for programs.
fn index(view: &View<'_>) -> Result<Vec<u8>, Box<Diagnostic>> {
    let site = view.site();
    let at = |url: &str| format!("{}{url}", site.url);
    let sessions = view.live().iter().map(|index| {
        let session = view.announcement(*index);
        SessionEntry {
            id: session.id,
            debut: session.starts_at,
            fin: session.ends_at,
            lieu: session.place,
            exemple: session.example,
            adresse: session.canonical,
            adresse_courte: session.short_url,
            agenda: at(session.ics_url),
        }
    });
    let index = Index {
        nom: &site.name,
        adresse: &site.url,
        calendrier: at("/calendrier.ics"),
        flux: at("/atom.xml"),
        bloc: at(urls::KIT_BLOCK),
        fragment: at(urls::KIT_FRAGMENT),
        archive: at(urls::KIT_ARCHIVE),
        seances: sessions.collect(),
        supports: supports(view, &site.url),
        textes: texts(view)?,
    };
    let mut bytes = serde_json::to_vec_pretty(&index).unwrap_or_default();
    bytes.push(b'\n');
    Ok(bytes)
}

/// Everything, in one file.
fn archive(view: &View<'_>) -> Result<Vec<u8>, Box<Diagnostic>> {
    // The clock is never asked: the same kit is the same bytes.
    let plain = SimpleFileOptions::default().last_modified_time(DateTime::DEFAULT).unix_permissions(0o644);
    // Pictures and PDF are as small as they get.
    let stored = plain.compression_method(CompressionMethod::Stored);
    let squeezed = plain.compression_method(CompressionMethod::Deflated);
    let mut files = vec![("kit.json".to_owned(), index(view)?, squeezed)];
    for text in texts(view)? {
        let subject = text.seance.unwrap_or("saison");
        let name = format!("textes/{subject}-{}-{}.txt", text.reseau, text.longueur);
        files.push((name, text.texte.into_bytes(), squeezed));
    }
    let pictures: Vec<MadeSupport<'_>> =
        view.supports().into_iter().filter(|made| made.support.format.is_picture()).collect();
    let drawn = pictures.par_iter().map(|made| {
        let picture = share_picture::bytes(view, &made.url, made.index, made.session)?;
        Ok((inside(&made.url), picture.to_vec(), stored))
    });
    files.par_extend(drawn.collect::<Result<Vec<_>, Box<Diagnostic>>>()?);
    files.extend(view.prints().into_iter().map(|of| (inside(&prints::url(of)), view.bytes(&of.path).to_vec(), stored)));
    files.extend(view.live().iter().map(|index| {
        let name = inside(&urls::session_calendar(view.announced_id(*index)));
        (format!("agenda/{name}"), session_calendar::bytes(view, *index), squeezed)
    }));
    pack(&files).map_err(|error| {
        let at = Place::new(&"content/supports".into(), 0..0);
        Box::new(Diagnostic::error("kit-archive", at).arg("detail", error))
    })
}

fn pack(files: &[(String, Vec<u8>, SimpleFileOptions)]) -> zip::result::ZipResult<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes, options) in files {
        zip.start_file(name.as_str(), *options)?;
        zip.write_all(bytes)?;
    }
    Ok(zip.finish()?.into_inner())
}

/// The name, in the archive, of what is published at an address.
fn inside(url: &str) -> String {
    let path = url.trim_start_matches("/supports/").trim_start_matches("/seances/");
    path.replace('/', "-")
}

/// Every support; their addresses begin with `base`.
fn supports<'a>(view: &View<'a>, base: &str) -> Vec<SupportEntry<'a>> {
    let key = |print: &'a Print| (&print.support, print.session.as_ref(), print.kind);
    let prints: HashMap<_, String> =
        view.prints().into_iter().map(|of| (key(of), format!("{base}{}", prints::url(of)))).collect();
    let entry = |made: MadeSupport<'a>| {
        let (support, session) = (made.support, made.session.map(|index| view.announced_id(index)));
        let (largeur, hauteur) = match support.format.medium() {
            Medium::Paper { width, height } | Medium::Picture { width, height } => (width, height),
        };
        let printed = |kind: PrintKind| prints.get(&(&support.id, session, kind)).cloned();
        SupportEntry {
            id: support.id.as_str(),
            titre: &support.title,
            format: support.format.name(),
            seance: session.map(Id::as_str),
            adresse: format!("{base}{}", made.url),
            image: support.format.is_picture(),
            largeur,
            hauteur,
            pdf: printed(PrintKind::Office),
            pdf_imprimeur: printed(PrintKind::Shop),
            apercu: printed(PrintKind::Preview),
        }
    };
    view.supports().into_iter().map(entry).collect()
}

/// For each network and each length: of the season, and of the sessions that come next.
fn texts<'a>(view: &View<'a>) -> Result<Vec<TextEntry<'a>>, Box<Diagnostic>> {
    let next = view.next_sessions();
    let subjects = [None].into_iter().chain(next.iter().take(TEXTS_FOR).copied().map(Some));
    let mut texts = Vec::new();
    for subject in subjects {
        for origin in view.site().origins.iter().filter(|origin| origin.network) {
            for length in LENGTHS {
                texts.push(TextEntry {
                    reseau: origin.id.as_str(),
                    nom: &origin.name,
                    seance: subject.map(|index| view.announced_id(index).as_str()),
                    longueur: length,
                    texte: text(view, subject, &origin.id, length)?,
                });
            }
        }
    }
    Ok(texts)
}

fn text(view: &View<'_>, subject: Option<usize>, network: &Id, length: &str) -> Result<String, Box<Diagnostic>> {
    let site = view.site();
    let group = subject.map(|index| view.group_of(index)).or_else(|| view.first_group());
    let about = subject.map(|index| view.announced_id(index)).or(group);
    let link = about.map(|about| format!("{}{}", site.url, urls::short_from(about, network)));
    let session = subject.map_or_else(Value::none, |index| view.on_paper(index));
    let next: Vec<Value> = view.next_sessions().iter().map(|index| view.on_paper(*index)).collect();
    let group = group.map(|group| view.group(group));
    let filled = view.fill(TEXT, site.lang(), |context| {
        context.insert("link", &link.unwrap_or_else(|| site.url.clone()));
        context.insert("network", network.as_str());
        context.insert("length", length);
        context.insert("group", &group);
        context.insert_value("session", session);
        context.insert_value("sessions", Value::from(next));
    })?;
    Ok(filled.trim().to_owned() + "\n")
}
