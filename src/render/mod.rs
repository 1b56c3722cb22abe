//! One output's inputs to its bytes. Pure: reads and writes no file, asks no clock. What each output is made from is told in
//! [`crate::inputs`], beside which these functions are to be read: what is read here is named there.

pub mod calendar;
mod feed;
mod kit;
pub mod paper;
pub mod qr;
pub mod reach;
pub mod ring;
pub mod share;
mod short;
mod support;
pub mod templates;

use std::borrow::Cow;

use tera::{Context, Value};

use self::reach::Reach;
pub use self::short::gone;
pub(crate) use self::{
    feed::feed_sessions,
    kit::{TEMPLATES as KIT_TEMPLATES, TEXT as KIT_TEXT},
    short::{TEMPLATE as SHORT, next_links},
    support::template as support_template,
};
use crate::{
    assembly::Assembly,
    diagnostic::Diagnostic,
    model::{Block, Component, Page},
    plan::{Output, What},
    urls,
    views::{FormView, LinkView, PageView, event_json},
};

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
        What::Short(index) => short::session(assembly, output, *index, None),
        What::ShortFrom(index, origin) => short::session(assembly, output, *index, Some(*origin)),
        What::ShortGroup(index, origin) => short::group(assembly, output, *index, *origin),
        What::Retired(index) => short::retired(assembly, output, *index),
        What::Kit => kit::page(assembly, output),
        What::KitIndex => kit::index(assembly),
        What::KitArchive => kit::archive(assembly),
        What::KitBlock => kit::block(assembly, kit::BLOCK, &output.url),
        What::KitFragment => kit::block(assembly, kit::FRAGMENT, &output.url),
        What::Support(index, session) => support::page(assembly, &output.url, *index, *session),
        What::Share(index, session) => {
            return support::picture(assembly, &output.url, *index, *session).map(|made| Cow::Owned(made.to_vec()));
        }
        What::SessionCalendar(index) => Ok(session_calendar(assembly, *index)),
        What::Calendar => Ok(feed::season_calendar(assembly)),
        What::Feed => feed::feed(assembly),
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
        What::Print(index) => return Ok(Cow::Borrowed(source_bytes(assembly, &assembly.model().prints[*index].path))),
    };
    bytes.map(Cow::Owned)
}

fn session_calendar(assembly: &Assembly, index: usize) -> Vec<u8> {
    let title = assembly.words().text("agenda-titre-discret", &[]);
    calendar::render(None, [feed::entry(assembly, index, &title)])
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

/// The fonts of pages, supports and pictures.
pub(crate) const FONTS: &str = "templates/assets/fonts/";

/// The template of a page of the content: its own, or the common one.
pub(crate) fn page_template(assembly: &Assembly, page: &Page) -> String {
    let own = format!("pages/{}.html", page.slug);
    if assembly.templates().has(&own) { own } else { "page.html".to_owned() }
}

/// The template of a component.
pub(crate) fn component_template(component: Component) -> String {
    format!("composants/{}.html", component.name())
}

/// The template that an output is made with.
pub(crate) fn template_of(assembly: &Assembly, output: &Output) -> Option<String> {
    let model = assembly.model();
    let name = match &output.what {
        What::Page(index) => return Some(page_template(assembly, &model.pages[*index])),
        What::Support(index, _) | What::Share(index, _) => return Some(support_template(&model.supports[*index])),
        What::Session(_) => "seance.html",
        What::Archive(_) => "archive.html",
        What::Group(_) => "groupe.html",
        What::Short(_) | What::ShortFrom(..) | What::ShortGroup(..) | What::Retired(_) => short::TEMPLATE,
        What::Kit => kit::PAGE,
        What::KitIndex | What::KitArchive => kit::TEXT,
        What::KitBlock => kit::BLOCK,
        What::KitFragment => kit::FRAGMENT,
        What::Feed => "atom.xml",
        What::Sitemap => "sitemap.xml",
        What::Robots => "robots.txt",
        What::SessionCalendar(_)
        | What::Calendar
        | What::Asset(_)
        | What::Picture(..)
        | What::Copy(_)
        | What::Print(_) => return None,
    };
    Some(name.to_owned())
}

/// The file of the content that an output shows, when there is one above all.
pub(crate) fn source_of<'a>(assembly: &'a Assembly, output: &'a Output) -> Option<&'a str> {
    let model = assembly.model();
    match &output.what {
        What::Page(index) => Some(&model.pages[*index].at.file),
        What::Session(index) | What::SessionCalendar(index) | What::Short(index) | What::ShortFrom(index, _) => {
            Some(&model.sessions[*index].at.file)
        }
        What::Group(index) | What::ShortGroup(index, _) => Some(&model.groups[*index].at.file),
        What::Retired(index) => Some(&model.redirects[*index].at.file),
        What::Support(index, _) | What::Share(index, _) => Some(&model.supports[*index].at.file),
        What::Asset(index) => Some(&assembly.assets().files[*index].source),
        What::Picture(index, _) => Some(&assembly.assets().pictures.list[*index].source),
        What::Copy(path) => Some(path),
        What::Print(index) => Some(&model.prints[*index].path),
        What::Archive(_)
        | What::Kit
        | What::KitIndex
        | What::KitArchive
        | What::KitBlock
        | What::KitFragment
        | What::Calendar
        | What::Feed
        | What::Sitemap
        | What::Robots => None,
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
    let shown = &assembly.model().sessions[index];
    page.share_image = views.share_image(&shown.group, Some(shown));
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
    let mut page = assembly.views().made_page(&group.url, &group.name, &group.summary, assembly.site().lang(), true);
    let id = &assembly.model().groups[index].id;
    page.share_image = assembly.views().share_image(id, None);
    let mut context = framed(assembly, "groupe.html", &page);
    context.insert("group", group);
    context.insert_value("sessions", assembly.views().cards(|standing, s| !standing.past && s.group == *id));
    fill(assembly, "groupe.html", &context)
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
