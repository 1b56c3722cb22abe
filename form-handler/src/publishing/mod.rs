//! Keeps `dist/` true: publishes the content, with the state of each session, and whatever changed.
//!
//! A publication reads the content, mirrors its sessions into the database, asks it for their
//! states and has the generator make what changed (`attempt`). A thread of its own does so, with
//! one processor less than there are: sign-ups keep one. What fails there, a panic included, leaves
//! the site as it was.
//!
//! The content is read again at each publication, so that an edit is published too (`watch` says
//! when). When it is broken, the last content that could be published goes on serving, with true
//! states: broken content never stops sign-up. It is kept in one file (`snapshot`), from which a
//! server answers as soon as it starts, in the words of the site as it was left.
//!
//! The server holds what it answers with, as one value ([`Published`]): templates, settings,
//! letters, and of each session what its header says. The texts of thousands of sessions go with
//! the publication that read them.

mod attempt;
mod publication;
mod snapshot;
mod watch;

#[cfg(test)]
mod tests;

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use entreparentaise::{diagnostics::text::Texts, fingerprint::Fingerprint, model::Availability};
use jiff::Timestamp;
use tokio::{runtime::Handle, sync::watch as signal};

pub use self::{
    attempt::read_content,
    publication::{Options, Publication, PublishingError},
    snapshot::last_published,
    watch::watch_content,
};
use self::{
    attempt::{AttemptOutcome, Origin, attempt},
    publication::interrupted,
};
use crate::{
    published::{Own, Published},
    store::{SessionRecord, Store, StoreError, Synced},
};

/// How often content that changes while it is read is read again.
const ATTEMPTS: usize = 3;

/// How long an answer that needs to know what is in the content now may wait for it to be read.
const MEETING: Duration = Duration::from_secs(10);

/// As much as the generator has on the command line, in bytes.
const STACK: usize = 8 << 20;

/// The site as it is published, and the only one who publishes it.
#[derive(Debug)]
pub struct Publisher {
    works: Arc<Works>,
    current: signal::Sender<Arc<Published>>,
    /// When this process last published.
    published_at: Mutex<Option<Timestamp>>,
    /// One publication at a time: two would each write their own truth.
    publishing: tokio::sync::Mutex<()>,
}

impl Publisher {
    /// Finds the site as it was left, to answer with it; the first publication is then still to
    /// come. Where there is none, publishes it: what that came to.
    ///
    /// # Errors
    /// As [`Publisher::publish`], where there is none.
    pub async fn open(
        options: Options,
        own: Own,
        store: Arc<dyn Store>,
        now: Timestamp,
    ) -> Result<(Self, Option<Publication>), PublishingError> {
        let works = Arc::new(Works { options, own, store, mirror: Mirror::default() });
        let left = if works.options.is_published() {
            let works = Arc::clone(&works);
            // What another program published may be no letter of this one: it is published anew.
            in_background(move || Published::of(last_published(&works.options, now)?, &works.own, None).ok()).await?
        } else {
            None
        };
        let (site, publication) = match left {
            Some(site) => (site, None),
            None => works.publish(now, None).await.map(|(site, publication)| (site, Some(publication)))?,
        };
        let current = signal::Sender::new(Arc::new(site));
        let published_at = Mutex::new(publication.as_ref().map(|_| now));
        Ok((Self { works, current, published_at, publishing: tokio::sync::Mutex::default() }, publication))
    }

    /// The site as it is published now, to answer in its words.
    #[must_use]
    pub fn current(&self) -> Arc<Published> {
        Arc::clone(&self.current.borrow())
    }

    /// The same, for who is to know when it changes.
    #[must_use]
    pub fn subscribe(&self) -> signal::Receiver<Arc<Published>> {
        self.current.subscribe()
    }

    /// Whether the content has not met the database yet since this process started: a session may
    /// be unknown that was only just written.
    #[must_use]
    pub fn is_awaited(&self) -> bool {
        !*self.works.mirror.met.borrow()
    }

    /// Waits until it has, for some seconds at most.
    pub async fn meeting(&self) {
        let mut met = self.works.mirror.met.subscribe();
        let _ = tokio::time::timeout(MEETING, met.wait_for(|met| *met)).await;
    }

    /// When this process last published; `None`: not yet.
    #[must_use]
    pub fn published_at(&self) -> Option<Timestamp> {
        *self.published_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The folder that is served.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.works.options.site
    }

    /// Publishes again: new states, a new day, edited content.
    ///
    /// # Errors
    /// Broken content with no good one kept, a database that does not answer, a disk that refuses,
    /// a panic. The site then stays as it was.
    pub async fn publish(&self, now: Timestamp) -> Result<Publication, PublishingError> {
        let _one_at_a_time = self.publishing.lock().await;
        let done = self.works.publish(now, Some(self.current())).await;
        // Content that cannot be read is not waited for.
        self.works.mirror.met.send_replace(true);
        let (site, publication) = done?;
        self.current.send_replace(Arc::new(site));
        *self.published_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
        Ok(publication)
    }
}

/// What this process knows of the sessions in the database.
#[derive(Debug, Default)]
struct Mirror {
    /// Whether the content was read since the process started, or could not be.
    met: signal::Sender<bool>,
    /// The fingerprint of those that met it last: the same are not mirrored again.
    last: Mutex<Option<Fingerprint>>,
}

/// What a publication works with.
#[derive(Debug)]
struct Works {
    options: Options,
    own: Own,
    store: Arc<dyn Store>,
    mirror: Mirror,
}

impl Works {
    /// Publishes. `earlier` is what it answers with now.
    async fn publish(
        self: &Arc<Self>,
        now: Timestamp,
        earlier: Option<Arc<Published>>,
    ) -> Result<(Published, Publication), PublishingError> {
        let runtime = Handle::current();
        let attempt = {
            let works = Arc::clone(self);
            move |origin| {
                let states = |records| runtime.block_on(works.states(records, now));
                attempt((&works.options, &works.own), origin, now, earlier.as_deref(), states)
            }
        };
        publish(self.options.lang, attempt).await
    }

    /// Mirrors the sessions, unless they are as they were, and asks for their states.
    async fn states(&self, records: Vec<SessionRecord>, now: Timestamp) -> Result<(Availability, Synced), StoreError> {
        let fingerprint = Fingerprint::of_value(&records);
        let mut synced = Synced::default();
        if *self.mirror.last.lock().unwrap_or_else(PoisonError::into_inner) != Some(fingerprint) {
            synced = self.store.sync_sessions(records, now).await?;
            *self.mirror.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(fingerprint);
            self.mirror.met.send_replace(true);
        }
        Ok((self.store.availability(now).await?, synced))
    }
}

/// Publishes the content, or else the last that could be published: an attempt that fails, or
/// panics, leaves the site as it was.
async fn publish(
    lang: &str,
    attempt: impl Fn(Origin) -> Result<AttemptOutcome, PublishingError> + Send + Sync + 'static,
) -> Result<(Published, Publication), PublishingError> {
    let texts = Texts::embedded();
    let unsettled = || texts.get(lang, "echec-instable", &[]);
    let attempt = Arc::new(attempt);
    let mut problems = Vec::new();
    for origin in [Origin::Root; ATTEMPTS].into_iter().chain([Origin::Snapshot]) {
        let fallback = origin == Origin::Snapshot;
        // Content that is wrong stays wrong: only what was being saved is read again.
        if !problems.is_empty() && !fallback {
            continue;
        }
        let attempt = Arc::clone(&attempt);
        match in_background(move || attempt(origin)).await.flatten() {
            Ok(AttemptOutcome::Published { site, synced, next_change }) => {
                if fallback && problems.is_empty() {
                    problems.push(unsettled());
                }
                return Ok((*site, Publication { problems, fallback, synced, next_change }));
            }
            Ok(AttemptOutcome::Faulty(told)) => problems.extend(told),
            Ok(AttemptOutcome::Unsettled) => {}
            Err(PublishingError::Interrupted(cause)) if !fallback => {
                problems.push(interrupted(&cause).text(&texts, lang));
            }
            Err(error) => return Err(error),
        }
    }
    if problems.is_empty() {
        problems.push(unsettled());
    }
    Err(PublishingError::Content(problems))
}

/// Does `work` beside those who answer, with one processor less than there are, and one at least.
/// The threads end with it: what they kept of memory goes.
async fn in_background<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, PublishingError> {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let done = tokio::task::spawn_blocking(move || {
        let pool = rayon::ThreadPoolBuilder::new().num_threads((processors - 1).max(1)).stack_size(STACK);
        let pool = pool.thread_name(|number| format!("publication-{number}")).build();
        pool.map(|pool| pool.install(work)).map_err(|error| PublishingError::Interrupted(error.to_string()))
    });
    // The only way to fail is a panic.
    done.await.unwrap_or_else(|error| Err(PublishingError::Interrupted(error.to_string())))
}
