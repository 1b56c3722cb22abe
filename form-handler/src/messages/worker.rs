//! Empties the outbox, in the background, for as long as the server runs.
//!
//! A row is claimed for a while, sent, then settled. A crash in between leaves the claim to run out: the letter goes
//! again under the same `Message-ID`, so that at most one duplicate is made, which mail programs recognise.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use super::{Letters, Transport};
use crate::{
    store::{Attempt, Outgoing, Store, StoreError},
    system::Clock,
};

/// Letters claimed at a time.
const BATCH: u32 = 16;

/// Letters leave at the pace of a mail server, not of a rush of sign-ups: answering people comes first.
const BETWEEN_LETTERS: Duration = Duration::from_millis(10);

/// How long a claim holds: longer than a batch takes with a server at its slowest.
const CLAIM: SignedDuration = SignedDuration::from_mins(10);

/// How long we try before somebody must call instead.
const GIVE_UP: SignedDuration = SignedDuration::from_hours(48);

/// The longest that the worker sleeps: a clock that was set, or a row from another process, is seen by then.
const NAP: Duration = Duration::from_mins(1);

/// The pause before the next attempt, after `attempts` that failed: one minute, two, four… six hours at most.
#[must_use]
pub fn pause(attempts: u32) -> SignedDuration {
    let minutes = 1_i64 << attempts.saturating_sub(1).min(9);
    SignedDuration::from_mins(minutes.min(360))
}

/// The background worker.
#[derive(Debug)]
pub struct Worker {
    /// Where the rows are.
    pub store: Arc<dyn Store>,
    /// The words.
    pub letters: Letters,
    /// The way out.
    pub transport: Transport,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Told each failure, in the words of who failed: for the log. No contact is in it.
    pub report: fn(&str),
}

impl Worker {
    /// Sends what is due, now and whenever something becomes so, until `stop` turns true.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut changes = self.store.changes();
        while !*stop.borrow() {
            changes.mark_unchanged();
            if let Err(error) = self.send_due(&stop).await {
                (self.report)(&format!("{error:?}"));
            }
            let nap = self.until_next().await;
            tokio::select! {
                _ = stop.changed() => {}
                _ = changes.changed() => {}
                () = tokio::time::sleep(nap) => {}
            }
        }
    }

    async fn until_next(&self) -> Duration {
        let Ok(Some(next)) = self.store.next_message().await else { return NAP };
        let wait = next.duration_since(self.clock.now());
        // Due already means that the last pass could not: not again at once.
        Duration::try_from(wait).unwrap_or_default().clamp(Duration::from_secs(1), NAP)
    }

    /// Sends every message that is due now, or until `stop` turns true: what is claimed is sent first. How many left.
    pub async fn send_due(&self, stop: &watch::Receiver<bool>) -> Result<usize, StoreError> {
        let mut sent = 0;
        while !*stop.borrow() {
            let now = self.clock.now();
            // Looking costs no commit; claiming does.
            if self.store.next_message().await?.is_none_or(|next| next > now) {
                return Ok(sent);
            }
            let claimed = self.store.claim_messages(BATCH, now, now.saturating_add(CLAIM).unwrap_or(now)).await?;
            if claimed.is_empty() {
                return Ok(sent);
            }
            for outgoing in claimed {
                let attempt = self.attempt(&outgoing, now).await;
                sent += usize::from(attempt == Attempt::Sent);
                // One by one: what was sent before a crash is not sent again.
                self.store.settle_messages(vec![(outgoing.key, attempt)], self.clock.now()).await?;
                tokio::time::sleep(BETWEEN_LETTERS).await;
            }
        }
        Ok(sent)
    }

    async fn attempt(&self, outgoing: &Outgoing, now: Timestamp) -> Attempt {
        let failure = match self.letters.write(outgoing) {
            // Nobody told us where the team reads.
            Ok(None) => return Attempt::Undeliverable,
            Ok(Some(letter)) => match self.transport.send(letter).await {
                Ok(()) => return Attempt::Sent,
                Err(error) if error.permanent => {
                    (self.report)(&format!("{}: {}", outgoing.name(), error.cause));
                    return Attempt::Undeliverable;
                }
                Err(error) => error.cause,
            },
            Err(said) => format!("{} {:?}", said.id, said.args),
        };
        (self.report)(&format!("{}: {failure}", outgoing.name()));
        let next = now.saturating_add(pause(outgoing.attempts + 1)).unwrap_or(now);
        if next.duration_since(outgoing.written_at) > GIVE_UP { Attempt::Undeliverable } else { Attempt::Retry(next) }
    }
}
