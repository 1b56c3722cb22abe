//! What other programs read: the feed and the calendars.

use jiff::Timestamp;
use serde::Serialize;
use tera::Value;

use super::{Rendered, calendar, fill};
use crate::{
    assembly::Assembly,
    model::{Session, State},
    urls,
    views::updated_at,
};

/// The template of the feed.
const FEED: &str = "atom.xml";

/// The most sessions in the feed.
pub(crate) const FEED_LENGTH: usize = 50;

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

/// What happened to a session, as a reader of news is told it: each happening is an entry of its own.
#[derive(Serialize)]
struct EntryView {
    /// `annoncee`, `deplacee`, `annulee` or `dernieres_places`: templates choose the words.
    kind: &'static str,
    /// Stable for ever.
    id: String,
    /// RFC 3339.
    updated: String,
    /// Its place among the others.
    #[serde(skip)]
    at: Timestamp,
    #[serde(skip)]
    session: usize,
}

/// The feed.
pub(super) fn feed(assembly: &Assembly) -> Rendered {
    let mut entries: Vec<EntryView> =
        feed_sessions(assembly).into_iter().flat_map(|index| happenings(assembly, index)).collect();
    entries.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| a.session.cmp(&b.session)));
    let reach = assembly.templates().reach(FEED);
    let mut context = assembly.views().context_for(assembly.site().lang(), &reach);
    // A feed must carry an instant even when it is empty.
    let newest = entries.first().map_or("1970-01-01T00:00:00Z", |entry| entry.updated.as_str());
    context.insert("updated_at", newest);
    let with_session = |entry: &EntryView| {
        let mut map = Value::from_serializable(entry).into_map().unwrap_or_default();
        map.insert("session".into(), assembly.views().session(entry.session).1.clone());
        Value::from(map)
    };
    context.insert_value("entries", Value::from(entries.iter().map(with_session).collect::<Vec<_>>()));
    fill(assembly, FEED, &context)
}

/// What there is to tell of a session that is to come. Never how many come: what may be said is said by the state, since the hour that it
/// began.
fn happenings(assembly: &Assembly, index: usize) -> Vec<EntryView> {
    let session = &assembly.model().sessions[index];
    let standing = &assembly.standings()[index];
    let changed = updated_at(session);
    let told = assembly.availability().and_then(|known| known.sessions.get(session.id.as_str()));
    let since = told.and_then(|row| row.since);
    let about = format!("{}{}", assembly.site().url, urls::short(&session.id));
    let entry = |kind: &'static str, id: String, at: Timestamp| EntryView {
        kind,
        id: format!("{about}{id}"),
        updated: at.to_string(),
        at,
        session: index,
    };
    if standing.schedule.cancelled {
        let at = since.unwrap_or(changed).max(changed);
        return vec![entry("annulee", "#annulee".to_owned(), at)];
    }
    let mut entries = vec![entry("annoncee", String::new(), changed)];
    if session.revision > 0 {
        entries.push(entry("deplacee", format!("#deplacee-{}", session.revision), changed));
    }
    if let (Some(State::LastPlaces), Some(since)) = (standing.state, since) {
        entries.push(entry("dernieres_places", format!("#dernieres-places-{}", since.as_second()), since));
    }
    entries
}

/// Every session that is to come.
pub(super) fn season_calendar(assembly: &Assembly) -> Vec<u8> {
    let words = assembly.words();
    let args = [("site", assembly.site().name.clone().into())];
    let (name, title) = (words.text("agenda-nom", &args), words.text("agenda-titre", &args));
    let upcoming = assembly.standings().iter().enumerate().filter(|(_, standing)| !standing.past);
    calendar::render(Some(&name), upcoming.map(|(index, _)| entry(assembly, index, &title)))
}

/// A session, as calendars show it.
pub(super) fn entry(assembly: &Assembly, index: usize, title: &str) -> calendar::Entry {
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
