//! Sessions as templates and search engines see them. There are thousands: what many of them share
//! is made once.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, PoisonError, RwLock},
};

use jiff::{
    Timestamp,
    civil::{Date, Time},
};
use serde::Serialize;
use tera::{Map, Value};

use super::{
    Appointment, DateView, GroupView, MovedView, SessionView, StateView, VenueView, Words, ring_style, without_scheme,
};
use crate::{
    drawing::ring,
    model::{Session, Site, Standing, State},
    urls,
};

/// A value and what templates see of it, made once and shared.
#[derive(Debug)]
pub(super) struct Shared<T> {
    pub(super) view: Arc<T>,
    pub(super) value: Value,
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self { view: Arc::clone(&self.view), value: self.value.clone() }
    }
}

impl<T: Serialize> Shared<T> {
    pub(super) fn new(view: T) -> Self {
        let value = Value::from_serializable(&view);
        Self { view: Arc::new(view), value }
    }
}

/// Views made once: the same dates, hours and rings are in thousands of sessions.
#[derive(Debug, Default)]
pub(super) struct ViewCache {
    dates: Memo<Date, Shared<DateView>>,
    hours: Memo<(Time, Time), [Arc<str>; 3]>,
    titles: Memo<Date, Arc<str>>,
    rings: Memo<(u16, Option<State>), Arc<str>>,
    states: Memo<State, Shared<StateView>>,
}

#[derive(Debug)]
struct Memo<K, V>(RwLock<HashMap<K, V>>);

impl<K, V> Default for Memo<K, V> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<K: Hash + Eq + Copy, V: Clone> Memo<K, V> {
    fn get(&self, key: K, create: impl FnOnce() -> V) -> V {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        known.unwrap_or_else(|| {
            let made = create();
            self.0.write().unwrap_or_else(PoisonError::into_inner).insert(key, made.clone());
            made
        })
    }
}

impl ViewCache {
    pub(super) fn date(&self, date: Date, words: &Words) -> Shared<DateView> {
        self.dates.get(date, || Shared::new(words.date(date)))
    }

    /// Start, end, and both.
    fn hours(&self, start: Time, end: Time, words: &Words) -> [Arc<str>; 3] {
        let make = || [words.time(start).into(), words.time(end).into(), words.hours(start, end).into()];
        self.hours.get((start, end), make)
    }

    fn title(&self, date: Date, words: &Words) -> Arc<str> {
        let title = || {
            let long = self.date(date, words).view.long.clone();
            words.text("seance-titre", &[("date", long.into())]).into()
        };
        self.titles.get(date, title)
    }

    fn ring(&self, seats: u16, state: Option<State>) -> Arc<str> {
        self.rings.get((seats, state), || ring::svg(seats, ring_style(state)).into())
    }

    fn state(&self, state: State, words: &Words) -> Shared<StateView> {
        self.states.get(state, || {
            Shared::new(StateView {
                key: state.key(),
                words: words.text(&format!("etat-{}", state.key()), &[]),
                accepts: state.accepts_demands(),
            })
        })
    }
}

/// A session, and what templates see of it in a list: all but its text.
#[derive(Debug)]
pub(super) struct SessionViews {
    pub(super) view: SessionView,
    pub(super) card: Value,
}

impl SessionViews {
    pub(super) fn new(
        session: &Session,
        standing: &Standing,
        site: &Site,
        words: &Words,
        group: &Shared<GroupView>,
        venue: Option<&Shared<VenueView>>,
        cache: &ViewCache,
    ) -> Self {
        let local = |at: Timestamp| at.to_zoned(site.time_zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
        let date = cache.date(session.date, words);
        let updated = session.updated.map(|date| cache.date(date, words));
        let state = standing.state.map(|state| cache.state(state, words));
        let url = urls::session(&session.id);
        let short_url = format!("{}{}", site.url, urls::short(&session.id));
        let [start, end, hours] = cache.hours(session.start, session.end, words);
        let opens = session.opens.filter(|_| standing.opens_later);
        let view = SessionView {
            id: session.id.to_string(),
            canonical: format!("{}{url}", site.url),
            short_url_text: without_scheme(&short_url),
            short_url,
            ics_url: urls::session_calendar(&session.id),
            enrol_url: format!("{}/inscription/?seance={}", site.form_base(), session.id),
            own_title: session.title.is_some(),
            title: session.title.as_deref().map_or_else(|| cache.title(session.date, words), Arc::from),
            topic: session.topic.clone(),
            speaker: session.speaker.clone(),
            start,
            end,
            hours,
            starts_at: local(standing.schedule.starts),
            ends_at: local(standing.schedule.ends),
            opens: opens.map(|opens| cache.date(opens.date(), words).view.long.clone()),
            place: session.place.clone(),
            venue: venue.map(|venue| Arc::clone(&venue.view)),
            group: Arc::clone(&group.view),
            places_max: session.places_max,
            state: state.as_ref().map(|state| Arc::clone(&state.view)),
            accepts: standing.accepts,
            past: standing.past,
            cancelled: standing.schedule.cancelled,
            example: session.example,
            moved: moved(session, standing, site, words),
            ring: cache.ring(session.places_max, standing.state),
            updated: updated.as_ref().map(|updated| Arc::clone(&updated.view)),
            updated_at: updated_at(session).to_string(),
            date: Arc::clone(&date.view),
            url,
        };
        let none = Value::none;
        let parts = [
            ("date", date.value),
            ("updated", updated.map_or_else(none, |updated| updated.value)),
            ("state", state.map_or_else(none, |state| state.value)),
            ("venue", venue.map_or_else(none, |venue| venue.value.clone())),
            ("group", group.value.clone()),
        ];
        let card = with(Value::from_serializable(&view), parts);
        Self { view, card }
    }
}

/// How a session that is to come was before it last moved.
fn moved(session: &Session, standing: &Standing, site: &Site, words: &Words) -> Option<MovedView> {
    let former = session.former.as_ref().filter(|_| !standing.past && !standing.schedule.cancelled)?;
    let Session { date, start, end, .. } = *session;
    MovedView::of(former, &Appointment { date, start, end, place: &session.place }, &site.time_zone, words)
}

/// `value`, a map, with these entries over its own.
fn with(value: Value, entries: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    let mut map: Map = value.into_map().unwrap_or_default();
    for (name, entry) in entries {
        map.insert(name.into(), entry);
    }
    Value::from(map)
}

/// When a session last changed, as far as the content says (midnight UTC of that day), or as was
/// noticed since. Without either, the first day of its year: an instant is required by feeds and
/// calendars, and must not move.
#[must_use]
pub(crate) fn updated_at(session: &Session) -> Timestamp {
    let day = session.updated.unwrap_or_else(|| Date::new(session.date.year(), 1, 1).unwrap_or(session.date));
    let written = day.to_zoned(jiff::tz::TimeZone::UTC).map_or(Timestamp::UNIX_EPOCH, |midnight| midnight.timestamp());
    // What was noticed is later than a date that nobody wrote.
    match (session.changed_at, session.updated) {
        (Some(noticed), Some(_)) => noticed.max(written),
        (Some(noticed), None) => noticed,
        (None, _) => written,
    }
}

/// schema.org `Event`, as JSON that is safe to print inside a script element. No count of places,
/// ever.
#[must_use]
pub(crate) fn event_json(view: &SessionView, site: &Site) -> String {
    let offer = view.state.as_ref().and_then(|state| match state.key {
        "ouverte" => Some("https://schema.org/InStock"),
        "dernieres_places" => Some("https://schema.org/LimitedAvailability"),
        "complete" => Some("https://schema.org/SoldOut"),
        _ => None,
    });
    let previous = view.moved.as_ref().and_then(|moved| moved.starts_at.as_deref());
    let event = Event {
        context: "https://schema.org",
        kind: "Event",
        name: format!("{} : {}", site.name, view.title),
        description: &site.description,
        url: &view.canonical,
        start_date: &view.starts_at,
        end_date: &view.ends_at,
        event_status: match previous {
            _ if view.cancelled => "https://schema.org/EventCancelled",
            Some(_) => "https://schema.org/EventRescheduled",
            None => "https://schema.org/EventScheduled",
        },
        previous_start_date: previous,
        event_attendance_mode: "https://schema.org/OfflineEventAttendanceMode",
        is_accessible_for_free: true,
        in_language: site.lang(),
        location: location(view, site),
        organizer: Organizer { kind: "Organization", name: &site.organiser, url: &site.url },
        offers: offer.map(|availability| Offer {
            kind: "Offer",
            url: &view.canonical,
            price: "0",
            price_currency: "EUR",
            availability,
        }),
    };
    // Inside a script element, `</script` and `<!--` would end it.
    serde_json::to_string(&event).unwrap_or_default().replace('<', "\\u003c")
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(clippy::struct_field_names, reason = "names of schema.org")]
struct Event<'a> {
    #[serde(rename = "@context")]
    context: &'a str,
    #[serde(rename = "@type")]
    kind: &'a str,
    name: String,
    description: &'a str,
    url: &'a str,
    start_date: &'a str,
    end_date: &'a str,
    event_status: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_start_date: Option<&'a str>,
    event_attendance_mode: &'a str,
    is_accessible_for_free: bool,
    in_language: &'a str,
    location: Location<'a>,
    organizer: Organizer<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offers: Option<Offer<'a>>,
}

/// Where it is held. A room that the team chose instead has no address of its own: it is in the
/// town.
fn location<'a>(view: &'a SessionView, site: &'a Site) -> Location<'a> {
    let venue = view.venue.as_deref();
    let postcode = venue.map_or_else(|| site.contact.postcode.known().cloned(), |venue| venue.postcode.clone());
    let town = venue.map_or_else(|| site.contact.town.known().cloned(), |venue| venue.town_name.clone());
    let position = venue.and_then(|venue| venue.latitude.zip(venue.longitude));
    Location {
        kind: "Place",
        name: &view.place,
        address: Address {
            kind: "PostalAddress",
            address_country: "FR",
            street_address: venue.and_then(|venue| venue.street.clone()),
            postal_code: postcode,
            address_locality: town,
        },
        geo: position.map(|(latitude, longitude)| Geo { kind: "GeoCoordinates", latitude, longitude }),
        has_map: venue.and_then(|venue| venue.map_url.as_deref()),
        amenity_feature: venue.and_then(|venue| venue.step_free).map(|value| Amenity {
            kind: "LocationFeatureSpecification",
            // The field's word, which programs look for.
            name: "Wheelchair accessible",
            value,
        }),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location<'a> {
    #[serde(rename = "@type")]
    kind: &'a str,
    name: &'a str,
    address: Address,
    #[serde(skip_serializing_if = "Option::is_none")]
    geo: Option<Geo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    has_map: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amenity_feature: Option<Amenity>,
}

#[derive(Serialize)]
struct Geo {
    #[serde(rename = "@type")]
    kind: &'static str,
    latitude: f64,
    longitude: f64,
}

#[derive(Serialize)]
struct Amenity {
    #[serde(rename = "@type")]
    kind: &'static str,
    name: &'static str,
    value: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(clippy::struct_field_names, reason = "names of schema.org")]
struct Address {
    #[serde(rename = "@type")]
    kind: &'static str,
    address_country: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    street_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    postal_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address_locality: Option<String>,
}

#[derive(Serialize)]
struct Organizer<'a> {
    #[serde(rename = "@type")]
    kind: &'a str,
    name: &'a str,
    url: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Offer<'a> {
    #[serde(rename = "@type")]
    kind: &'a str,
    url: &'a str,
    /// Nobody pays.
    price: &'static str,
    price_currency: &'static str,
    availability: &'a str,
}
