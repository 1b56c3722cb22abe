//! The kit of whoever tells of the group: every support, texts that are ready to be sent, a block for another site, all of it in one
//! archive, and a list of it for programs.

use std::{
    collections::HashMap,
    io::{Cursor, Write},
};

use rayon::prelude::*;
use serde::Serialize;
use tera::Value;
use zip::{CompressionMethod, DateTime, ZipWriter, write::SimpleFileOptions};

use super::{Rendered, fill, framed, support};
use crate::{
    assembly::Assembly,
    diagnostic::Diagnostic,
    model::{Medium, Place, PrintKind},
    plan::{self, Output, What},
    urls,
};

/// The template of the page.
pub(crate) const PAGE: &str = "kit/page.html";
/// The template of the block, as a page of its own.
pub(crate) const BLOCK: &str = "kit/bloc.html";
/// The template of the block, as a piece of another page.
pub(crate) const FRAGMENT: &str = "kit/fragment.html";
/// The template of texts to send.
pub(crate) const TEXT: &str = "kit/texte.txt";

/// Every template that the page is made of.
pub(crate) const TEMPLATES: [&str; 3] = [PAGE, FRAGMENT, TEXT];

/// How long texts to send are, from the shortest.
const LENGTHS: [&str; 3] = ["court", "moyen", "long"];

/// The sessions that texts are written for, besides the season: the next one.
const TEXTS_FOR: usize = 1;

/// The sessions whose supports the page lists, a season and more; the list for programs has them all.
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
    /// The page to print, or the picture.
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

/// The page.
pub(super) fn page(assembly: &Assembly, output: &Output) -> Rendered {
    let (views, words) = (assembly.views(), assembly.words());
    let (title, description) = (words.text("kit-titre", &[]), words.text("kit-description", &[]));
    let page = views.made_page(&output.url, &title, &description, assembly.site().lang(), false);
    let mut context = framed(assembly, PAGE, &page);
    let mut by_session: HashMap<Option<&str>, (Vec<SupportEntry<'_>>, Vec<SupportEntry<'_>>)> = HashMap::new();
    for entry in supports(assembly, "") {
        let (sheets, pictures) = by_session.entry(entry.seance).or_default();
        if entry.image { pictures.push(entry) } else { sheets.push(entry) }
    }
    let mut part = |session: Option<usize>| {
        let id = session.map(|index| assembly.model().sessions[index].id.as_str());
        let (sheets, pictures) = by_session.remove(&id).unwrap_or_default();
        PartView { session: session.map(|index| views.session(index).1), sheets, pictures }
    };
    let parts: Vec<PartView<'_>> =
        [None].into_iter().chain(assembly.live().iter().take(PARTS).copied().map(Some)).map(&mut part).collect();
    context.insert("parts", &parts);
    context.insert("texts", &texts(assembly)?);
    context.insert_value("sessions", cards(assembly, assembly.next_sessions()));
    context.insert("fragment", &String::from_utf8_lossy(&block(assembly, FRAGMENT, urls::KIT_FRAGMENT)?));
    fill(assembly, PAGE, &context)
}

/// The block, alone in its page or as a piece of another: the sessions that come next, and what may be said of them now.
pub(super) fn block(assembly: &Assembly, template: &str, url: &str) -> Rendered {
    let (views, site) = (assembly.views(), assembly.site());
    let page = views.made_page(url, &site.name, &site.description, site.lang(), false);
    let mut context = framed(assembly, template, &page);
    let next = assembly.next_sessions();
    context.insert_value("sessions", cards(assembly, &next[..next.len().min(BLOCK_LENGTH)]));
    fill(assembly, template, &context)
}

/// The list for programs.
pub(super) fn index(assembly: &Assembly) -> Rendered {
    let site = assembly.site();
    let at = |url: &str| format!("{}{url}", site.url);
    let sessions = assembly.live().iter().map(|index| {
        let (view, _) = assembly.views().session(*index);
        SessionEntry {
            id: &view.id,
            debut: &view.starts_at,
            fin: &view.ends_at,
            lieu: &view.place,
            exemple: view.example,
            adresse: &view.canonical,
            adresse_courte: &view.short_url,
            agenda: at(&view.ics_url),
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
        supports: supports(assembly, &site.url),
        textes: texts(assembly)?,
    };
    let mut bytes = serde_json::to_vec_pretty(&index).unwrap_or_default();
    bytes.push(b'\n');
    Ok(bytes)
}

/// Everything, in one file.
pub(super) fn archive(assembly: &Assembly) -> Rendered {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    // The clock is never asked: the same kit is the same bytes.
    let plain = SimpleFileOptions::default().last_modified_time(DateTime::DEFAULT).unix_permissions(0o644);
    // Pictures and PDF are as small as they get.
    let stored = plain.compression_method(CompressionMethod::Stored);
    let squeezed = plain.compression_method(CompressionMethod::Deflated);
    let mut put = |name: &str, bytes: &[u8], options: SimpleFileOptions| -> zip::result::ZipResult<()> {
        zip.start_file(name, options)?;
        Ok(zip.write_all(bytes)?)
    };
    let mut files = vec![("kit.json".to_owned(), index(assembly)?, squeezed)];
    for text in texts(assembly)? {
        let subject = text.seance.unwrap_or("saison");
        let name = format!("textes/{subject}-{}-{}.txt", text.reseau, text.longueur);
        files.push((name, text.texte.into_bytes(), squeezed));
    }
    let others: Vec<Option<(String, Vec<u8>, SimpleFileOptions)>> = assembly
        .plan()
        .outputs
        .par_iter()
        .map(|output| {
            let name = inside(&output.url);
            Ok(match &output.what {
                What::Share(index, session) => {
                    Some((name, support::picture(assembly, &output.url, *index, *session)?.to_vec(), stored))
                }
                What::Print(index) => {
                    let path = &assembly.model().prints[*index].path;
                    Some((name, super::source_bytes(assembly, path).to_vec(), stored))
                }
                What::SessionCalendar(index) if assembly.live().binary_search(index).is_ok() => {
                    Some((format!("agenda/{name}"), super::session_calendar(assembly, *index), squeezed))
                }
                _ => None,
            })
        })
        .collect::<Result<_, Box<Diagnostic>>>()?;
    files.extend(others.into_iter().flatten());
    let written = files.iter().try_for_each(|(name, bytes, options)| put(name, bytes, *options));
    let finished = written.and_then(|()| zip.finish()).map(Cursor::into_inner);
    finished.map_err(|error| {
        let at = Place::new(&"content/supports".into(), 0..0);
        Box::new(Diagnostic::error("kit-archive", at).arg("detail", error))
    })
}

/// The name, in the archive, of what is published at an address.
fn inside(url: &str) -> String {
    let path = url.trim_start_matches("/supports/").trim_start_matches("/seances/");
    path.replace('/', "-")
}

fn cards(assembly: &Assembly, sessions: &[usize]) -> Value {
    Value::from(sessions.iter().map(|index| assembly.views().session(*index).1.clone()).collect::<Vec<_>>())
}

/// Every support; their addresses begin with `base`.
fn supports<'a>(assembly: &'a Assembly, base: &str) -> Vec<SupportEntry<'a>> {
    let model = assembly.model();
    let prints: HashMap<_, &str> = assembly
        .plan()
        .outputs
        .iter()
        .filter_map(|output| {
            let What::Print(index) = output.what else { return None };
            let print = &model.prints[index];
            Some(((&print.support, print.session.as_ref(), print.kind), output.url.as_str()))
        })
        .collect();
    let printed = |support: usize, session: Option<usize>, kind: PrintKind| {
        let (support, session) = (&model.supports[support].id, session.map(|index| &model.sessions[index].id));
        prints.get(&(support, session, kind)).map(|url| format!("{base}{url}"))
    };
    let entry = |output: &Output| {
        let (What::Support(index, session) | What::Share(index, session)) = output.what else { return None };
        let support = &model.supports[index];
        let (largeur, hauteur) = match support.format.medium() {
            Medium::Paper { width, height } | Medium::Picture { width, height } => (width, height),
        };
        Some(SupportEntry {
            id: support.id.as_str(),
            titre: &support.title,
            format: support.format.name(),
            seance: session.map(|index| model.sessions[index].id.as_str()),
            adresse: format!("{base}{}", output.url),
            image: support.format.is_picture(),
            largeur,
            hauteur,
            pdf: printed(index, session, PrintKind::Office),
            pdf_imprimeur: printed(index, session, PrintKind::Shop),
            apercu: printed(index, session, PrintKind::Preview),
        })
    };
    assembly.plan().outputs.iter().filter_map(entry).collect()
}

/// For each network and each length: of the season, and of the sessions that come next.
fn texts(assembly: &Assembly) -> Result<Vec<TextEntry<'_>>, Box<Diagnostic>> {
    let next = assembly.next_sessions();
    let subjects = [None].into_iter().chain(next.iter().take(TEXTS_FOR).copied().map(Some));
    let mut texts = Vec::new();
    for subject in subjects {
        for (network, origin) in assembly.site().origins.iter().enumerate().filter(|(_, origin)| origin.network) {
            for length in LENGTHS {
                texts.push(TextEntry {
                    reseau: origin.id.as_str(),
                    nom: &origin.name,
                    seance: subject.map(|index| assembly.model().sessions[index].id.as_str()),
                    longueur: length,
                    texte: text(assembly, subject, plan::Origin::Network(network), length)?,
                });
            }
        }
    }
    Ok(texts)
}

fn text(
    assembly: &Assembly,
    subject: Option<usize>,
    origin: plan::Origin,
    length: &str,
) -> Result<String, Box<Diagnostic>> {
    let (views, site, model) = (assembly.views(), assembly.site(), assembly.model());
    let reach = assembly.templates().reach(TEXT);
    let mut context = views.context_for(site.lang(), &reach);
    let group =
        subject.map(|index| &model.sessions[index].group).or_else(|| model.groups.first().map(|group| &group.id));
    let origin = origin.id(model, site);
    let about = subject.map(|index| &model.sessions[index].id).or(group);
    let link = about.map(|about| format!("{}{}", site.url, urls::short_from(about, origin)));
    context.insert("link", &link.unwrap_or_else(|| site.url.clone()));
    context.insert("network", origin.as_str());
    context.insert("length", length);
    context.insert("group", &group.map(|group| views.group_by_id(group.as_str())));
    context.insert_value(
        "session",
        subject.map_or_else(Value::none, |index| super::paper::lasting(views.session(index).1)),
    );
    let next = assembly.next_sessions().iter().map(|index| super::paper::lasting(views.session(*index).1));
    context.insert_value("sessions", Value::from(next.collect::<Vec<_>>()));
    Ok(assembly.templates().render(TEXT, &context)?.trim().to_owned() + "\n")
}
