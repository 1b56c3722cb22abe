//! The one thread that writes. Whatever commands wait are gathered into one transaction and
//! answered after the commit: a hundred sign-ups share one `fsync`, and no two of them ever race
//! for a place. Should one fail, nothing of the transaction is kept, and each is tried again alone:
//! a failure is its own.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot, watch};

use crate::{
    enrolment::Terms,
    store::{Answer, StoreError, ledger::Ledger, unlooked::Unlooked},
};

/// The most commands in one commit: beyond, the first would wait for the last.
const MOST_IN_A_BATCH: usize = 128;

/// Commands that may wait. A full queue is answered "overloaded" at once, instead of growing until
/// nobody is answered.
const QUEUE: usize = 4096;

/// What a command works on.
#[derive(Debug)]
pub(super) struct Desk<'a> {
    /// The connection, inside a transaction.
    pub(super) db: &'a Connection,
    /// The books that it decides from.
    pub(super) ledger: &'a mut Ledger,
    /// The rank that was given last, once one was.
    pub(super) last_rank: Option<i64>,
}

/// A command and whoever waits for its answer. It may be tried again.
trait Job: Send {
    /// Works inside the transaction. Whether it could.
    fn run(&mut self, desk: &mut Desk<'_>) -> bool;
    /// Answers, after the commit or without it.
    fn reply(self: Box<Self>, failure: Option<&StoreError>);
}

struct Task<T, F> {
    work: F,
    result: Option<Result<T, StoreError>>,
    asker: oneshot::Sender<Result<T, StoreError>>,
}

impl<T: Send, F: FnMut(&mut Desk<'_>) -> Result<T, StoreError> + Send> Job for Task<T, F> {
    fn run(&mut self, desk: &mut Desk<'_>) -> bool {
        // A command that panics must not take the writer, and every later sign-up, with it.
        let result = catch_unwind(AssertUnwindSafe(|| (self.work)(desk)))
            .unwrap_or_else(|_| Err(StoreError::Unavailable("a command panicked".to_owned())));
        self.result.insert(result).is_ok()
    }

    fn reply(self: Box<Self>, failure: Option<&StoreError>) {
        let done = self.result.unwrap_or_else(|| Err(stopped()));
        // Whoever asked may have gone away: what was done stays done.
        let _ = self.asker.send(match failure {
            Some(failure) if done.is_ok() => Err(failure.clone()),
            _ => done,
        });
    }
}

/// The way to the writer thread, which ends with the last of these.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    jobs: mpsc::Sender<Box<dyn Job>>,
    changes: watch::Receiver<u64>,
    states: watch::Receiver<u64>,
    /// Whether anything was erased that may still stand in the files.
    pub(super) erased: Arc<AtomicBool>,
    /// Whether others still have to be looked at.
    pub(super) unlooked: Arc<Unlooked>,
}

/// The thread's own side.
struct Thread {
    connection: Connection,
    changes: watch::Sender<u64>,
    states: watch::Sender<u64>,
    erased: Arc<AtomicBool>,
    unlooked: Arc<Unlooked>,
}

impl Writer {
    /// Starts the thread, which owns the connection.
    pub(super) fn start(connection: Connection, terms: Terms) -> std::io::Result<Self> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let ((commits, changes), (turns, states)) = (watch::channel(0), watch::channel(0));
        let erased = Arc::new(AtomicBool::new(false));
        let unlooked = Arc::new(Unlooked::new());
        let mut thread = Thread {
            connection,
            changes: commits,
            states: turns,
            erased: Arc::clone(&erased),
            unlooked: Arc::clone(&unlooked),
        };
        thread::Builder::new().name("store-writer".to_owned()).spawn(move || thread.run(queue, Ledger::new(terms)))?;
        Ok(Self { jobs, changes, states, erased, unlooked })
    }

    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.clone()
    }

    pub(super) fn states(&self) -> watch::Receiver<u64> {
        self.states.clone()
    }

    /// Does `work` in the next batch; the answer comes after the commit. Work that fails leaves
    /// nothing behind.
    pub(super) fn write<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut Desk<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Answer<'static, T> {
        let (asker, answer) = oneshot::channel();
        let queued = self.jobs.try_send(Box::new(Task { work, result: None, asker }));
        Box::pin(async move {
            queued.map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => StoreError::Overloaded,
                mpsc::error::TrySendError::Closed(_) => stopped(),
            })?;
            answer.await.map_err(|_| stopped())?
        })
    }
}

fn stopped() -> StoreError {
    StoreError::Unavailable("the writer has stopped".to_owned())
}

/// Why a transaction was not kept.
enum Failure {
    /// One of its jobs could not work, and holds its own reason.
    Job,
    /// The database could not: nobody's fault, and everybody's answer.
    Database(StoreError),
}

impl Failure {
    fn of(error: rusqlite::Error) -> Self {
        Self::Database(error.into())
    }

    fn of_all(&self) -> Option<&StoreError> {
        if let Self::Database(error) = self { Some(error) } else { None }
    }
}

impl Thread {
    fn run(&mut self, mut queue: mpsc::Receiver<Box<dyn Job>>, mut ledger: Ledger) {
        let mut version = 0;
        let mut jobs = Vec::with_capacity(MOST_IN_A_BATCH);
        while queue.blocking_recv_many(&mut jobs, MOST_IN_A_BATCH) > 0 {
            match self.transact(&mut jobs, &mut ledger, &mut version) {
                Err(Failure::Job) if jobs.len() > 1 => {
                    for job in jobs.drain(..) {
                        let mut alone = [job];
                        let failure = self.transact(&mut alone, &mut ledger, &mut version).err();
                        let [job] = alone;
                        job.reply(failure.as_ref().and_then(Failure::of_all));
                    }
                }
                done => jobs.drain(..).for_each(|job| job.reply(done.as_ref().err().and_then(Failure::of_all))),
            }
        }
    }

    /// All the jobs in one transaction, or none. `version` is the database's when the ledger's
    /// books were read: it changes with each commit of another connection.
    fn transact(&mut self, jobs: &mut [Box<dyn Job>], ledger: &mut Ledger, version: &mut i64) -> Result<(), Failure> {
        let Self { connection: db, changes, states, erased, unlooked } = self;
        let db = &*db;
        let before = db.total_changes();
        ledger.begin();
        let mut desk = Desk { db, ledger, last_rank: None };
        let step = |sql: &str| db.prepare_cached(sql).and_then(|mut statement| statement.execute([]));
        let read = || db.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get::<_, i64>(0));
        let done = step("BEGIN IMMEDIATE").and_then(|_| read()).map_err(Failure::of).and_then(|found| {
            // Behind the lock, nobody else writes any more.
            if found != *version {
                desk.ledger.forget();
                *version = found;
            }
            if jobs.iter_mut().all(|job| job.run(&mut desk)) {
                step("COMMIT").map(drop).map_err(Failure::of)
            } else {
                Err(Failure::Job)
            }
        });
        if done.is_err() {
            // What is left of a failed transaction, if anything is, must not swallow the next one.
            if !db.is_autocommit() {
                let _ = db.execute_batch("ROLLBACK");
            }
            desk.ledger.forget();
            return done;
        }
        if desk.ledger.erased {
            erased.store(true, Ordering::Relaxed);
        }
        if desk.ledger.to_compare {
            unlooked.left();
        }
        if db.total_changes() != before {
            changes.send_modify(|count| *count += 1);
        }
        if desk.ledger.states_changed {
            states.send_modify(|count| *count += 1);
        }
        Ok(())
    }
}
