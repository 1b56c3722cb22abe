//! What will be published, from what, and when this changes by itself. Pure: the instant is an argument.

mod prints;

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use jiff::{Span, Timestamp};

use crate::{
    assets::Assets,
    model::{Id, Model, Scope, Session, Site, Standing, State, Support},
    sources::Sources,
    urls,
};

#[cfg(feature = "program")]
pub(crate) use self::prints::made_from;
pub(crate) use self::prints::told_on_paper;

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
    /// The printed address of a session.
    Short(usize),
    /// The printed address of a session, from where it was printed.
    ShortFrom(usize, Origin),
    /// The printed address of a group, perhaps from where it was printed.
    ShortGroup(usize, Option<Origin>),
    /// The printed address of an id that left the content.
    Retired(usize),
    /// The kit of whoever tells of the group.
    Kit,
    /// The kit, for programs.
    KitIndex,
    /// The kit, in one file.
    KitArchive,
    /// The next sessions, for another site to frame.
    KitBlock,
    /// The next sessions, for another site to take in.
    KitFragment,
    /// A support as it was printed, which is still true.
    Print(usize),
    /// A support to print, for a session or for more than one.
    Support(usize, Option<usize>),
    /// A support that is a picture.
    Share(usize, Option<usize>),
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

/// Where an address is printed, or given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The support at this index of the model.
    Support(usize),
    /// The network at this index of the site's origins.
    Network(usize),
}

impl Origin {
    /// What addresses and the form say of it.
    #[must_use]
    pub fn id<'a>(self, model: &'a Model, site: &'a Site) -> &'a Id {
        match self {
            Self::Support(index) => &model.supports[index].id,
            Self::Network(index) => &site.origins[index].id,
        }
    }
}

/// Where the addresses of a group's sessions are printed or given out.
fn origins(model: &Model, site: &Site, group: &Id) -> Vec<Origin> {
    let supports = model.supports.iter().enumerate();
    let supports = supports.filter(|(_, support)| support.group == *group && !support.format.is_picture());
    // An id that stands twice is one address.
    let mut seen = BTreeSet::new();
    let networks = site.origins.iter().enumerate().filter(|(_, origin)| origin.network);
    let all =
        supports.map(|(index, _)| Origin::Support(index)).chain(networks.map(|(index, _)| Origin::Network(index)));
    all.filter(|origin| seen.insert(origin.id(model, site))).collect()
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
    // Whatever paper carries it, and whatever group it was of.
    let everywhere: BTreeSet<&Id> = model
        .groups
        .iter()
        .flat_map(|group| origins(model, site, &group.id))
        .map(|origin| origin.id(model, site))
        .collect();
    for (index, redirect) in model.redirects.iter().enumerate() {
        add(format!("{}/", urls::short(&redirect.id)), What::Retired(index));
        for origin in &everywhere {
            add(format!("{}/", urls::short_from(&redirect.id, origin)), What::Retired(index));
        }
    }
    let standing = || model.sessions.iter().zip(standings);
    let years: BTreeSet<i16> = standing().filter(|(_, s)| s.past).map(|(s, _)| s.date.year()).collect();
    for year in years {
        add(urls::year(year), What::Archive(year));
    }
    let by_group: HashMap<&Id, Vec<Origin>> =
        model.groups.iter().map(|group| (&group.id, origins(model, site, &group.id))).collect();
    for (index, group) in model.groups.iter().enumerate() {
        add(urls::group(&group.id), What::Group(index));
        // Ids are one's own in the tree: a session would have answered under this one.
        let short = urls::short(&group.id);
        add(format!("{short}/"), What::ShortGroup(index, None));
        for origin in &by_group[&group.id] {
            add(format!("{short}/{}/", origin.id(model, site)), What::ShortGroup(index, Some(*origin)));
        }
    }
    for (index, support) in model.supports.iter().enumerate() {
        let mut make = |session: Option<usize>| {
            let id = session.map(|at| &model.sessions[at].id);
            if support.format.is_picture() {
                add(urls::picture(&support.id, id), What::Share(index, session));
            } else {
                add(urls::support(&support.id, id), What::Support(index, session));
            }
        };
        match support.scope {
            Scope::Season | Scope::Group => make(None),
            Scope::Session => announced(model, standings, support).for_each(|at| make(Some(at))),
        }
    }
    for (index, print) in model.prints.iter().enumerate() {
        if prints::is_true(model, site, sources, standings, print) {
            add(urls::print(&print.support, print.session.as_ref(), print.kind), What::Print(index));
        }
    }
    let kit = [
        (urls::KIT, What::Kit),
        (urls::KIT_INDEX, What::KitIndex),
        (urls::KIT_ARCHIVE, What::KitArchive),
        (urls::KIT_BLOCK, What::KitBlock),
        (urls::KIT_FRAGMENT, What::KitFragment),
    ];
    for (url, what) in kit {
        add(url.to_owned(), what);
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
        for origin in by_group.get(&session.group).into_iter().flatten() {
            add(format!("{short}/{}/", origin.id(model, site)), What::ShortFrom(index, *origin));
        }
    }
    Plan { outputs, next_change: next_change(model, site, standings, now) }
}

/// The sessions that a support announces: those of its group that are to come and to be held.
pub fn announced<'a>(
    model: &'a Model,
    standings: &'a [Standing],
    support: &'a Support,
) -> impl Iterator<Item = usize> + 'a {
    let sessions = model.sessions.iter().zip(standings).enumerate();
    let told = move |session: &Session| session.group == support.group && support.announces(&session.id);
    sessions
        .filter(move |(_, (session, standing))| told(session) && !standing.past && !standing.schedule.cancelled)
        .map(|(index, _)| index)
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
