//! One output's inputs to its bytes. Pure: reads and writes no file, asks no clock. What each output is made from is told in
//! [`crate::inputs`], beside which these functions are to be read: what is read here is named there.

pub mod calendar;
mod paper;
pub mod qr;
pub mod reach;
pub mod ring;
pub mod share;
pub mod templates;

use std::{borrow::Cow, sync::Arc};

use serde::Serialize;
use tera::{Context, Value};

use self::reach::Reach;
use crate::{
    assembly::Assembly,
    diagnostic::Diagnostic,
    model::{Block, Component, Page, Scope, Session, Support},
    plan::{Output, What},
    urls,
    views::{FormView, LinkView, PageView, event_json, updated_at},
};

/// The most sessions in the feed.
pub(crate) const FEED_LENGTH: usize = 50;

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
    let bytes = match &output.what {
        What::Page(index) => page(assembly, *index),
        What::Session(index) => session(assembly, *index),
        What::Archive(year) => archive(assembly, output, *year),
        What::Group(index) => group(assembly, *index),
        What::Short(index) => short_address(assembly, output, Some(*index), None),
        What::Retired(index) => {
            let target = &assembly.model().redirects[*index].target;
            let session = assembly.views().index_of(target);
            let url = session.map_or_else(|| target.clone(), |session| assembly.views().session(session).0.url.clone());
            short_address(assembly, output, session, Some(url))
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
            let reach = assembly.templates().reach("sitemap.xml");
            let mut context = assembly.views().context_for(assembly.site().lang(), &reach);
            context.insert("pages", &sitemap(assembly));
            fill(assembly, "sitemap.xml", &context)
        }
        What::Robots => {
            let reach = assembly.templates().reach("robots.txt");
            fill(assembly, "robots.txt", &assembly.views().context_for(assembly.site().lang(), &reach))
        }
        What::Asset(index) => {
            let asset = &assembly.assets().files[*index];
            return Ok(Cow::Borrowed(asset.made.as_deref().unwrap_or_else(|| source_bytes(assembly, &asset.source))));
        }
        What::Picture(index, copy) => {
            let made = assembly.assets().pictures.make(assembly.sources(), *index, *copy)?;
            return Ok(Cow::Owned(made.to_vec()));
        }
        What::Copy(path) => return Ok(Cow::Borrowed(source_bytes(assembly, path))),
    };
    bytes.map(Cow::Owned)
}

type Rendered = Result<Vec<u8>, Box<Diagnostic>>;

fn source_bytes<'a>(assembly: &'a Assembly, path: &str) -> &'a [u8] {
    assembly.sources().get(path).map(crate::sources::SourceFile::bytes).unwrap_or_default()
}

fn fill(assembly: &Assembly, template: &str, context: &Context) -> Rendered {
    assembly.templates().render(template, context).map(String::into_bytes)
}

/// A page of the project's own frame: what its template reads of what all share, and the page.
fn framed(assembly: &Assembly, template: &str, page: &PageView) -> Context {
    let reach = assembly.templates().reach(template);
    let mut context = assembly.views().context_for(&page.lang, &reach);
    context.insert("page", page);
    context
}

/// The template of a page of the content: its own, or the common one.
pub(crate) fn page_template(assembly: &Assembly, page: &Page) -> String {
    let own = format!("pages/{}.html", page.slug);
    if assembly.templates().has(&own) { own } else { "page.html".to_owned() }
}

/// The template of a component.
pub(crate) fn component_template(component: Component) -> String {
    format!("composants/{}.html", component.name())
}

/// The template of a support.
pub(crate) fn support_template(support: &Support) -> String {
    format!("supports/{}.html", support.template)
}

/// The template that an output is made with.
pub(crate) fn template_of(assembly: &Assembly, output: &Output) -> Option<String> {
    let model = assembly.model();
    let name = match &output.what {
        What::Page(index) => return Some(page_template(assembly, &model.pages[*index])),
        What::Support(index, _) => return Some(support_template(&model.supports[*index])),
        What::Session(_) => "seance.html",
        What::Archive(_) => "archive.html",
        What::Group(_) => "groupe.html",
        What::Short(_) | What::Retired(_) => "adresse-courte.html",
        What::SupportList => "supports.html",
        What::Feed => "atom.xml",
        What::Sitemap => "sitemap.xml",
        What::Robots => "robots.txt",
        What::SessionCalendar(_) | What::Calendar | What::Asset(_) | What::Picture(..) | What::Copy(_) => return None,
    };
    Some(name.to_owned())
}

/// The file of the content that an output shows, when there is one above all.
pub(crate) fn source_of<'a>(assembly: &'a Assembly, output: &'a Output) -> Option<&'a str> {
    let model = assembly.model();
    match &output.what {
        What::Page(index) => Some(&model.pages[*index].at.file),
        What::Session(index) | What::SessionCalendar(index) | What::Short(index) => {
            Some(&model.sessions[*index].at.file)
        }
        What::Group(index) => Some(&model.groups[*index].at.file),
        What::Retired(index) => Some(&model.redirects[*index].at.file),
        What::Support(index, _) => Some(&model.supports[*index].at.file),
        What::Asset(index) => Some(&assembly.assets().files[*index].source),
        What::Picture(index, _) => Some(&assembly.assets().pictures.list[*index].source),
        What::Copy(path) => Some(path),
        What::Archive(_) | What::SupportList | What::Calendar | What::Feed | What::Sitemap | What::Robots => None,
    }
}

/// All that a page of the content may read: its template's reach, and that of the components that its text places.
pub(crate) fn page_reach(assembly: &Assembly, page: &Page) -> Reach {
    let templates = assembly.templates();
    let mut reach = Reach::clone(&templates.reach(&page_template(assembly, page)));
    for block in &page.body.blocks {
        if let Block::Component(component, _) = block {
            reach.extend(&templates.reach(&component_template(*component)));
        }
    }
    reach
}

/// The page at this index of the model, its components drawn.
///
/// # Errors
/// When the template of a component fails: its file and line.
pub fn page_view(assembly: &Assembly, index: usize) -> Result<PageView, Box<Diagnostic>> {
    let mut page = assembly.views().page(index).clone();
    for at in 0..page.blocks.len() {
        let Some(component) = &page.blocks[at].component else { continue };
        let template = format!("composants/{component}.html");
        let drawn = assembly.templates().render(&template, &framed(assembly, &template, &page))?;
        page.blocks[at].html = Some(drawn);
    }
    Ok(page)
}

fn page(assembly: &Assembly, index: usize) -> Rendered {
    let page = page_view(assembly, index)?;
    let template = page_template(assembly, &assembly.model().pages[index]);
    let mut context = framed(assembly, &template, &page);
    if assembly.templates().reach(&template).reads("form") {
        context.insert("form", &FormView::default());
    }
    fill(assembly, &template, &context)
}

fn session(assembly: &Assembly, index: usize) -> Rendered {
    let (views, site) = (assembly.views(), assembly.site());
    let (view, value) = views.session(index);
    let mut page = views.made_page(&view.url, &view.title, &site.description, site.lang(), true);
    page.json_ld = Some(event_json(view, site));
    let mut context = framed(assembly, "seance.html", &page);
    context.insert_value("session", value.clone());
    context.insert_value("text", Value::from(views.session_text(index, assembly.sources())));
    let others = assembly.neighbours(index).into_iter().map(|other| views.session(other).1.clone());
    context.insert_value("others", Value::from(others.collect::<Vec<_>>()));
    fill(assembly, "seance.html", &context)
}

fn archive(assembly: &Assembly, output: &Output, year: i16) -> Rendered {
    let words = assembly.words();
    let args = [("year", year.to_string().into())];
    let (title, description) = (words.text("archive-titre", &args), words.text("archive-description", &args));
    let page = assembly.views().made_page(&output.url, &title, &description, assembly.site().lang(), true);
    let mut context = framed(assembly, "archive.html", &page);
    context.insert("year", &year);
    let sessions = assembly.views().cards(|standing, session| standing.past && session.date.year() == year);
    context.insert_value("sessions", sessions);
    fill(assembly, "archive.html", &context)
}

fn group(assembly: &Assembly, index: usize) -> Rendered {
    let group = assembly.views().group(index);
    let page = assembly.views().made_page(&group.url, &group.name, &group.summary, assembly.site().lang(), true);
    let mut context = framed(assembly, "groupe.html", &page);
    context.insert("group", group);
    let id = &assembly.model().groups[index].id;
    context.insert_value("sessions", assembly.views().cards(|standing, s| !standing.past && s.group == *id));
    fill(assembly, "groupe.html", &context)
}

fn season_calendar(assembly: &Assembly) -> Vec<u8> {
    let words = assembly.words();
    let args = [("site", assembly.site().name.clone().into())];
    let (name, title) = (words.text("agenda-nom", &args), words.text("agenda-titre", &args));
    let upcoming = assembly.standings().iter().enumerate().filter(|(_, standing)| !standing.past);
    calendar::render(Some(&name), upcoming.map(|(index, _)| entry(assembly, index, &title)))
}

/// The sessions of the feed: those to come, the latest changed first.
pub(crate) fn feed_sessions(assembly: &Assembly) -> Vec<usize> {
    let key = |index: &usize| {
        let session = &assembly.model().sessions[*index];
        (std::cmp::Reverse(updated_at(session)), assembly.standings()[*index].schedule.starts, *index)
    };
    let mut sessions: Vec<usize> =
        (0..assembly.standings().len()).filter(|index| !assembly.standings()[*index].past).collect();
    sessions.sort_by_cached_key(key);
    sessions.truncate(FEED_LENGTH);
    sessions
}

fn feed(assembly: &Assembly) -> Rendered {
    let sessions: Vec<_> = feed_sessions(assembly).into_iter().map(|index| assembly.views().session(index)).collect();
    let reach = assembly.templates().reach("atom.xml");
    let mut context = assembly.views().context_for(assembly.site().lang(), &reach);
    // A feed must carry an instant even when it is empty.
    let newest = sessions.first().map_or("1970-01-01T00:00:00Z", |(view, _)| view.updated_at.as_str());
    context.insert("updated_at", newest);
    context
        .insert_value("sessions", Value::from(sessions.iter().map(|(_, value)| (*value).clone()).collect::<Vec<_>>()));
    fill(assembly, "atom.xml", &context)
}

/// Every address that search engines may list, whole.
fn sitemap(assembly: &Assembly) -> Vec<LinkView> {
    let site = assembly.site();
    let link = |output: &Output| LinkView { title: String::new(), url: format!("{}{}", site.url, output.url) };
    assembly.plan().outputs.iter().filter(|output| listed(assembly, output)).map(link).collect()
}

/// Whether search engines may list an output.
pub(crate) fn listed(assembly: &Assembly, output: &Output) -> bool {
    match &output.what {
        What::Page(index) => assembly.model().pages[*index].slug.as_str() != urls::NOT_FOUND,
        What::Session(_) | What::Archive(_) | What::Group(_) => true,
        _ => false,
    }
}

/// The page behind a printed address: it leads to a session that is to come, and says what comes next in the place of another.
fn short_address(assembly: &Assembly, output: &Output, session: Option<usize>, target: Option<String>) -> Rendered {
    let views = assembly.views();
    let lang = assembly.site().lang();
    let title = assembly.words().text("adresse-courte-titre", &[]);
    let session = session.map(|index| views.session(index));
    let live = session.filter(|(view, _)| !view.past && !view.cancelled);
    let target = target.or_else(|| live.map(|(view, _)| view.url.clone()));
    let page = views.made_page(&output.url, &title, &assembly.site().description, lang, false);
    let mut context = framed(assembly, "adresse-courte.html", &page);
    context.insert_value("session", session.map_or_else(Value::none, |(_, value)| value.clone()));
    context.insert_value(
        "next",
        if target.is_none() { assembly.next_links().clone() } else { Value::from(Vec::<Value>::new()) },
    );
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
    let page = views.made_page(&output.url, &title, &description, assembly.site().lang(), false);
    let mut context = framed(assembly, "supports.html", &page);
    context.insert("supports", &links);
    fill(assembly, "supports.html", &context)
}

fn support(assembly: &Assembly, output: &Output, index: usize, session: Option<usize>) -> Rendered {
    let views = assembly.views();
    let support = &assembly.model().supports[index];
    let template = support_template(support);
    let group = views.group_by_id(support.group.as_str());
    let session = session.map(|session| views.session(session));
    let page =
        views.made_page(&output.url, &support.title, &assembly.site().description, assembly.site().lang(), false);
    let mut context = framed(assembly, &template, &page);
    for shared in ["site", "partners", "groups"] {
        if let Some(value) = context.get(shared).map(paper::printable) {
            context.insert_value(shared, value);
        }
    }
    let view = views.support(support, group, session.map(|(view, _)| view));
    context.insert_value("support", paper::printable(&view));
    match (support.scope, session) {
        (Scope::Session, Some((_, value))) => context.insert_value("session", paper::printable(value)),
        _ => {
            let season = views.cards(|standing, session| {
                !standing.past && !standing.schedule.cancelled && session.group == support.group
            });
            context.insert_value("sessions", paper::printable(&season));
        }
    }
    fill(assembly, &template, &context)
}

fn entry(assembly: &Assembly, index: usize, title: &str) -> calendar::Entry {
    let session: &Session = &assembly.model().sessions[index];
    let site = assembly.site();
    let schedule = assembly.standings()[index].schedule;
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
        zone: None,
        title,
        place: session.place.clone(),
        url: Some(format!("{}{}", site.url, urls::session(&session.id))),
        status: if schedule.cancelled { calendar::Status::Cancelled } else { calendar::Status::Confirmed },
    }
}

/// A link to each of the sessions that come next.
pub(crate) fn next_links(assembly: &Assembly, sessions: &[usize]) -> Value {
    let link = |index: &usize| {
        let (view, _) = assembly.views().session(*index);
        LinkView { title: Arc::clone(&view.date).long.clone(), url: view.url.clone() }
    };
    Value::from_serializable(&sessions.iter().map(link).collect::<Vec<_>>())
}
