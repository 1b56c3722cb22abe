use std::{path::Path, sync::Arc, time::Duration};

use entreparentaise::sources::FOLDERS;
use jiff::Timestamp;
use notify::{RecursiveMode, Watcher};
use tokio::sync::watch;

use super::{Published, Site, SiteError};
use crate::{store::Store, system::Clock};

/// Changes that come together are published together. Far under the two seconds that the contract allows.
const SETTLE: Duration = Duration::from_millis(100);

/// The longest wait: a clock that was set, or a session mirrored by another process, is seen by then.
const NAP: Duration = Duration::from_secs(60);

/// After a failure, the site is published again this much later.
const RETRY: Duration = Duration::from_secs(5);

/// Publishes whenever a state changes, the content changes, or time alone changes a page, until `stop` turns true. A state is compared
/// before publishing: most sign-ups change none.
pub async fn keep_true(
    site: Arc<Site>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    lang: String,
    mut content: watch::Receiver<u64>,
    mut stop: watch::Receiver<bool>,
    first: Option<Timestamp>,
    report: fn(Result<&Published, &SiteError>),
) {
    let mut changes = store.changes();
    let mut next = first;
    let mut shown = None;
    let mut failed = false;
    while !*stop.borrow() {
        let nap = if failed { RETRY } else { until(next, clock.now()) };
        let mut edited = failed;
        tokio::select! {
            _ = stop.changed() => continue,
            _ = changes.changed() => {}
            _ = content.changed() => edited = true,
            () = tokio::time::sleep(nap) => {}
        }
        tokio::time::sleep(SETTLE).await;
        changes.mark_unchanged();
        content.mark_unchanged();
        let now = clock.now();
        let states = store.sessions(now).await.ok();
        let due = next.is_some_and(|at| at <= now);
        if !(edited || due) && states.is_some() && states == shown {
            continue;
        }
        let result = site.republish(store.as_ref(), &lang, now).await;
        report(result.as_ref());
        failed = result.is_err();
        if let Ok(published) = result {
            next = published.next_change;
            shown = states;
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
