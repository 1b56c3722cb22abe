//! Does what is due, in the background: looks again every half minute, and soon after anything was committed.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::sync::watch;

use super::{AHEAD, CARRIED_FOR, Calendar, Task};
use crate::{
    site::Site,
    store::{Order, Store, StoreError},
    system::Clock,
};

/// The longest sleep: nothing here is due to the second, and a clock that was set is seen by then.
const NAP: Duration = Duration::from_secs(30);

/// Between two looks, however much is committed.
const PAUSE: Duration = Duration::from_secs(2);

/// What one task may make due at once, and no more: a session whose people went on is told nothing else.
const ROUNDS: usize = 3;

/// Works until `stop` turns true. A database that does not answer is asked again at the next wake; its troubles are told elsewhere.
pub async fn keep(
    store: Arc<dyn Store>,
    site: Arc<Site>,
    clock: Arc<dyn Clock>,
    minimum_days: u8,
    mut stop: watch::Receiver<bool>,
) {
    let mut changes = store.changes();
    while !*stop.borrow() {
        changes.mark_unchanged();
        let now = clock.now();
        let calendar = Calendar { zone: site.current().site().time_zone.clone(), minimum_days };
        let _ = pass(store.as_ref(), &calendar, now).await;
        let next = store.next_expiry().await.ok().flatten();
        let nap = next.and_then(|at| Duration::try_from(at.duration_since(now)).ok()).unwrap_or(NAP).clamp(PAUSE, NAP);
        tokio::select! {
            _ = stop.changed() => {}
            () = tokio::time::sleep(nap) => {}
            () = async {
                let _ = changes.changed().await;
                tokio::time::sleep(PAUSE).await;
            } => {}
        }
    }
}

/// Does everything that is due at `now`. How many things were done for people.
///
/// # Errors
/// A database that does not answer: what was done stays done, and the rest is still due.
pub async fn pass(store: &dyn Store, calendar: &Calendar, now: Timestamp) -> Result<usize, StoreError> {
    let mut done = store.expire(now).await?;
    for _ in 0..ROUNDS {
        let facts = store.agenda(ended(now), now.saturating_add(AHEAD).unwrap_or(now), now).await?;
        let tasks: Vec<Task> = facts.iter().flat_map(|facts| calendar.due(facts, now)).collect();
        let before = done;
        for task in tasks {
            done += carry_out(store, task, now).await?;
        }
        if done == before {
            break;
        }
    }
    if let Some(day) = calendar.digest(now) {
        store.digest(day, now).await?;
    }
    Ok(done)
}

/// Sessions that began before this have nothing due any more.
fn ended(now: Timestamp) -> Timestamp {
    now.saturating_sub(CARRIED_FOR).unwrap_or(now)
}

async fn carry_out(store: &dyn Store, task: Task, now: Timestamp) -> Result<usize, StoreError> {
    match task {
        Task::Reach { session, starts, milestone } => {
            store.change(Order::Reach { session, starts, milestone }, now).await?;
            Ok(1)
        }
        Task::Carry { from, to } => {
            let demands = store.to_carry(from).await?;
            // One by one, in their order: whoever came first is first there too.
            for id in &demands {
                store.change(Order::Carry { id: *id, to }, now).await?;
            }
            Ok(demands.len())
        }
    }
}
