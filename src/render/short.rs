//! The pages behind printed addresses. They lead to what is to come, and say what comes next in the place of what is past, cancelled or
//! gone: paper outlives a date.

use serde::Serialize;
use tera::Value;

use super::{Rendered, fill, framed};
use crate::{
    assembly::Assembly,
    plan::{self, Output},
    urls,
    views::LinkView,
};

/// The template of these pages.
pub(crate) const TEMPLATE: &str = "adresse-courte.html";

/// Where an address leads.
#[derive(Default)]
struct Lead {
    /// The session that it was printed for.
    session: Option<usize>,
    /// The page that it leads to.
    target: Option<String>,
    /// Where it was printed, when that is told: the page then keeps it, and does not leave by itself.
    origin: Option<String>,
    /// The form, which is told where the person comes from.
    enrol: Option<String>,
    /// What the page announces instead.
    title: Option<String>,
}

#[derive(Serialize)]
struct OriginLink<'a> {
    /// The page, which keeps the origin in its address.
    url: String,
    /// The form, with the origin chosen.
    enrol: &'a str,
}

/// A session's, perhaps from where it was printed.
pub(super) fn session(assembly: &Assembly, output: &Output, index: usize, origin: Option<plan::Origin>) -> Rendered {
    let (view, _) = assembly.views().session(index);
    let live = !view.past && !view.cancelled;
    let lead = Lead { session: Some(index), target: live.then(|| view.url.clone()), ..Lead::default() };
    let enrol = view.accepts.then(|| view.enrol_url.clone());
    page(assembly, &output.url, from(assembly, lead, enrol, origin))
}

/// A group's.
pub(super) fn group(assembly: &Assembly, output: &Output, index: usize, origin: Option<plan::Origin>) -> Rendered {
    let group = assembly.views().group(index);
    let target = Some(urls::group(&assembly.model().groups[index].id));
    let lead = Lead { target, title: Some(group.name.clone()), ..Lead::default() };
    let enrol = format!("{}/inscription/", assembly.site().form_base());
    page(assembly, &output.url, from(assembly, lead, Some(enrol), origin))
}

/// That of an id which left the content.
pub(super) fn retired(assembly: &Assembly, output: &Output, index: usize) -> Rendered {
    let target = &assembly.model().redirects[index].target;
    let session = assembly.views().index_of(target);
    let url = session.map_or_else(|| target.clone(), |session| assembly.views().session(session).0.url.clone());
    page(assembly, &output.url, Lead { session, target: Some(url), ..Lead::default() })
}

/// The page of an address that leads nowhere any more: it says what comes next.
///
/// # Errors
/// When the template fails: its file and line.
pub fn gone(assembly: &Assembly, url: &str) -> Rendered {
    page(assembly, url, Lead::default())
}

fn from(assembly: &Assembly, lead: Lead, enrol: Option<String>, origin: Option<plan::Origin>) -> Lead {
    let origin = origin.map(|origin| origin.id(assembly.model(), assembly.site()).to_string());
    let enrol = enrol.zip(origin.as_ref()).map(|(enrol, origin)| with_origin(&enrol, origin));
    Lead { origin, enrol, ..lead }
}

/// An address that says where its reader comes from.
fn with_origin(url: &str, origin: &str) -> String {
    let mark = if url.contains('?') { '&' } else { '?' };
    format!("{url}{mark}connu_par={origin}")
}

fn page(assembly: &Assembly, url: &str, lead: Lead) -> Rendered {
    let views = assembly.views();
    let title = lead.title.unwrap_or_else(|| assembly.words().text("adresse-courte-titre", &[]));
    let page = views.made_page(url, &title, &assembly.site().description, assembly.site().lang(), false);
    let mut context = framed(assembly, TEMPLATE, &page);
    let session = lead.session.map_or_else(Value::none, |index| views.session(index).1.clone());
    context.insert_value("session", session);
    let next = if lead.target.is_none() { assembly.next_links().clone() } else { Value::from(Vec::<Value>::new()) };
    context.insert_value("next", next);
    let origin = lead.origin.as_ref().zip(lead.target.as_ref()).map(|(origin, target)| OriginLink {
        url: with_origin(target, origin),
        enrol: lead.enrol.as_deref().unwrap_or_default(),
    });
    context.insert("target", &lead.target);
    context.insert("from", &origin);
    fill(assembly, TEMPLATE, &context)
}

/// A link to each of the sessions that come next.
pub(crate) fn next_links(assembly: &Assembly, sessions: &[usize]) -> Value {
    let link = |index: &usize| {
        let (view, _) = assembly.views().session(*index);
        LinkView { title: view.date.long.clone(), url: view.url.clone() }
    };
    Value::from_serializable(&sessions.iter().map(link).collect::<Vec<_>>())
}
