//! A root understood at an instant: what its files say, where each session stands, and what
//! templates see of it. The form-handler keeps one in memory to answer in the site's own words.

mod announced;
pub(crate) mod backdated;
mod frame;

use std::sync::Arc;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use rayon::prelude::*;

pub(crate) use self::frame::texts;
pub use self::{
    announced::Announced,
    frame::{BuildCache, EmptyCache, Frame},
};
use crate::{
    assets::{Assets, CopyCache, PictureSize},
    content::{
        parse::{self, Reading, ReadingCache, Readings},
        sources::Sources,
    },
    diagnostics::{diagnostic::Diagnostic, text::Texts},
    fingerprint::Fingerprint,
    model::{Availability, Model, Scope, Session, SessionStatus, Site, Standing, State, Support},
    templates::Templates,
    views::{NextDateView, StateView, Views, Words},
};

/// When a build is said to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// This instant.
    Instant(Timestamp),
    /// That day's midnight in the site's time zone.
    Day(Date),
}

impl When {
    /// RFC 3339, or a date. `None` when the text is neither.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text.parse().map(Self::Instant).or_else(|_| text.parse().map(Self::Day)).ok()
    }

    /// The instant, in a site whose time zone is `zone`.
    #[must_use]
    pub fn instant(self, zone: &TimeZone) -> Timestamp {
        match self {
            Self::Instant(at) => at,
            Self::Day(day) => day.to_zoned(zone.clone()).map_or(Timestamp::MIN, |midnight| midnight.timestamp()),
        }
    }
}

/// What else decides a build, besides the files of the root.
#[derive(Debug, Clone)]
pub struct Inputs {
    /// The present.
    pub now: When,
    /// The state of each session, when the handler told it.
    pub availability: Option<Availability>,
    /// Whether sessions in draft are shown.
    pub drafts: bool,
}

/// A root, understood at an instant.
#[derive(Debug)]
pub struct Snapshot {
    sources: Sources,
    frame: Frame,
    readings: Arc<Readings>,
    model: Arc<Model>,
    site: Arc<Site>,
    /// Whether the settings are understood: without them, others stand in, so that they hide
    /// nothing of what is wrong elsewhere.
    understood: bool,
    availability: Option<Availability>,
    standings: Arc<[Standing]>,
    /// The sessions that are to come and to be held, in their order.
    live: Vec<usize>,
    views: Views,
    backdated: Vec<Announced>,
    drafts: bool,
    now: Timestamp,
}

/// Sessions proposed beside one, and in the place of one that is past.
const NEIGHBOURS: usize = 4;

impl Snapshot {
    /// Understands `sources`, and `sessions` that were understood before. Every problem that a file
    /// has by itself is told.
    #[must_use]
    pub fn of(
        sources: Sources,
        sessions: Vec<Session>,
        inputs: &Inputs,
        cache: &dyn BuildCache,
    ) -> (Self, Vec<Diagnostic>) {
        let ((frame, mut diagnostics), parsed) =
            rayon::join(|| Frame::of(&sources, cache), || parse::parse(&sources, cache));
        diagnostics.extend(parsed.diagnostics);
        let mut model = parsed.model;
        model.sessions.extend(sessions);
        let settings = model.site.take();
        let understood = settings.is_some();
        let site = settings.unwrap_or_else(|| Site::stand_in(&model.pages));
        let now = inputs.now.instant(&site.time_zone);
        // Before the team's own dates: what is asked is whether the content is right.
        let mut backdated = Vec::new();
        let told = inputs.availability.as_ref();
        for (session, announced, edit) in backdated::find(&model, &site, &sources, now, cache) {
            diagnostics.extend(backdated::problem(session, &announced, edit, told));
            backdated.push(announced);
        }
        settle(&mut model, &site, inputs);
        let standings = standings(&model, &site, inputs.availability.as_ref(), now);
        let (model, site) = (Arc::new(model), Arc::new(site));
        let snapshot = Self {
            views: Views::new(&model, &site, &standings, &frame.texts, &frame.assets.pictures),
            live: live(&standings),
            availability: inputs.availability.clone(),
            readings: Arc::new(parsed.readings),
            drafts: inputs.drafts,
            sources,
            frame,
            model,
            site,
            understood,
            standings,
            backdated,
            now,
        };
        (snapshot, diagnostics)
    }

    /// The same of `sources` and `sessions` that were published, to answer in their words: sessions
    /// come without their texts. `None` when the settings are not understood, which was then never
    /// published.
    #[must_use]
    pub fn to_answer(
        sources: Sources,
        sessions: Vec<Session>,
        inputs: &Inputs,
        cache: &dyn BuildCache,
    ) -> Option<Self> {
        let (snapshot, _) = Self::of(sources, sessions, inputs, cache);
        // What is told of each session is in the model and the standings by now: only what is
        // published is dated by it.
        snapshot.understood.then_some(Self { availability: None, ..snapshot })
    }

    /// The same root, with the state of each session told.
    #[must_use]
    pub fn told(mut self, availability: &Availability) -> Self {
        // The views share the model: without them, it is changed in place.
        let mut model = Arc::unwrap_or_clone(self.model);
        apply(availability, &mut model);
        self.model = Arc::new(model);
        self.standings = standings(&self.model, &self.site, Some(availability), self.now);
        self.live = live(&self.standings);
        self.availability = Some(availability.clone());
        let Frame { assets, texts, .. } = &self.frame;
        self.views = Views::new(&self.model, &self.site, &self.standings, texts, &assets.pictures);
        self
    }

    /// Whether the settings are understood: nothing can be published without.
    #[must_use]
    pub(crate) fn is_understood(&self) -> bool {
        self.understood
    }

    /// The files of the root, when nothing else is needed any more.
    pub(crate) fn into_sources(self) -> Sources {
        self.sources
    }

    /// Whether sessions in draft are shown.
    #[must_use]
    pub fn shows_drafts(&self) -> bool {
        self.drafts
    }

    /// What was announced of the sessions that an edit has made others since, without raising their
    /// revision.
    #[must_use]
    pub fn backdated(&self) -> &[Announced] {
        &self.backdated
    }

    /// The files published beside the pages.
    #[must_use]
    pub fn assets(&self) -> &Assets {
        &self.frame.assets
    }

    /// What the next build may reuse of the sessions' files.
    #[must_use]
    pub fn readings(&self) -> &Arc<Readings> {
        &self.readings
    }

    /// The state of each session, when the handler told it.
    #[must_use]
    pub fn availability(&self) -> Option<&Availability> {
        self.availability.as_ref()
    }

    /// Where each session of the model stands.
    #[must_use]
    pub fn standings(&self) -> &[Standing] {
        &self.standings
    }

    /// The sessions proposed beside the one at this index: the next ones, then the ones before.
    /// None beside a past one: its page would otherwise change for ever.
    #[must_use]
    pub fn neighbours(&self, index: usize) -> Vec<usize> {
        if self.standings[index].past {
            return Vec::new();
        }
        let after = self.live.partition_point(|other| *other <= index);
        let before = self.live.partition_point(|other| *other < index);
        let mut near: Vec<usize> = self.live[after..].iter().take(NEIGHBOURS).copied().collect();
        let missing = NEIGHBOURS - near.len();
        near.extend(self.live[..before].iter().rev().take(missing));
        near.sort_unstable();
        near
    }

    /// The sessions that are to come and to be held, in their order.
    #[must_use]
    pub fn live(&self) -> &[usize] {
        &self.live
    }

    /// The sessions that come next, proposed in the place of one that is past or cancelled.
    #[must_use]
    pub fn next_sessions(&self) -> &[usize] {
        &self.live[..self.live.len().min(NEIGHBOURS)]
    }

    /// The dates that come next and may still be asked for, in the place of one that is past or
    /// cancelled. How full they are is told where `full` says so: a page among thousands that stay
    /// for ever is not made again each time that somebody signs up.
    pub(crate) fn next_dates(&self, full: bool) -> Vec<NextDateView> {
        let asked = |index: &&usize| self.standings[**index].state != Some(State::Closed);
        let date = |index: &usize| {
            let (view, _) = self.views.session(*index);
            let shown = |state: &&Arc<StateView>| full || state.key == State::NotYetOpen.key();
            NextDateView {
                title: view.date.long.clone(),
                hours: view.hours.to_string(),
                url: view.url.clone(),
                state: view.state.as_ref().filter(shown).map(|state| state.words.clone()),
            }
        };
        self.live.iter().filter(asked).take(NEIGHBOURS).map(date).collect()
    }

    /// The sessions that a support announces: those of its group that are to come and to be held.
    pub fn announced<'a>(&'a self, support: &'a Support) -> impl Iterator<Item = usize> + 'a {
        self.live.iter().copied().filter(move |index| {
            let session = &self.model.sessions[*index];
            session.group == support.group && support.announces(&session.id)
        })
    }

    /// The sessions that a support is made for: `None` stands for all that it announces, or for its
    /// group.
    pub fn made_for<'a>(&'a self, support: &'a Support) -> impl Iterator<Item = Option<usize>> + 'a {
        let own = support.scope == Scope::Session;
        let each = self.announced(support).filter(move |_| own).map(Some);
        each.chain((!own).then_some(None))
    }

    /// The files of the root.
    #[must_use]
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// The messages.
    #[must_use]
    pub fn texts(&self) -> &Arc<Texts> {
        &self.frame.texts
    }

    /// The templates.
    #[must_use]
    pub fn templates(&self) -> &Templates {
        &self.frame.templates
    }

    /// What the content says.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// What is true of the whole site.
    #[must_use]
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// What templates see.
    #[must_use]
    pub fn views(&self) -> &Views {
        &self.views
    }

    /// The present that it was understood at.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Dates and texts in the language of the site.
    #[must_use]
    pub fn words(&self) -> &Words {
        self.views.words(self.site.lang())
    }
}

impl ReadingCache for Snapshot {
    fn reading(&self, path: &Arc<str>, fingerprint: Fingerprint) -> Option<Arc<Reading>> {
        self.readings.reading(path, fingerprint)
    }
}

impl BuildCache for Snapshot {
    fn size(&self, fingerprint: Fingerprint) -> Option<PictureSize> {
        let mut pictures = self.frame.assets.pictures.list.iter();
        pictures.find(|picture| picture.fingerprint == fingerprint).map(|picture| picture.size)
    }

    fn frame(&self, fingerprint: Fingerprint) -> Option<Frame> {
        self.frame.is(fingerprint).then(|| self.frame.clone())
    }

    fn made(&self) -> Arc<CopyCache> {
        self.frame.assets.pictures.made()
    }
}

/// The model as this build shows it: each page in its language, sessions as the team holds them,
/// drafts only when asked for.
fn settle(model: &mut Model, site: &Site, inputs: &Inputs) {
    for page in &mut model.pages {
        if page.lang.is_empty() {
            site.lang().clone_into(&mut page.lang);
        }
    }
    if let Some(availability) = &inputs.availability {
        apply(availability, model);
    }
    if !inputs.drafts {
        model.sessions.retain(|session| session.status != SessionStatus::Draft);
    }
}

fn standings(model: &Model, site: &Site, availability: Option<&Availability>, now: Timestamp) -> Arc<[Standing]> {
    let fill = |id: &str| availability.and_then(|known| known.sessions.get(id)?.state.fill());
    let stand = |session: &Session| Standing::of(session, &site.time_zone, now, fill(session.id.as_str()));
    model.sessions.par_iter().map(stand).collect::<Vec<_>>().into()
}

fn live(standings: &[Standing]) -> Vec<usize> {
    let held = |standing: &Standing| !standing.past && !standing.schedule.cancelled;
    standings.iter().enumerate().filter(|(_, standing)| held(standing)).map(|(index, _)| index).collect()
}

/// Sessions as the team holds them, in the order of their dates.
fn apply(availability: &Availability, model: &mut Model) {
    for session in &mut model.sessions {
        availability.apply(session);
    }
    model.sessions.sort_by(|a, b| (a.date, a.start, &a.id).cmp(&(b.date, b.start, &b.id)));
}
