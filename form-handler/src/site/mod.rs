//! The live join: keeps `dist/` true. The generator is told the state of each session and publishes what changed.
//!
//! The content is read again at each publication, so that an edit is published too. When it is broken, the last content that
//! could be published goes on serving, with true states: broken content never stops sign-up. That content is kept in
//! `var/dernier-contenu.json`, so that a restart finds it.

mod kept;
mod watch;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use entreparentaise::{
    assembly::{Assembly, Inputs, Understood, When},
    diagnostic::{Diagnostic, Reporter, has_errors},
    model::SessionStatus,
    publish::{self, PublishError},
    sources::Sources,
    text::Texts,
};
use jiff::Timestamp;

pub use watch::{keep_true, watch_content};

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
        Self::Disk(error.path, error.error)
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
    let understood = blocking({
        let (folders, lang) = (folders.clone(), lang.to_owned());
        move || Content::read(&folders, &lang, now)
    })
    .await??;
    let synced = store.sync_sessions(understood.records.clone(), now).await?;
    let availability = store::availability(&store.sessions(now).await?);
    let folders = folders.clone();
    blocking(move || {
        let path = folders.availability();
        write_atomically(&path, &availability.to_json()).map_err(|error| SiteError::Disk(path, error))?;
        let inputs = Inputs { now: When::Instant(now), availability: Some(availability), drafts: false };
        let texts = Arc::clone(&understood.texts);
        let again = Assembly::understand(understood.sources, Vec::new(), &inputs);
        let Some(assembly) = again.assembly else { return Err(SiteError::Content(understood.problems)) };
        let files = assembly.render().map_err(|failed| {
            let reporter =
                Reporter { texts: &texts, lang: assembly.site().lang(), sources: assembly.sources(), colour: false };
            SiteError::Content(failed.iter().map(|problem| reporter.human(problem)).collect())
        })?;
        publish::publish(&folders.site, &files)?;
        let published = Published {
            problems: understood.problems,
            fallback: understood.fallback,
            synced,
            next_change: assembly.plan().next_change,
        };
        Ok((assembly, published))
    })
    .await?
}

/// Content that can be published: the root's, or the last that could be.
struct Content {
    sources: Sources,
    records: Vec<SessionRecord>,
    problems: Vec<String>,
    fallback: bool,
    texts: Arc<Texts>,
}

impl Content {
    fn read(folders: &Folders, lang: &str, now: Timestamp) -> Result<Self, SiteError> {
        let inputs = Inputs { now: When::Instant(now), availability: None, drafts: false };
        let (sources, problems) = Sources::read(&folders.root);
        let understood = Assembly::understand(sources, problems, &inputs);
        let problems = tell(&understood, lang);
        if let Some(content) = Self::of(understood, problems.clone(), false) {
            // Losing the copy costs nothing now; it is only told.
            let mut content = content;
            if let Err(error) = kept::save(&folders.kept(), &content.sources) {
                content.problems.push(format!("{}: {error}", folders.kept().display()));
            }
            return Ok(content);
        }
        kept::load(&folders.kept())
            .map(|sources| Assembly::understand(sources, Vec::new(), &inputs))
            .and_then(|understood| Self::of(understood, problems.clone(), true))
            .ok_or(SiteError::Content(problems))
    }

    /// `None` unless the content can be rendered, every page of it.
    fn of(understood: Understood, problems: Vec<String>, fallback: bool) -> Option<Self> {
        let assembly = understood.assembly?;
        assembly.render().ok()?;
        let records = records(&assembly);
        Some(Self { sources: assembly.into_sources(), records, problems, fallback, texts: understood.texts })
    }
}

/// The problems that keep the content from being published, in words; warnings are the business of `check`.
fn tell(understood: &Understood, lang: &str) -> Vec<String> {
    let failed = understood.assembly.as_ref().and_then(|assembly| assembly.render().err()).unwrap_or_default();
    let sources = understood.assembly.as_ref().map(Assembly::sources).or(understood.sources.as_ref());
    let empty = Sources::default();
    let reporter = Reporter { texts: &understood.texts, lang, sources: sources.unwrap_or(&empty), colour: false };
    let errors = understood.diagnostics.iter().chain(&failed);
    errors
        .filter(|problem| has_errors(std::slice::from_ref::<Diagnostic>(problem)))
        .map(|p| reporter.human(p))
        .collect()
}

fn records(assembly: &Assembly) -> Vec<SessionRecord> {
    let (model, zone) = (assembly.model(), &assembly.site().time_zone);
    let planned = model.sessions.iter().filter(|session| session.status != SessionStatus::Draft);
    planned.filter_map(|session| Some(SessionRecord::of(session, model.group(session.group.as_str())?, zone))).collect()
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, SiteError> {
    // The only way to fail is a panic in `work`: the site stays as it was.
    tokio::task::spawn_blocking(work).await.map_err(|error| SiteError::Disk(PathBuf::new(), io::Error::other(error)))
}

fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let fresh = path.with_extension("nouveau");
    fs::write(&fresh, bytes)?;
    fs::rename(&fresh, path)
}
