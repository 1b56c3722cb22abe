//! The pages behind printed addresses. They lead to what is to come, and say what comes next in the
//! place of what is past, cancelled or gone: paper outlives a date.

use std::collections::BTreeSet;

use serde::Serialize;
use tera::Value;

use super::{
    output::{Inspection, Output, OutputKind, Rendered},
    view::View,
};
use crate::{diagnostics::diagnostic::Diagnostic, model::Id, site::Snapshot, urls, views::PageView};

const TEMPLATE: &str = "adresse-courte.html";

/// What a printed address is about: indices are those of the model.
#[derive(Debug, Clone, Copy)]
enum Subject {
    Session(usize),
    Group(usize),
    /// An id that left the content.
    Retired(usize),
}

/// A printed address, perhaps from where it was printed.
#[derive(Debug)]
struct ShortAddress {
    about: Subject,
    origin: Option<Id>,
}

/// Where the addresses of a group's sessions are printed or given out: its supports, and the
/// networks.
fn origins(snapshot: &Snapshot, group: &Id) -> Vec<Id> {
    let (model, site) = (snapshot.model(), snapshot.site());
    let supports = model.supports.iter().filter(|support| support.group == *group && !support.format.is_picture());
    let networks = site.origins.iter().filter(|origin| origin.network).map(|origin| &origin.id);
    // An id that stands twice is one address.
    let mut seen = BTreeSet::new();
    let all = supports.map(|support| &support.id).chain(networks);
    all.filter(|id| seen.insert(*id)).cloned().collect()
}

fn add(outputs: &mut Vec<Output>, id: &Id, about: Subject, origins: &[Id]) {
    outputs.push(Output::new(format!("{}/", urls::short(id)), ShortAddress { about, origin: None }));
    outputs.extend(origins.iter().map(|origin| {
        let url = format!("{}/", urls::short_from(id, origin));
        Output::new(url, ShortAddress { about, origin: Some(origin.clone()) })
    }));
}

/// Of ids that left: whatever paper carries them, and whatever group they were of.
pub(super) fn plan_retired(snapshot: &Snapshot, outputs: &mut Vec<Output>) {
    let model = snapshot.model();
    let everywhere: BTreeSet<Id> = model.groups.iter().flat_map(|group| origins(snapshot, &group.id)).collect();
    let everywhere = Vec::from_iter(everywhere);
    for (index, redirect) in model.redirects.iter().enumerate() {
        add(outputs, &redirect.id, Subject::Retired(index), &everywhere);
    }
}

/// Of groups. Ids are one's own in the tree: a session would have answered under this one.
pub(super) fn plan_groups(snapshot: &Snapshot, outputs: &mut Vec<Output>) {
    for (index, group) in snapshot.model().groups.iter().enumerate() {
        add(outputs, &group.id, Subject::Group(index), &origins(snapshot, &group.id));
    }
}

/// Of sessions.
pub(super) fn plan_sessions(snapshot: &Snapshot, outputs: &mut Vec<Output>) {
    let model = snapshot.model();
    let of_groups: Vec<(&Id, Vec<Id>)> =
        model.groups.iter().map(|group| (&group.id, origins(snapshot, &group.id))).collect();
    for (index, session) in model.sessions.iter().enumerate() {
        let origins = of_groups.iter().find(|(group, _)| **group == session.group).map(|(_, origins)| &**origins);
        add(outputs, &session.id, Subject::Session(index), origins.unwrap_or_default());
    }
}

impl OutputKind for ShortAddress {
    fn name(&self) -> &'static str {
        match self.about {
            Subject::Session(_) => "short-address",
            Subject::Group(_) => "short-address-of-group",
            Subject::Retired(_) => "retired-address",
        }
    }

    fn template(&self, _: &Snapshot) -> Option<String> {
        Some(TEMPLATE.to_owned())
    }

    fn source<'s>(&'s self, snapshot: &'s Snapshot) -> Option<&'s str> {
        let model = snapshot.model();
        Some(match self.about {
            Subject::Session(index) => &model.sessions[index].at.file,
            Subject::Group(index) => &model.groups[index].at.file,
            Subject::Retired(index) => &model.redirects[index].at.file,
        })
    }

    fn inspection(&self) -> Inspection {
        Inspection::Page
    }

    fn render<'a>(&'a self, view: &View<'a>, output: &'a Output) -> Rendered<'a> {
        let (lead, enrol) = match self.about {
            Subject::Session(index) => {
                let (session, _) = view.session(index);
                let live = !session.past && !session.cancelled;
                let lead = Lead { session: Some(index), target: live.then(|| session.url.clone()), ..Lead::default() };
                (lead, session.accepts.then(|| session.enrol_url.clone()))
            }
            Subject::Group(index) => {
                let group = view.group_at(index);
                let lead = Lead { target: Some(group.url.clone()), title: Some(group.name.clone()), ..Lead::default() };
                (lead, Some(format!("{}/inscription/", view.site().form_base())))
            }
            Subject::Retired(index) => {
                let (target, session) = view.redirect(index);
                let lead = Lead { session, target: Some(target), ..Lead::default() };
                return Ok(fill(view, &output.url, lead, false)?.into());
            }
        };
        let origin = self.origin.as_ref().map(Id::to_string);
        let enrol = enrol.zip(origin.as_ref()).map(|(enrol, origin)| with_origin(&enrol, origin));
        Ok(fill(view, &output.url, Lead { origin, enrol, ..lead }, false)?.into())
    }
}

/// Where an address leads.
#[derive(Default)]
struct Lead {
    /// The session that it was printed for.
    session: Option<usize>,
    /// The page that it leads to.
    target: Option<String>,
    /// Where it was printed, when that is told: the page then keeps it, and does not leave by
    /// itself.
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

/// The page of an address that leads nowhere any more, of a session that is past or cancelled, or
/// of one that is not known: it says what comes next, and how full that is.
///
/// # Errors
/// When the template fails: its file and line.
pub fn gone(
    snapshot: &Snapshot,
    url: &str,
    session: Option<usize>,
    origin: Option<&Id>,
) -> Result<Vec<u8>, Box<Diagnostic>> {
    let lead = Lead { session, origin: origin.map(Id::to_string), ..Lead::default() };
    fill(&View::alone(snapshot), url, lead, true)
}

/// An address that says where its reader comes from.
fn with_origin(url: &str, origin: &str) -> String {
    let mark = if url.contains('?') { '&' } else { '?' };
    format!("{url}{mark}connu_par={origin}")
}

fn fill(view: &View<'_>, url: &str, lead: Lead, full: bool) -> Result<Vec<u8>, Box<Diagnostic>> {
    // Histories and tabs show no group's name.
    let usual = if lead.target.is_some() { "adresse-courte-titre" } else { "adresse-courte-suite" };
    let tab_title = view.words().text(usual, &[]);
    let title = lead.title.unwrap_or_else(|| tab_title.clone());
    let page = PageView { tab_title, ..view.made_page(url, &title, &view.site().description, false) };
    let session = lead.session.map_or_else(Value::none, |index| view.session(index).1.clone());
    let mut next = if lead.target.is_none() { view.next_dates(full) } else { Vec::new() };
    if let Some(origin) = &lead.origin {
        for date in &mut next {
            date.url = with_origin(&date.url, origin);
        }
    }
    let origin = lead.origin.as_ref().zip(lead.target.as_ref()).map(|(origin, target)| OriginLink {
        url: with_origin(target, origin),
        enrol: lead.enrol.as_deref().unwrap_or_default(),
    });
    let filled = view.fill(TEMPLATE, &page.lang, |context| {
        context.insert("page", &page);
        context.insert_value("session", session);
        context.insert("next", &next);
        context.insert("target", &lead.target);
        context.insert("from", &origin);
    })?;
    Ok(filled.into_bytes())
}
