//! What will be published, from what, and when this changes by itself. Pure: the instant is an argument.

use std::{collections::BTreeSet, sync::Arc};

use jiff::{Span, Timestamp};

use crate::{
    model::{Model, Scope, Session, Site, State},
    render::templates::ASSETS,
    sources::Sources,
    urls,
};

/// A fact that carries a date of check is to be checked again after this many days.
pub const FACT_LIFE_DAYS: i64 = 365;

/// The outputs of a build, and the next instant at which they change by themselves.
#[derive(Debug, Default)]
pub struct Plan {
    /// Every file to publish.
    pub outputs: Vec<Output>,
    /// When a state changes or a fact's check expires; `None` when time alone changes nothing any more.
    pub next_change: Option<Timestamp>,
}

/// A file to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Its address, from the root of the site.
    pub url: String,
    /// What it shows. Indices are those of the model.
    pub what: What,
}

/// What an output shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A page of the content.
    Page(usize),
    /// A session's page.
    Session(usize),
    /// A session's calendar entry.
    SessionCalendar(usize),
    /// Every session to come, as a calendar.
    Calendar,
    /// A year of past sessions.
    Archive(i16),
    /// A group.
    Group(usize),
    /// The printed address of a session, perhaps with the support that carries it.
    Short(usize),
    /// The printed address of an id that left the content.
    Retired(usize),
    /// The list of supports.
    SupportList,
    /// A support, for a session or for the season.
    Support(usize, Option<usize>),
    /// The Atom feed.
    Feed,
    /// `sitemap.xml`.
    Sitemap,
    /// `robots.txt`.
    Robots,
    /// A source file, published as it is.
    Copy(Arc<str>),
}

/// Plans the publication of `model` at `now`.
#[must_use]
pub fn plan(model: &Model, site: &Site, sources: &Sources, now: Timestamp) -> Plan {
    let mut outputs = Vec::new();
    let mut add = |url: String, what: What| outputs.push(Output { url, what });
    for (index, page) in model.pages.iter().enumerate() {
        add(urls::page(page, site), What::Page(index));
    }
    for (index, session) in model.sessions.iter().enumerate() {
        add(urls::session(&session.id), What::Session(index));
        add(urls::session_calendar(&session.id), What::SessionCalendar(index));
        let short = urls::short(&session.id);
        add(format!("{short}/"), What::Short(index));
        for support in model.supports.iter().filter(|support| support.group == session.group) {
            add(format!("{short}/{}/", support.id), What::Short(index));
        }
    }
    for (index, redirect) in model.redirects.iter().enumerate() {
        add(format!("{}/", urls::short(&redirect.id)), What::Retired(index));
    }
    let past = |session: &Session| now >= session.schedule(&site.time_zone).ends;
    let years: BTreeSet<i16> = model.sessions.iter().filter(|s| past(s)).map(|s| s.date.year()).collect();
    for year in years {
        add(urls::year(year), What::Archive(year));
    }
    for (index, group) in model.groups.iter().enumerate() {
        add(urls::group(&group.id), What::Group(index));
    }
    for (index, support) in model.supports.iter().enumerate() {
        match support.scope {
            Scope::Season => add(urls::support(&support.id, None), What::Support(index, None)),
            Scope::Session => {
                let announced = model
                    .sessions
                    .iter()
                    .enumerate()
                    .filter(|(_, s)| s.group == support.group && announced(s, past(s)));
                for (at, session) in announced {
                    add(urls::support(&support.id, Some(&session.id)), What::Support(index, Some(at)));
                }
            }
        }
    }
    if !model.supports.is_empty() {
        add("/supports/".to_owned(), What::SupportList);
    }
    add("/calendrier.ics".to_owned(), What::Calendar);
    add("/atom.xml".to_owned(), What::Feed);
    add("/sitemap.xml".to_owned(), What::Sitemap);
    add("/robots.txt".to_owned(), What::Robots);
    for (path, _) in sources.under(ASSETS) {
        add(format!("/assets/{}", path.trim_start_matches(ASSETS)), What::Copy(Arc::clone(path)));
    }
    for (path, _) in sources.under("content/medias/") {
        add(format!("/{}", path.trim_start_matches("content/")), What::Copy(Arc::clone(path)));
    }
    Plan { outputs, next_change: next_change(model, site, now) }
}

/// Whether paper may still announce a session.
fn announced(session: &Session, past: bool) -> bool {
    !past && session.status != crate::model::SessionStatus::Cancelled
}

fn next_change(model: &Model, site: &Site, now: Timestamp) -> Option<Timestamp> {
    let sessions = model.sessions.iter().filter_map(|s| State::next_change(now, &s.schedule(&site.time_zone)));
    let checks = model.pages.iter().flat_map(|page| &page.resources).filter_map(|entry| {
        let expires = entry.checked_on.checked_add(Span::new().days(FACT_LIFE_DAYS)).ok()?;
        Some(expires.to_zoned(site.time_zone.clone()).ok()?.timestamp())
    });
    sessions.chain(checks.filter(|at| *at > now)).min()
}
