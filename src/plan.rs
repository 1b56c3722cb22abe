//! What will be published, from what, and when this changes by itself. Pure: the instant is an argument.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

use jiff::{Span, Timestamp};

use crate::{
    assets::Assets,
    model::{Model, Scope, Site, Standing, State},
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

impl Plan {
    /// Every address.
    #[must_use]
    pub fn urls(&self) -> HashSet<&str> {
        self.outputs.iter().map(|output| output.url.as_str()).collect()
    }
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
    /// A file published beside the pages.
    Asset(usize),
    /// A copy of a picture of the content: which picture, which copy.
    Picture(usize, usize),
    /// A source file, published as it is.
    Copy(Arc<str>),
}

/// Plans the publication of `model`, whose sessions stand at `now` as `standings` says.
#[must_use]
pub fn plan(
    model: &Model,
    site: &Site,
    sources: &Sources,
    assets: &Assets,
    standings: &[Standing],
    now: Timestamp,
) -> Plan {
    let mut outputs = Vec::with_capacity(model.sessions.len() * 3 + 100);
    let mut add = |url: String, what: What| outputs.push(Output { url, what });
    for (index, page) in model.pages.iter().enumerate() {
        add(urls::page(page, site), What::Page(index));
    }
    for (index, redirect) in model.redirects.iter().enumerate() {
        add(format!("{}/", urls::short(&redirect.id)), What::Retired(index));
    }
    let standing = || model.sessions.iter().zip(standings);
    let years: BTreeSet<i16> = standing().filter(|(_, s)| s.past).map(|(s, _)| s.date.year()).collect();
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
                let announced = standing().enumerate().filter(|(_, (session, standing))| {
                    session.group == support.group && !standing.past && !standing.schedule.cancelled
                });
                for (at, (session, _)) in announced {
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
    for (index, asset) in assets.files.iter().enumerate() {
        add(asset.url.clone(), What::Asset(index));
    }
    for (index, picture) in assets.pictures.list.iter().enumerate() {
        for (at, copy) in picture.copies.iter().enumerate() {
            add(copy.url.clone(), What::Picture(index, at));
        }
    }
    for path in assets.pictures.copied(sources) {
        add(format!("/{}", path.trim_start_matches("content/")), What::Copy(Arc::clone(path)));
    }
    // The thousands of small ones last: a long list that began at the end would keep one thread busy alone.
    for (index, session) in model.sessions.iter().enumerate() {
        add(urls::session(&session.id), What::Session(index));
        add(urls::session_calendar(&session.id), What::SessionCalendar(index));
        let short = urls::short(&session.id);
        add(format!("{short}/"), What::Short(index));
        for support in model.supports.iter().filter(|support| support.group == session.group) {
            add(format!("{short}/{}/", support.id), What::Short(index));
        }
    }
    Plan { outputs, next_change: next_change(model, site, standings, now) }
}

fn next_change(model: &Model, site: &Site, standings: &[Standing], now: Timestamp) -> Option<Timestamp> {
    let sessions = standings.iter().filter_map(|standing| State::next_change(now, &standing.schedule));
    // A check that is dated in the future is told until that day.
    let checks = model.pages.iter().flat_map(|page| &page.resources).flat_map(|entry| {
        let expires = entry.checked_on.checked_add(Span::new().days(FACT_LIFE_DAYS)).ok();
        [Some(entry.checked_on), expires]
    });
    let checks = checks.flatten().filter_map(|day| Some(day.to_zoned(site.time_zone.clone()).ok()?.timestamp()));
    sessions.chain(checks.filter(|at| *at > now)).min()
}
