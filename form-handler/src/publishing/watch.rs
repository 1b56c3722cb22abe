//! When to publish again: a state that changed, content that was edited, an instant that came.

use std::{path::Path, sync::Arc, thread, time::Duration};

use entreparentaise::{
    fingerprint::Fingerprint,
    watch::{LOOK_EVERY, Watcher},
};
use jiff::Timestamp;
use tokio::sync::watch;

use super::{Publication, Publisher, PublishingError};
use crate::{
    phrase::Phrase,
    system::{Clock, stopwatch},
};

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

impl Publisher {
    /// Publishes whenever a state changes, the content changes, or time alone changes a page, until
    /// `stop` turns true. `content` counts the changes of the sources; `last` is the publication
    /// that was just made, `None` when the first is still to come. States are compared before
    /// publishing: most sign-ups change none. `report` is told each publication.
    pub async fn keep_current(
        self: Arc<Self>,
        clock: Arc<dyn Clock>,
        mut content: watch::Receiver<u64>,
        mut stop: watch::Receiver<bool>,
        last: Option<Publication>,
        report: fn(Result<&Publication, &PublishingError>),
    ) {
        let store = self.works.store.as_ref();
        let mut awaited = last.is_none();
        let mut next = last.and_then(|publication| publication.next_change);
        let mut turns = store.states();
        let mut shown = None;
        let mut failed = false;
        let mut settle = SETTLE;
        while !*stop.borrow() {
            let nap = if failed { RETRY } else { until(next, clock.now()) };
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
            let now = clock.now();
            // Thousands of states are remembered by what tells them from others.
            let states = store.availability(now).await.ok().map(|states| Fingerprint::of_value(&states));
            let due = next.is_some_and(|at| at <= now);
            if !(edited || due) && states.is_some() && states == shown {
                continue;
            }
            let start = stopwatch();
            let result = self.publish(now).await;
            settle = (2 * start.elapsed()).clamp(SETTLE, LONGEST_SETTLE);
            report(result.as_ref());
            failed = result.is_err();
            if let Ok(publication) = result {
                next = publication.next_change;
                shown = states;
            }
        }
    }
}

fn until(next: Option<Timestamp>, now: Timestamp) -> Duration {
    next.and_then(|at| Duration::try_from(at.duration_since(now)).ok()).unwrap_or(NAP).min(NAP)
}

/// Counts the changes of a root's sources, from now on and for as long as somebody listens.
/// `report` is told, once, that the system does not watch them all: an edit is then seen within a
/// minute.
pub fn watch_content(root: &Path, report: fn(&Phrase)) -> watch::Receiver<u64> {
    let (sender, receiver) = watch::channel(0);
    let mut watcher = Watcher::new(root, &[]);
    let blind = |cause: &dyn std::fmt::Display| Phrase::new("site-sans-surveillance").with("cause", cause);
    let work = move || {
        while !sender.is_closed() {
            if let Some(error) = watcher.take_error() {
                report(&blind(&error));
            }
            if watcher.wait(LOOK_EVERY).is_some() {
                // A publication reads everything.
                watcher.note();
                sender.send_modify(|count| *count += 1);
            }
        }
    };
    if let Err(error) = thread::Builder::new().name("surveillance".to_owned()).spawn(work) {
        report(&blind(&error));
    }
    receiver
}
