//! One output's inputs to its bytes. Pure: reads and writes no file, asks no clock.

pub mod calendar;
pub mod qr;
pub mod ring;
pub mod templates;

use std::borrow::Cow;

use serde::Serialize;
use tera::{Context, Value};

use crate::{
    assembly::Assembly,
    diagnostic::Diagnostic,
    model::{Scope, Session},
    plan::{Output, What},
    urls,
    views::{LinkView, PageView, SessionView, updated_at},
};

/// The most sessions in the feed.
const FEED_LENGTH: usize = 50;

/// An entry of the list of supports.
#[derive(Serialize)]
struct SupportLink<'a> {
    title: &'a str,
    url: String,
    session: Option<&'a Value>,
}

/// The bytes of one output.
///
/// # Errors
/// When a template fails: its file and line.
pub fn render<'a>(assembly: &'a Assembly, output: &Output) -> Result<Cow<'a, [u8]>, Box<Diagnostic>> {
    let lang = assembly.site().lang();
    let views = assembly.views();
    let html = |template: &str, context: &Context| {
        assembly.templates().render(template, context).map(|text| Cow::Owned(text.into_bytes()))
    };
    let with_page = |page: &PageView| {
        let mut context = views.context(&page.lang);
        context.insert("page", page);
        context
    };
    match &output.what {
        What::Page(index) => {
            let page = views.page(*index);
            let own = format!("pages/{}.html", page.slug);
            let mut context = with_page(page);
            context.insert("form", &crate::views::FormView::default());
            html(if assembly.templates().has(&own) { &own } else { "page.html" }, &context)
        }
        What::Session(index) => {
            let (view, value) = views.session(*index);
            let mut page = views.made_page(&view.url, &view.title, &assembly.site().description, lang, true);
            page.json_ld = Some(view.json_ld.clone());
            let mut context = with_page(&page);
            let others: Vec<&Value> = views
                .sessions()
                .filter(|(other, _)| !other.past && other.id != view.id)
                .map(|(_, value)| value)
                .collect();
            context.insert_value("session", value.clone());
            context.insert("others", &others);
            html("seance.html", &context)
        }
        What::Archive(year) => {
            let words = assembly.words();
            let args = [("year", year.to_string().into())];
            let (title, description) = (words.text("archive-titre", &args), words.text("archive-description", &args));
            let mut context = with_page(&views.made_page(&output.url, &title, &description, lang, true));
            let sessions: Vec<&Value> = views
                .sessions()
                .filter(|(view, _)| view.past && view.date.year == *year)
                .map(|(_, value)| value)
                .collect();
            context.insert("year", year);
            context.insert("sessions", &sessions);
            html("archive.html", &context)
        }
        What::Group(index) => {
            let group = views.group(*index);
            let mut context = with_page(&views.made_page(&group.url, &group.name, &group.summary, lang, true));
            let sessions: Vec<&Value> = views
                .sessions()
                .filter(|(view, _)| !view.past && view.group.id == group.id)
                .map(|(_, value)| value)
                .collect();
            context.insert("group", group);
            context.insert("sessions", &sessions);
            html("groupe.html", &context)
        }
        What::Short(index) => {
            let (view, value) = views.session(*index);
            short_address(assembly, output, Some(value), (!view.past && !view.cancelled).then_some(view.url.as_str()))
        }
        What::Retired(index) => {
            let target = &assembly.model().redirects[*index].target;
            match views.session_by_id(target) {
                Some((view, value)) => short_address(assembly, output, Some(value), Some(view.url.as_str())),
                None => short_address(assembly, output, None, Some(target)),
            }
        }
        What::SupportList => support_list(assembly, output),
        What::Support(index, session) => support(assembly, output, *index, *session),
        What::SessionCalendar(index) => {
            let title = assembly.words().text("agenda-titre-discret", &[]);
            Ok(calendar::render(None, [entry(assembly, *index, &title)]).into())
        }
        What::Calendar => {
            let args = [("site", assembly.site().name.clone().into())];
            let (name, title) =
                (assembly.words().text("agenda-nom", &args), assembly.words().text("agenda-titre", &args));
            let upcoming = views.sessions().enumerate().filter(|(_, (view, _))| !view.past);
            Ok(calendar::render(Some(&name), upcoming.map(|(index, _)| entry(assembly, index, &title))).into())
        }
        What::Feed => {
            let mut sessions: Vec<(&SessionView, &Value)> = views.sessions().filter(|(view, _)| !view.past).collect();
            sessions.sort_by(|(a, _), (b, _)| b.updated_at.cmp(&a.updated_at).then(a.starts_at.cmp(&b.starts_at)));
            sessions.truncate(FEED_LENGTH);
            let mut context = views.context(lang);
            let newest = sessions.first().map_or("1970-01-01T00:00:00Z", |(view, _)| view.updated_at.as_str());
            context.insert("updated_at", newest);
            context.insert("sessions", &sessions.iter().map(|(_, value)| *value).collect::<Vec<_>>());
            html("atom.xml", &context)
        }
        What::Sitemap => {
            let mut context = views.context(lang);
            context.insert("pages", &sitemap(assembly));
            html("sitemap.xml", &context)
        }
        What::Robots => html("robots.txt", &views.context(lang)),
        What::Copy(path) => {
            Ok(Cow::Borrowed(assembly.sources().get(path).map(|file| file.bytes.as_slice()).unwrap_or_default()))
        }
    }
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

fn short_address<'a>(
    assembly: &'a Assembly,
    output: &Output,
    session: Option<&Value>,
    target: Option<&str>,
) -> Result<Cow<'a, [u8]>, Box<Diagnostic>> {
    let views = assembly.views();
    let lang = assembly.site().lang();
    let title = assembly.words().text("adresse-courte-titre", &[]);
    let mut context = views.context(lang);
    context.insert("page", &views.made_page(&output.url, &title, &assembly.site().description, lang, false));
    context.insert_value("session", session.cloned().unwrap_or_else(Value::none));
    context.insert("target", &target);
    assembly.templates().render("adresse-courte.html", &context).map(|text| Cow::Owned(text.into_bytes()))
}

fn support_list<'a>(assembly: &'a Assembly, output: &Output) -> Result<Cow<'a, [u8]>, Box<Diagnostic>> {
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
    assembly.templates().render("supports.html", &context).map(|text| Cow::Owned(text.into_bytes()))
}

fn support<'a>(
    assembly: &'a Assembly,
    output: &Output,
    index: usize,
    session: Option<usize>,
) -> Result<Cow<'a, [u8]>, Box<Diagnostic>> {
    let (views, model) = (assembly.views(), assembly.model());
    let support = &model.supports[index];
    let group = model.groups.iter().position(|group| group.id == support.group);
    let group = group.map(|group| views.group(group).clone()).unwrap_or_default();
    let view = views.support(support, group, session.map(|session| views.session(session).0));
    let lang = assembly.site().lang();
    let mut context = views.context(lang);
    context.insert("page", &views.made_page(&output.url, &support.title, &assembly.site().description, lang, false));
    context.insert("support", &view);
    match (support.scope, session) {
        (Scope::Session, Some(session)) => context.insert_value("session", views.session(session).1.clone()),
        _ => {
            let season = views
                .sessions()
                .filter(|(view, _)| !view.past && !view.cancelled && view.group.id == support.group.as_str());
            context.insert("sessions", &season.map(|(_, value)| value).collect::<Vec<_>>());
        }
    }
    assembly
        .templates()
        .render(&format!("supports/{}.html", support.template), &context)
        .map(|text| Cow::Owned(text.into_bytes()))
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
