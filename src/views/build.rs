use std::{collections::BTreeMap, sync::Arc};

use jiff::{Timestamp, civil::Date};
use serde_json::json;
use tera::{Context, Value};

use super::{
    BarView, BlockView, ChartView, ContactView, GroupView, LinkView, OriginView, PageView, PartnerView, ResourceView,
    SessionView, SiteView, StateView, StepView, SupportView, Words, YearView, ring_look,
};
use crate::{
    model::{Availability, Block, Body, Fact, Group, Menu, Model, Page, Session, Site, State, Support},
    render::{qr, ring},
    text::Texts,
    urls,
};

/// Every value that templates see, made once for a build.
#[derive(Debug)]
pub struct Views {
    /// What every template of a language receives: `site`, `lang`, `upcoming`, `groups`, `partners`, `years`.
    base: BTreeMap<String, Context>,
    /// In the order of [`Model::sessions`].
    sessions: Vec<Value>,
    /// The same, typed.
    shown: Vec<SessionView>,
    /// In the order of [`Model::pages`].
    pages: Vec<PageView>,
    groups: Vec<GroupView>,
    site: SiteView,
    /// Of the site's language.
    own_words: Words,
    /// By language.
    words: BTreeMap<String, Words>,
}

impl Views {
    /// The views of `model` at `now`. Sessions must already be as the team holds them ([`Availability::apply`]).
    #[must_use]
    pub fn new(
        model: &Model,
        site: &Site,
        texts: &Arc<Texts>,
        availability: Option<&Availability>,
        now: Timestamp,
    ) -> Self {
        let words_of: BTreeMap<String, Words> =
            site.languages.iter().map(|lang| (lang.clone(), Words::new(texts, lang))).collect();
        let words = words_of.get(site.lang()).cloned().unwrap_or_else(|| Words::new(texts, site.lang()));
        let groups: Vec<_> = model.groups.iter().map(|group| group_view(group, &words)).collect();
        let group_of = |session: &Session| {
            let index = model.groups.iter().position(|group| group.id == session.group);
            index.map_or_else(GroupView::default, |index| groups[index].clone())
        };
        let shown: Vec<_> = model
            .sessions
            .iter()
            .map(|session| {
                let fill = availability.and_then(|known| known.sessions.get(session.id.as_str())?.state.fill());
                let state = State::at(now, &session.schedule(&site.time_zone), fill);
                session_view(session, site, &words, group_of(session), state, now)
            })
            .collect();
        let sessions: Vec<_> = shown.iter().map(Value::from_serializable).collect();
        let upcoming: Vec<Value> =
            shown.iter().zip(&sessions).filter(|(view, _)| !view.past).map(|(_, value)| value.clone()).collect();
        let partners: Vec<_> = model.partners.iter().map(partner_view).collect();
        let years = past_years(&shown);
        let site_view = |lang: &str| site_view(model, site, lang, &words, &years);
        let base = site.languages.iter().map(|lang| {
            let mut context = Context::new();
            context.insert("site", &site_view(lang));
            context.insert("lang", lang);
            context.insert_value("upcoming", Value::from(upcoming.clone()));
            context.insert("groups", &groups);
            context.insert("partners", &partners);
            context.insert("years", &years);
            (lang.clone(), context)
        });
        Self {
            base: base.collect(),
            pages: model
                .pages
                .iter()
                .map(|page| page_view(page, model, site, words_of.get(&page.lang).unwrap_or(&words)))
                .collect(),
            site: site_view(site.lang()),
            sessions,
            shown,
            groups,
            own_words: words,
            words: words_of,
        }
    }

    /// What every template of `lang` receives; add to it what one template needs.
    #[must_use]
    pub fn context(&self, lang: &str) -> Context {
        self.base.get(lang).or_else(|| self.base.values().next()).cloned().unwrap_or_default()
    }

    /// The session at this index of the model.
    #[must_use]
    pub fn session(&self, index: usize) -> (&SessionView, &Value) {
        (&self.shown[index], &self.sessions[index])
    }

    /// The session with this id.
    #[must_use]
    pub fn session_by_id(&self, id: &str) -> Option<(&SessionView, &Value)> {
        self.shown.iter().position(|view| view.id == id).map(|index| self.session(index))
    }

    /// Every session, in order.
    pub fn sessions(&self) -> impl Iterator<Item = (&SessionView, &Value)> {
        self.shown.iter().zip(&self.sessions)
    }

    /// Dates and texts in a language; in the site's own when it is not one of the site's.
    #[must_use]
    pub fn words(&self, lang: &str) -> &Words {
        self.words.get(lang).unwrap_or(&self.own_words)
    }

    /// The page at this index of the model.
    #[must_use]
    pub fn page(&self, index: usize) -> &PageView {
        &self.pages[index]
    }

    /// The group at this index of the model.
    #[must_use]
    pub fn group(&self, index: usize) -> &GroupView {
        &self.groups[index]
    }

    /// The site, in its own language.
    #[must_use]
    pub fn site(&self) -> &SiteView {
        &self.site
    }

    /// A page that no file describes: a session, an archive, a support…
    #[must_use]
    pub fn made_page(&self, url: &str, title: &str, description: &str, lang: &str, indexed: bool) -> PageView {
        PageView {
            slug: String::new(),
            lang: lang.to_owned(),
            title: title.to_owned(),
            tab_title: title.to_owned(),
            description: description.to_owned(),
            url: url.to_owned(),
            canonical: format!("{}{url}", self.site.url),
            notice: None,
            updated: None,
            blocks: Vec::new(),
            sections: Vec::new(),
            steps: Vec::new(),
            charts: Vec::new(),
            resources: Vec::new(),
            translations: Vec::new(),
            indexed,
            json_ld: None,
        }
    }

    /// A support, leading to `session` or to the list of sessions. The QR code has the address that the paper shows.
    #[must_use]
    pub fn support(&self, support: &Support, group: GroupView, session: Option<&SessionView>) -> SupportView {
        let qr_url = session.map_or_else(|| format!("{}/seances/", self.site.url), |session| session.short_url.clone());
        SupportView {
            id: support.id.to_string(),
            title: support.title.clone(),
            paper: support.paper.name(),
            landscape: support.orientation == crate::model::Orientation::Landscape,
            pages: support.pages,
            hook: support.hook.clone(),
            imprint: support.imprint.clone(),
            qr: qr::svg(&qr_url).unwrap_or_default(),
            qr_text: without_scheme(&qr_url),
            qr_url,
            group,
        }
    }
}

fn site_view(model: &Model, site: &Site, lang: &str, words: &Words, years: &[YearView]) -> SiteView {
    let link = |page: &Page| LinkView {
        title: page.short_title.clone().unwrap_or_else(|| page.title.clone()),
        url: urls::page(page, site),
    };
    // A page that was not translated is better read in the site's language than not found.
    let localised = |page: &&Page| {
        page.lang == lang || (page.lang == site.lang() && model.page(page.slug.as_str(), lang).is_none())
    };
    let menu = |menu| model.pages.iter().filter(localised).filter(|page| page.menu == Some(menu)).map(link).collect();
    let mut all_pages: Vec<LinkView> =
        model.pages.iter().filter(localised).filter(|page| page.slug.as_str() != urls::NOT_FOUND).map(link).collect();
    all_pages
        .extend(model.groups.iter().map(|group| LinkView { title: group.name.clone(), url: urls::group(&group.id) }));
    all_pages.extend(years.iter().map(|year| LinkView {
        title: words.text("plan-archives", &[("year", year.year.to_string().into())]),
        url: year.url.clone(),
    }));
    let seats = model.groups.first().map_or(12, |group| group.places_max);
    SiteView {
        name: site.name.clone(),
        tagline: site.tagline.clone(),
        description: site.description.clone(),
        url: site.url.clone(),
        url_text: without_scheme(&site.url),
        form_base: site.form_base().to_owned(),
        form_action: format!("{}/inscription", site.form_base()),
        organiser: site.organiser.clone(),
        team: site.team.clone(),
        contact: ContactView {
            phone: site.contact.phone.known().cloned(),
            phone_href: site.contact.phone.known().map(|phone| phone_href(phone)),
            email: site.contact.email.known().cloned(),
            street: site.contact.street.known().cloned(),
            postcode: site.contact.postcode.known().cloned(),
            town: site.contact.town.known().cloned(),
            hours: site.contact.hours.known().cloned(),
        },
        networks: site.networks.iter().map(|n| LinkView { title: n.name.clone(), url: n.url.clone() }).collect(),
        retention_days: site.retention_days,
        asks_topic: site.asks_topic,
        origins: site.origins.iter().map(|o| OriginView { id: o.id.to_string(), name: o.name.clone() }).collect(),
        nav: menu(Menu::Main),
        footer_nav: menu(Menu::Footer),
        all_pages,
        languages: site.languages.clone(),
        logo: ring::svg(seats, ring::Look::Logo),
    }
}

fn page_view(page: &Page, model: &Model, site: &Site, words: &Words) -> PageView {
    let url = urls::page(page, site);
    let sections = page.body.headings.iter().filter(|heading| heading.level == 2);
    let translations = model.pages.iter().filter(|other| other.slug == page.slug && other.lang != page.lang);
    PageView {
        slug: page.slug.to_string(),
        lang: page.lang.clone(),
        title: page.title.clone(),
        tab_title: page.tab_title.clone().unwrap_or_else(|| page.title.clone()),
        description: page.description.clone(),
        canonical: format!("{}{url}", site.url),
        url,
        notice: page.notice.clone(),
        updated: page.updated.map(|date| words.date(date)),
        blocks: page.body.blocks.iter().map(block_view).collect(),
        sections: sections.map(|h| LinkView { title: h.text.clone(), url: format!("#{}", h.id) }).collect(),
        steps: page.steps.iter().map(|step| step_view(step, words)).collect(),
        charts: page.charts.iter().map(|chart| chart_view(chart, words)).collect(),
        resources: page.resources.iter().map(|entry| resource_view(entry, words)).collect(),
        translations: translations.map(|p| LinkView { title: p.lang.clone(), url: urls::page(p, site) }).collect(),
        indexed: page.slug.as_str() != urls::NOT_FOUND,
        json_ld: None,
    }
}

fn block_view(block: &Block) -> BlockView {
    match block {
        Block::Html(html) => BlockView { html: Some(html.clone()), component: None },
        Block::Component(component, _) => BlockView { html: None, component: Some(component.name().to_owned()) },
    }
}

fn step_view(step: &crate::model::Step, words: &Words) -> StepView {
    StepView {
        start: words.time(step.start),
        start_iso: format!("{:02}:{:02}", step.start.hour(), step.start.minute()),
        end: step.end.map(|end| words.time(end)),
        minutes: step.end.map(|end| step.start.duration_until(end).as_mins()),
        title: step.title.clone(),
        text: step.text.clone(),
    }
}

fn chart_view(chart: &crate::model::Chart, words: &Words) -> ChartView {
    let bars = chart.bars.iter().map(|bar| BarView {
        label: bar.label.clone(),
        value: words.quantity(bar.value, &chart.unit),
        permille: permille(bar.value, chart.max),
        approximate: bar.approximate,
        source: bar.source.clone(),
    });
    ChartView {
        title: chart.title.clone(),
        note: chart.note.clone(),
        max: words.quantity(chart.max, &chart.unit),
        bars: bars.collect(),
    }
}

/// A share in thousandths; the content was checked to lie on the axis.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=1000")]
fn permille(value: f64, max: f64) -> u32 {
    (value / max * 1000.0).round().clamp(0.0, 1000.0) as u32
}

fn resource_view(entry: &crate::model::ResourceEntry, words: &Words) -> ResourceView {
    let known = |fact: &Option<Fact<String>>| fact.as_ref().and_then(Fact::known).cloned();
    let missing = [&entry.phone, &entry.url, &entry.hours].iter().any(|fact| matches!(fact, Some(Fact::Missing)));
    let phone = known(&entry.phone);
    ResourceView {
        name: entry.name.clone(),
        phone_href: phone.as_deref().map(phone_href),
        phone,
        url: known(&entry.url),
        purpose: entry.purpose.clone(),
        hours: known(&entry.hours),
        emergency: entry.emergency,
        missing,
        source: entry.source.clone(),
        source_url: entry.source.starts_with("http").then(|| entry.source.clone()),
        checked_on: words.date(entry.checked_on),
    }
}

impl Default for GroupView {
    fn default() -> Self {
        Self {
            id: String::new(),
            name: String::new(),
            url: String::new(),
            summary: String::new(),
            audience: String::new(),
            conditions: Vec::new(),
            weekday: String::new(),
            hours: String::new(),
            place: String::new(),
            places_min: 0,
            places_max: 0,
            places_per_demand: 1,
        }
    }
}

fn group_view(group: &Group, words: &Words) -> GroupView {
    GroupView {
        id: group.id.to_string(),
        name: group.name.clone(),
        url: urls::group(&group.id),
        summary: group.summary.clone(),
        audience: group.audience.clone(),
        conditions: group.conditions.clone(),
        weekday: words.weekday(group.weekday),
        hours: words.hours(group.start, group.end),
        place: group.place.clone(),
        places_min: group.places_min,
        places_max: group.places_max,
        places_per_demand: group.places_per_demand,
    }
}

fn partner_view(partner: &crate::model::Partner) -> PartnerView {
    PartnerView {
        id: partner.id.to_string(),
        name: partner.name.clone(),
        role: partner.role.clone(),
        url: partner.url.clone(),
        logo: partner.logo.as_ref().map(|logo| logo.path.clone()),
        logo_alt: partner.logo.as_ref().map(|logo| logo.alt.clone()).unwrap_or_default(),
        html: html_of(&partner.body),
    }
}

/// The HTML of a text that has no component.
fn html_of(body: &Body) -> String {
    body.blocks.iter().map(|block| if let Block::Html(html) = block { html.as_str() } else { "" }).collect()
}

fn session_view(
    session: &Session,
    site: &Site,
    words: &Words,
    group: GroupView,
    state: Option<State>,
    now: Timestamp,
) -> SessionView {
    let schedule = session.schedule(&site.time_zone);
    let local = |at: Timestamp| at.to_zoned(site.time_zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
    let date = words.date(session.date);
    let title = session.title.clone();
    let url = urls::session(&session.id);
    let short_url = format!("{}{}", site.url, urls::short(&session.id));
    let past = now >= schedule.ends;
    let open_by_time = now < schedule.closes && schedule.opens.is_none_or(|opens| now >= opens);
    let mut view = SessionView {
        id: session.id.to_string(),
        canonical: format!("{}{url}", site.url),
        short_url_text: without_scheme(&short_url),
        short_url,
        ics_url: urls::session_calendar(&session.id),
        enrol_url: format!("{}/inscription/?seance={}", site.form_base(), session.id),
        own_title: title.is_some(),
        title: title.unwrap_or_else(|| words.text("seance-titre", &[("date", date.long.clone().into())])),
        topic: session.topic.clone(),
        speaker: session.speaker.clone(),
        start: words.time(session.start),
        end: words.time(session.end),
        hours: words.hours(session.start, session.end),
        starts_at: local(schedule.starts),
        ends_at: local(schedule.ends),
        opens: session
            .opens
            .filter(|_| schedule.opens.is_some_and(|opens| now < opens))
            .map(|o| words.date(o.date()).long),
        place: session.place.clone(),
        group,
        places_max: session.places_max,
        state: state.map(|state| StateView {
            key: state.key(),
            words: words.text(&format!("etat-{}", state.key()), &[]),
            accepts: state.accepts_demands(),
        }),
        accepts: state.map_or(open_by_time, State::accepts_demands),
        past,
        cancelled: schedule.cancelled,
        example: session.example,
        ring: ring::svg(session.places_max, ring_look(state)),
        html: html_of(&session.body),
        updated: session.updated.map(|date| words.date(date)),
        updated_at: updated_at(session).to_string(),
        json_ld: String::new(),
        date,
        url,
    };
    view.json_ld = event_json(&view, site);
    view
}

/// When a session's text last changed, as far as the content says: midnight UTC of that day. Without it, the first day of its year: an
/// instant is required by feeds and calendars, and must not move.
#[must_use]
pub(crate) fn updated_at(session: &Session) -> Timestamp {
    let day = session.updated.unwrap_or_else(|| Date::new(session.date.year(), 1, 1).unwrap_or(session.date));
    day.to_zoned(jiff::tz::TimeZone::UTC).map_or(Timestamp::UNIX_EPOCH, |midnight| midnight.timestamp())
}

/// schema.org `Event`. No count of places, ever.
fn event_json(view: &SessionView, site: &Site) -> String {
    let status = if view.cancelled { "EventCancelled" } else { "EventScheduled" };
    let mut address = json!({ "@type": "PostalAddress", "addressCountry": "FR" });
    let parts = [
        ("streetAddress", &site.contact.street),
        ("postalCode", &site.contact.postcode),
        ("addressLocality", &site.contact.town),
    ];
    for (key, fact) in parts {
        if let Some(known) = fact.known() {
            address[key] = json!(known);
        }
    }
    let mut event = json!({
        "@context": "https://schema.org",
        "@type": "Event",
        "name": format!("{} : {}", site.name, view.title),
        "description": site.description,
        "url": view.canonical,
        "startDate": view.starts_at,
        "endDate": view.ends_at,
        "eventStatus": format!("https://schema.org/{status}"),
        "eventAttendanceMode": "https://schema.org/OfflineEventAttendanceMode",
        "isAccessibleForFree": true,
        "inLanguage": site.lang(),
        "location": { "@type": "Place", "name": view.place, "address": address },
        "organizer": { "@type": "Organization", "name": site.organiser, "url": site.url },
    });
    let availability = view.state.as_ref().and_then(|state| match state.key {
        "ouverte" => Some("InStock"),
        "dernieres_places" => Some("LimitedAvailability"),
        "complete" => Some("SoldOut"),
        _ => None,
    });
    if let Some(word) = availability {
        let word = format!("https://schema.org/{word}");
        event["offers"] = json!({ "@type": "Offer", "url": view.canonical, "availability": word });
    }
    // Inside a script element, `</script` and `<!--` would end it.
    event.to_string().replace('<', "\\u003c")
}

fn past_years(sessions: &[SessionView]) -> Vec<YearView> {
    let mut years: Vec<i16> = sessions.iter().filter(|view| view.past).map(|view| view.date.year).collect();
    years.sort_unstable_by(|a, b| b.cmp(a));
    years.dedup();
    years.into_iter().map(|year| YearView { year, url: urls::year(year) }).collect()
}

/// As it is printed: an address without its scheme.
fn without_scheme(url: &str) -> String {
    url.split_once("://").map_or(url, |(_, rest)| rest).to_owned()
}

/// A number as telephones dial it: French numbers of ten digits become international.
fn phone_href(phone: &str) -> String {
    let digits: String = phone.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
    match digits.strip_prefix('0') {
        Some(rest) if digits.len() == 10 => format!("tel:+33{rest}"),
        _ => format!("tel:{digits}"),
    }
}
