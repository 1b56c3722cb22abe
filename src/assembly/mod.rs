//! A root, understood: from its files to all that is needed to render any page. The form-handler
//! keeps one in memory to answer in the site's own words.

mod frame;

use std::sync::{Arc, OnceLock};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use rayon::prelude::*;

pub(crate) use self::frame::texts;
pub use self::frame::{Earlier, FirstLook, Frame};
use crate::{
    assets::{Assets, Made, Size},
    check::{
        Checker,
        backdated::{self, Announced},
    },
    diagnostic::{self, Diagnostic, Severity},
    fingerprint::Fingerprint,
    model::{Availability, Model, Session, SessionStatus, Site, Standing},
    parse::{self, Reading, Readings, Recall},
    plan::{Plan, plan},
    render::{self, share::Drawn, templates::Templates},
    sources::Sources,
    text::Texts,
    views::{Views, Words},
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

/// A root, understood.
#[derive(Debug)]
pub struct Assembly {
    sources: Sources,
    frame: Frame,
    readings: Arc<Readings>,
    model: Arc<Model>,
    site: Arc<Site>,
    availability: Option<Availability>,
    standings: Arc<[Standing]>,
    /// The sessions that are to come and to be held, in their order.
    live: Vec<usize>,
    next_links: OnceLock<tera::Value>,
    drawn: Drawn,
    plan: Plan,
    views: Views,
    backdated: Vec<Announced>,
    drafts: bool,
    now: Timestamp,
}

/// Sessions proposed beside one, and in the place of one that is past.
const NEIGHBOURS: usize = 4;

/// The result of [`Assembly::understand`].
#[derive(Debug)]
pub struct Understood {
    /// The root; `None` when an error keeps it from being rendered.
    pub assembly: Option<Assembly>,
    /// Every problem, sorted.
    pub diagnostics: Vec<Diagnostic>,
    /// The files, for [`crate::report::Reporter`], when there is no assembly to hold them.
    pub sources: Option<Sources>,
    /// The messages, those of the root included.
    pub texts: Arc<Texts>,
}

impl Assembly {
    /// Understands `sources`. Every problem is told; `read_problems` are those that reading met.
    #[must_use]
    pub fn understand(
        sources: Sources,
        read_problems: Vec<Diagnostic>,
        inputs: &Inputs,
        earlier: &dyn Earlier,
    ) -> Understood {
        let (draft, problems) = Draft::of(&sources, Vec::new(), inputs, earlier);
        let mut diagnostics = read_problems;
        diagnostics.extend(problems);
        let texts = Arc::clone(&draft.frame.texts);
        let plan = plan(&draft.model, &draft.site, &sources, &draft.frame.assets, &draft.standings, draft.now);
        let faulty =
            diagnostics.iter().filter(|d| d.severity == Severity::Error).map(|d| Arc::clone(&d.at.file)).collect();
        let checker = Checker {
            model: &draft.model,
            site: &draft.site,
            sources: &sources,
            templates: &draft.frame.templates,
            plan: &plan,
            standings: &draft.standings,
            now: draft.now,
            faulty: &faulty,
        };
        diagnostics.extend(checker.run());
        diagnostic::sort(&mut diagnostics);
        if !draft.understood || diagnostic::has_errors(&diagnostics) {
            return Understood { assembly: None, diagnostics, sources: Some(sources), texts };
        }
        Understood { assembly: Some(draft.assemble(sources, plan, inputs)), diagnostics, sources: None, texts }
    }

    /// Understands `sources` and `sessions` to answer in the words of a site that was published
    /// from them: nothing is checked again, nothing is planned, and sessions come without their
    /// texts. `None` when the settings are not understood, which was then never published.
    #[must_use]
    pub fn to_answer(sources: Sources, sessions: Vec<Session>, inputs: &Inputs, earlier: &dyn Earlier) -> Option<Self> {
        let (draft, _) = Draft::of(&sources, sessions, inputs, earlier);
        // What is told of each session is in the model and the standings by now: only what is
        // published is dated by it.
        draft.understood.then(|| Self { availability: None, ..draft.assemble(sources, Plan::default(), inputs) })
    }

    /// The same root, with the state of each session told. The checks are those of the files: they
    /// are not run again.
    #[must_use]
    pub fn told(mut self, availability: &Availability) -> Self {
        // The views share the model: without them, it is changed in place.
        let mut model = Arc::unwrap_or_clone(self.model);
        apply(availability, &mut model);
        self.model = Arc::new(model);
        self.standings = standings(&self.model, &self.site, Some(availability), self.now);
        self.live = live(&self.standings);
        self.next_links = OnceLock::new();
        self.drawn = Drawn::default();
        self.availability = Some(availability.clone());
        let Frame { assets, texts, .. } = &self.frame;
        self.plan = plan(&self.model, &self.site, &self.sources, assets, &self.standings, self.now);
        self.views = Views::new(&self.model, &self.site, &self.standings, texts, &assets.pictures);
        self
    }

    /// Whether sessions in draft are shown.
    #[must_use]
    pub fn shows_drafts(&self) -> bool {
        self.drafts
    }

    /// What was announced of the sessions that an edit has put in the past since.
    #[must_use]
    pub fn backdated(&self) -> &[Announced] {
        &self.backdated
    }

    /// The files published beside the pages.
    #[must_use]
    pub fn assets(&self) -> &Assets {
        &self.frame.assets
    }

    /// What the next build may recall of the sessions' files.
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

    /// A link to each of [`Assembly::next_sessions`].
    pub(crate) fn next_links(&self) -> &tera::Value {
        self.next_links.get_or_init(|| render::next_links(self, self.next_sessions()))
    }

    /// The share pictures that were drawn.
    pub(crate) fn drawn(&self) -> &Drawn {
        &self.drawn
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

    /// What is published.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
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

/// What is understood before anything is checked.
struct Draft {
    frame: Frame,
    readings: Arc<Readings>,
    model: Model,
    site: Site,
    /// Whether the settings are: without them, others stand in, so that they hide nothing of what
    /// is wrong elsewhere.
    understood: bool,
    now: Timestamp,
    standings: Arc<[Standing]>,
    backdated: Vec<Announced>,
}

impl Draft {
    /// Of the content of `sources`, and of `sessions` that were understood before.
    fn of(
        sources: &Sources,
        sessions: Vec<Session>,
        inputs: &Inputs,
        earlier: &dyn Earlier,
    ) -> (Self, Vec<Diagnostic>) {
        let ((frame, mut diagnostics), parsed) =
            rayon::join(|| Frame::of(sources, earlier), || parse::parse(sources, earlier));
        diagnostics.extend(parsed.diagnostics);
        let mut model = parsed.model;
        model.sessions.extend(sessions);
        let settings = model.site.take();
        let understood = settings.is_some();
        let site = settings.unwrap_or_else(|| Site::stand_in(&model.pages));
        let now = inputs.now.instant(&site.time_zone);
        // Before the team's own dates: what is asked is whether the content is right.
        let mut backdated = Vec::new();
        for (session, announced) in backdated::find(&model.sessions, &site, sources, now, earlier) {
            diagnostics.push(backdated::problem(session, &announced));
            backdated.push(announced);
        }
        settle(&mut model, &site, inputs);
        let standings = standings(&model, &site, inputs.availability.as_ref(), now);
        let readings = Arc::new(parsed.readings);
        (Self { frame, readings, model, site, understood, now, standings, backdated }, diagnostics)
    }

    fn assemble(self, sources: Sources, plan: Plan, inputs: &Inputs) -> Assembly {
        let Self { frame, readings, model, site, now, standings, backdated, .. } = self;
        let (model, site) = (Arc::new(model), Arc::new(site));
        Assembly {
            views: Views::new(&model, &site, &standings, &frame.texts, &frame.assets.pictures),
            live: live(&standings),
            next_links: OnceLock::new(),
            drawn: Drawn::default(),
            availability: inputs.availability.clone(),
            sources,
            frame,
            readings,
            model,
            site,
            standings,
            plan,
            backdated,
            drafts: inputs.drafts,
            now,
        }
    }
}

impl Recall for Assembly {
    fn recall(&self, path: &Arc<str>, fingerprint: Fingerprint) -> Option<Arc<Reading>> {
        self.readings.recall(path, fingerprint)
    }
}

impl Earlier for Assembly {
    fn size(&self, fingerprint: Fingerprint) -> Option<Size> {
        let mut pictures = self.frame.assets.pictures.list.iter();
        pictures.find(|picture| picture.fingerprint == fingerprint).map(|picture| picture.size)
    }

    fn frame(&self, fingerprint: Fingerprint) -> Option<Frame> {
        self.frame.is(fingerprint).then(|| self.frame.clone())
    }

    fn made(&self) -> Arc<Made> {
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
