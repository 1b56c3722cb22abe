//! Who decides: a few batchers, each with a queue and a connection. Sign-ups of a session always go
//! to the same batcher, and what names a session by its key or a demand goes to the first: those of
//! one process seldom wait for each other's locks. Only seldom: which session a demand is on is not
//! known before it is read, and a key is not its id. The row lock of the session is what keeps them
//! apart, as it does other processes.
//!
//! A batcher gathers what waits into one transaction, answers after its commit, and tries again
//! when the server was restarted, another took its place or two transactions got in each other's
//! way. Trying again is safe even when nobody knows whether the commit was done: the lock waits for
//! a transaction that is still under way, and each operation finds what it did before (a form by
//! its key, the others by what they left).

use std::{
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher},
    num::NonZero,
    ops::RangeInclusive,
    sync::Arc,
    thread,
    time::Duration,
};

use deadpool_postgres::{Client, Pool};
use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};

use super::{cache::SessionCache, load::load};
use crate::{
    enrolment::Terms,
    store::{
        cached_session::MAX_ROWS,
        engine::Engine,
        error::{DatabaseError, StoreError},
        operation::{Operation, OperationOutcome},
        signals::Signals,
    },
    system::{Entropy, stopwatch},
};

/// Batchers of one process, at least and at most: one goes on while another waits for the disk, and
/// more than there are processors take from each other, and gather fewer operations each.
const BATCHERS: RangeInclusive<usize> = 2..=4;

/// The most operations in one transaction: beyond, the first would wait for the last.
const MAX_BATCH: usize = 128;

/// Operations that may wait, for each batcher. A full queue is answered "overloaded" at once.
const QUEUE: usize = 1024;

/// How long an operation is tried again: a failover takes seconds, and a parent waits no longer.
const PATIENCE: Duration = Duration::from_secs(12);

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(100);

struct QueuedOperation {
    operation: Operation,
    now: Timestamp,
    asker: oneshot::Sender<Result<OperationOutcome, StoreError>>,
}

/// The way to the batchers, who end with the last of these.
#[derive(Debug, Clone)]
pub(super) struct Batchers {
    queues: Arc<[mpsc::Sender<QueuedOperation>]>,
}

/// How many batchers this machine has work for.
pub(super) fn count() -> usize {
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    processors.clamp(*BATCHERS.start(), *BATCHERS.end())
}

/// What a batcher works with.
#[derive(Clone)]
pub(super) struct BatchContext {
    /// How many share what is at hand.
    pub(super) batchers: usize,
    pub(super) pool: Pool,
    pub(super) terms: Terms,
    pub(super) entropy: Arc<dyn Entropy>,
    /// What this instance calls itself on the channel.
    pub(super) name: Arc<str>,
    /// Told of each commit.
    pub(super) signals: Arc<Signals>,
}

impl std::fmt::Debug for BatchContext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BatchContext").field("batchers", &self.batchers).finish_non_exhaustive()
    }
}

/// What a batcher has before it, from one batch to the next: a connection, and what it knows of
/// sessions. They go together: a server that was restarted, or one that took its place, may know
/// less.
struct BatcherState {
    client: Client,
    cache: SessionCache,
}

impl Batchers {
    pub(super) fn start(context: &BatchContext) -> Self {
        let start = |_| {
            let (queue, batch) = mpsc::channel(QUEUE);
            tokio::spawn(work(context.clone(), batch));
            queue
        };
        Self { queues: (0..context.batchers).map(start).collect() }
    }

    /// Has an operation carried out; the answer comes after the commit.
    pub(super) fn operate(
        &self,
        operation: Operation,
        now: Timestamp,
    ) -> impl Future<Output = Result<OperationOutcome, StoreError>> + Send + 'static {
        let about = match &operation {
            Operation::Submit(submission) => {
                BuildHasherDefault::<DefaultHasher>::default().hash_one(&submission.demand.session)
            }
            _ => 0,
        };
        let (asker, answer) = oneshot::channel();
        let which = usize::try_from(about % self.queues.len() as u64).unwrap_or_default();
        let queued = self.queues[which].try_send(QueuedOperation { operation, now, asker });
        async move {
            queued.map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => StoreError::Overloaded,
                mpsc::error::TrySendError::Closed(_) => stopped(),
            })?;
            answer.await.map_err(|_| stopped())?
        }
    }
}

fn stopped() -> StoreError {
    StoreError::unavailable("the batchers have stopped")
}

async fn work(context: BatchContext, mut queue: mpsc::Receiver<QueuedOperation>) {
    let mut batch = Vec::with_capacity(MAX_BATCH);
    let mut state = None;
    while queue.recv_many(&mut batch, MAX_BATCH).await > 0 {
        match context.persist(&mut state, &batch).await {
            Ok(outcomes) => answer(&mut batch, outcomes),
            // One of them fails: each is tried alone, and a failure is its own.
            Err(_) if batch.len() > 1 => {
                for queued in batch.drain(..) {
                    let done = context.persist(&mut state, std::slice::from_ref(&queued)).await;
                    let _ =
                        queued.asker.send(done.and_then(|outcomes| outcomes.into_iter().next().ok_or_else(stopped)));
                }
            }
            Err(error) => batch.drain(..).for_each(|queued| drop(queued.asker.send(Err(error.clone())))),
        }
    }
}

fn answer(batch: &mut Vec<QueuedOperation>, outcomes: Vec<OperationOutcome>) {
    for (queued, outcome) in batch.drain(..).zip(outcomes) {
        // Whoever asked may have gone away: what was done stays done.
        let _ = queued.asker.send(Ok(outcome));
    }
}

impl BatchContext {
    /// All the batch in one transaction, tried again for as long as that may help.
    async fn persist(
        &self,
        state: &mut Option<BatcherState>,
        batch: &[QueuedOperation],
    ) -> Result<Vec<OperationOutcome>, StoreError> {
        let start = stopwatch();
        loop {
            match self.transact(state, batch).await {
                Ok(outcomes) => return Ok(outcomes),
                Err(DatabaseError { is_passing: true, .. }) if start.elapsed() < PATIENCE => {
                    tokio::time::sleep(PAUSE).await;
                }
                Err(failure) => return Err(failure.into()),
            }
        }
    }

    /// These operations in one transaction.
    #[cfg(test)]
    pub(super) async fn batch(
        &self,
        operations: Vec<Operation>,
        now: Timestamp,
    ) -> Result<Vec<OperationOutcome>, StoreError> {
        let queued = |operation| QueuedOperation { operation, now, asker: oneshot::channel().0 };
        self.persist(&mut None, &operations.into_iter().map(queued).collect::<Vec<_>>()).await
    }

    /// The state is put back after a commit that is sure: what fails, or may have, leaves nothing
    /// known.
    async fn transact(
        &self,
        state: &mut Option<BatcherState>,
        batch: &[QueuedOperation],
    ) -> Result<Vec<OperationOutcome>, DatabaseError> {
        let mut own = match state.take().filter(|state| !state.client.is_closed()) {
            Some(own) => own,
            None => BatcherState { client: self.pool.get().await?, cache: SessionCache::new(MAX_ROWS / self.batchers) },
        };
        let done = self.decide(&mut own, batch).await;
        if done.is_ok() {
            *state = Some(own);
        } else if own.client.batch_execute("ROLLBACK").await.is_err() {
            // Whatever is left of the transaction goes with its connection.
            drop(Client::take(own.client));
        }
        done
    }

    async fn decide(
        &self,
        BatcherState { client, cache }: &mut BatcherState,
        batch: &[QueuedOperation],
    ) -> Result<Vec<OperationOutcome>, DatabaseError> {
        let operations: Vec<&Operation> = batch.iter().map(|queued| &queued.operation).collect();
        let mut engine = Engine::new(self.terms);
        let mut tables = load(client, cache, &mut engine, &operations, self.entropy.as_ref()).await?;
        let decided = batch.iter().map(|queued| engine.carry_out(&mut tables, &queued.operation, queued.now));
        let outcomes = decided.collect::<Result<Vec<_>, _>>()?;
        let wake = engine.effects.states_changed.then_some(&*self.name);
        tables.batch.write(client, wake).await?;
        self.signals.committed(engine.effects);
        cache.keep(engine.into_sessions(), &tables.versions);
        Ok(outcomes)
    }
}
