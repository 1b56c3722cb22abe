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
//!
//! Somebody else may hold a session, or a table, for longer than a parent should wait: an
//! administrator's open transaction, say. Whoever needs it is then told to come back, and the
//! others do not wait with them.

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
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};

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

/// How long a batch waits for what somebody else holds.
const LOCK_WAIT: Duration = Duration::from_secs(3);

/// The same, of an operation of a batch that waited in vain.
const SHORT_LOCK_WAIT: Duration = Duration::from_millis(250);

/// How long such a batch is looked through for what can be done: those behind it wait, too.
const SEARCH: Duration = Duration::from_secs(2);

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(100);

struct QueuedOperation {
    operation: Operation,
    now: Timestamp,
    since: Instant,
    asker: oneshot::Sender<Result<OperationOutcome, StoreError>>,
}

impl QueuedOperation {
    /// The session that a form asks for.
    fn session(&self) -> Option<&str> {
        match &self.operation {
            Operation::Submit(submission) => Some(&submission.demand.session),
            _ => None,
        }
    }

    /// Whoever asked may have gone away: what was done stays done.
    fn answer(self, done: Result<OperationOutcome, StoreError>) {
        let _ = self.asker.send(done);
    }
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
        let queued = self.queues[which].try_send(QueuedOperation { operation, now, since: stopwatch(), asker });
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
        // They waited behind others in vain.
        for late in batch.extract_if(.., |queued| queued.since.elapsed() > PATIENCE) {
            late.answer(Err(StoreError::Overloaded));
        }
        if batch.is_empty() {
            continue;
        }
        match context.persist(&mut state, &batch, LOCK_WAIT, false).await {
            Ok(outcomes) => batch.drain(..).zip(outcomes).for_each(|(queued, outcome)| queued.answer(Ok(outcome))),
            Err(failure) if batch.len() > 1 => {
                context.persist_each(&mut state, batch.drain(..), failure).await;
            }
            Err(failure) => batch.drain(..).for_each(|queued| queued.answer(Err(failure.clone().into()))),
        }
    }
}

impl BatchContext {
    /// All the batch in one transaction, tried again for as long as that may help. `is_in_doubt`:
    /// an earlier try may have been committed.
    async fn persist(
        &self,
        state: &mut Option<BatcherState>,
        batch: &[QueuedOperation],
        lock_wait: Duration,
        mut is_in_doubt: bool,
    ) -> Result<Vec<OperationOutcome>, DatabaseError> {
        let start = stopwatch();
        loop {
            match self.transact(state, batch, lock_wait).await.map_err(|failure| failure.after(is_in_doubt)) {
                Ok(outcomes) => return Ok(outcomes),
                Err(failure) if failure.is_passing && start.elapsed() < PATIENCE => {
                    is_in_doubt = failure.is_in_doubt;
                    tokio::time::sleep(PAUSE).await;
                }
                Err(failure) => return Err(failure),
            }
        }
    }

    /// One of a batch fails: each is tried alone, and a failure is its own. Where the batch waited
    /// in vain, those that wait for the same again are told so at once.
    async fn persist_each(
        &self,
        state: &mut Option<BatcherState>,
        batch: impl Iterator<Item = QueuedOperation>,
        failure: DatabaseError,
    ) {
        let start = stopwatch();
        let is_in_doubt = failure.is_in_doubt;
        let mut blocked = failure.is_blocked.then_some(failure);
        let mut held: Vec<String> = Vec::new();
        for queued in batch {
            let in_vain = queued.session().is_some_and(|session| held.iter().any(|known| known == session));
            if let Some(failure) = blocked.as_ref().filter(|_| in_vain || start.elapsed() > SEARCH) {
                queued.answer(Err(failure.clone().into()));
                continue;
            }
            let lock_wait = if blocked.is_some() { SHORT_LOCK_WAIT } else { LOCK_WAIT };
            let done = self.persist(state, std::slice::from_ref(&queued), lock_wait, is_in_doubt).await;
            if let Some(failure) = done.as_ref().err().filter(|failure| failure.is_blocked) {
                blocked = Some(failure.clone());
                held.extend(queued.session().map(str::to_owned));
            }
            let first = |outcomes: Vec<OperationOutcome>| outcomes.into_iter().next().ok_or_else(stopped);
            queued.answer(done.map_err(StoreError::from).and_then(first));
        }
    }

    /// These operations in one transaction.
    #[cfg(test)]
    pub(super) async fn batch(
        &self,
        operations: Vec<Operation>,
        now: Timestamp,
    ) -> Result<Vec<OperationOutcome>, StoreError> {
        let queued = |operation| QueuedOperation { operation, now, since: stopwatch(), asker: oneshot::channel().0 };
        let batch: Vec<_> = operations.into_iter().map(queued).collect();
        Ok(self.persist(&mut None, &batch, LOCK_WAIT, false).await?)
    }

    /// The state is put back after a commit that is sure: what fails, or may have, leaves nothing
    /// known.
    async fn transact(
        &self,
        state: &mut Option<BatcherState>,
        batch: &[QueuedOperation],
        lock_wait: Duration,
    ) -> Result<Vec<OperationOutcome>, DatabaseError> {
        let mut own = match state.take().filter(|state| !state.client.is_closed()) {
            Some(own) => own,
            None => BatcherState { client: self.pool.get().await?, cache: SessionCache::new(MAX_ROWS / self.batchers) },
        };
        let done = self.decide(&mut own, batch, lock_wait).await;
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
        lock_wait: Duration,
    ) -> Result<Vec<OperationOutcome>, DatabaseError> {
        let operations: Vec<&Operation> = batch.iter().map(|queued| &queued.operation).collect();
        let mut engine = Engine::new(self.terms);
        let mut tables = load(client, cache, &mut engine, &operations, self.entropy.as_ref(), lock_wait).await?;
        let decided = batch.iter().map(|queued| engine.carry_out(&mut tables, &queued.operation, queued.now));
        let outcomes = decided.collect::<Result<Vec<_>, _>>()?;
        let wake = engine.effects.states_changed.then_some(&*self.name);
        tables.batch.write(client, wake).await.map_err(DatabaseError::amid_commit)?;
        self.signals.committed(engine.effects);
        cache.keep(engine.into_sessions(), &tables.versions);
        Ok(outcomes)
    }
}
