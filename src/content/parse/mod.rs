//! Bytes to a [`Model`] and every problem of them, at once: a file that fails never hides what is
//! wrong in another.

mod entries;
mod kind;
mod loose;
mod markdown;
mod names;
mod prints;
mod reading;
mod record;
mod settings;
mod source;
mod unpublishable;
mod venues;

use std::{collections::BTreeMap, sync::Arc};

use rayon::prelude::*;
use toml::de::DeTable;

use self::{
    kind::{FileKind, id_of, kind_of},
    names::{is_french, language_suffix},
    record::{Problems, Record},
    settings::RawGroup,
    source::{Source, Split, front_matter, line_at, toml_problem},
    venues::Venues,
};
pub(crate) use self::{
    loose::{WEEKDAYS, date as loose_date},
    names::stem,
    reading::OwnAppointment,
    record::is_missing,
    source::not_utf8,
    unpublishable::{escaped, named, typed},
};
pub use self::{
    names::slug,
    reading::{Reading, ReadingCache, Readings},
    record::closest,
    unpublishable::is_unpublishable,
};
#[cfg(feature = "program")]
pub(crate) use self::{prints::INDEX as PRINT_INDEX, record::TO_COMPLETE};
use crate::{
    content::sources::{SourceFile, Sources},
    diagnostics::diagnostic::Diagnostic,
    fingerprint::Fingerprint,
    model::{Id, Model, Page, Partner, Place, Redirect, Session, Site, Support, Venue},
};

/// The folder of sessions, in a root.
pub const SESSIONS: &str = "content/seances/";

/// What a file was understood as.
enum ParsedFile {
    Site(Box<Site>),
    Group(RawGroup),
    Venue(Venue),
    Session(Arc<Reading>),
    Partner(Partner),
    Page(Box<Page>),
    Support(Support),
    Redirects(Vec<Redirect>),
}

/// A root's content, understood.
#[derive(Debug)]
pub struct Parsed {
    /// What it says.
    pub model: Model,
    /// Every problem of each file.
    pub diagnostics: Vec<Diagnostic>,
    /// What the next build may reuse.
    pub readings: Readings,
}

/// Understands every file of `content/`; sessions that `cache` knows are not read again.
#[must_use]
pub fn parse(sources: &Sources, cache: &dyn ReadingCache) -> Parsed {
    let mut diagnostics = Vec::new();
    let mut files = Vec::new();
    for (path, file) in sources.under("content/") {
        match kind_of(path) {
            Ok(Some(kind)) => files.push((kind, path, file)),
            Ok(None) => {}
            Err(problem) => diagnostics.push(problem),
        }
    }
    let understood: Vec<_> = files.par_iter().map(|(kind, path, file)| understand(*kind, path, file, cache)).collect();
    let mut model = Model::default();
    let (mut groups, mut readings) = (Vec::new(), Vec::new());
    for ((entry, problems), (_, path, file)) in understood.into_iter().zip(&files) {
        diagnostics.extend(problems);
        match entry {
            Some(ParsedFile::Site(site)) => model.site = Some(*site),
            Some(ParsedFile::Group(group)) => groups.push(group),
            Some(ParsedFile::Venue(venue)) => model.venues.push(venue),
            Some(ParsedFile::Session(reading)) => readings.push((Arc::clone(path), (file.fingerprint(), reading))),
            Some(ParsedFile::Partner(partner)) => model.partners.push(partner),
            Some(ParsedFile::Page(page)) => model.pages.push(*page),
            Some(ParsedFile::Support(support)) => model.supports.push(support),
            Some(ParsedFile::Redirects(redirects)) => model.redirects = redirects,
            None => {}
        }
    }
    if !files.iter().any(|(kind, ..)| *kind == FileKind::Site) {
        diagnostics.push(Diagnostic::error("site-manquant", Place::new(&"content/site.toml".into(), 0..0)));
    }
    let named = |wanted: FileKind| -> Vec<&str> {
        files.iter().filter(|(kind, ..)| *kind == wanted).map(|(_, path, _)| stem(path)).collect()
    };
    let (group_files, venue_files) = (named(FileKind::Group), named(FileKind::Venue));
    let town = model.site.as_ref().and_then(|site| site.contact.town.known());
    let venues = Venues::new(&model.venues, &venue_files, town.map(String::as_str));
    model.groups = groups.into_iter().map(|group: RawGroup| group.complete(venues, &mut diagnostics)).collect();
    let groups = &model.groups;
    let completed: Vec<_> =
        readings.par_iter().map(|(_, (_, reading))| entries::complete(reading, groups, &group_files, venues)).collect();
    model.sessions.reserve(completed.len());
    for (session, problems) in completed {
        diagnostics.extend(problems);
        model.sessions.extend(session);
    }
    tell_duplicates(&mut model, &mut diagnostics);
    model.sessions.sort_by(|a, b| (a.date, a.start, &a.id).cmp(&(b.date, b.start, &b.id)));
    model.groups.sort_by(|a, b| a.id.cmp(&b.id));
    model.venues.sort_by(|a, b| a.id.cmp(&b.id));
    model.partners.sort_by(|a, b| (a.order, &a.name).cmp(&(b.order, &b.name)));
    model.pages.sort_by(|a, b| (a.order, &a.slug, &a.lang).cmp(&(b.order, &b.slug, &b.lang)));
    model.supports.sort_by(|a, b| a.id.cmp(&b.id));
    model.prints = prints::read(sources);
    Parsed { model, diagnostics, readings: readings.into_iter().collect() }
}

fn understand(
    kind: FileKind,
    path: &Arc<str>,
    file: &SourceFile,
    cache: &dyn ReadingCache,
) -> (Option<ParsedFile>, Vec<Diagnostic>) {
    if kind == FileKind::Session {
        let known = cache.reading(path, file.fingerprint());
        let reading = known.unwrap_or_else(|| Arc::new(read_session(path, file)));
        let problems = reading.problems.clone();
        return (Some(ParsedFile::Session(reading)), problems);
    }
    let problems = Problems::default();
    let entry = read_entry(kind, path, file, &problems);
    (entry, problems.into_vec())
}

fn read_session(path: &Arc<str>, file: &SourceFile) -> Reading {
    let problems = Problems::default();
    let (mut head, mut text) = (file.fingerprint(), file.fingerprint());
    let session = with_record(FileKind::Session, path, file, &problems, |record, id, source| {
        (head, text) = (Fingerprint::of(source.header().as_bytes()), Fingerprint::of(source.body().as_bytes()));
        entries::session(record, id, source.markdown(path, &problems))
    });
    Reading { session, problems: problems.into_vec(), head, text }
}

/// The HTML of a session's text, made from its source.
#[must_use]
pub fn session_html(sources: &Sources, session: &Session) -> String {
    if !session.body.unread {
        return session.body.html();
    }
    let problems = Problems::default();
    let path = &session.at.file;
    let Some(text) = sources.text(path) else { return String::new() };
    let source = front_matter(path, text, &problems).map(|split| Source { text, split });
    source.map(|source| source.markdown(path, &problems).html()).unwrap_or_default()
}

fn read_entry(kind: FileKind, path: &Arc<str>, file: &SourceFile, problems: &Problems) -> Option<ParsedFile> {
    with_record(kind, path, file, problems, |record, id, source| match kind {
        FileKind::Site => settings::site(record).map(|site| ParsedFile::Site(Box::new(site))),
        FileKind::Redirects => Some(ParsedFile::Redirects(settings::redirects(record))),
        FileKind::Group => settings::group(record, id).map(ParsedFile::Group),
        FileKind::Venue => settings::venue(record, id).map(ParsedFile::Venue),
        FileKind::Support => settings::support(record, id).map(ParsedFile::Support),
        FileKind::Partner => entries::partner(record, id, source.markdown(path, problems)).map(ParsedFile::Partner),
        FileKind::Page | FileKind::Charter | FileKind::Session => {
            let lang = language_suffix(path);
            entries::page(record, id, lang, source.markdown(path, problems))
                .map(|page| ParsedFile::Page(Box::new(page)))
        }
    })
}

/// Opens a file: hands its header, its id and its text to `then`, unless one of them is missing.
fn with_record<T>(
    kind: FileKind,
    path: &Arc<str>,
    file: &SourceFile,
    problems: &Problems,
    then: impl FnOnce(Record<'_>, Id, &Source<'_>) -> Option<T>,
) -> Option<T> {
    let text = match std::str::from_utf8(file.bytes()) {
        Ok(text) => text,
        Err(error) => {
            problems.push(not_utf8(path, &error));
            return None;
        }
    };
    let markdown = matches!(kind, FileKind::Session | FileKind::Partner | FileKind::Charter | FileKind::Page);
    let split =
        if markdown { front_matter(path, text, problems)? } else { Split { toml: 0..text.len(), body: text.len() } };
    let source = Source { text, split };
    let offset = source.split.toml.start;
    problems.extend(typed(path, text));
    problems.extend(named(path, source.body(), source.split.body));
    let (table, errors) = DeTable::parse_recoverable(source.header());
    let broken = !errors.is_empty();
    // What no TOML may hold was told.
    let told = |error: &toml::de::Error| {
        error.span().is_some_and(|span| line_at(source.header(), span.start).contains(is_unpublishable))
    };
    for error in errors.into_iter().filter(|error| !told(error)) {
        problems.push(toml_problem(path, text, &error, offset));
    }
    problems.extend(unpublishable::in_values(path, table.get_ref(), source.header(), offset));
    // Half a table would make every missing key an error too: what the writer must do first is mend
    // the TOML.
    let muted = Problems::default();
    let sink = if broken { &muted } else { problems };
    // What to underline when a key is missing: the opening line of a header, the start of a TOML
    // file.
    let span = if markdown { 0..3 } else { 0..0 };
    let record = Record::new(path, sink, table.get_ref(), span, offset, is_french(path));
    match id_of(path, kind) {
        Ok(id) => then(record, id, &source),
        Err(problem) => {
            problems.push(*problem);
            None
        }
    }
}

/// Tells every id that two files share, and keeps the first of them.
fn tell_duplicates(model: &mut Model, diagnostics: &mut Vec<Diagnostic>) {
    let mut tell = |at: Place, id: &Id, other: &Place| {
        diagnostics.push(Diagnostic::error("identifiant-en-double", at).arg("valeur", id).arg("autre", &other.file));
    };
    let mut seen: BTreeMap<Id, Place> = BTreeMap::new();
    model.sessions.retain(|session| {
        let first = seen.entry(session.id.clone()).or_insert_with(|| session.at.clone());
        if *first != session.at {
            tell(Place::new(&session.at.file, 0..3), &session.id, first);
        }
        *first == session.at
    });
    let mut pages: BTreeMap<(Id, String), Place> = BTreeMap::new();
    model.pages.retain(|page| {
        let first = pages.entry((page.slug.clone(), page.lang.clone())).or_insert_with(|| page.at.clone());
        if *first != page.at {
            tell(Place::new(&page.at.file, 0..3), &page.slug, first);
        }
        *first == page.at
    });
    // These have printed addresses, as sessions do.
    let groups = model.groups.iter().map(|group| (&group.id, &group.at));
    let others = groups.chain(model.redirects.iter().map(|redirect| (&redirect.id, &redirect.at)));
    for (id, at) in others {
        if let Some(session) = seen.get(id) {
            tell(at.clone(), id, session);
        }
    }
}
