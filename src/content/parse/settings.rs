//! The TOML files of `content/`: the site, its groups, its supports, its retired addresses.

use jiff::tz::TimeZone;

use super::{
    record::Record,
    venues::{self, Venues},
};
use crate::{
    diagnostics::diagnostic::Diagnostic,
    model::{
        BLEEDS, Contact, Format, Group, Id, Network, Origin, Photo, Place, Position, Printer, Redirect, Scope, Site,
        Support, Tone, Venue,
    },
};

/// Ten years: longer than any law would let an enrolment be kept.
const LONGEST_RETENTION_DAYS: i64 = 3_650;

pub(super) fn site(record: Record<'_>) -> Option<Site> {
    let name = record.prose("nom");
    let tagline = record.prose("slogan");
    let description = record.prose("description");
    let url = address(&record, "adresse", true);
    let handler_url = address(&record, "inscription", false);
    let languages = languages(&record);
    let time_zone = time_zone(&record);
    let organiser = record.prose("organisateur");
    let team = record.prose("equipe");
    let contact = record.table("contact").and_then(contact);
    let networks: Vec<_> = record.tables("reseaux").into_iter().filter_map(network).collect();
    let retention = record.table("conservation").and_then(retention);
    let questionnaire = page(&record, "questionnaire");
    let form = record.table("formulaire").map(form);
    let printers = record.tables("imprimeurs").into_iter().filter_map(printer).collect();
    let url_at = record.place_of("adresse");
    record.finish();
    let (asks_topic, offers_texts, origins) = form?;
    Some(Site {
        name: name?,
        tagline: tagline?,
        description: description?,
        url: url?,
        url_at,
        handler_url,
        languages,
        time_zone: time_zone?,
        organiser: organiser?,
        team: team?,
        contact: contact?,
        networks,
        retention_days: retention?,
        questionnaire,
        asks_topic,
        offers_texts,
        origins,
        printers,
    })
}

/// An absolute http(s) address without path, query or final slash.
fn address(record: &Record<'_>, key: &'static str, required: bool) -> Option<String> {
    let text = if required { record.text(key) } else { record.optional_text(key) }?;
    let parsed = url::Url::parse(&text).ok().filter(|url| {
        ["http", "https"].contains(&url.scheme()) && url.has_host() && url.path() == "/" && url.query().is_none()
    });
    match parsed {
        Some(url) => Some(url.as_str().trim_end_matches('/').to_owned()),
        None => {
            record.push(record.problem(key, "adresse-invalide").arg("valeur", text));
            None
        }
    }
}

/// An http(s) address of any page.
fn page(record: &Record<'_>, key: &'static str) -> Option<String> {
    let text = record.optional_text(key)?;
    let parsed = url::Url::parse(&text).ok().filter(|url| ["http", "https"].contains(&url.scheme()) && url.has_host());
    if parsed.is_none() {
        record.push(record.problem(key, "adresse-page-invalide").arg("valeur", text));
    }
    parsed.map(Into::into)
}

fn languages(record: &Record<'_>) -> Vec<String> {
    let codes = record.texts("langues").unwrap_or_else(|| vec!["fr".to_owned()]);
    for code in &codes {
        let known = code.parse::<icu_locale_core::Locale>().is_ok() && code.len() == 2;
        if !known {
            record.push(record.problem("langues", "langue-inconnue").arg("valeur", code));
        }
    }
    codes
}

fn time_zone(record: &Record<'_>) -> Option<TimeZone> {
    let name = record.optional_text("fuseau").unwrap_or_else(|| "Europe/Paris".to_owned());
    let zone = TimeZone::get(&name).ok();
    if zone.is_none() {
        record.push(record.problem("fuseau", "fuseau-inconnu").arg("valeur", name));
    }
    zone
}

fn contact(record: Record<'_>) -> Option<Contact> {
    let phone = record.prose_fact("telephone");
    let email = record.fact("courriel");
    let street = record.prose_fact("adresse");
    let postcode = record.fact("code_postal");
    let town = record.prose_fact("ville");
    let hours = record.prose_fact("horaires");
    record.finish();
    Some(Contact { phone: phone?, email: email?, street: street?, postcode: postcode?, town: town?, hours: hours? })
}

fn network(record: Record<'_>) -> Option<Network> {
    let name = record.prose("nom");
    let url = record.text("adresse");
    record.finish();
    Some(Network { name: name?, url: url? })
}

fn retention(record: Record<'_>) -> Option<u16> {
    let days = record.required("inscriptions_jours", |record, key| record.integer(key, 1..LONGEST_RETENTION_DAYS));
    record.finish();
    days.and_then(|days| days.try_into().ok())
}

fn form(record: Record<'_>) -> (bool, bool, Vec<Origin>) {
    let asks_topic = record.flag("theme");
    let offers_texts = record.flag_or("textos", false);
    let mut origins = Vec::new();
    for origin in record.tables("connu_par") {
        let id = origin.id("id");
        let name = origin.prose("nom");
        let network = origin.flag("reseau");
        origin.finish();
        origins.extend(id.zip(name).map(|(id, name)| Origin { id, name, network }));
    }
    record.finish();
    (asks_topic, offers_texts, origins)
}

/// A group before its venue is looked for.
pub(super) struct RawGroup {
    /// Its place is what `lieu` says.
    group: Group,
    place_at: Place,
    places_max_at: Place,
}

impl RawGroup {
    /// The group, in its venue.
    pub(super) fn complete(self, venues: Venues<'_>, problems: &mut Vec<Diagnostic>) -> Group {
        let Self { group, place_at, places_max_at } = self;
        match venues.named(&group.place, &place_at) {
            Ok(Some(venue)) => {
                problems.extend(venues::too_small(venue, group.places_max, &places_max_at));
                Group { place: venue.name.clone(), venue: Some(venue.id.clone()), ..group }
            }
            Ok(None) => group,
            Err(problem) => {
                problems.push(*problem);
                group
            }
        }
    }
}

pub(super) fn group(record: Record<'_>, id: Id) -> Option<RawGroup> {
    let name = record.prose("nom");
    let summary = record.prose("resume");
    let audience = record.prose("public");
    let conditions = record.required("conditions", Record::proses);
    let weekday = if record.has("jour") { record.weekday("jour") } else { record.text("jour").and(None) };
    let start = record.required("debut", Record::time);
    let end = record.required("fin", Record::time);
    let place = record.text("lieu");
    let children = record.optional_prose_fact("enfants");
    let places_min = record.required("places_min", Record::count);
    let places_max = record.required("places_max", Record::count);
    let places_per_demand = record.count("places_par_demande").unwrap_or(1);
    if let (Some(start), Some(end)) = (start, end)
        && end <= start
    {
        record.push(record.problem("fin", "fin-avant-debut"));
    }
    if let (Some(min), Some(max)) = (places_min, places_max)
        && min > max
    {
        record.push(record.problem("places_min", "minimum-au-dessus").arg("min", min).arg("max", max));
    }
    if conditions.as_ref().is_some_and(Vec::is_empty) {
        record.push(record.problem("conditions", "liste-vide"));
    }
    let (at, place_at, places_max_at) = (record.at(), record.place_of("lieu"), record.place_of("places_max"));
    record.finish();
    let group = Group {
        id,
        name: name?,
        summary: summary?,
        audience: audience?,
        conditions: conditions?,
        weekday: weekday?,
        start: start?,
        end: end?,
        place: place?,
        venue: None,
        children,
        places_min: places_min?,
        places_max: places_max?,
        places_per_demand,
        at,
    };
    Some(RawGroup { group, place_at, places_max_at })
}

pub(super) fn venue(record: Record<'_>, id: Id) -> Option<Venue> {
    let name = record.prose("nom");
    let street = record.prose_fact("adresse");
    let postcode = record.optional_fact("code_postal");
    let town = record.prose_fact("ville");
    let capacity = record.count("capacite");
    let access = record.optional_prose_fact("acces");
    let step_free = record.has("plain_pied").then(|| record.flag("plain_pied"));
    let transport = record.optional_prose_fact("transports");
    let parking = record.optional_prose_fact("stationnement");
    let door = record.optional_prose_fact("porte");
    let path = record.optional_text("image");
    let alt = record.optional_prose("image_alt");
    let photo = path.map(|path| Photo { path, alt: alt.unwrap_or_default(), at: record.place_of("image") });
    let position = position(&record);
    let at = record.at();
    record.finish();
    Some(Venue {
        id,
        name: name?,
        street: street?,
        postcode,
        town: town?,
        capacity,
        access,
        step_free,
        transport,
        parking,
        door,
        photo,
        position,
        at,
    })
}

/// Both coordinates, or none.
fn position(record: &Record<'_>) -> Option<Position> {
    let (north, east) = Position::LIMITS;
    let latitude = degrees(record, "latitude", north);
    let longitude = degrees(record, "longitude", east);
    for (key, other) in [("latitude", "longitude"), ("longitude", "latitude")] {
        if record.has(key) && !record.has(other) {
            record.push(record.problem(key, "coordonnee-seule").arg("autre", other));
        }
    }
    Position::new(latitude?, longitude?)
}

fn degrees(record: &Record<'_>, key: &'static str, limit: f64) -> Option<f64> {
    let degrees = record.number(key)?;
    let within = degrees.abs() <= limit;
    if !within {
        record.push(record.problem(key, "hors-limites").arg("min", -limit).arg("max", limit));
    }
    within.then_some(degrees)
}

pub(super) fn support(record: Record<'_>, id: Id) -> Option<Support> {
    let title = record.prose("titre");
    let format = record.required("format", |record, key| record.choice(key, Format::NAMES));
    let template = record.optional_text("modele");
    let pages = record.integer("pages", 1..33).and_then(|pages| pages.try_into().ok());
    let scope = record.required("portee", |record, key| record.choice(key, Scope::NAMES));
    let group = record.id("groupe");
    let sessions = record.ids("seances");
    let hook = record.prose("accroche");
    let other_hook = record.optional_prose("accroche_bis");
    let tone = record.choice("ton", Tone::NAMES).unwrap_or_default();
    let distance = record.number("distance");
    // A picture is printed by nobody.
    let printed = format.is_none_or(|format| !format.is_picture());
    let imprint = if printed { record.prose("imprimeur") } else { Some(String::new()) };
    if distance.is_some_and(|metres| !(0.1..=20.0).contains(&metres)) {
        record.push(record.problem("distance", "distance-hors-limites"));
    }
    let (at, template_at, group_at) = (record.at(), record.place_of("modele"), record.place_of("groupe"));
    let (hook_at, imprint_at) = (record.place_of("accroche"), record.place_of("imprimeur"));
    record.finish();
    let format = format?;
    Some(Support {
        id,
        title: title?,
        template: template.unwrap_or_else(|| format.template().to_owned()),
        template_at,
        format,
        pages: pages.unwrap_or_else(|| format.pages()),
        scope: scope?,
        sessions,
        group: group?,
        group_at,
        hook: hook?,
        other_hook,
        hook_at,
        tone,
        distance: distance.unwrap_or_else(|| format.distance()),
        imprint: imprint?,
        imprint_at,
        at,
    })
}

fn printer(record: Record<'_>) -> Option<Printer> {
    let id = record.id("id");
    let line = record.prose("mention");
    let bleed = record.integer("fond_perdu_mm", BLEEDS).unwrap_or_default();
    let crop_marks = record.flag("traits_de_coupe");
    record.finish();
    Some(Printer { id: id?, line: line?, bleed: bleed as f64, crop_marks })
}

pub(super) fn redirects(record: Record<'_>) -> Vec<Redirect> {
    let mut redirects = Vec::new();
    if let Some(table) = record.table("adresses") {
        for (key, at_key, target, at) in table.entries() {
            match Id::new(&key) {
                Some(id) => redirects.push(Redirect { id, target, at }),
                None => table.push(Diagnostic::error("identifiant-invalide", at_key).arg("valeur", key)),
            }
        }
    }
    record.finish();
    redirects
}
