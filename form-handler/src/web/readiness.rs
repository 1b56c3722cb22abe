//! Whether the database takes writes, asked of it once in a while however many ask us.

use std::time::Duration;

use jiff::Timestamp;
use tokio::{sync::Mutex, time::Instant};

use super::error::RequestError;
use crate::{store::Store, system::stopwatch};

/// How long what was found is true enough.
const KEPT: Duration = Duration::from_secs(5);

/// The longest that a write may take: nobody signs up either, then.
const PATIENCE: Duration = Duration::from_secs(8);

/// What was found last, and when.
#[derive(Debug, Default)]
pub struct Readiness(Mutex<Option<(Instant, Result<(), RequestError>)>>);

impl Readiness {
    /// Whether a write succeeds. Whoever asks while somebody else does waits for the same answer.
    pub(super) async fn of(&self, store: &dyn Store, now: Timestamp) -> Result<(), RequestError> {
        let mut last = self.0.lock().await;
        if let Some((_, found)) = last.as_ref().filter(|(at, _)| at.elapsed() < KEPT) {
            return *found;
        }
        let found = match tokio::time::timeout(PATIENCE, store.prove_writable(now)).await {
            Ok(written) => written.map_err(RequestError::from),
            Err(_) => Err(RequestError::Unavailable),
        };
        *last = Some((stopwatch(), found));
        found
    }
}
