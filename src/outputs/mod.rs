//! What is published: one file a kind of output. To add a kind, write a file that says its address,
//! its template and how it is rendered, and name it in `KINDS`.
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
mod output;
mod page;
mod picture;
mod print;
mod prints;
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

use jiff::{Span, Timestamp};

use self::drawn::Drawn;
#[cfg(feature = "program")]
pub(crate) use self::prints::made_from;
pub(crate) use self::support::template as support_template;
pub use self::{
    fingerprints::Fingerprints,
    key::{Key, KeyKind, LIST},
    output::{Inspection, Output, OutputKind, Plan, Rendered},
    page::page_view,
    reads::{OutputReads, Reads},
    short_address::gone,
    supports::{MadeSupport, made as made_supports},
    view::{Announcement, Header, View},
};
use crate::{
    model::{FACT_LIFE_DAYS, State},
    site::Snapshot,
};

/// Every kind, as it adds its outputs to a plan. Long lists come before the thousands of small
/// pages of sessions: one that began at the end would keep one thread busy alone.
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
