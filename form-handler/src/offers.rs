//! Ends, in the background, the offers of places that nobody answered in time: each then goes to the next person.

use std::{sync::Arc, time::Duration};

use tokio::sync::watch;

use crate::{store::Store, system::Clock};

/// The longest sleep: an offer lasts for minutes at least, and a clock that was set is seen by then.
const NAP: Duration = Duration::from_secs(30);

/// Works until `stop` turns true. A database that does not answer is asked again at the next wake; its troubles are told elsewhere.
pub async fn keep(store: Arc<dyn Store>, clock: Arc<dyn Clock>, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let now = clock.now();
        let next = store.next_expiry().await.ok().flatten();
        if next.is_some_and(|at| at <= now) && store.expire(now).await.is_ok() {
            continue;
        }
        let nap = next.and_then(|at| Duration::try_from(at.duration_since(now)).ok()).unwrap_or(NAP).min(NAP);
        tokio::select! {
            _ = stop.changed() => {}
            () = tokio::time::sleep(nap) => {}
        }
    }
}
