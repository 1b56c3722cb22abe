//! The site as it is made from what the root holds now, and what was last said of it.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError, RwLock},
};

use jiff::Timestamp;
use tokio::sync::watch;

use crate::{
    build::{self, assembly::Assembly, publication},
    content::sources::{Sources, Stamp},
    diagnostics::{
        diagnostic::{Diagnostic, Severity},
        text::Texts,
    },
    fingerprint::Fingerprint,
    report::Reporter,
    site::{BuildCache, EmptyCache, Inputs, When},
    watch::Changed,
};

/// Where the handler tells the states of sessions.
pub(super) const AVAILABILITY: &str = "var/disponibilites.json";

/// What was seen of the root, in words, the last time that it was looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LookReport {
    /// Each problem, as the build tells it.
    pub problems: Vec<String>,
    /// How many of them are errors: the page shown is then the last good one.
    pub errors: usize,
}

/// What a browser is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Update {
    /// Counts the looks that changed something.
    pub(super) version: u64,
    /// Whether style sheets alone changed.
    pub(super) styles: bool,
}

/// The site, as it is made from what the root holds now.
pub struct Preview {
    root: PathBuf,
    now: Box<dyn Fn() -> When + Send + Sync>,
    seen: Mutex<RootState>,
    /// The last site that could be made.
    shown: RwLock<Option<Arc<LiveSite>>>,
    report: RwLock<LookReport>,
    updates: watch::Sender<Update>,
    texts: Texts,
    lang: String,
}

/// What was read of the root.
#[derive(Default)]
struct RootState {
    sources: Sources,
    /// Of what the handler told.
    told: Fingerprint,
    /// Before any site could be shown.
    first: EmptyCache,
}

/// A site that can be looked at.
pub(super) struct LiveSite {
    pub(super) assembly: Assembly,
    /// Where in the plan each address is.
    urls: OnceLock<HashMap<String, usize>>,
    made: Mutex<HashMap<usize, Arc<[u8]>>>,
}

impl LiveSite {
    fn new(assembly: Assembly) -> Self {
        Self { urls: OnceLock::new(), assembly, made: Mutex::default() }
    }

    fn index(&self, url: &str) -> Option<usize> {
        let outputs = || self.assembly.plan().outputs.iter().enumerate();
        self.urls
            .get_or_init(|| outputs().map(|(index, output)| (output.url.clone(), index)).collect())
            .get(url)
            .copied()
    }

    /// Whether there is something at this address.
    pub(super) fn has(&self, url: &str) -> bool {
        self.index(url).is_some()
    }

    /// What is at this address, made when it is first asked for.
    pub(super) fn get(&self, url: &str) -> Option<Result<Arc<[u8]>, Box<Diagnostic>>> {
        let index = self.index(url)?;
        if let Some(made) = self.made.lock().unwrap_or_else(PoisonError::into_inner).get(&index) {
            return Some(Ok(Arc::clone(made)));
        }
        Some(self.assembly.render(&self.assembly.plan().outputs[index]).map(|bytes| {
            let made: Arc<[u8]> = bytes.into();
            self.made.lock().unwrap_or_else(PoisonError::into_inner).insert(index, Arc::clone(&made));
            made
        }))
    }
}

impl Preview {
    /// Looks at `root` for the first time. `lang` is the language of whoever looks; `now` tells the
    /// present.
    pub fn open(root: &Path, lang: &str, now: impl Fn() -> When + Send + Sync + 'static) -> Self {
        let preview = Self {
            root: root.to_owned(),
            now: Box::new(now),
            seen: Mutex::default(),
            shown: RwLock::default(),
            report: RwLock::default(),
            updates: watch::Sender::default(),
            texts: Texts::embedded(),
            lang: lang.to_owned(),
        };
        let (sources, problems) = Sources::read(root, &|_| None);
        preview.understand(sources, problems, None);
        preview
    }

    /// What was seen of the root.
    #[must_use]
    pub fn report(&self) -> LookReport {
        self.report.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The last good site.
    pub(super) fn site(&self) -> Option<Arc<LiveSite>> {
        self.shown.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn updates(&self) -> watch::Receiver<Update> {
        self.updates.subscribe()
    }

    /// Which look is shown.
    pub(super) fn version(&self) -> u64 {
        self.updates.borrow().version
    }

    /// The language of whoever looks.
    pub(super) fn lang(&self) -> &str {
        &self.lang
    }

    /// A message of the preview itself.
    pub(super) fn say(&self, id: &str) -> String {
        self.texts.get(&self.lang, id, &[])
    }

    /// When the site next changes by itself.
    #[must_use]
    pub fn next_change(&self) -> Option<Timestamp> {
        self.site()?.assembly.plan().next_change
    }

    /// Looks again at what changed: time alone, if nothing did. What is to be told; `None` when
    /// nothing really changed.
    pub(super) fn look(&self, changed: Option<&Changed>) -> Option<LookReport> {
        let (before, told) = {
            let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            (seen.sources.clone(), seen.told)
        };
        let (sources, problems) = match changed {
            Some(Changed::Files(paths)) => before.look_again(&self.root, paths),
            Some(Changed::Anything) | None => {
                let known = |path: &str| {
                    let file = before.get(path)?;
                    (file.stamp() != Stamp::NONE).then(|| (file.stamp(), file.fingerprint()))
                };
                Sources::read(&self.root, &known)
            }
        };
        if changed.is_some() && self.told() == told && problems.is_empty() && sources.same_as(&before) {
            return None;
        }
        Some(self.understand(sources, problems, Some(&before)))
    }

    /// Of what the handler told last.
    fn told(&self) -> Fingerprint {
        std::fs::read(self.root.join(AVAILABILITY)).map(|bytes| Fingerprint::of(&bytes)).unwrap_or_default()
    }

    fn understand(&self, sources: Sources, mut problems: Vec<Diagnostic>, before: Option<&Sources>) -> LookReport {
        // First: what is told meanwhile is told again.
        let told = self.told();
        let availability = build::read_availability(&self.root.join(AVAILABILITY), &mut problems);
        let inputs = Inputs { now: (self.now)(), availability, drafts: true };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let styles = before.is_some_and(|before| only_styles(before, &sources));
        (seen.sources, seen.told) = (sources.clone(), told);
        let shown = self.site();
        let cache: &dyn BuildCache = shown.as_ref().map_or(&seen.first, |site| site.assembly.snapshot());
        let understood = Assembly::understand(sources, problems, &inputs, cache);
        // Thousands of pages take a while to forget: after the browsers were told.
        let mut old = None;
        let report = {
            let held =
                understood.assembly.as_ref().map(|known| known.snapshot().sources()).or(understood.sources.as_ref());
            words(&understood.diagnostics, held, &understood.texts, &self.lang)
        };
        if let Some(assembly) = understood.assembly {
            let site = Some(Arc::new(LiveSite::new(assembly)));
            old = std::mem::replace(&mut *self.shown.write().unwrap_or_else(PoisonError::into_inner), site);
        }
        drop(seen);
        self.report.write().unwrap_or_else(PoisonError::into_inner).clone_from(&report);
        self.updates.send_modify(|update| {
            *update = Update { version: update.version + 1, styles: styles && report.errors == 0 }
        });
        drop(old);
        report
    }

    /// Makes every page: what only made pages can tell is told too. `None` when it was
    /// `interrupted`.
    pub(super) fn rehearse(&self, interrupted: &(dyn Fn() -> bool + Sync)) -> Option<LookReport> {
        let report = self.report();
        let Some(site) = self.site().filter(|_| report.errors == 0) else { return Some(report) };
        let more = self.words(&publication::rehearse(&site.assembly, interrupted)?, &site);
        let broken = more.errors > 0;
        let report = {
            let mut report = self.report.write().unwrap_or_else(PoisonError::into_inner);
            report.errors += more.errors;
            report.problems.extend(more.problems);
            report.clone()
        };
        if broken {
            self.updates.send_modify(|update| *update = Update { version: update.version + 1, styles: false });
        }
        Some(report)
    }

    /// Problems of a site, as they are told.
    pub(super) fn words(&self, problems: &[Diagnostic], site: &LiveSite) -> LookReport {
        words(problems, Some(site.assembly.snapshot().sources()), site.assembly.snapshot().texts(), &self.lang)
    }
}

impl std::fmt::Debug for Preview {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Preview").field("root", &self.root).finish_non_exhaustive()
    }
}

fn words(problems: &[Diagnostic], sources: Option<&Sources>, texts: &Texts, lang: &str) -> LookReport {
    let nothing = Sources::default();
    let reporter = Reporter { texts, lang, sources: sources.unwrap_or(&nothing), colour: false };
    LookReport {
        problems: problems.iter().map(|problem| reporter.human(problem)).collect(),
        errors: problems.iter().filter(|problem| problem.severity == Severity::Error).count(),
    }
}

/// Whether nothing but style sheets changed, none appeared and none went away.
fn only_styles(before: &Sources, after: &Sources) -> bool {
    let same_names = before.iter().map(|(path, _)| path).eq(after.iter().map(|(path, _)| path));
    same_names
        && before
            .iter()
            .zip(after.iter())
            .filter(|((_, a), (_, b))| a.fingerprint() != b.fingerprint())
            .all(|((path, _), _)| path.starts_with(crate::assets::ASSETS) && has_extension(path, "css"))
}

fn has_extension(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|found| found == extension)
}
