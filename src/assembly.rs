//! A root, understood: from its files to all that is needed to render any page. The form-handler keeps one in memory to answer
//! in the site's own words.

use std::sync::Arc;

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::{
    check::Checker,
    diagnostic::{self, Diagnostic, Severity},
    model::{Availability, Model, SessionStatus, Site},
    parse::parse,
    plan::{Plan, plan},
    render::templates::Templates,
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
    texts: Arc<Texts>,
    templates: Templates,
    model: Model,
    site: Site,
    plan: Plan,
    views: Views,
    now: Timestamp,
}

/// The result of [`Assembly::understand`].
#[derive(Debug)]
pub struct Understood {
    /// The root; `None` when an error keeps it from being rendered.
    pub assembly: Option<Assembly>,
    /// Every problem, sorted.
    pub diagnostics: Vec<Diagnostic>,
    /// The files, for [`report::Reporter`], when there is no assembly to hold them.
    pub sources: Option<Sources>,
    /// The messages, those of the root included.
    pub texts: Arc<Texts>,
}

impl Assembly {
    /// Understands `sources`. Every problem is told; `read_problems` are those that reading met.
    #[must_use]
    pub fn understand(sources: Sources, read_problems: Vec<Diagnostic>, inputs: &Inputs) -> Understood {
        let mut diagnostics = read_problems;
        let texts = Arc::new(texts(&sources, &mut diagnostics));
        let (templates, problems) = Templates::load(&sources, &texts);
        diagnostics.extend(problems);
        let (mut model, problems) = parse(&sources);
        diagnostics.extend(problems);
        let settings = model.site.take();
        // Settings that are not understood hide nothing of what is wrong elsewhere.
        let understood = settings.is_some();
        let site = settings.unwrap_or_else(|| Site::stand_in(&model.pages));
        settle(&mut model, &site, inputs);
        let now = inputs.now.instant(&site.time_zone);
        let plan = plan(&model, &site, &sources, now);
        let faulty =
            diagnostics.iter().filter(|d| d.severity == Severity::Error).map(|d| Arc::clone(&d.at.file)).collect();
        let checker = Checker {
            model: &model,
            site: &site,
            sources: &sources,
            templates: &templates,
            plan: &plan,
            now,
            faulty: &faulty,
        };
        diagnostics.extend(checker.run());
        diagnostic::sort(&mut diagnostics);
        if !understood || diagnostic::has_errors(&diagnostics) {
            return Understood { assembly: None, diagnostics, sources: Some(sources), texts };
        }
        let views = Views::new(&model, &site, &texts, inputs.availability.as_ref(), now);
        let assembly = Self { sources, texts: Arc::clone(&texts), templates, model, site, plan, views, now };
        Understood { assembly: Some(assembly), diagnostics, sources: None, texts }
    }

    /// The same root, with the state of each session told. The checks are those of the files: they are not run again.
    #[must_use]
    pub fn told(mut self, availability: &Availability) -> Self {
        apply(availability, &mut self.model);
        self.plan = plan(&self.model, &self.site, &self.sources, self.now);
        self.views = Views::new(&self.model, &self.site, &self.texts, Some(availability), self.now);
        self
    }

    /// The files of the root.
    #[must_use]
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// Gives the files back, for whoever still has to speak of them.
    #[must_use]
    pub fn into_sources(self) -> Sources {
        self.sources
    }

    /// The messages.
    #[must_use]
    pub fn texts(&self) -> &Arc<Texts> {
        &self.texts
    }

    /// The templates.
    #[must_use]
    pub fn templates(&self) -> &Templates {
        &self.templates
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

/// The project's messages, with those of the root's `locales/<lang>/*.ftl` over them.
fn texts(sources: &Sources, diagnostics: &mut Vec<Diagnostic>) -> Texts {
    let mut overrides: Vec<(&str, &str, &str)> = Vec::new();
    for (path, file) in sources.under("locales/").filter(|(path, _)| path.ends_with(".ftl")) {
        let lang = path.split('/').nth(1).unwrap_or_default();
        match std::str::from_utf8(&file.bytes) {
            Ok(text) => overrides.push((lang, path, text)),
            Err(error) => diagnostics.push(crate::parse::not_utf8(path, &error)),
        }
    }
    let (texts, errors) = Texts::with_overrides(overrides);
    for error in errors {
        let at = crate::model::Place::new(&error.file.as_str().into(), error.span);
        diagnostics.push(Diagnostic::error("ftl-invalide", at).arg("detail", error.message));
    }
    texts
}

/// The model as this build shows it: each page in its language, sessions as the team holds them, drafts only when asked for.
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

/// Sessions as the team holds them, in the order of their dates.
fn apply(availability: &Availability, model: &mut Model) {
    for session in &mut model.sessions {
        availability.apply(session);
    }
    model.sessions.sort_by(|a, b| (a.date, a.start, &a.id).cmp(&(b.date, b.start, &b.id)));
}
