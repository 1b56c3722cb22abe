//! The Markdown files of `content/`: sessions, partners, pages.

use std::{ops::RangeInclusive, sync::Arc};

use super::{
    reading::{RawSession, Reading},
    record::{Record, closest},
    venues::{self, Venues},
};
use crate::{
    diagnostics::diagnostic::Diagnostic,
    model::{
        Bar, Body, Chart, Component, Group, Id, Logo, Menu, Page, Partner, ResourceEntry, Session, SessionStatus, Step,
    },
};

/// Years that a session may be in: outside, a digit was mistyped.
const YEARS: RangeInclusive<i16> = 2000..=2100;

pub(super) fn session(record: Record<'_>, id: Id, body: Body) -> Option<RawSession> {
    let date = record.required("date", Record::date).filter(|date| {
        let plausible = YEARS.contains(&date.year());
        if !plausible {
            record.push(record.problem("date", "annee-improbable").arg("valeur", date.year()));
        }
        plausible
    });
    let session = RawSession {
        id,
        date: date.unwrap_or_default(),
        start: record.time("debut"),
        end: record.time("fin"),
        place: record.optional_text("lieu").map(|text| (text, record.place_of("lieu"))),
        group: record.optional_id("groupe").map(|id| (id, record.place_of("groupe"))),
        title: record.optional_prose("titre"),
        topic: record.optional_prose("theme"),
        speaker: record.optional_prose("intervenant"),
        places_min: record.count("places_min"),
        places_max: record.count("places_max"),
        status: record.choice("etat", SessionStatus::NAMES).unwrap_or_default(),
        opens: record.date_time("inscription_ouvre"),
        closes: record.date_time("inscription_ferme"),
        revision: record.integer("revision", 0..1_000_000).and_then(|number| number.try_into().ok()).unwrap_or(0),
        updated: record.date("modifie_le"),
        example: record.flag("exemple"),
        body: Arc::new(body),
        at: record.at(),
        date_at: record.place_of("date"),
        end_at: record.place_of(if record.has("fin") { "fin" } else { "debut" }),
        places_at: record.place_of(if record.has("places_min") { "places_min" } else { "places_max" }),
        places_max_at: record.place_of("places_max"),
        closes_at: record.place_of("inscription_ferme"),
    };
    if let (Some(opens), Some(closes)) = (session.opens, session.closes)
        && closes <= opens
    {
        record.push(record.problem("inscription_ferme", "fermeture-avant-ouverture"));
    }
    record.finish();
    // Without a day, it is read for its problems only.
    date.map(|_| session)
}

/// Fills in what the session leaves to its group. `group_files` are the ids of every group's file,
/// understood or not: a group that has its own errors is not said to be unknown as well.
pub(super) fn complete(
    reading: &Reading,
    groups: &[Group],
    group_files: &[&str],
    venues: Venues<'_>,
) -> (Option<Session>, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let Some(raw) = &reading.session else { return (None, problems) };
    let Some(group) = group_of(raw, groups, group_files, &mut problems) else { return (None, problems) };
    let start = raw.start.unwrap_or(group.start);
    let end = raw.end.unwrap_or(group.end);
    // What comes whole from the group was told there.
    let own_hours = raw.start.is_some() || raw.end.is_some();
    if end <= start && own_hours {
        problems.push(Diagnostic::error("fin-avant-debut", raw.end_at.clone()).arg("cle", "fin"));
    }
    let places_min = raw.places_min.unwrap_or(group.places_min);
    let places_max = raw.places_max.unwrap_or(group.places_max);
    let own_places = raw.places_min.is_some() || raw.places_max.is_some();
    if places_min > places_max && own_places {
        let problem = Diagnostic::error("minimum-au-dessus", raw.places_at.clone());
        problems.push(problem.arg("min", places_min).arg("max", places_max));
    }
    if raw.closes.is_some_and(|closes| closes > raw.date.to_datetime(end)) {
        problems.push(Diagnostic::error("fermeture-apres-la-fin", raw.closes_at.clone()));
    }
    let mut venue = group.venue.clone();
    let mut place = group.place.clone();
    if let Some((text, at)) = &raw.place {
        let found = venues.named(text, at).unwrap_or_else(|problem| {
            problems.push(*problem);
            None
        });
        venue = found.map(|venue| venue.id.clone());
        place = found.map_or_else(|| text.clone(), |venue| venue.name.clone());
    }
    // What comes whole from the group was told there.
    if let Some(room) = venue.as_ref().and_then(|id| venues.of(id))
        && (raw.place.is_some() || raw.places_max.is_some())
    {
        let own_place = raw.place.as_ref().filter(|_| raw.places_max.is_none());
        let at = own_place.map_or(&raw.places_max_at, |(_, at)| at);
        problems.extend(venues::too_small(room, places_max, at));
    }
    let session = Session {
        id: raw.id.clone(),
        group: group.id.clone(),
        date: raw.date,
        start,
        end,
        place,
        venue,
        title: raw.title.clone(),
        topic: raw.topic.clone(),
        speaker: raw.speaker.clone(),
        places_min,
        places_max,
        status: raw.status,
        opens: raw.opens,
        closes: raw.closes,
        revision: raw.revision,
        updated: raw.updated,
        example: raw.example,
        changed_at: None,
        former: None,
        body: Arc::clone(&raw.body),
        head: reading.head,
        text: reading.text,
        at: raw.at.clone(),
        date_at: raw.date_at.clone(),
    };
    (Some(session), problems)
}

fn group_of<'g>(
    raw: &RawSession,
    groups: &'g [Group],
    group_files: &[&str],
    problems: &mut Vec<Diagnostic>,
) -> Option<&'g Group> {
    match &raw.group {
        Some((id, at)) => {
            if !group_files.contains(&id.as_str()) {
                let problem = Diagnostic::error("groupe-inconnu", at.clone()).arg("valeur", id);
                problems.push(match closest(id.as_str(), group_files.iter().copied()) {
                    Some(near) => problem.arg("proposition", near).help("vouliez-vous-dire"),
                    None => problem.arg("connues", group_files.join(", ")),
                });
            }
            groups.iter().find(|group| group.id == *id)
        }
        // None at all is told once, for the whole tree.
        None if group_files.len() <= 1 => groups.first(),
        None => {
            problems.push(Diagnostic::error("groupe-manquant", raw.at.clone()).arg("connues", group_files.join(", ")));
            None
        }
    }
}

pub(super) fn partner(record: Record<'_>, id: Id, body: Body) -> Option<Partner> {
    let name = record.prose("nom");
    let role = record.prose("role");
    let order = record.integer("ordre", -1000..10_000).unwrap_or(1000);
    let url = record.optional_text("site");
    let logo = record.optional_text("logo");
    let alt = record.optional_prose("logo_alt");
    let logo = logo.map(|path| Logo { path, alt: alt.unwrap_or_default(), at: record.place_of("logo") });
    if let Some(url) = &url
        && url::Url::parse(url).is_err()
    {
        record.push(record.problem("site", "adresse-invalide").arg("valeur", url));
    }
    let at = record.at();
    record.finish();
    Some(Partner { id, name: name?, role: role?, order, url, logo, body, at })
}

pub(super) fn page(record: Record<'_>, slug: Id, lang: Option<String>, body: Body) -> Option<Page> {
    let title = record.prose("titre");
    let short_title = record.optional_prose("titre_court");
    let tab_title = record.optional_prose("titre_onglet");
    let description = record.prose("description");
    let menu = record.choice("menu", Menu::NAMES);
    let order = record.integer("ordre", -1000..10_000).unwrap_or(1000);
    let updated = record.date("modifie_le");
    let notice = record.optional_prose("statut");
    let steps = record.tables("etapes").into_iter().filter_map(step).collect();
    let charts = record.tables("graphiques").into_iter().filter_map(chart).collect();
    let resources = record.tables("ressources").into_iter().filter_map(resource).collect();
    let declared = [
        (Component::Steps, record.has("etapes")),
        (Component::Charts, record.has("graphiques")),
        (Component::Resources, record.has("ressources")),
    ];
    let fills = declared.into_iter().filter_map(|(component, declared)| declared.then_some(component)).collect();
    let at = record.at();
    record.finish();
    Some(Page {
        slug,
        lang: lang.unwrap_or_default(),
        title: title?,
        short_title,
        tab_title,
        description: description?,
        menu,
        order,
        updated,
        notice,
        body,
        steps,
        charts,
        resources,
        fills,
        at,
    })
}

fn step(record: Record<'_>) -> Option<Step> {
    let start = record.required("debut", Record::time);
    let end = record.time("fin");
    let title = record.prose("titre");
    let text = record.prose("texte");
    if let (Some(start), Some(end)) = (start, end)
        && end <= start
    {
        record.push(record.problem("fin", "fin-avant-debut"));
    }
    record.finish();
    Some(Step { start: start?, end, title: title?, text: text? })
}

fn chart(record: Record<'_>) -> Option<Chart> {
    let title = record.prose("titre");
    let note = record.optional_prose("note");
    let unit = record.optional_text("unite").unwrap_or_default();
    let max = record.number("maximum").unwrap_or(100.0);
    let bars: Vec<_> = record.tables("barres").into_iter().filter_map(bar).collect();
    if max <= 0.0 {
        record.push(record.problem("maximum", "maximum-nul"));
    }
    if bars.iter().any(|bar| bar.value > max || bar.value < 0.0) {
        record.push(record.problem("barres", "barre-hors-axe").arg("max", max));
    }
    record.finish();
    Some(Chart { title: title?, note, unit, max, bars })
}

fn bar(record: Record<'_>) -> Option<Bar> {
    let label = record.prose("libelle");
    let value = record.required("valeur", Record::number);
    let approximate = record.flag("approximatif");
    let source = record.optional_prose("source");
    record.finish();
    Some(Bar { label: label?, value: value?, approximate, source })
}

fn resource(record: Record<'_>) -> Option<ResourceEntry> {
    let name = record.prose("nom");
    let phone = record.optional_prose_fact("numero");
    let by_text = record.flag("sms");
    let url = record.optional_fact("adresse");
    let purpose = record.prose("pour");
    let hours = record.optional_prose_fact("quand");
    let emergency = record.flag("urgence");
    let source = record.prose("source");
    let checked_on = record.required("verifie_le", Record::date);
    let checked_at = record.place_of("verifie_le");
    record.finish();
    Some(ResourceEntry {
        name: name?,
        phone,
        by_text,
        url,
        purpose: purpose?,
        hours,
        emergency,
        source: source?,
        checked_on: checked_on?,
        checked_at,
    })
}
