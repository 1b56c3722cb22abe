//! The embedded database: one file, nothing to install.
//!
//! WAL and `synchronous=FULL`: a commit is on disk when it returns, and readers never wait for the
//! writer. One thread writes (`writer`); readers have connections of their own, opened when first
//! needed.

mod checkpoint;
mod connection;
pub mod copy;
mod tables;
mod writer;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use entreparentaise::private_dir;
use futures_util::FutureExt;
use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::Semaphore;

use self::{
    connection::{connect, durable, keep_private, migrate, reader},
    writer::{WriteContext, Writer},
};
use super::{
    backend::{Backend, Work},
    content,
    error::{Answer, DatabaseError, StoreError},
    operation::{Operation, OperationOutcome},
    record::{SessionRecord, Synced},
    signals::Signals,
    soundness::Soundness,
};
use crate::{enrolment::Terms, phrase::Phrase, system::Entropy};

/// Connections that read at the same time.
const READERS: usize = 4;

/// Enrolments in one `SQLite` file.
#[derive(Debug)]
pub struct SqliteStore {
    writer: Writer,
    readers: Arc<Readers>,
    entropy: Arc<dyn Entropy>,
}

#[derive(Debug)]
struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
}

impl SqliteStore {
    /// Opens the file, creating and migrating it as needed.
    ///
    /// # Errors
    /// A file that cannot be read, or that a newer version wrote.
    pub fn open(path: &Path, terms: Terms, entropy: Arc<dyn Entropy>) -> Result<Self, Phrase> {
        let unreadable = |cause: &dyn std::fmt::Display| {
            Phrase::new("base-illisible").with("fichier", path.display()).with("cause", cause)
        };
        if let Some(folder) = path.parent() {
            private_dir::create(folder).map_err(|error| unreadable(&error))?;
        }
        keep_private(path).map_err(|error| unreadable(&error))?;
        let connection = connect(path, OpenFlags::default())
            .and_then(|connection| durable(&connection).map(|()| connection))
            .map_err(|error| unreadable(&error))?;
        let mut connection = migrate(connection, path)?;
        checkpoint::in_the_background(&mut connection, path).map_err(|error| unreadable(&error))?;
        let writer = Writer::start(connection, terms).map_err(|error| unreadable(&error))?;
        let permits = Arc::new(Semaphore::new(READERS));
        let readers = Arc::new(Readers { path: path.to_owned(), idle: Mutex::default(), permits });
        Ok(Self { writer, readers, entropy })
    }

    /// Does `work` with the randomness of this store, in the next transaction.
    fn write_with<T: Send + 'static>(
        &self,
        mut work: impl FnMut(&mut WriteContext<'_>, &dyn Entropy) -> Result<T, DatabaseError> + Send + 'static,
    ) -> Answer<'static, T> {
        let entropy = Arc::clone(&self.entropy);
        self.writer.write(move |context| work(context, entropy.as_ref()))
    }
}

impl Readers {
    fn read<T>(&self, work: impl FnOnce(&mut Connection) -> Result<T, DatabaseError>) -> Result<T, DatabaseError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => reader(&self.path)?,
        };
        let result = work(&mut connection);
        // A connection that failed is not kept: the next one starts afresh.
        if result.is_ok() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
        result
    }
}

/// The answer of work on a connection that answers at once.
fn at_once<T>(work: Work<'_, T>) -> Result<T, DatabaseError> {
    work.now_or_never().unwrap_or_else(|| Err(DatabaseError::lasting("work that waits for something else")))
}

impl Backend for SqliteStore {
    type Connection = Connection;
    const SHARED: bool = false;

    fn read<T: Send + 'static>(
        &self,
        work: impl for<'c> Fn(&'c mut Connection) -> Work<'c, T> + Send + Sync + 'static,
    ) -> Answer<'static, T> {
        let readers = Arc::clone(&self.readers);
        Box::pin(async move {
            let gone = |_| StoreError::unavailable("the readers have stopped");
            let permit = Arc::clone(&readers.permits).acquire_owned().await.map_err(gone)?;
            let done = tokio::task::spawn_blocking(move || {
                let _permit = permit;
                readers.read(|db| at_once(work(db)))
            });
            Ok(done.await.map_err(|_| StoreError::unavailable("a reader panicked"))??)
        })
    }

    fn write<T: Send + 'static>(
        &self,
        work: impl for<'c> Fn(&'c mut Connection) -> Work<'c, T> + Send + Sync + 'static,
    ) -> Answer<'static, T> {
        self.writer.write(move |context| at_once(work(context.db)))
    }

    fn operate(&self, operation: Operation, now: Timestamp) -> Answer<'_, OperationOutcome> {
        self.write_with(move |context, entropy| context.carry_out(&operation, entropy, now))
    }

    fn mirror(&self, records: Vec<SessionRecord>, now: Timestamp) -> Answer<'_, Synced> {
        self.write_with(move |context, entropy| {
            let outcome = at_once(Box::pin(content::mirror(context.db, &records, now)))?;
            context.engine.forget();
            // Who mirrors publishes what came of it.
            let states_changed = context.engine.effects.states_changed;
            for operation in &outcome.follows {
                context.carry_out(operation, entropy, now)?;
            }
            context.engine.effects.states_changed = states_changed;
            Ok(outcome.synced)
        })
    }

    fn scrub_files(&self) -> Answer<'_, ()> {
        let path = self.readers.path.clone();
        Box::pin(async move {
            let cut = tokio::task::spawn_blocking(move || checkpoint::cut(&path)).await;
            let cut = cut.map_err(|_| StoreError::unavailable("cutting the log panicked"))?;
            Ok(cut.map_err(DatabaseError::from)?)
        })
    }

    fn soundness(&self) -> Answer<'_, Soundness> {
        let path = self.readers.path.clone();
        Box::pin(async move {
            let looked = tokio::task::spawn_blocking(move || copy::soundness(&path)).await;
            let looked = looked.map_err(|_| StoreError::unavailable("looking at the file panicked"))?;
            Ok(looked.map_err(DatabaseError::from)?)
        })
    }

    fn signals(&self) -> &Arc<Signals> {
        &self.writer.signals
    }

    #[cfg(test)]
    fn operate_together(&self, operations: Vec<Operation>, now: Timestamp) -> Answer<'_, Vec<OperationOutcome>> {
        self.write_with(move |context, entropy| {
            operations.iter().map(|operation| context.carry_out(operation, entropy, now)).collect()
        })
    }
}

#[cfg(test)]
mod tests;
