//! The one thread that writes. Whatever waits is gathered into one transaction and
//! answered after the commit: a hundred sign-ups share one `fsync`, and no two of them ever race
//! for a place. Should one fail, nothing of the transaction is kept, and each is tried again alone:
//! a failure is its own.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread,
};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::{
    enrolment::Terms,
    store::{
        engine::Engine,
        error::{Answer, DatabaseError, StoreError},
        signals::Signals,
    },
};

/// The most work in one commit: beyond, the first would wait for the last.
const MAX_BATCH: usize = 128;

/// Work that may wait. A full queue is answered "overloaded" at once, instead of growing until
/// nobody is answered.
const QUEUE: usize = 4096;

/// What queued work has before it.
#[derive(Debug)]
pub(super) struct WriteContext<'a> {
    /// The connection, inside a transaction.
    pub(super) db: &'a mut Connection,
    /// The books that it decides from.
    pub(super) engine: &'a mut Engine,
    /// The rank that was given last, once one was.
    pub(super) last_rank: Option<i64>,
}

/// Work and whoever waits for its answer. It may be tried again.
trait QueuedWork: Send {
    /// Works inside the transaction. Whether it could.
    fn run(&mut self, context: &mut WriteContext<'_>) -> bool;
    /// Answers, after the commit or without it.
    fn reply(self: Box<Self>, failure: Option<&StoreError>);
}

struct Queued<T, F> {
    work: F,
    result: Option<Result<T, StoreError>>,
    asker: oneshot::Sender<Result<T, StoreError>>,
}

impl<T: Send, F: FnMut(&mut WriteContext<'_>) -> Result<T, DatabaseError> + Send> QueuedWork for Queued<T, F> {
    fn run(&mut self, context: &mut WriteContext<'_>) -> bool {
        // Work that panics must not take the writer, and every later sign-up, with it.
        let result = catch_unwind(AssertUnwindSafe(|| (self.work)(context).map_err(StoreError::from)))
            .unwrap_or_else(|_| Err(StoreError::unavailable("work on the database panicked")));
        self.result.insert(result).is_ok()
    }

    fn reply(self: Box<Self>, failure: Option<&StoreError>) {
        let done = match (self.result, failure) {
            (Some(Err(own)), _) => Err(own),
            (_, Some(failure)) => Err(failure.clone()),
            (Some(Ok(done)), None) => Ok(done),
            (None, None) => Err(stopped()),
        };
        // Whoever asked may have gone away: what was done stays done.
        let _ = self.asker.send(done);
    }
}

/// The way to the writer thread, which ends with the last of these.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    queue: mpsc::Sender<Box<dyn QueuedWork>>,
    pub(super) signals: Arc<Signals>,
}

/// The thread's own side.
struct Thread {
    connection: Connection,
    engine: Engine,
    /// The database's version when the engine's books were read: it changes with each commit of
    /// another connection.
    version: i64,
    signals: Arc<Signals>,
}

impl Writer {
    /// Starts the thread, which owns the connection.
    pub(super) fn start(connection: Connection, terms: Terms) -> std::io::Result<Self> {
        let (queue, queued) = mpsc::channel(QUEUE);
        let signals = Arc::new(Signals::new());
        let mut thread = Thread { connection, engine: Engine::new(terms), version: 0, signals: Arc::clone(&signals) };
        thread::Builder::new().name("store-writer".to_owned()).spawn(move || thread.run(queued))?;
        Ok(Self { queue, signals })
    }

    /// Does `work` in the next batch; the answer comes after the commit. Work that fails leaves
    /// nothing behind.
    pub(super) fn write<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut WriteContext<'_>) -> Result<T, DatabaseError> + Send + 'static,
    ) -> Answer<'static, T> {
        let (asker, answer) = oneshot::channel();
        let queued = self.queue.try_send(Box::new(Queued { work, result: None, asker }));
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
    StoreError::unavailable("the writer has stopped")
}

/// Why a transaction was not kept.
enum Rollback {
    /// Some of its work could not be done, and holds its own reason.
    Work,
    /// The database could not: nobody's fault, and everybody's answer.
    Database(StoreError),
}

impl Rollback {
    fn of(error: rusqlite::Error) -> Self {
        Self::Database(DatabaseError::from(error).into())
    }

    fn of_all(&self) -> Option<&StoreError> {
        if let Self::Database(error) = self { Some(error) } else { None }
    }
}

impl Thread {
    fn run(&mut self, mut queue: mpsc::Receiver<Box<dyn QueuedWork>>) {
        let mut batch = Vec::with_capacity(MAX_BATCH);
        while queue.blocking_recv_many(&mut batch, MAX_BATCH) > 0 {
            match self.transact(&mut batch) {
                Err(Rollback::Work) if batch.len() > 1 => {
                    for work in batch.drain(..) {
                        let mut alone = [work];
                        let failure = self.transact(&mut alone).err();
                        let [work] = alone;
                        work.reply(failure.as_ref().and_then(Rollback::of_all));
                    }
                }
                done => batch.drain(..).for_each(|work| work.reply(done.as_ref().err().and_then(Rollback::of_all))),
            }
        }
    }

    /// All the work in one transaction, or none.
    fn transact(&mut self, batch: &mut [Box<dyn QueuedWork>]) -> Result<(), Rollback> {
        let before = self.connection.total_changes();
        self.engine.begin();
        let done = self.try_transact(batch);
        if done.is_err() {
            // What is left of a failed transaction, if anything is, must not swallow the next one.
            if !self.connection.is_autocommit() {
                let _ = self.connection.execute_batch("ROLLBACK");
            }
            self.engine.forget();
            return done;
        }
        // Whatever wrote, though it is no operation: letters that were claimed, a call that was
        // made.
        self.engine.effects.written = self.connection.total_changes() != before;
        self.signals.committed(self.engine.effects);
        Ok(())
    }

    fn try_transact(&mut self, batch: &mut [Box<dyn QueuedWork>]) -> Result<(), Rollback> {
        let Self { connection: db, engine, version, .. } = self;
        step(db, "BEGIN IMMEDIATE").map_err(Rollback::of)?;
        // Behind the lock, nobody else writes any more.
        let found = data_version(db).map_err(Rollback::of)?;
        if found != *version {
            engine.forget();
            *version = found;
        }
        let mut context = WriteContext { db, engine, last_rank: None };
        if !batch.iter_mut().all(|work| work.run(&mut context)) {
            return Err(Rollback::Work);
        }
        step(context.db, "COMMIT").map_err(Rollback::of)
    }
}

fn step(db: &Connection, sql: &str) -> rusqlite::Result<()> {
    db.prepare_cached(sql)?.execute([]).map(drop)
}

fn data_version(db: &Connection) -> rusqlite::Result<i64> {
    db.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))
}
