//! When to publish again: a state that changed, content that was edited, an instant that came.

use std::{path::Path, sync::Arc, time::Duration};

use entreparentaise::{fingerprint::Fingerprint, sources::FOLDERS};
use jiff::Timestamp;
use notify::{RecursiveMode, Watcher};
use tokio::sync::watch;

use super::{Published, Site, SiteError};
use crate::{store::Store, system::Clock};

/// Changes that come together are published together: for this long at least, and twice as long as
/// the last publication took, so that a rush of changes leaves most of the machine to those who
/// sign up. Far under the two seconds that the contract allows.
const SETTLE: Duration = Duration::from_millis(250);
const LONGEST_SETTLE: Duration = Duration::from_millis(500);

/// The longest wait: a clock that was set, or a session mirrored by another process, is seen by
/// then.
const NAP: Duration = Duration::from_mins(1);

/// After a failure, the site is published again this much later.
const RETRY: Duration = Duration::from_secs(5);

/// Publishes whenever a state changes, the content changes, or time alone changes a page.
#[derive(Debug)]
pub struct Keeper {
    /// What is published.
    pub site: Arc<Site>,
    /// The states.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The language in which problems are told.
    pub lang: &'static str,
    /// Told each publication.
    pub report: fn(Result<&Published, &SiteError>),
}

impl Keeper {
    /// Works until `stop` turns true. `content` counts the changes of the sources; `published` is
    /// what the site came to last, `None` when it is still to be published. States are compared
    /// before publishing: most sign-ups change none.
    pub async fn run(
        self,
        mut content: watch::Receiver<u64>,
        mut stop: watch::Receiver<bool>,
        published: Option<&Published>,
    ) {
        let mut awaited = published.is_none();
        let mut next = published.and_then(|published| published.next_change);
        let mut turns = self.store.states();
        let mut shown = None;
        let mut failed = false;
        let mut settle = SETTLE;
        while !*stop.borrow() {
            let nap = if failed { RETRY } else { until(next, self.clock.now()) };
            let mut edited = failed || awaited;
            if !awaited {
                tokio::select! {
                    _ = stop.changed() => continue,
                    _ = turns.changed() => {}
                    _ = content.changed() => edited = true,
                    () = tokio::time::sleep(nap) => {}
                }
                tokio::time::sleep(settle).await;
            }
            awaited = false;
            // An edit during the pause is marked seen below: it must not be forgotten.
            edited |= content.has_changed().unwrap_or(false);
            turns.mark_unchanged();
            content.mark_unchanged();
            let now = self.clock.now();
            // Thousands of states are remembered by what tells them from others.
            let states = self.store.availability(now).await.ok().map(|states| Fingerprint::of_value(&states));
            let due = next.is_some_and(|at| at <= now);
            if !(edited || due) && states.is_some() && states == shown {
                continue;
            }
            let start = tokio::time::Instant::now();
            let result = self.site.republish(self.store.as_ref(), self.lang, now).await;
            settle = (2 * start.elapsed()).clamp(SETTLE, LONGEST_SETTLE);
            (self.report)(result.as_ref());
            failed = result.is_err();
            if let Ok(published) = result {
                next = published.next_change;
                shown = states;
            }
        }
    }
}

fn until(next: Option<Timestamp>, now: Timestamp) -> Duration {
    next.and_then(|at| Duration::try_from(at.duration_since(now)).ok()).unwrap_or(NAP).min(NAP)
}

/// Counts the changes of a root's sources. The watcher works for as long as it is kept.
///
/// # Errors
/// When the system watches no more folders: the site is then published at each state change only.
pub fn watch_content(root: &Path) -> notify::Result<(notify::RecommendedWatcher, watch::Receiver<u64>)> {
    let (sender, receiver) = watch::channel(0);
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // Reading a file is an event too, and publishing reads them all.
        if event.is_ok_and(|event| !event.kind.is_access()) {
            sender.send_modify(|count| *count += 1);
        }
    })?;
    for folder in FOLDERS.iter().map(|folder| root.join(folder)).filter(|folder| folder.is_dir()) {
        watcher.watch(&folder, RecursiveMode::Recursive)?;
    }
    Ok((watcher, receiver))
}
