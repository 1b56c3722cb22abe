//! The live join: keeps `dist/` true. The generator is told the state of each session and publishes
//! what changed.
//!
//! The content is read again at each publication, so that an edit is published too. When it is
//! broken, the last content that could be published goes on serving, with true states: broken
//! content never stops sign-up. That content is kept in `var/dernier-contenu.json`, so that a
//! restart finds it.
//!
//! Publishing is the work of a process of its own ([`press`]), which reads thousands of pages and
//! ends. The server keeps what it answers with: the templates, the settings, and of each session
//! what its header says, as they were published (`var/dernier-cadre.json`).

mod kept;
mod line;
mod press;
mod watch;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use entreparentaise::{
    model::Availability,
    publish::PRIVATE,
    site::{Earlier, FirstLook, Inputs, Snapshot, When},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::watch as signal;

use self::line::{Line, Order, Outcome, Told};
pub use self::{
    line::PRESS,
    press::run as press,
    watch::{Keeper, watch_content},
};
use crate::{
    config::Config,
    schedule::{SiteTerms, erasure::Retention},
    store::{Store, StoreError, Synced},
};

/// A site of more sessions than this that was published before is served as it is found, and
/// published again meanwhile: somebody who wants to sign up waits for nobody. A smaller one is
/// published in less time than a person notices, and is true from its first answer.
const AT_ONCE: usize = 1_000;

/// How long an answer that needs to know what is in the content now may wait for it to be read.
const MEETING: Duration = Duration::from_secs(10);

/// Where the site is, and what keeps it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Folders {
    /// The root: `content/`, `templates/`.
    pub root: PathBuf,
    /// What is served: `dist/`.
    pub site: PathBuf,
    /// What the handler keeps: `var/`.
    pub var: PathBuf,
}

impl Folders {
    /// As the settings say.
    #[must_use]
    pub fn of(config: &Settings) -> Self {
        Self { root: config.root.clone(), site: config.site.clone(), var: config.var() }
    }

    fn availability(&self) -> PathBuf {
        self.var.join("disponibilites.json")
    }

    fn kept(&self) -> PathBuf {
        self.var.join("dernier-contenu.json")
    }

    fn frame(&self) -> PathBuf {
        self.var.join("dernier-cadre.json")
    }

    /// Whether a site was published here.
    fn are_published(&self) -> bool {
        self.site.join(PRIVATE).is_dir() && self.site.join("index.html").is_file()
    }
}

/// The site as it is published.
#[derive(Debug)]
pub struct Site {
    folders: Folders,
    current: RwLock<Arc<Snapshot>>,
    /// One publication at a time: two would each write their own truth.
    publishing: tokio::sync::Mutex<()>,
    mirror: Mirror,
}

/// What this process knows of the sessions in the database.
#[derive(Debug, Default)]
struct Mirror {
    /// Whether the content was read since the process started, or could not be.
    met: signal::Sender<bool>,
    /// The fingerprint of those that met it last: the same are not told again.
    last: Mutex<Option<String>>,
}

impl Mirror {
    fn last(&self) -> Option<String> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, fingerprint: String) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(fingerprint);
        self.met.send_replace(true);
    }
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
    /// The process that publishes could not, or was stopped.
    Press(io::Error),
}

impl From<StoreError> for SiteError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Site {
    /// Finds the site as it was published, when it is large; else reads the content, mirrors its
    /// sessions into `store` and publishes. What that came to; `None` when it is still to be done
    /// ([`Keeper`] does).
    ///
    /// # Errors
    /// Broken content with no good one kept, a database that does not answer, a disk that refuses.
    pub async fn open(
        folders: Folders,
        store: &dyn Store,
        lang: &str,
        now: Timestamp,
    ) -> Result<(Self, Option<Published>), SiteError> {
        let mirror = Mirror::default();
        let (assembly, published) = match last_published(&folders, now).await? {
            Some(assembly) if folders.are_published() && assembly.model().sessions.len() > AT_ONCE => (assembly, None),
            earlier => {
                let press = Press { folders: &folders, store, lang, mirror: &mirror };
                let (assembly, published) = press.publish(now, earlier.map(Arc::new)).await?;
                (assembly, Some(published))
            }
        };
        let current = RwLock::new(Arc::new(assembly));
        Ok((Self { folders, current, publishing: tokio::sync::Mutex::new(()), mirror }, published))
    }

    /// The site as it is published now, to answer in its words.
    #[must_use]
    pub fn current(&self) -> Arc<Snapshot> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether the content has not met the database yet since this process started: a session may
    /// be unknown that was only just written.
    #[must_use]
    pub fn is_awaited(&self) -> bool {
        !*self.mirror.met.borrow()
    }

    /// Waits until it has, for some seconds at most.
    pub async fn meeting(&self) {
        let _ = tokio::time::timeout(MEETING, self.mirror.met.subscribe().wait_for(|met| *met)).await;
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
        let press = Press { folders: &self.folders, store, lang, mirror: &self.mirror };
        let done = press.publish(now, Some(self.current())).await;
        // Content that cannot be read is not waited for.
        self.mirror.met.send_replace(true);
        let (assembly, published) = done?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(assembly);
        Ok(published)
    }
}

/// One publication, seen from the server.
struct Press<'a> {
    folders: &'a Folders,
    store: &'a dyn Store,
    lang: &'a str,
    mirror: &'a Mirror,
}

impl Press<'_> {
    async fn publish(
        &self,
        now: Timestamp,
        earlier: Option<Arc<Snapshot>>,
    ) -> Result<(Snapshot, Published), SiteError> {
        let order = Order { folders: self.folders.clone(), now, lang: self.lang.to_owned(), met: self.mirror.last() };
        let mut line = Line::open(&order).await.map_err(SiteError::Press)?;
        let (mut records, mut synced, mut availability) = (Vec::new(), Synced::default(), Availability::default());
        let (problems, outcome) = loop {
            match line.hear().await.map_err(SiteError::Press)? {
                Told::Session(record) => records.push(*record),
                Told::Understood { sessions } => {
                    if self.mirror.last().as_ref() != Some(&sessions) {
                        synced = self.store.sync_sessions(std::mem::take(&mut records), now).await?;
                        self.mirror.keep(sessions);
                    }
                    availability = self.store.availability(now).await?;
                    line.say(&availability).await.map_err(SiteError::Press)?;
                }
                Told::Done { problems, outcome } => break (problems, outcome),
            }
        };
        line.close().await.map_err(SiteError::Press)?;
        match outcome {
            Outcome::Published { fallback, next_change } => {
                let assembly = answers(self.folders, availability, now, earlier).await?;
                let unkept = || SiteError::Disk(self.folders.frame(), io::ErrorKind::InvalidData.into());
                let published = Published { problems, fallback, synced, next_change };
                assembly.map(|assembly| (assembly, published)).ok_or_else(unkept)
            }
            Outcome::Broken => Err(SiteError::Content(problems)),
            Outcome::Refused { path, cause } => Err(SiteError::Disk(path, io::Error::other(cause))),
        }
    }
}

/// The site as an earlier process left it, with the states that it published.
pub async fn last_published(folders: &Folders, now: Timestamp) -> Result<Option<Snapshot>, SiteError> {
    let told = tokio::fs::read(folders.availability()).await.ok();
    let told = told.and_then(|bytes| Availability::from_json(&bytes).ok());
    answers(folders, told.unwrap_or_default(), now, None).await
}

impl SiteTerms for Site {
    fn retention(&self) -> Retention {
        let current = self.current();
        Retention { days: current.site().retention_days, zone: current.site().time_zone.clone() }
    }
}

/// What was published, as far as it takes to answer in its words. `None` when it was not kept, or
/// in a form that is not understood: it then goes, so that the next publication keeps it anew.
async fn answers(
    folders: &Folders,
    availability: Availability,
    now: Timestamp,
    earlier: Option<Arc<Snapshot>>,
) -> Result<Option<Snapshot>, SiteError> {
    let path = folders.frame();
    let understand = move || {
        let inputs = Inputs { now: When::Instant(now), availability: Some(availability), drafts: false };
        let first = FirstLook::default();
        let earlier: &dyn Earlier = earlier.as_deref().map_or(&first, |earlier| earlier);
        let understood =
            kept::load(&path).and_then(|(sources, sessions)| Snapshot::to_answer(sources, sessions, &inputs, earlier));
        if understood.is_none() {
            let _ = fs::remove_file(&path);
        }
        understood
    };
    // The only way to fail is a panic: the site stays as it was.
    let understood = tokio::task::spawn_blocking(understand).await;
    understood.map_err(|error| SiteError::Disk(folders.frame(), io::Error::other(error)))
}
