//! One output's inputs to its bytes. Pure: reads and writes no file, asks no clock.

pub mod calendar;
mod paper;
pub mod qr;
pub mod ring;
pub mod templates;

use std::borrow::Cow;

use rayon::prelude::*;
use serde::Serialize;
use tera::{Context, Value};

use crate::{
    assembly::Assembly,
    diagnostic::{self, Diagnostic},
    model::{Scope, Session},
    plan::{Output, What},
    urls,
    views::{FormView, LinkView, PageView, SessionView, updated_at},
};

/// The most sessions in the feed.
const FEED_LENGTH: usize = 50;

/// Sessions proposed beside one.
const OTHERS: usize = 4;

/// An entry of the list of supports.
#[derive(Serialize)]
struct SupportLink<'a> {
    title: &'a str,
    url: String,
    session: Option<&'a Value>,
}

/// A file to publish: its path in `dist/` and its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File<'a> {
    /// Path with `/` between names.
    pub path: String,
    /// What it holds.
    pub bytes: Cow<'a, [u8]>,
}

/// Every file of the site, rendered in parallel.
///
/// # Errors
/// Every template that failed, once each.
pub fn site(assembly: &Assembly) -> Result<Vec<File<'_>>, Vec<Diagnostic>> {
    let outputs = assembly.plan().outputs.par_iter();
    let rendered: Vec<_> = outputs
        .map(|output| {
            Ok::<_, Box<Diagnostic>>(File { path: urls::file(&output.url), bytes: render(assembly, output)? })
        })
        .collect();
    let mut files = Vec::with_capacity(rendered.len());
    let mut problems: Vec<Diagnostic> = Vec::new();
    for result in rendered {
        match result {
            Ok(file) => files.push(file),
            Err(problem) => problems.push(*problem),
        }
    }
    if problems.is_empty() {
        return Ok(files);
    }
    diagnostic::sort(&mut problems);
    Err(problems)
}

/// The bytes of one output.
///
/// # Errors
/// When a template fails: its file and line.
fn render<'a>(assembly: &'a Assembly, output: &Output) -> Result<Cow<'a, [u8]>, Box<Diagnostic>> {
    let bytes = match &output.what {
        What::Page(index) => page(assembly, *index),
        What::Session(index) => session(assembly, *index),
        What::Archive(year) => archive(assembly, output, *year),
        What::Group(index) => group(assembly, *index),
        What::Short(index) => {
            let (view, value) = assembly.views().session(*index);
            short_address(assembly, output, Some(value), (!view.past && !view.cancelled).then_some(view.url.as_str()))
        }
        What::Retired(index) => {
            let target = &assembly.model().redirects[*index].target;
            match assembly.views().session_by_id(target) {
                Some((view, value)) => short_address(assembly, output, Some(value), Some(view.url.as_str())),
                None => short_address(assembly, output, None, Some(target)),
            }
        }
        What::SupportList => support_list(assembly, output),
        What::Support(index, session) => support(assembly, output, *index, *session),
        What::SessionCalendar(index) => {
            let title = assembly.words().text("agenda-titre-discret", &[]);
            Ok(calendar::render(None, [entry(assembly, *index, &title)]))
        }
        What::Calendar => Ok(season_calendar(assembly)),
        What::Feed => feed(assembly),
        What::Sitemap => {
            let mut context = assembly.views().context(assembly.site().lang());
            context.insert("pages", &sitemap(assembly));
            fill(assembly, "sitemap.xml", &context)
        }
        What::Robots => fill(assembly, "robots.txt", &assembly.views().context(assembly.site().lang())),
        What::Copy(path) => {
            let file = assembly.sources().get(path);
            return Ok(Cow::Borrowed(file.map(|file| file.bytes.as_slice()).unwrap_or_default()));
        }
    };
    bytes.map(Cow::Owned)
}

type Rendered = Result<Vec<u8>, Box<Diagnostic>>;

fn fill(assembly: &Assembly, template: &str, context: &Context) -> Rendered {
    assembly.templates().render(template, context).map(String::into_bytes)
}

/// What every template of a page receives.
fn context_of(assembly: &Assembly, page: &PageView) -> Context {
    let mut context = assembly.views().context(&page.lang);
    context.insert("page", page);
    context
}

fn page(assembly: &Assembly, index: usize) -> Rendered {
    let page = assembly.views().page(index);
    let own = format!("pages/{}.html", page.slug);
    let mut context = context_of(assembly, page);
    context.insert("form", &FormView::default());
    fill(assembly, if assembly.templates().has(&own) { &own } else { "page.html" }, &context)
}

fn session(assembly: &Assembly, index: usize) -> Rendered {
    let views = assembly.views();
    let (view, value) = views.session(index);
    let site = assembly.site();
    let mut page = views.made_page(&view.url, &view.title, &site.description, site.lang(), true);
    page.json_ld = Some(view.json_ld.clone());
    let mut context = context_of(assembly, &page);
    context.insert_value("session", value.clone());
    let others = views.sessions().filter(|(other, _)| !other.past && !other.cancelled && other.id != view.id);
    context.insert("others", &others.map(|(_, value)| value).take(OTHERS).collect::<Vec<_>>());
    fill(assembly, "seance.html", &context)
}

fn archive(assembly: &Assembly, output: &Output, year: i16) -> Rendered {
    let words = assembly.words();
    let args = [("year", year.to_string().into())];
    let (title, description) = (words.text("archive-titre", &args), words.text("archive-description", &args));
    let page = assembly.views().made_page(&output.url, &title, &description, assembly.site().lang(), true);
    let mut context = context_of(assembly, &page);
    context.insert("year", &year);
    context.insert("sessions", &sessions_where(assembly, |view| view.past && view.date.year == year));
    fill(assembly, "archive.html", &context)
}

fn group(assembly: &Assembly, index: usize) -> Rendered {
    let group = assembly.views().group(index);
    let page = assembly.views().made_page(&group.url, &group.name, &group.summary, assembly.site().lang(), true);
    let mut context = context_of(assembly, &page);
    context.insert("group", group);
    context.insert("sessions", &sessions_where(assembly, |view| !view.past && view.group.id == group.id));
    fill(assembly, "groupe.html", &context)
}

fn sessions_where(assembly: &Assembly, wanted: impl Fn(&SessionView) -> bool) -> Vec<&Value> {
    assembly.views().sessions().filter(|(view, _)| wanted(view)).map(|(_, value)| value).collect()
}

fn season_calendar(assembly: &Assembly) -> Vec<u8> {
    let words = assembly.words();
    let args = [("site", assembly.site().name.clone().into())];
    let (name, title) = (words.text("agenda-nom", &args), words.text("agenda-titre", &args));
    let upcoming = assembly.views().sessions().enumerate().filter(|(_, (view, _))| !view.past);
    calendar::render(Some(&name), upcoming.map(|(index, _)| entry(assembly, index, &title)))
}

fn feed(assembly: &Assembly) -> Rendered {
    let mut sessions: Vec<(&SessionView, &Value)> =
        assembly.views().sessions().filter(|(view, _)| !view.past).collect();
    sessions.sort_by(|(a, _), (b, _)| b.updated_at.cmp(&a.updated_at).then(a.starts_at.cmp(&b.starts_at)));
    sessions.truncate(FEED_LENGTH);
    let mut context = assembly.views().context(assembly.site().lang());
    // A feed must carry an instant even when it is empty.
    let newest = sessions.first().map_or("1970-01-01T00:00:00Z", |(view, _)| view.updated_at.as_str());
    context.insert("updated_at", newest);
    context.insert("sessions", &sessions.iter().map(|(_, value)| *value).collect::<Vec<_>>());
    fill(assembly, "atom.xml", &context)
}

/// Every address that search engines may list, whole.
fn sitemap(assembly: &Assembly) -> Vec<LinkView> {
    let site = assembly.site();
    let listed = |output: &&Output| match &output.what {
        What::Page(index) => assembly.views().page(*index).indexed,
        What::Session(_) | What::Archive(_) | What::Group(_) => true,
        _ => false,
    };
    let link = |output: &Output| LinkView { title: String::new(), url: format!("{}{}", site.url, output.url) };
    assembly.plan().outputs.iter().filter(listed).map(link).collect()
}

fn short_address(assembly: &Assembly, output: &Output, session: Option<&Value>, target: Option<&str>) -> Rendered {
    let views = assembly.views();
    let lang = assembly.site().lang();
    let title = assembly.words().text("adresse-courte-titre", &[]);
    let mut context = views.context(lang);
    context.insert("page", &views.made_page(&output.url, &title, &assembly.site().description, lang, false));
    context.insert_value("session", session.cloned().unwrap_or_else(Value::none));
    context.insert("target", &target);
    fill(assembly, "adresse-courte.html", &context)
}

fn support_list(assembly: &Assembly, output: &Output) -> Rendered {
    let (views, model, words) = (assembly.views(), assembly.model(), assembly.words());
    let links: Vec<_> = assembly
        .plan()
        .outputs
        .iter()
        .filter_map(|output| match &output.what {
            What::Support(index, session) => Some(SupportLink {
                title: &model.supports[*index].title,
                url: output.url.clone(),
                session: session.map(|session| views.session(session).1),
            }),
            _ => None,
        })
        .collect();
    let (title, description) = (words.text("supports-titre", &[]), words.text("supports-description", &[]));
    let lang = assembly.site().lang();
    let mut context = views.context(lang);
    context.insert("page", &views.made_page(&output.url, &title, &description, lang, false));
    context.insert("supports", &links);
    fill(assembly, "supports.html", &context)
}

fn support(assembly: &Assembly, output: &Output, index: usize, session: Option<usize>) -> Rendered {
    let (views, model) = (assembly.views(), assembly.model());
    let support = &model.supports[index];
    let group = model.groups.iter().position(|group| group.id == support.group);
    let group = group.map(|group| views.group(group).clone()).unwrap_or_default();
    let session = session.map(|session| views.session(session).0);
    let lang = assembly.site().lang();
    let mut context = views.context(lang);
    for shared in ["site", "partners", "groups"] {
        if let Some(value) = context.get(shared).map(paper::printable) {
            context.insert_value(shared, value);
        }
    }
    let page = views.made_page(&output.url, &support.title, &assembly.site().description, lang, false);
    context.insert("page", &page);
    context.insert_value("support", paper::printable(&views.support(support, group, session)));
    match (support.scope, session) {
        (Scope::Session, Some(session)) => context.insert_value("session", paper::printable(session)),
        _ => {
            let season = views
                .sessions()
                .filter(|(view, _)| !view.past && !view.cancelled && view.group.id == support.group.as_str());
            context.insert_value("sessions", paper::printable(&season.map(|(view, _)| view).collect::<Vec<_>>()));
        }
    }
    fill(assembly, &format!("supports/{}.html", support.template), &context)
}

fn entry(assembly: &Assembly, index: usize, title: &str) -> calendar::Entry {
    let session: &Session = &assembly.model().sessions[index];
    let site = assembly.site();
    let schedule = session.schedule(&site.time_zone);
    let host = site.url.split_once("://").map_or("", |(_, host)| host);
    let title = if schedule.cancelled {
        assembly.words().text("agenda-annulee", &[("titre", title.to_owned().into())])
    } else {
        title.to_owned()
    };
    calendar::Entry {
        uid: format!("{}@{host}", session.id),
        sequence: session.revision,
        stamp: updated_at(session),
        starts: schedule.starts,
        ends: schedule.ends,
        title,
        place: session.place.clone(),
        url: format!("{}{}", site.url, urls::session(&session.id)),
        cancelled: schedule.cancelled,
    }
}
