//! What is published: one file a kind of output. To add a kind, write a file that says its address,
//! its template and how it is rendered, and name it in [`KINDS`].
//!
//! A kind renders from a [`View`], which notes what was read. Nobody says a second time what an
//! output is made from.

mod archive;
mod asset;
mod calendar;
mod drawn;
mod feed;
mod fingerprints;
mod group;
mod key;
mod kit;
mod page;
mod picture;
mod print;
mod reads;
mod robots;
mod session;
mod session_calendar;
mod share_picture;
mod short_address;
mod sitemap;
mod support;
mod supports;
mod verbatim;
mod view;

use std::{borrow::Cow, collections::HashSet, fmt};

use jiff::{Span, Timestamp};

use self::drawn::Drawn;
#[cfg(feature = "program")]
pub(crate) use self::print::made_from;
pub(crate) use self::support::template as support_template;
pub use self::{
    fingerprints::Fingerprints,
    key::{Key, Kind, LIST},
    page::page_view,
    reads::{OutputReads, Reads},
    short_address::gone,
    supports::{MadeSupport, made as made_supports},
    view::{Announcement, Header, View},
};
use crate::{
    diagnostics::diagnostic::Diagnostic,
    model::{FACT_LIFE_DAYS, State},
    site::Snapshot,
};

/// Every kind, as it adds its outputs to a plan. Long lists come before the thousands of small pages
/// of sessions: one that began at the end would keep one thread busy alone.
const KINDS: &[fn(&Snapshot, &mut Vec<Output>)] = &[
    page::plan,
    short_address::plan_retired,
    archive::plan,
    group::plan,
    short_address::plan_groups,
    support::plan,
    share_picture::plan,
    print::plan,
    kit::plan,
    calendar::plan,
    feed::plan,
    sitemap::plan,
    robots::plan,
    asset::plan,
    picture::plan,
    verbatim::plan,
    session::plan,
    session_calendar::plan,
    short_address::plan_sessions,
];

/// The bytes of an output, or the template that failed: its file and line.
pub type Rendered<'a> = Result<Cow<'a, [u8]>, Box<Diagnostic>>;

/// A kind of output, about one thing: indices are those of the model.
pub trait OutputKind: fmt::Debug + Send + Sync {
    /// The kind's name. Another kind at the same address is another output.
    fn name(&self) -> &'static str;

    /// The template that it is made with; `None` when it is made without.
    fn template(&self, _: &Snapshot) -> Option<String> {
        None
    }

    /// The file of the root that it shows, when there is one above all: problems are told of it.
    fn source<'s>(&'s self, _: &'s Snapshot) -> Option<&'s str> {
        None
    }

    /// Whether search engines may list it.
    fn is_listed(&self, _: &Snapshot) -> bool {
        false
    }

    /// How what was made is looked at.
    fn inspection(&self) -> Inspection {
        Inspection::None
    }

    /// Its bytes.
    ///
    /// # Errors
    /// When a template fails.
    fn render<'a>(&'a self, view: &View<'a>, output: &'a Output) -> Rendered<'a>;
}

/// How an output is looked at once it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inspection {
    /// It is no page.
    None,
    /// As a page that people read on a telephone.
    Page,
    /// The same, but for its weight: what it loads stands in closed lists.
    PageOfAnyWeight,
    /// As paper.
    Paper,
}

/// A file to publish.
#[derive(Debug)]
pub struct Output {
    /// Its address, from the root of the site.
    pub url: String,
    /// What it shows.
    pub kind: Box<dyn OutputKind>,
}

impl Output {
    fn new(url: String, kind: impl OutputKind + 'static) -> Self {
        Self { url, kind: Box::new(kind) }
    }
}

/// The outputs of a build, and the next instant at which they change by themselves.
#[derive(Debug, Default)]
pub struct Plan {
    /// Every file to publish.
    pub outputs: Vec<Output>,
    /// When a state changes or a fact's check expires; `None` when time alone changes nothing any
    /// more.
    pub next_change: Option<Timestamp>,
    /// The addresses that search engines may list.
    listed: Vec<String>,
    drawn: Drawn,
}

impl Plan {
    /// Every address.
    #[must_use]
    pub fn urls(&self) -> HashSet<&str> {
        self.outputs.iter().map(|output| output.url.as_str()).collect()
    }
}

/// Plans the publication of a root at an instant.
#[must_use]
pub fn plan(snapshot: &Snapshot) -> Plan {
    let mut outputs = Vec::with_capacity(snapshot.model().sessions.len() * 3 + 100);
    for plan in KINDS {
        plan(snapshot, &mut outputs);
    }
    let listed = outputs.iter().filter(|output| output.kind.is_listed(snapshot));
    let listed = listed.map(|output| output.url.clone()).collect();
    Plan { outputs, next_change: next_change(snapshot), listed, drawn: Drawn::default() }
}

fn next_change(snapshot: &Snapshot) -> Option<Timestamp> {
    let (now, zone) = (snapshot.now(), &snapshot.site().time_zone);
    let sessions = snapshot.standings().iter().filter_map(|standing| State::next_change(now, &standing.schedule));
    // A check that is dated in the future is told until that day.
    let checks = snapshot.model().pages.iter().flat_map(|page| &page.resources).flat_map(|entry| {
        let expires = entry.checked_on.checked_add(Span::new().days(FACT_LIFE_DAYS)).ok();
        [Some(entry.checked_on), expires]
    });
    let checks = checks.flatten().filter_map(|day| Some(day.to_zoned(zone.clone()).ok()?.timestamp()));
    sessions.chain(checks.filter(|at| *at > now)).min()
}
