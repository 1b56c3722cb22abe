//! The Atom feed: what happened to the sessions to come.

use std::cmp::Reverse;

use jiff::Timestamp;
use serde::Serialize;
use tera::Value;

use super::{
    output::{Output, OutputKind, Rendered},
    view::{Header, View},
};
use crate::{
    model::{Former, Schedule, State},
    site::Snapshot,
    urls,
};

const TEMPLATE: &str = "atom.xml";

/// The most sessions in the feed.
const LENGTH: usize = 50;

pub(super) fn plan(_: &Snapshot, outputs: &mut Vec<Output>) {
    outputs.push(Output::new("/atom.xml".to_owned(), Feed));
}

#[derive(Debug)]
struct Feed;

impl OutputKind for Feed {
    fn name(&self) -> &'static str {
        "feed"
    }

    fn template(&self, _: &Snapshot) -> Option<String> {
        Some(TEMPLATE.to_owned())
    }

    fn render<'a>(&'a self, view: &View<'a>, _: &'a Output) -> Rendered<'a> {
        let entries = latest(view).into_iter();
        let mut entries: Vec<Entry> = entries.flat_map(|(index, header)| happenings(view, index, &header)).collect();
        entries.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| a.session.cmp(&b.session)));
        let with_session = |entry: &Entry| {
            let mut map = Value::from_serializable(entry).into_map().unwrap_or_default();
            map.insert("session".into(), view.session(entry.session).1.clone());
            Value::from(map)
        };
        let values: Vec<Value> = entries.iter().map(with_session).collect();
        let filled = view.fill(TEMPLATE, view.site().lang(), |context| {
            // A feed must carry an instant even when it is empty.
            let newest = entries.first().map_or("1970-01-01T00:00:00Z", |entry| entry.updated.as_str());
            context.insert("updated_at", newest);
            context.insert_value("entries", Value::from(values));
        })?;
        Ok(filled.into_bytes().into())
    }
}

/// The sessions of the feed: those to come, the latest changed first.
fn latest<'a>(view: &View<'a>) -> Vec<(usize, Header<'a>)> {
    let mut sessions: Vec<_> = view.coming().into_iter().map(|index| (index, view.header(index))).collect();
    sessions.sort_by_key(|(index, header)| (Reverse(header.updated_at), header.standing.schedule.starts, *index));
    sessions.truncate(LENGTH);
    sessions
}

/// What happened to a session, as a reader of news is told it: each happening is an entry of its
/// own.
#[derive(Serialize)]
struct Entry {
    /// `annoncee`, `deplacee`, `annulee` or `dernieres_places`: templates choose the words.
    kind: &'static str,
    /// Stable for ever.
    id: String,
    /// RFC 3339.
    updated: String,
    /// The day that it was to be held on, where that is another.
    former: Option<String>,
    /// Its place among the others.
    #[serde(skip)]
    at: Timestamp,
    #[serde(skip)]
    session: usize,
}

/// What there is to tell of a session that is to come. Never how many come: what may be said is
/// said by the state, since the hour that it began.
fn happenings(view: &View<'_>, session: usize, header: &Header<'_>) -> Vec<Entry> {
    let Header { standing, since, updated_at: changed, former, .. } = *header;
    let about = format!("{}{}", view.site().url, urls::short(header.id));
    let entry = |kind: &'static str, id: String, at: Timestamp| Entry {
        kind,
        id: format!("{about}{id}"),
        updated: at.to_string(),
        former: None,
        at,
        session,
    };
    if standing.schedule.cancelled {
        let at = since.unwrap_or(changed).max(changed);
        return vec![entry("annulee", "#annulee".to_owned(), at)];
    }
    let mut entries = vec![entry("annoncee", String::new(), changed)];
    match former {
        Some(former) => entries.push(Entry {
            former: moved_from(view, former, &standing.schedule),
            ..entry("deplacee", format!("#deplacee-{}", former.until.as_second()), former.until)
        }),
        // Nobody noticed: the content's own word.
        None if header.revision > 0 && header.changed_at.is_none() => {
            entries.push(entry("deplacee", format!("#deplacee-{}", header.revision), changed));
        }
        None => {}
    }
    if let (Some(State::LastPlaces), Some(since)) = (standing.state, since) {
        entries.push(entry("dernieres_places", format!("#dernieres-places-{}", since.as_second()), since));
    }
    entries
}

/// The day that a session was to be held on, when it is another now.
fn moved_from(view: &View<'_>, former: &Former, schedule: &Schedule) -> Option<String> {
    let today = schedule.starts.to_zoned(view.site().time_zone.clone()).date();
    (former.date != today).then(|| view.words().date(former.date).long.clone())
}
