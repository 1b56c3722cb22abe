//! Who decides: a few clerks, each with a queue and a connection. A session's orders always go to
//! the same clerk, so that those of one process never wait for each other's locks; other processes
//! do, and the row lock of the session is what keeps them apart.
//!
//! A clerk gathers what waits into one transaction, answers after its commit, and tries again when
//! the server was restarted, another took its place or two transactions got in each other's way.
//! Trying again is safe even when nobody knows whether the commit was done: the lock waits for a
//! transaction that is still under way, and each order finds what it did before (a form by its key,
//! the others by what they left).

use std::{
    hash::{BuildHasher, RandomState},
    num::NonZero,
    ops::RangeInclusive,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use deadpool_postgres::{Client, Pool};
use jiff::Timestamp;
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::Instant,
};

use super::{CHANNEL, entries::Told, failure::Failure, kept::Kept, load::load};
use crate::{
    enrolment::Terms,
    store::{Order, Outcome, StoreError, binder::MOST_ROWS, ledger::Ledger, unlooked::Unlooked},
    system::Entropy,
};

/// Clerks of one process, at least and at most: one goes on while another waits for the disk, and
/// more than there are processors take from each other, and gather fewer orders each.
const CLERKS: RangeInclusive<usize> = 2..=4;

/// The most orders in one transaction: beyond, the first would wait for the last.
const MOST_IN_A_BATCH: usize = 128;

/// Orders that may wait, for each clerk. A full queue is answered "overloaded" at once.
const QUEUE: usize = 1024;

/// How long an order is tried again: a failover takes seconds, and a parent waits no longer.
const PATIENCE: Duration = Duration::from_secs(12);

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(100);

struct Job {
    order: Order,
    now: Timestamp,
    asker: oneshot::Sender<Result<Outcome, StoreError>>,
}

/// The way to the clerks, who end with the last of these.
#[derive(Debug, Clone)]
pub(super) struct Clerks {
    queues: Arc<[mpsc::Sender<Job>]>,
    hasher: RandomState,
}

/// How many clerks this machine has work for.
pub(super) fn clerks() -> usize {
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    processors.clamp(*CLERKS.start(), *CLERKS.end())
}

/// What a clerk works with.
#[derive(Clone)]
pub(super) struct Office {
    /// How many share what is kept at hand.
    pub(super) clerks: usize,
    pub(super) pool: Pool,
    pub(super) terms: Terms,
    pub(super) entropy: Arc<dyn Entropy>,
    /// What this instance calls itself on the channel.
    pub(super) name: Arc<str>,
    /// Told each commit.
    pub(super) changes: Arc<watch::Sender<u64>>,
    /// Told each change of what the site shows.
    pub(super) states: Arc<watch::Sender<u64>>,
    /// Told that something was erased.
    pub(super) erased: Arc<AtomicBool>,
    /// Told that others still have to be looked at.
    pub(super) unlooked: Arc<Unlooked>,
}

impl std::fmt::Debug for Office {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Office").field("clerks", &self.clerks).finish_non_exhaustive()
    }
}

/// What a clerk has before it, from one batch to the next: a connection, and what it knows of
/// sessions. They go together: a server that was restarted, or one that took its place, may know
/// less.
struct Desk {
    client: Client,
    kept: Kept,
}

impl Clerks {
    pub(super) fn start(office: &Office) -> Self {
        let start = |_| {
            let (queue, jobs) = mpsc::channel(QUEUE);
            tokio::spawn(work(office.clone(), jobs));
            queue
        };
        Self { queues: (0..office.clerks).map(start).collect(), hasher: RandomState::new() }
    }

    /// Has an order carried out; the answer comes after the commit.
    pub(super) fn order(
        &self,
        order: Order,
        now: Timestamp,
    ) -> impl Future<Output = Result<Outcome, StoreError>> + Send + 'static {
        let about = match &order {
            Order::Submit(submission) => self.hasher.hash_one(&submission.demand.session),
            _ => 0,
        };
        let (asker, answer) = oneshot::channel();
        let which = usize::try_from(about % self.queues.len() as u64).unwrap_or_default();
        let queued = self.queues[which].try_send(Job { order, now, asker });
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
    StoreError::Unavailable("the clerks have stopped".to_owned())
}

async fn work(office: Office, mut queue: mpsc::Receiver<Job>) {
    let mut jobs = Vec::with_capacity(MOST_IN_A_BATCH);
    let mut desk = None;
    while queue.recv_many(&mut jobs, MOST_IN_A_BATCH).await > 0 {
        match office.persist(&mut desk, &jobs).await {
            Ok(outcomes) => answer(&mut jobs, outcomes),
            // One of them fails: each is tried alone, and a failure is its own.
            Err(_) if jobs.len() > 1 => {
                for job in jobs.drain(..) {
                    let done = office.persist(&mut desk, std::slice::from_ref(&job)).await;
                    let _ = job.asker.send(done.and_then(|outcomes| outcomes.into_iter().next().ok_or_else(stopped)));
                }
            }
            Err(error) => jobs.drain(..).for_each(|job| drop(job.asker.send(Err(error.clone())))),
        }
    }
}

fn answer(jobs: &mut Vec<Job>, outcomes: Vec<Outcome>) {
    for (job, outcome) in jobs.drain(..).zip(outcomes) {
        // Whoever asked may have gone away: what was done stays done.
        let _ = job.asker.send(Ok(outcome));
    }
}

impl Office {
    /// All the jobs in one transaction, tried again for as long as that may help.
    async fn persist(&self, desk: &mut Option<Desk>, jobs: &[Job]) -> Result<Vec<Outcome>, StoreError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.transact(desk, jobs).await {
                Ok(outcomes) => return Ok(outcomes),
                Err(Failure::Passing(_)) if Instant::now() < deadline => tokio::time::sleep(PAUSE).await,
                Err(failure) => return Err(failure.into()),
            }
        }
    }

    /// These orders in one transaction.
    #[cfg(test)]
    pub(super) async fn batch(&self, orders: Vec<Order>, now: Timestamp) -> Result<Vec<Outcome>, StoreError> {
        let job = |order| Job { order, now, asker: oneshot::channel().0 };
        self.persist(&mut None, &orders.into_iter().map(job).collect::<Vec<_>>()).await
    }

    /// The desk is put back after a commit that is sure: what fails, or may have, leaves nothing
    /// known.
    async fn transact(&self, desk: &mut Option<Desk>, jobs: &[Job]) -> Result<Vec<Outcome>, Failure> {
        let mut own = match desk.take().filter(|desk| !desk.client.is_closed()) {
            Some(own) => own,
            None => Desk { client: self.pool.get().await?, kept: Kept::new(MOST_ROWS / self.clerks) },
        };
        let done = self.decide(&mut own, jobs).await;
        if done.is_ok() {
            *desk = Some(own);
        } else if own.client.batch_execute("ROLLBACK").await.is_err() {
            // Whatever is left of the transaction goes with its connection.
            drop(Client::take(own.client));
        }
        done
    }

    async fn decide(&self, Desk { client, kept }: &mut Desk, jobs: &[Job]) -> Result<Vec<Outcome>, Failure> {
        let orders: Vec<&Order> = jobs.iter().map(|job| &job.order).collect();
        let mut ledger = Ledger::new(self.terms);
        let mut rows = load(client, kept, &mut ledger, &orders, self.entropy.as_ref()).await?;
        let decided = jobs.iter().map(|job| ledger.carry_out(&mut rows, &job.order, job.now));
        let outcomes = decided.collect::<Result<Vec<_>, _>>()?;
        let told = ledger.states_changed.then_some(Told { channel: CHANNEL, instance: &self.name });
        rows.entries.write(client, told).await?;
        if ledger.written {
            self.changes.send_modify(|count| *count += 1);
        }
        if ledger.erased {
            self.erased.store(true, Ordering::Relaxed);
        }
        if ledger.to_compare {
            self.unlooked.left();
        }
        if ledger.states_changed {
            self.states.send_modify(|count| *count += 1);
        }
        kept.keep(ledger.into_binders(), &rows.versions);
        Ok(outcomes)
    }
}
