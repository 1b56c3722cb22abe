//! The one thread that writes. Whatever commands wait are gathered into one transaction, each in a savepoint of its own,
//! and answered after the commit: a hundred sign-ups share one `fsync`, and no two of them ever race for a place.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot, watch};

use crate::store::{Answer, StoreError};

/// The most commands in one commit: beyond, the first would wait for the last.
const MOST_IN_A_BATCH: usize = 512;

/// Commands that may wait. A full queue is answered "overloaded" at once, instead of growing until nobody is answered.
const QUEUE: usize = 4096;

/// What a command says once its batch is committed, or is not.
type Reply = Box<dyn FnOnce(Option<StoreError>) + Send>;

/// A command: works on the connection; whether its work is to be kept, and its reply.
type Job = Box<dyn FnOnce(&Connection) -> (bool, Reply) + Send>;

/// The way to the writer thread, which ends with the last of these.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    jobs: mpsc::Sender<Job>,
    changes: watch::Receiver<u64>,
}

impl Writer {
    /// Starts the thread, which owns the connection.
    pub(super) fn start(connection: Connection) -> std::io::Result<Self> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let (bump, changes) = watch::channel(0);
        thread::Builder::new().name("store-writer".to_owned()).spawn(move || run(&connection, queue, &bump))?;
        Ok(Self { jobs, changes })
    }

    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.clone()
    }

    /// Does `work` in the next batch; the answer comes after the commit. Work that fails leaves nothing behind.
    pub(super) fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Answer<'static, T> {
        let (send, receive) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            // A command that panics must not take the writer, and every later sign-up, with it.
            let result = catch_unwind(AssertUnwindSafe(|| work(connection)))
                .unwrap_or_else(|_| Err(StoreError::Unavailable("a command panicked".to_owned())));
            let keep = result.is_ok();
            let reply: Reply = Box::new(move |failure| {
                // Whoever asked may have gone away: what was done stays done.
                let _ = send.send(failure.map_or(result, Err));
            });
            (keep, reply)
        });
        let queued = self.jobs.try_send(job);
        Box::pin(async move {
            queued.map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => StoreError::Overloaded,
                mpsc::error::TrySendError::Closed(_) => stopped(),
            })?;
            receive.await.map_err(|_| stopped())?
        })
    }
}

fn stopped() -> StoreError {
    StoreError::Unavailable("the writer has stopped".to_owned())
}

fn run(connection: &Connection, mut queue: mpsc::Receiver<Job>, bump: &watch::Sender<u64>) {
    let mut jobs = Vec::with_capacity(MOST_IN_A_BATCH);
    while queue.blocking_recv_many(&mut jobs, MOST_IN_A_BATCH) > 0 {
        let before = connection.total_changes();
        let mut replies = Vec::with_capacity(jobs.len());
        let failure = batch(connection, &mut jobs, &mut replies).err().map(|error| {
            // What is left of a failed transaction, if anything is, must not swallow the next one.
            if !connection.is_autocommit() {
                let _ = connection.execute_batch("ROLLBACK");
            }
            StoreError::from(error)
        });
        for reply in replies {
            reply(failure.clone());
        }
        // Commands that the batch never reached: their askers learn it by the dropped sender.
        jobs.clear();
        if failure.is_none() && connection.total_changes() != before {
            bump.send_modify(|count| *count += 1);
        }
    }
}

fn batch(connection: &Connection, jobs: &mut Vec<Job>, replies: &mut Vec<Reply>) -> rusqlite::Result<()> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    for job in jobs.drain(..) {
        connection.prepare_cached("SAVEPOINT command")?.execute([])?;
        let (keep, reply) = job(connection);
        replies.push(reply);
        if !keep {
            // A full disk ends the whole transaction by itself: then this fails, and so does the batch.
            connection.prepare_cached("ROLLBACK TO command")?.execute([])?;
        }
        connection.prepare_cached("RELEASE command")?.execute([])?;
    }
    connection.execute_batch("COMMIT")
}
