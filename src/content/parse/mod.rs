//! Bytes to a [`Model`] and every problem of them, at once: a file that fails never hides what is wrong in another.

mod entries;
mod loose;
mod markdown;
mod prints;
mod reading;
mod record;
mod settings;

use std::{collections::BTreeMap, sync::Arc};

use rayon::prelude::*;
use toml::de::DeTable;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use self::record::{Problems, Record, moment_problem};
pub(crate) use self::{
    loose::{WEEKDAYS, date as loose_date},
    record::is_missing,
};
#[cfg(feature = "program")]
pub(crate) use self::{prints::INDEX as PRINT_INDEX, record::TO_COMPLETE};
pub use self::{
    reading::{Reading, Readings, Recall},
    record::closest,
};
use crate::{
    content::sources::{SourceFile, Sources},
    diagnostics::diagnostic::Diagnostic,
    fingerprint::Fingerprint,
    model::{Body, Group, Id, Model, Page, Partner, Place, Redirect, Session, Site, Support},
};

/// The folders of `content/`, for the advice on a file that is in none of them.
const KNOWN: &[&str] = &["groupes", "seances", "partenaires", "pages", "supports", "medias"];

/// The folder of sessions, in a root.
pub const SESSIONS: &str = "content/seances/";

/// What a file's name says that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Site,
    Group,
    Session,
    Partner,
    Charter,
    Page,
    Support,
    Redirects,
}

/// What a file was understood as.
enum Entry {
    Site(Box<Site>),
    Group(Group),
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
    /// What the next build may recall.
    pub readings: Readings,
}

/// Understands every file of `content/`; sessions that `earlier` recalls are not read again.
#[must_use]
pub fn parse(sources: &Sources, earlier: &dyn Recall) -> Parsed {
    let mut diagnostics = Vec::new();
    let mut files = Vec::new();
    for (path, file) in sources.under("content/") {
        match kind_of(path) {
            Ok(Some(kind)) => files.push((kind, path, file)),
            Ok(None) => {}
            Err(problem) => diagnostics.push(problem),
        }
    }
    let understood: Vec<_> =
        files.par_iter().map(|(kind, path, file)| understand(*kind, path, file, earlier)).collect();
    let mut model = Model::default();
    let mut readings = Vec::new();
    for ((entry, problems), (_, path, file)) in understood.into_iter().zip(&files) {
        diagnostics.extend(problems);
        match entry {
            Some(Entry::Site(site)) => model.site = Some(*site),
            Some(Entry::Group(group)) => model.groups.push(group),
            Some(Entry::Session(reading)) => readings.push((Arc::clone(path), (file.fingerprint(), reading))),
            Some(Entry::Partner(partner)) => model.partners.push(partner),
            Some(Entry::Page(page)) => model.pages.push(*page),
            Some(Entry::Support(support)) => model.supports.push(support),
            Some(Entry::Redirects(redirects)) => model.redirects = redirects,
            None => {}
        }
    }
    if !files.iter().any(|(kind, ..)| *kind == Kind::Site) {
        diagnostics.push(Diagnostic::error("site-manquant", Place::new(&"content/site.toml".into(), 0..0)));
    }
    let group_files: Vec<&str> =
        files.iter().filter(|(kind, ..)| *kind == Kind::Group).map(|(_, path, _)| stem(path)).collect();
    let groups = &model.groups;
    let completed: Vec<_> =
        readings.par_iter().map(|(_, (_, reading))| entries::complete(reading, groups, &group_files)).collect();
    model.sessions.reserve(completed.len());
    for (session, problems) in completed {
        diagnostics.extend(problems);
        model.sessions.extend(session);
    }
    tell_duplicates(&mut model, &mut diagnostics);
    model.sessions.sort_by(|a, b| (a.date, a.start, &a.id).cmp(&(b.date, b.start, &b.id)));
    model.groups.sort_by(|a, b| a.id.cmp(&b.id));
    model.partners.sort_by(|a, b| (a.order, &a.name).cmp(&(b.order, &b.name)));
    model.pages.sort_by(|a, b| (a.order, &a.slug, &a.lang).cmp(&(b.order, &b.slug, &b.lang)));
    model.supports.sort_by(|a, b| a.id.cmp(&b.id));
    model.prints = prints::read(sources);
    Parsed { model, diagnostics, readings: readings.into_iter().collect() }
}

/// Lowercase ASCII letters and digits joined by single hyphens: anchors, and ids proposed to the writer.
#[must_use]
pub fn slug(text: &str) -> String {
    let spelled = text.to_lowercase().replace('œ', "oe").replace('æ', "ae");
    let mut slug = String::with_capacity(spelled.len());
    for c in spelled.nfd().filter(|c| !is_combining_mark(*c)) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    slug
}

/// The file's name without folders and extensions.
pub(crate) fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.split('.').next().unwrap_or(name)
}

/// What a path of `content/` is; `None` for media, which are copied as they are.
fn kind_of(path: &Arc<str>) -> Result<Option<Kind>, Diagnostic> {
    let inside = path.strip_prefix("content/").unwrap_or(path);
    let (folder, rest) = inside.split_once('/').unwrap_or(("", inside));
    let markdown = rest.strip_suffix(".md");
    let toml = rest.strip_suffix(".toml");
    let kind = match (folder, rest, markdown, toml) {
        ("", "site.toml", ..) => Kind::Site,
        ("", "charte.md", ..) => Kind::Charter,
        ("", "adresses.toml", ..) => Kind::Redirects,
        ("groupes", _, _, Some(name)) if !name.contains('/') => Kind::Group,
        ("seances", _, Some(_), _) => Kind::Session,
        ("partenaires", _, Some(name), _) if !name.contains('/') => Kind::Partner,
        ("pages", _, Some(_), _) => Kind::Page,
        ("supports", _, _, Some(name)) if !name.contains('/') => Kind::Support,
        ("medias", ..) => return Ok(None),
        _ => {
            let problem = Diagnostic::error("fichier-sans-role", Place::new(path, 0..0)).arg("dossier", folder);
            return Err(match closest(folder, KNOWN.iter().copied()) {
                Some(near) if near != folder => problem.arg("proposition", near).help("vouliez-vous-dire"),
                _ => problem,
            });
        }
    };
    Ok(Some(kind))
}

fn understand(
    kind: Kind,
    path: &Arc<str>,
    file: &SourceFile,
    earlier: &dyn Recall,
) -> (Option<Entry>, Vec<Diagnostic>) {
    if kind == Kind::Session {
        let known = earlier.recall(path, file.fingerprint());
        let reading = known.unwrap_or_else(|| Arc::new(read_session(path, file)));
        let problems = reading.problems.clone();
        return (Some(Entry::Session(reading)), problems);
    }
    let problems = Problems::default();
    let entry = read_entry(kind, path, file, &problems);
    (entry, problems.into_vec())
}

fn read_session(path: &Arc<str>, file: &SourceFile) -> Reading {
    let problems = Problems::default();
    let (mut head, mut text) = (file.fingerprint(), file.fingerprint());
    let session = with_record(Kind::Session, path, file, &problems, |record, id, source| {
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

fn read_entry(kind: Kind, path: &Arc<str>, file: &SourceFile, problems: &Problems) -> Option<Entry> {
    with_record(kind, path, file, problems, |record, id, source| match kind {
        Kind::Site => settings::site(record).map(|site| Entry::Site(Box::new(site))),
        Kind::Redirects => Some(Entry::Redirects(settings::redirects(record))),
        Kind::Group => settings::group(record, id).map(Entry::Group),
        Kind::Support => settings::support(record, id).map(Entry::Support),
        Kind::Partner => entries::partner(record, id, source.markdown(path, problems)).map(Entry::Partner),
        Kind::Page | Kind::Charter | Kind::Session => {
            let lang = language_suffix(path);
            entries::page(record, id, lang, source.markdown(path, problems)).map(|page| Entry::Page(Box::new(page)))
        }
    })
}

/// Opens a file: hands its header, its id and its text to `then`, unless one of them is missing.
fn with_record<T>(
    kind: Kind,
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
    let markdown = matches!(kind, Kind::Session | Kind::Partner | Kind::Charter | Kind::Page);
    let split =
        if markdown { front_matter(path, text, problems)? } else { Split { toml: 0..text.len(), body: text.len() } };
    let source = Source { text, split };
    let offset = source.split.toml.start;
    let (table, errors) = DeTable::parse_recoverable(source.header());
    let broken = !errors.is_empty();
    for error in errors {
        problems.push(toml_problem(path, text, &error, offset));
    }
    // Half a table would make every missing key an error too: what the writer must do first is mend the TOML.
    let muted = Problems::default();
    let sink = if broken { &muted } else { problems };
    // What to underline when a key is missing: the opening line of a header, the start of a TOML file.
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

/// A file's text, and where its parts are.
struct Source<'t> {
    text: &'t str,
    split: Split,
}

impl<'t> Source<'t> {
    fn header(&self) -> &'t str {
        &self.text[self.split.toml.clone()]
    }

    fn body(&self) -> &'t str {
        &self.text[self.split.body..]
    }

    fn markdown(&self, path: &Arc<str>, problems: &Problems) -> Body {
        markdown::body(path, self.body(), self.split.body, is_french(path), problems)
    }
}

/// A file that is not UTF-8, at its first bad byte.
pub(crate) fn not_utf8(path: &Arc<str>, error: &std::str::Utf8Error) -> Diagnostic {
    let at = error.valid_up_to();
    Diagnostic::error("utf8-invalide", Place::new(path, at..at + 1))
}

fn id_of(path: &Arc<str>, kind: Kind) -> Result<Id, Box<Diagnostic>> {
    let name = stem(path);
    let at = Place::new(path, 0..0);
    let id = Id::new(name).ok_or_else(|| {
        Box::new(Diagnostic::error("nom-de-fichier", at.clone()).arg("valeur", name).arg("proposition", slug(name)))
    })?;
    let reserved = ["s", "groupes", "supports", "assets", "medias", "kit", "equipe", "api", "sante", "404"];
    if kind == Kind::Page && (reserved.contains(&id.as_str()) || id.as_str().len() == 2) {
        return Err(Box::new(Diagnostic::error("slug-reserve", at).arg("valeur", name)));
    }
    Ok(id)
}

/// `en` in `questions.en.md`.
fn language_suffix(path: &str) -> Option<String> {
    let name = path.rsplit('/').next()?;
    let mut parts = name.split('.');
    let (_, middle, _) = (parts.next()?, parts.next()?, parts.next()?);
    Some(middle.to_owned())
}

/// Whether a file is in the language whose typography is known: any other says so in its name.
fn is_french(path: &str) -> bool {
    language_suffix(path).is_none_or(|lang| lang == crate::diagnostics::text::REFERENCE)
}

/// Where the header and the text of a Markdown file are.
struct Split {
    toml: std::ops::Range<usize>,
    body: usize,
}

fn front_matter(path: &Arc<str>, text: &str, problems: &Problems) -> Option<Split> {
    let start = text.strip_prefix('\u{feff}').map_or(0, |_| '\u{feff}'.len_utf8());
    let mut lines = text[start..].split_inclusive('\n');
    let opening = lines.next().unwrap_or_default();
    if opening.trim_end() != "+++" {
        problems.push(Diagnostic::error("en-tete-manquant", Place::new(path, start..start + opening.trim_end().len())));
        return None;
    }
    let toml = start + opening.len();
    let mut at = toml;
    for line in lines {
        if line.trim_end() == "+++" {
            return Some(Split { toml: toml..at, body: at + line.len() });
        }
        at += line.len();
    }
    problems.push(Diagnostic::error("en-tete-ouvert", Place::new(path, start..start + 3)));
    None
}

/// A TOML error, with the correction when the line is a date or a time that was typed the usual way.
fn toml_problem(path: &Arc<str>, text: &str, error: &toml::de::Error, offset: usize) -> Diagnostic {
    let span = error.span().unwrap_or(0..0);
    let (start, end) = (span.start + offset, span.end + offset);
    let line_start = text[..text.floor_char_boundary(start)].rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[line_start..].lines().next().unwrap_or_default();
    let at = Place::new(path, start..end.max(start + 1));
    if let Some((key, value)) = line.split_once('=') {
        let (key, value) = (key.trim(), value.trim());
        let kind = match key {
            "date" | "modifie_le" | "verifie_le" => Some("date"),
            "debut" | "fin" => Some("heure"),
            "inscription_ouvre" | "inscription_ferme" => Some("date-heure"),
            _ => None,
        };
        if let Some(kind) = kind {
            let column = line_start + line.find(value).unwrap_or(0);
            return moment_problem(key, kind, value, Place::new(path, column..column + value.len()));
        }
        let bare = value.starts_with(|c: char| c.is_alphabetic()) && !["true", "false"].contains(&value);
        if bare {
            let column = line_start + line.find(value).unwrap_or(0);
            let problem = Diagnostic::error("toml-guillemets", Place::new(path, column..column + value.len()));
            return problem.arg("proposition", format!("{key} = \"{}\"", value.trim_matches('"')));
        }
    }
    let duplicate = error.message().contains("duplicate");
    Diagnostic::error(if duplicate { "cle-en-double" } else { "toml-invalide" }, at).arg("detail", error.message())
}

/// Tells every id that two files share, and keeps the first of them.
fn tell_duplicates(model: &mut Model, diagnostics: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<Id, Place> = BTreeMap::new();
    model.sessions.retain(|session| match seen.get(&session.id) {
        Some(first) => {
            let problem = Diagnostic::error("identifiant-en-double", Place::new(&session.at.file, 0..3));
            diagnostics.push(problem.arg("valeur", &session.id).arg("autre", &first.file));
            false
        }
        None => {
            seen.insert(session.id.clone(), session.at.clone());
            true
        }
    });
    let mut pages: BTreeMap<(Id, String), Place> = BTreeMap::new();
    model.pages.retain(|page| {
        let key = (page.slug.clone(), page.lang.clone());
        if let Some(first) = pages.get(&key) {
            let problem = Diagnostic::error("identifiant-en-double", Place::new(&page.at.file, 0..3));
            diagnostics.push(problem.arg("valeur", &page.slug).arg("autre", &first.file));
            return false;
        }
        pages.insert(key, page.at.clone());
        true
    });
    // Both have printed addresses.
    for group in &model.groups {
        if let Some(session) = seen.get(&group.id) {
            let problem = Diagnostic::error("identifiant-en-double", group.at.clone());
            diagnostics.push(problem.arg("valeur", &group.id).arg("autre", &session.file));
        }
    }
    for redirect in &model.redirects {
        if let Some(session) = seen.get(&redirect.id) {
            let problem = Diagnostic::error("identifiant-en-double", redirect.at.clone());
            diagnostics.push(problem.arg("valeur", &redirect.id).arg("autre", &session.file));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_plain_ascii() {
        assert_eq!(slug("L’Écoute, sans juger !"), "l-ecoute-sans-juger");
        assert_eq!(slug("Cœur & âme"), "coeur-ame");
        assert_eq!(slug("  "), "");
    }

    #[test]
    fn a_file_is_what_its_folder_says() {
        assert_eq!(kind_of(&"content/site.toml".into()), Ok(Some(Kind::Site)));
        assert_eq!(kind_of(&"content/seances/2027/2027-03-17.md".into()), Ok(Some(Kind::Session)));
        assert_eq!(kind_of(&"content/medias/a/b.png".into()), Ok(None));
        assert_eq!(kind_of(&"content/seance/a.md".into()).unwrap_err().help.as_deref(), Some("vouliez-vous-dire"));
    }

    #[test]
    fn languages_come_from_the_name() {
        assert_eq!(language_suffix("content/pages/aide.en.md"), Some("en".to_owned()));
        assert_eq!(language_suffix("content/pages/aide.md"), None);
    }
}
