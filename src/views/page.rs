//! From the model to the views that change seldom: the site, its pages, groups and partners.

use std::sync::Arc;

use super::{
    BarView, BlockView, ChartView, ContactView, GroupView, KeptView, LinkView, OriginView, PageView, PartnerView,
    ResourceView, SiteView, StepView, VenueView, Words, YearView, without_scheme,
};
use crate::{
    assets::Pictures,
    drawing::ring,
    model::{
        Block, Component, Fact, Group, Id, Menu, Model, Page, Site,
        retention::{Period, RETAINED, Retained},
    },
    urls,
};

pub(super) fn site_view(model: &Model, site: &Site, lang: &str, words: &Words, years: &[YearView]) -> SiteView {
    let link = |page: &Page| LinkView {
        title: page.short_title.clone().unwrap_or_else(|| page.title.clone()),
        url: urls::page(page, site),
    };
    // A page that was not translated is better read in the site's language than not found.
    let localised = |page: &&Page| {
        page.lang == lang || (page.lang == site.lang() && model.page(page.slug.as_str(), lang).is_none())
    };
    let menu = |menu| model.pages.iter().filter(localised).filter(|page| page.menu == Some(menu)).map(link).collect();
    // As people look for them: home, the form, the main menu, what is in none, the foot.
    let rank = |page: &&Page| match (page.slug.as_str(), page.menu) {
        (urls::HOME, _) => 0,
        ("inscription", _) => 1,
        (_, Some(Menu::Main)) => 2,
        (_, None) => 3,
        (_, Some(Menu::Footer)) => 4,
    };
    let mut listed: Vec<&Page> =
        model.pages.iter().filter(localised).filter(|page| page.slug.as_str() != urls::NOT_FOUND).collect();
    listed.sort_by_key(rank);
    let mut all_pages: Vec<LinkView> = listed.into_iter().map(link).collect();
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
        offers_texts: site.offers_texts,
        origins: site.origins.iter().map(|o| OriginView { id: o.id.to_string(), name: o.name.clone() }).collect(),
        support_origins: support_origins(model, site),
        nav: menu(Menu::Main),
        footer_nav: menu(Menu::Footer),
        all_pages,
        languages: site.languages.clone(),
        logo: ring::svg(seats, ring::RingStyle::Logo),
    }
}

/// The supports that people may have come with and that are no answer of the form's own.
fn support_origins(model: &Model, site: &Site) -> Vec<OriginView> {
    let listed = |id: &Id| site.origins.iter().any(|origin| origin.id == *id);
    let others = model.supports.iter().filter(|support| !support.format.is_picture() && !listed(&support.id));
    others.map(|support| OriginView { id: support.id.to_string(), name: support.title.clone() }).collect()
}

pub(super) fn page_view(page: &Page, model: &Model, site: &Site, words: &Words, pictures: &Pictures) -> PageView {
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
        blocks: page.body.blocks.iter().map(|block| block_view(block, pictures)).collect(),
        sections: sections.map(|h| LinkView { title: h.text.clone(), url: format!("#{}", h.id) }).collect(),
        steps: page.steps.iter().map(|step| step_view(step, words)).collect(),
        charts: page.charts.iter().map(|chart| chart_view(chart, words)).collect(),
        resources: page.resources.iter().map(|entry| resource_view(entry, words)).collect(),
        kept: if placed(page, Component::Retention) { kept_views(site, words) } else { Vec::new() },
        translations: translations.map(|p| LinkView { title: p.lang.clone(), url: urls::page(p, site) }).collect(),
        indexed: page.slug.as_str() != urls::NOT_FOUND,
        share_image: None,
        json_ld: None,
    }
}

fn block_view(block: &Block, pictures: &Pictures) -> BlockView {
    match block {
        Block::Html(html) => BlockView { html: Some(pictures.fill(html).into_owned()), component: None },
        Block::Component(component, _) => BlockView { html: None, component: Some(component.name().to_owned()) },
    }
}

fn placed(page: &Page, wanted: Component) -> bool {
    page.body.blocks.iter().any(|block| matches!(block, Block::Component(component, _) if *component == wanted))
}

/// What people are told that the server keeps.
fn kept_views(site: &Site, words: &Words) -> Vec<KeptView> {
    let term = |term: Period| match term {
        Period::AfterSession => words.text("duree-apres-la-seance", &[("jours", site.retention_days.into())]),
        Period::Days(days) => words.text("duree-jours", &[("jours", days.into())]),
        Period::Forever => words.text("duree-sans-fin", &[]),
    };
    let view = |kept: &Retained| KeptView {
        what: words.text(&format!("conserve-{}", kept.name), &[]),
        term: term(kept.period),
    };
    RETAINED.iter().filter(|kept| kept.is_told()).map(view).collect()
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
        phone_href: phone.as_deref().map(|phone| if entry.by_text { text_href(phone) } else { phone_href(phone) }),
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
            venue: None,
            children: None,
            children_missing: false,
            places_min: 0,
            places_max: 0,
            places_per_demand: 1,
        }
    }
}

pub(super) fn group_view(group: &Group, venue: Option<&Arc<VenueView>>, words: &Words) -> GroupView {
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
        venue: venue.cloned(),
        children: group.children.as_ref().and_then(Fact::known).cloned(),
        children_missing: matches!(group.children, Some(Fact::Missing)),
        places_min: group.places_min,
        places_max: group.places_max,
        places_per_demand: group.places_per_demand,
    }
}

pub(super) fn partner_view(partner: &crate::model::Partner, pictures: &Pictures) -> PartnerView {
    PartnerView {
        id: partner.id.to_string(),
        name: partner.name.clone(),
        role: partner.role.clone(),
        url: partner.url.clone(),
        logo: partner.logo.as_ref().map(|logo| logo.path.clone()),
        logo_alt: partner.logo.as_ref().map(|logo| logo.alt.clone()).unwrap_or_default(),
        html: pictures.fill(&partner.body.html()).into_owned(),
    }
}

/// A number that is written to.
fn text_href(phone: &str) -> String {
    phone_href(phone).replacen("tel:", "sms:", 1)
}

/// A number as telephones dial it: French numbers of ten digits become international.
fn phone_href(phone: &str) -> String {
    let digits: String = phone.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
    match digits.strip_prefix('0') {
        Some(rest) if digits.len() == 10 => format!("tel:+33{rest}"),
        _ => format!("tel:{digits}"),
    }
}
