//! Every view of a site, made when it is first asked for: one place decides what templates may
//! read.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, OnceLock},
};

use rayon::prelude::*;
use tera::{Context, Value};

use super::{
    GroupView, PageView, SessionView, SiteView, SupportView, VenueView, Words, YearView,
    page::{group_view, page_view, partner_view, site_view},
    session::{SessionViews, Shared, ViewCache},
    venue::venue_view,
    without_scheme,
};
use crate::{
    assets::Pictures,
    content::{parse, sources::Sources},
    diagnostics::text::Texts,
    drawing::qr,
    model::{Group, Id, Model, Session, Site, Standing, Support, Venue},
    templates::Reach,
    urls,
};

/// The values that every template may read, by name.
const SHARED: &[&str] = &["site", "lang", "upcoming", "groups", "partners", "years"];

/// Every value that templates see. Each is made when it is first asked for, once, and shared by all
/// that show it.
#[derive(Debug)]
pub struct Views {
    model: Arc<Model>,
    site: Arc<Site>,
    standings: Arc<[Standing]>,
    pictures: Arc<Pictures>,
    /// By language.
    words: BTreeMap<String, Words>,
    /// Of the site's language.
    own_words: Words,
    cache: ViewCache,
    /// In the order of the model's sessions.
    sessions: Vec<OnceLock<Box<SessionViews>>>,
    by_id: OnceLock<HashMap<String, usize>>,
    /// In the order of the model's pages.
    pages: Vec<OnceLock<PageView>>,
    groups: Vec<Shared<GroupView>>,
    /// By id.
    venues: BTreeMap<Id, Shared<VenueView>>,
    no_group: Shared<GroupView>,
    years: Vec<YearView>,
    own_site: OnceLock<Shared<SiteView>>,
    /// In the other languages.
    other_sites: BTreeMap<String, OnceLock<Shared<SiteView>>>,
    lists: Lists,
}

/// The lists that every template may read.
#[derive(Debug, Default)]
struct Lists {
    upcoming: OnceLock<Value>,
    groups: OnceLock<Value>,
    partners: OnceLock<Value>,
    years: OnceLock<Value>,
}

impl Views {
    /// The views of `model`, whose sessions stand as `standings` says. Sessions must already be as
    /// the team holds them ([`crate::model::Availability::apply`]).
    #[must_use]
    pub fn new(
        model: &Arc<Model>,
        site: &Arc<Site>,
        standings: &Arc<[Standing]>,
        texts: &Arc<Texts>,
        pictures: &Arc<Pictures>,
    ) -> Self {
        let words: BTreeMap<String, Words> =
            site.languages.iter().map(|lang| (lang.clone(), Words::new(texts, lang))).collect();
        let own_words = words.get(site.lang()).cloned().unwrap_or_else(|| Words::new(texts, site.lang()));
        let shared = |venue: &Venue| (venue.id.clone(), Shared::new(venue_view(venue, pictures)));
        let venues: BTreeMap<_, _> = model.venues.iter().map(shared).collect();
        let at = |group: &Group| group.venue.as_ref().and_then(|id| venues.get(id)).map(|venue| &venue.view);
        let groups = model.groups.iter().map(|group| Shared::new(group_view(group, at(group), &own_words))).collect();
        Self {
            cache: ViewCache::default(),
            sessions: model.sessions.iter().map(|_| OnceLock::new()).collect(),
            by_id: OnceLock::new(),
            pages: model.pages.iter().map(|_| OnceLock::new()).collect(),
            groups,
            venues,
            no_group: Shared::new(GroupView::default()),
            years: past_years(model, standings),
            own_site: OnceLock::new(),
            other_sites: site.languages.iter().skip(1).map(|lang| (lang.clone(), OnceLock::new())).collect(),
            lists: Lists::default(),
            model: Arc::clone(model),
            site: Arc::clone(site),
            standings: Arc::clone(standings),
            pictures: Arc::clone(pictures),
            words,
            own_words,
        }
    }

    /// What a template of `lang` reads of what all may read; add to it what one template needs.
    #[must_use]
    pub fn context_for(&self, lang: &str, reach: &Reach) -> Context {
        let mut context = Context::new();
        for name in SHARED.iter().filter(|name| reach.reads(name)) {
            context.insert_value(*name, self.shared(name, lang));
        }
        context
    }

    fn shared(&self, name: &str, lang: &str) -> Value {
        let lists = &self.lists;
        match name {
            "site" => self.site_in(lang).value.clone(),
            "lang" => Value::from(lang.to_owned()),
            "upcoming" => {
                if lists.upcoming.get().is_none() {
                    self.prepare(self.coming().collect());
                }
                lists.upcoming.get_or_init(|| self.listed(self.coming())).clone()
            }
            "groups" => lists
                .groups
                .get_or_init(|| Value::from(self.groups.iter().map(|group| group.value.clone()).collect::<Vec<_>>()))
                .clone(),
            "partners" => lists
                .partners
                .get_or_init(|| {
                    Value::from_serializable(
                        &self
                            .model
                            .partners
                            .iter()
                            .map(|partner| partner_view(partner, &self.pictures))
                            .collect::<Vec<_>>(),
                    )
                })
                .clone(),
            "years" => lists.years.get_or_init(|| Value::from_serializable(&self.years)).clone(),
            _ => Value::none(),
        }
    }

    /// The sessions at these indices of the model, as lists show them.
    #[must_use]
    pub fn cards(&self, sessions: impl IntoIterator<Item = usize>) -> Value {
        let indices: Vec<usize> = sessions.into_iter().collect();
        self.prepare(indices.clone());
        self.listed(indices)
    }

    /// Makes the views of these sessions, all at once. Never while something is being made that
    /// others wait for: whoever works beside us may be one of them, and would wait for ever.
    fn prepare(&self, sessions: Vec<usize>) {
        sessions.into_par_iter().for_each(|index| _ = self.shown(index));
    }

    fn listed(&self, sessions: impl IntoIterator<Item = usize>) -> Value {
        Value::from(sessions.into_iter().map(|index| self.session(index).1.clone()).collect::<Vec<_>>())
    }

    fn coming(&self) -> impl Iterator<Item = usize> {
        self.standings.iter().enumerate().filter(|(_, standing)| !standing.past).map(|(index, _)| index)
    }

    fn shown(&self, index: usize) -> &SessionViews {
        self.sessions[index].get_or_init(|| {
            let session = &self.model.sessions[index];
            let group = self.model.groups.iter().position(|group| group.id == session.group);
            let group = group.map_or(&self.no_group, |group| &self.groups[group]);
            Box::new(SessionViews::new(
                session,
                &self.standings[index],
                &self.site,
                &self.own_words,
                group,
                session.venue.as_ref().and_then(|id| self.venues.get(id)),
                &self.cache,
            ))
        })
    }

    /// The session at this index of the model, as lists show it.
    #[must_use]
    pub fn session(&self, index: usize) -> (&SessionView, &Value) {
        let shown = self.shown(index);
        (&shown.view, &shown.card)
    }

    /// The text of the session at this index of the model, as HTML.
    #[must_use]
    pub fn session_text(&self, index: usize, sources: &Sources) -> String {
        self.pictures.fill(&parse::session_html(sources, &self.model.sessions[index])).into_owned()
    }

    /// The session with this id.
    #[must_use]
    pub fn session_by_id(&self, id: &str) -> Option<(&SessionView, &Value)> {
        self.index_of(id).map(|index| self.session(index))
    }

    /// Where in the model the session with this id is.
    #[must_use]
    pub fn index_of(&self, id: &str) -> Option<usize> {
        let ids = || self.model.sessions.iter().enumerate().map(|(index, session)| (session.id.to_string(), index));
        self.by_id.get_or_init(|| ids().collect()).get(id).copied()
    }

    /// Dates and texts in a language; in the site's own when it is not one of the site's.
    #[must_use]
    pub fn words(&self, lang: &str) -> &Words {
        self.words.get(lang).unwrap_or(&self.own_words)
    }

    /// The page at this index of the model; its components are still to be drawn
    /// ([`crate::outputs::page_view`]).
    #[must_use]
    pub(crate) fn page(&self, index: usize) -> &PageView {
        self.pages[index].get_or_init(|| {
            let page = &self.model.pages[index];
            let view = page_view(page, &self.model, &self.site, self.words(&page.lang), &self.pictures);
            let first = self.model.groups.first();
            PageView { share_image: first.and_then(|group| self.share_image(&group.id, None)), ..view }
        })
    }

    /// The group at this index of the model.
    #[must_use]
    pub fn group(&self, index: usize) -> &Arc<GroupView> {
        &self.groups[index].view
    }

    /// The group with this id, or one that says nothing.
    #[must_use]
    pub fn group_by_id(&self, id: &str) -> &Arc<GroupView> {
        let index = self.model.groups.iter().position(|group| group.id.as_str() == id);
        index.map_or(&self.no_group.view, |index| self.group(index))
    }

    /// The years of past sessions, the latest first.
    #[must_use]
    pub fn years(&self) -> &[YearView] {
        &self.years
    }

    /// The site, in its own language.
    #[must_use]
    pub fn site(&self) -> &SiteView {
        &self.site_in(self.site.lang()).view
    }

    /// The site, in a language.
    pub(crate) fn site_view(&self, lang: &str) -> &SiteView {
        &self.site_in(lang).view
    }

    fn site_in(&self, lang: &str) -> &Shared<SiteView> {
        let (lang, place) = match self.other_sites.get_key_value(lang) {
            Some((lang, place)) => (lang.as_str(), place),
            None => (self.site.lang(), &self.own_site),
        };
        place.get_or_init(|| Shared::new(site_view(&self.model, &self.site, lang, &self.own_words, &self.years)))
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
            kept: Vec::new(),
            translations: Vec::new(),
            indexed,
            share_image: None,
            json_ld: None,
        }
    }

    /// The whole address of the picture that stands for a session, or for its group, where a link
    /// is shared. A session that changed has another, since networks keep what they saw.
    #[must_use]
    pub(crate) fn share_image(&self, group: &Id, session: Option<&Session>) -> Option<String> {
        let shown = session.filter(|session| {
            let at = self.index_of(session.id.as_str());
            at.is_some_and(|at| !self.standings[at].past && !self.standings[at].schedule.cancelled)
        });
        let of_session = shown.and_then(|session| Some((self.model.share_picture(group, Some(&session.id))?, session)));
        let url = match of_session {
            Some((support, session)) => {
                let url = urls::picture(&support.id, Some(&session.id));
                if session.revision == 0 { url } else { format!("{url}?revision={}", session.revision) }
            }
            None => urls::picture(&self.model.share_picture(group, None)?.id, None),
        };
        Some(format!("{}{url}", self.site.url))
    }

    /// A support, leading to `session` or to its group. The QR code has the address that the paper
    /// shows: it tells which support brought whoever follows it.
    #[must_use]
    pub fn support(&self, support: &Support, group: &Arc<GroupView>, session: Option<&Id>) -> SupportView {
        let short = urls::short_from(session.unwrap_or(&support.group), &support.id);
        let qr_url = format!("{}{short}", self.site.url);
        let line = self.site.printer(&support.imprint).map_or(&support.imprint, |printer| &printer.line);
        SupportView {
            id: support.id.to_string(),
            title: support.title.clone(),
            format: support.format.name(),
            sheet: support.format.sheet(),
            piece: support.format.piece(),
            pieces: support.format.pieces(),
            pages: support.pages,
            tone: support.tone.name(),
            distance: support.distance,
            hook: support.hook.clone(),
            other_hook: support.other_hook.clone(),
            imprint: line.clone(),
            qr: qr::svg(&qr_url, qr::side(support.distance) / support.format.scale()).unwrap_or_default(),
            qr_text: without_scheme(&qr_url),
            qr_url,
            group: Arc::clone(group),
        }
    }
}

fn past_years(model: &Model, standings: &[Standing]) -> Vec<YearView> {
    let past = model.sessions.iter().zip(standings).filter(|(_, standing)| standing.past);
    let mut years: Vec<i16> = past.map(|(session, _)| session.date.year()).collect();
    years.sort_unstable_by(|a, b| b.cmp(a));
    years.dedup();
    years.into_iter().map(|year| YearView { year, url: urls::year(year) }).collect()
}
