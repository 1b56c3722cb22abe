//! Does what is due, in the background: looks again every half minute, and soon after anything was
//! committed.

use std::{path::PathBuf, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use super::{
    calendar::{AHEAD, CARRIED_FOR, Calendar, DueTask},
    erasure::{self, Retention},
};
use crate::{
    log,
    messages::sweep,
    phrase::Phrase,
    published::Published,
    store::{Operation, Store, StoreError, compare},
    system::Clock,
};

/// The longest sleep: nothing here is due to the second, and a clock that was set is seen by then.
const NAP: Duration = Duration::from_secs(30);

/// Between two looks, however much is committed.
const PAUSE: Duration = Duration::from_secs(2);

/// What one task may make due at once, and no more: a session whose people went on is told nothing
/// else.
const ROUNDS: usize = 3;

/// What is kept no longer is looked for this often.
const ERASE_EVERY: SignedDuration = SignedDuration::from_hours(1);

/// The background task.
#[derive(Debug)]
pub struct Scheduler {
    /// Where everything is.
    pub store: Arc<dyn Store>,
    /// What is published, for the site's zone and for how long it says that enrolments are kept.
    pub published: watch::Receiver<Arc<Published>>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How many worked days before a session its minimum is asked.
    pub minimum_days: u8,
    /// Whether the clock is the machine's: a clock that was set erases nothing.
    pub runs: bool,
    /// The folders in which messages are left, where nothing takes them.
    pub letters: Vec<PathBuf>,
}

impl Scheduler {
    /// Works until `stop` turns true. A database that does not answer is asked again at the next
    /// wake; its troubles are told elsewhere.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        // What an earlier life erased may still stand in the files.
        let mut scrub = true;
        let mut erased = None;
        let mut changes = self.store.changes();
        while !*stop.borrow() {
            changes.mark_unchanged();
            let now = self.clock.now();
            self.erase(&mut erased, now).await;
            let _ = pass(self.store.as_ref(), &self.calendar(), now).await;
            scrub = self.scrub(scrub, now).await;
            let next = self.store.next_expiry().await.ok().flatten();
            let until = |at: Timestamp| Duration::try_from(at.duration_since(now)).ok();
            let nap = next.and_then(until).unwrap_or(NAP).clamp(PAUSE, NAP);
            tokio::select! {
                _ = stop.changed() => {}
                () = tokio::time::sleep(nap) => {}
                () = async {
                    let _ = changes.changed().await;
                    tokio::time::sleep(PAUSE).await;
                } => {}
            }
        }
        self.sweep(self.clock.now()).await;
    }

    fn calendar(&self) -> Calendar {
        Calendar { zone: self.published.borrow().site().time_zone.clone(), minimum_days: self.minimum_days }
    }

    /// Erases what is kept no longer, once an hour: before the day's digest, which tells what will
    /// be. `last`: when that was last done.
    async fn erase(&self, last: &mut Option<Timestamp>, now: Timestamp) {
        let recent = |last: Timestamp| last <= now && now.duration_since(last) < ERASE_EVERY;
        if last.is_some_and(recent) {
            return;
        }
        let done = !self.runs || self.look(now).await.is_ok();
        // A letter that was under way when its row went, and the last letter to somebody, of which
        // no row is left: they have their own time.
        self.sweep(now).await;
        if done {
            *last = Some(now);
        }
    }

    async fn look(&self, now: Timestamp) -> Result<(), StoreError> {
        let site = Arc::clone(&self.published.borrow());
        let retention = Retention { days: site.site().retention_days, zone: site.site().time_zone.clone() };
        let looked = erasure::look(self.store.as_ref(), &retention, now, self.runs).await?;
        for session in looked.announced {
            log::warn(&Phrase::new("effacement-annonce").with("seance", session.id).with("date", session.date));
        }
        if looked.erased > 0 {
            log::info(&Phrase::new("effacement-fait").count("nombre", looked.erased));
        }
        erasure::forget(self.store.as_ref(), now).await
    }

    /// Has what was erased leave the files. Whether it is still to be done.
    async fn scrub(&self, always: bool, now: Timestamp) -> bool {
        match self.store.scrub(always).await {
            Ok(true) => {
                self.sweep(now).await;
                false
            }
            Ok(false) => false,
            Err(_) => true,
        }
    }

    async fn sweep(&self, now: Timestamp) {
        for folder in &self.letters {
            if let Err(error) = sweep(folder, self.store.as_ref(), now).await {
                log::error(&error);
            }
        }
    }
}

/// Does everything that is due at `now`. How many things were done for people.
///
/// # Errors
/// A database that does not answer: what was done stays done, and the rest is still due.
pub async fn pass(store: &dyn Store, calendar: &Calendar, now: Timestamp) -> Result<usize, StoreError> {
    // Seconds after the answers, so that no answer takes longer for it.
    compare(store, now).await?;
    let mut done = store.expire(now).await?;
    for _ in 0..ROUNDS {
        let sessions = store.scheduled(ended(now), now.saturating_add(AHEAD).unwrap_or(now), now).await?;
        let tasks: Vec<DueTask> = sessions.iter().flat_map(|session| calendar.due(session, now)).collect();
        let before = done;
        for task in tasks {
            done += carry_out(store, task, now).await?;
        }
        if done == before {
            break;
        }
    }
    if let Some(day) = calendar.digest(now) {
        store.write_digest(day, now).await?;
    }
    Ok(done)
}

/// Sessions that began before this have nothing due any more.
fn ended(now: Timestamp) -> Timestamp {
    now.saturating_sub(CARRIED_FOR).unwrap_or(now)
}

async fn carry_out(store: &dyn Store, task: DueTask, now: Timestamp) -> Result<usize, StoreError> {
    match task {
        DueTask::Reach { session, starts, milestone } => {
            store.change(Operation::Reach { session, starts, milestone }, now).await?;
            Ok(1)
        }
        DueTask::Carry { from, to } => {
            let demands = store.to_carry(from).await?;
            // One by one, in their order: whoever came first is first there too.
            for id in &demands {
                store.change(Operation::Carry { id: *id, to }, now).await?;
            }
            Ok(demands.len())
        }
    }
}
