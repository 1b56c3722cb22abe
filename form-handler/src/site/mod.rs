//! The live join: keeps `dist/` true. The generator is told the state of each session and publishes what changed.
//!
//! The content is read again at each publication, so that an edit is published too. When it is broken, the last content that
//! could be published goes on serving, with true states: broken content never stops sign-up. That content is kept in
//! `var/dernier-contenu.json`, so that a restart finds it.

mod kept;
mod watch;

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use entreparentaise::{
    assembly::{Assembly, Inputs, Understood, When},
    diagnostic::Severity,
    memory::Memory,
    model::Availability,
    publication::{self, Failure, Manner},
    publish::{Lock, PublishError, PublishErrorKind, replace_file},
    report::Reporter,
    sources::Sources,
    text::Texts,
};
use jiff::{SignedDuration, Timestamp};

pub use watch::{Keeper, watch_content};

use crate::store::{self, SessionRecord, Store, StoreError, Synced};

/// Where the site is, and what keeps it.
#[derive(Debug, Clone)]
pub struct Folders {
    /// The root: `content/`, `templates/`.
    pub root: PathBuf,
    /// What is served: `dist/`.
    pub site: PathBuf,
    /// What the handler keeps: `var/`.
    pub var: PathBuf,
}

impl Folders {
    fn availability(&self) -> PathBuf {
        self.var.join("disponibilites.json")
    }

    fn kept(&self) -> PathBuf {
        self.var.join("dernier-contenu.json")
    }
}

/// The site as it is published.
#[derive(Debug)]
pub struct Site {
    folders: Folders,
    current: RwLock<Arc<Assembly>>,
    /// One publication at a time: two would each write their own truth.
    publishing: tokio::sync::Mutex<()>,
}

/// What a publication came to.
#[derive(Debug)]
pub struct Published {
    /// Every problem of the content, in words, for whoever runs the server.
    pub problems: Vec<String>,
    /// Whether the content on disk is broken, and the last good one served instead.
    pub fallback: bool,
    /// What mirroring the sessions changed for people.
    pub synced: Synced,
    /// When the site next changes by itself.
    pub next_change: Option<Timestamp>,
}

/// Why the site could not be published.
#[derive(Debug)]
pub enum SiteError {
    /// The content is broken and no good one is kept: its problems, in words.
    Content(Vec<String>),
    /// The database did not answer.
    Store(StoreError),
    /// The disk refused.
    Disk(PathBuf, io::Error),
}

impl From<StoreError> for SiteError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<PublishError> for SiteError {
    fn from(error: PublishError) -> Self {
        Self::Disk(error.path.clone(), error.into())
    }
}

impl Site {
    /// Reads the content, mirrors its sessions into `store`, publishes, and keeps the result for the pages that answer people.
    ///
    /// # Errors
    /// Broken content with no good one kept, a database that does not answer, a disk that refuses.
    pub async fn open(
        folders: Folders,
        store: &dyn Store,
        lang: &str,
        now: Timestamp,
    ) -> Result<(Self, Published), SiteError> {
        let (assembly, published) = publish(&folders, store, lang, now).await?;
        let site = Self { folders, current: RwLock::new(Arc::new(assembly)), publishing: tokio::sync::Mutex::new(()) };
        Ok((site, published))
    }

    /// The site as it is published now.
    #[must_use]
    pub fn current(&self) -> Arc<Assembly> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The folder that is served.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folders.site
    }

    /// Where the content is.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.folders.root
    }

    /// Erases what the site says is kept no longer: enrolments, so many days after their session. How many demands went.
    ///
    /// # Errors
    /// A database that does not answer.
    pub async fn purge(&self, store: &dyn Store, now: Timestamp) -> Result<usize, StoreError> {
        let days = i64::from(self.current().site().retention_days);
        let ended_before = now.checked_sub(SignedDuration::from_hours(24 * days)).unwrap_or(Timestamp::MIN);
        store.purge(ended_before, now).await
    }

    /// Publishes again: new states, a new day, edited content.
    ///
    /// # Errors
    /// As [`Site::open`]; the site then stays as it was.
    pub async fn republish(&self, store: &dyn Store, lang: &str, now: Timestamp) -> Result<Published, SiteError> {
        let _one_at_a_time = self.publishing.lock().await;
        let (assembly, published) = publish(&self.folders, store, lang, now).await?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(assembly);
        Ok(published)
    }
}

async fn publish(
    folders: &Folders,
    store: &dyn Store,
    lang: &str,
    now: Timestamp,
) -> Result<(Assembly, Published), SiteError> {
    let mut problems = Vec::new();
    let (lock, memory) = blocking({
        let site = folders.site.clone();
        move || {
            let lock = Lock::take(&site)?;
            let memory = Memory::load(lock.private());
            Ok::<_, PublishError>((lock, memory))
        }
    })
    .await??;
    let press = Arc::new(Press { folders: folders.clone(), lock, memory });
    for origin in [Origin::Disk; ATTEMPTS].into_iter().chain([Origin::Kept]) {
        let fallback = origin == Origin::Kept;
        // Content that is wrong stays wrong: only what was being saved is read again.
        if !problems.is_empty() && !fallback {
            continue;
        }
        let read = blocking({
            let press = Arc::clone(&press);
            move || origin.read(&press, now)
        })
        .await?;
        let Some(understood) = read else { continue };
        problems.extend(errors(&understood, lang));
        let Some(assembly) = understood.assembly else { continue };
        let synced = store.sync_sessions(records(&assembly), now).await?;
        let availability = store::availability(&store.sessions(now).await?);
        let press = Arc::clone(&press);
        let language = lang.to_owned();
        match blocking(move || press.write(assembly, &availability, &language)).await?? {
            Ok((assembly, kept)) => {
                if fallback && problems.is_empty() {
                    problems.push(unsettled(lang));
                }
                problems.extend(kept);
                let next_change = assembly.plan().next_change;
                return Ok((assembly, Published { problems, fallback, synced, next_change }));
            }
            Err(failed) => problems.extend(failed),
        }
    }
    if problems.is_empty() {
        problems.push(unsettled(lang));
    }
    Err(SiteError::Content(problems))
}

/// What is said of content that goes on changing while it is read.
fn unsettled(lang: &str) -> String {
    Texts::embedded().get(lang, "echec-instable", &[])
}

/// How often content that changes while it is read is read again.
const ATTEMPTS: usize = 3;

/// Where content comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// The root, as it is now.
    Disk,
    /// The last that could be published.
    Kept,
}

impl Origin {
    fn read(self, press: &Press, now: Timestamp) -> Option<Understood> {
        let (sources, problems) = match self {
            Self::Disk => Sources::read(&press.folders.root, &|path| press.memory.known(path)),
            Self::Kept => (kept::load(&press.folders.kept())?, Vec::new()),
        };
        let inputs = Inputs { now: When::Instant(now), availability: None, drafts: false };
        Some(Assembly::understand(sources, problems, &inputs, &press.memory.remembered()))
    }
}

/// One publication: where, what an earlier one left there, and the right to write there until it is over.
#[derive(Debug)]
struct Press {
    folders: Folders,
    lock: Lock,
    memory: Memory,
}

/// What was published, and what could not be kept; or the pages that are wrong, none when the content changed while it was read.
type Written = Result<(Assembly, Option<String>), Vec<String>>;

impl Press {
    fn write(&self, assembly: Assembly, availability: &Availability, lang: &str) -> Result<Written, SiteError> {
        let folders = &self.folders;
        let assembly = assembly.told(availability);
        let path = folders.availability();
        replace_file(&path, &availability.to_json()).map_err(|error| SiteError::Disk(path, error))?;
        // As the folder was published last: what was compressed beside its page stays so.
        let precompress = self.memory.last.as_ref().is_some_and(|last| last.precompress);
        let manner = Manner { precompress, ..Manner::default() };
        match publication::publish(&assembly, &self.memory, &self.lock, &folders.site, None, &manner) {
            Ok(_) => {}
            Err(Failure::Disk(PublishError { kind: PublishErrorKind::Unsettled, .. })) => return Ok(Err(Vec::new())),
            Err(Failure::Disk(error)) => return Err(error.into()),
            Err(Failure::Content(failed)) => {
                let reporter = Reporter { texts: assembly.texts(), lang, sources: assembly.sources(), colour: false };
                return Ok(Err(failed.iter().map(|problem| reporter.human(problem)).collect()));
            }
        }
        // Losing the copy costs nothing now: it is only told.
        let kept = kept::save(&folders.kept(), assembly.sources()).err();
        let told = kept.map(|error| format!("{}: {error}", folders.kept().display()));
        Ok(Ok((assembly, told)))
    }
}

/// The problems that keep the content from being published, in words; warnings are the business of `check`.
fn errors(understood: &Understood, lang: &str) -> Vec<String> {
    let empty = Sources::default();
    let sources = understood.assembly.as_ref().map(Assembly::sources).or(understood.sources.as_ref());
    let reporter = Reporter { texts: &understood.texts, lang, sources: sources.unwrap_or(&empty), colour: false };
    let errors = understood.diagnostics.iter().filter(|problem| problem.severity == Severity::Error);
    errors.map(|problem| reporter.human(problem)).collect()
}

fn records(assembly: &Assembly) -> Vec<SessionRecord> {
    let (model, zone) = (assembly.model(), &assembly.site().time_zone);
    model.sessions.iter().filter_map(|s| Some(SessionRecord::of(s, model.group(s.group.as_str())?, zone))).collect()
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, SiteError> {
    // The only way to fail is a panic in `work`: the site stays as it was.
    tokio::task::spawn_blocking(work).await.map_err(|error| SiteError::Disk(PathBuf::new(), io::Error::other(error)))
}
