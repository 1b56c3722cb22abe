//! A `PostgreSQL` server, for several instances side by side, or many towns.
//!
//! A decision holds the row lock of its session (`batcher`), reads what others decided behind it
//! (`load`), and writes what came of it in a handful of statements (`write_batch`). The tables'
//! own constraints are a second net. `LISTEN` wakes whoever publishes in every instance. A server
//! that was restarted, or a standby that took its place, is gone on with.

mod batcher;
mod cache;
mod connection;
mod load;
mod maintenance;
mod query;
mod refusal;
mod said;
mod write_batch;

use std::{sync::Arc, time::Duration};

use data_encoding::BASE64URL_NOPAD;
use deadpool_postgres::{Client, Pool};
use futures_util::StreamExt;
use jiff::Timestamp;
use tokio::sync::oneshot;
use tokio_postgres::AsyncMessage;

use self::{
    batcher::{BatchContext, Batchers},
    write_batch::CHANNEL,
};
pub use self::{
    connection::Server,
    maintenance::{Held, Restoration, known, pending},
};
use super::{
    backend::{Backend, Connection, Work, values},
    content,
    error::{Answer, DatabaseError},
    operation::{Operation, OperationOutcome},
    record::{SessionRecord, Synced},
    rows,
    signals::Signals,
    soundness::Soundness,
};
use crate::{enrolment::Terms, phrase::Phrase, system::Entropy};

/// Before the listener looks for the server again.
const PAUSE: Duration = Duration::from_millis(500);

/// Held while one instance mirrors its content: two would each undo the other's notices. Any number
/// that nobody else uses.
const MIRROR_LOCK: i64 = 0x656e_7472_6570_6d69;

/// Enrolments in a `PostgreSQL` database.
#[derive(Debug)]
pub struct PostgresStore {
    pool: Pool,
    batchers: Batchers,
    entropy: Arc<dyn Entropy>,
    name: Arc<str>,
    signals: Arc<Signals>,
    #[cfg(test)]
    context: BatchContext,
    /// Listens for as long as the store is there.
    listener: tokio::task::JoinHandle<()>,
}

impl Drop for PostgresStore {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

impl PostgresStore {
    /// Reaches the server, and makes or changes the tables as needed.
    ///
    /// # Errors
    /// A server that does not answer, or whose tables a newer version made.
    pub async fn open(server: &Server, terms: Terms, entropy: Arc<dyn Entropy>) -> Result<Self, Phrase> {
        let pool = server.pool()?;
        connection::migrate(server, &pool).await?;
        Self::start(server, pool, terms, entropy).await
    }

    /// Works on tables that are there.
    async fn start(server: &Server, pool: Pool, terms: Terms, entropy: Arc<dyn Entropy>) -> Result<Self, Phrase> {
        let mut name = [0; 16];
        entropy.fill(&mut name).map_err(|_| Phrase::new("cle-sans-hasard"))?;
        let name: Arc<str> = BASE64URL_NOPAD.encode(&name).into();
        let signals = Arc::new(Signals::new());
        let context = BatchContext {
            batchers: batcher::count(),
            pool: pool.clone(),
            terms,
            entropy: Arc::clone(&entropy),
            name: Arc::clone(&name),
            signals: Arc::clone(&signals),
        };
        let batchers = Batchers::start(&context);
        let (heard, listening) = oneshot::channel();
        let listener = tokio::spawn(listen(server.clone(), Arc::clone(&name), Arc::clone(&signals), heard));
        // From here on nothing that others do is missed. A server that went away meanwhile is
        // listened to when it is back.
        let _ = listening.await;
        Ok(Self {
            pool,
            batchers,
            entropy,
            name,
            signals,
            #[cfg(test)]
            context,
            listener,
        })
    }
}

/// A connection inside a transaction: whatever ends that early, the pool never sees it again, and
/// the server rolls back.
struct Open(Option<Client>);

impl Drop for Open {
    fn drop(&mut self) {
        drop(self.0.take().map(Client::take));
    }
}

async fn transact<T>(pool: &Pool, work: impl for<'c> Fn(&'c mut Client) -> Work<'c, T>) -> Result<T, DatabaseError> {
    let mut open = Open(Some(pool.get().await?));
    let gone = || DatabaseError::lasting("no connection");
    let client = open.0.as_mut().ok_or_else(gone)?;
    client.batch_execute("BEGIN").await?;
    let done = work(client).await?;
    client.batch_execute("COMMIT").await.map_err(|error| DatabaseError::from(error).amid_commit())?;
    // Committed: it goes back to the pool.
    drop(open.0.take());
    Ok(done)
}

/// Hears of other instances' commits, on a connection of its own, whatever becomes of the server.
/// What this instance tells comes back, and is known already. `heard` is told once the first try to
/// listen was made.
async fn listen(server: Server, own: Arc<str>, signals: Arc<Signals>, heard: oneshot::Sender<()>) {
    let mut heard = Some(heard);
    loop {
        if let Ok((client, mut connection)) = server.config.connect(server.tls.clone()).await {
            let mut messages = futures_util::stream::poll_fn(move |context| connection.poll_message(context));
            let hear = async {
                while let Some(Ok(message)) = messages.next().await {
                    if matches!(message, AsyncMessage::Notification(told) if told.payload() != &*own) {
                        signals.states.send_modify(|count| *count += 1);
                    }
                }
            };
            let ask = async {
                let asked = client.batch_execute(&format!("LISTEN {CHANNEL}")).await;
                // What happened while nobody listened.
                signals.states.send_modify(|count| *count += 1);
                drop(heard.take());
                if asked.is_ok() {
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! {
                () = hear => {}
                () = ask => {}
            }
        }
        drop(heard.take());
        tokio::time::sleep(PAUSE).await;
    }
}

impl Backend for PostgresStore {
    type Connection = Client;
    const SHARED: bool = true;

    fn read<T: Send + 'static>(
        &self,
        work: impl for<'c> Fn(&'c mut Client) -> Work<'c, T> + Send + Sync + 'static,
    ) -> Answer<'static, T> {
        let pool = self.pool.clone();
        Box::pin(async move {
            let attempt = async || {
                let mut client = pool.get().await?;
                work(&mut client).await
            };
            match attempt().await {
                Err(DatabaseError { is_passing: true, .. }) => Ok(attempt().await?),
                done => Ok(done?),
            }
        })
    }

    fn write<T: Send + 'static>(
        &self,
        work: impl for<'c> Fn(&'c mut Client) -> Work<'c, T> + Send + Sync + 'static,
    ) -> Answer<'static, T> {
        let pool = self.pool.clone();
        Box::pin(async move {
            match transact(&pool, &work).await {
                Err(DatabaseError { is_passing: true, is_in_doubt, .. }) => {
                    Ok(transact(&pool, &work).await.map_err(|error| error.after(is_in_doubt))?)
                }
                done => Ok(done?),
            }
        })
    }

    fn operate(&self, mut operation: Operation, now: Timestamp) -> Answer<'_, OperationOutcome> {
        // A form without a key is given one: it may have to be tried again after a commit that
        // nobody heard of.
        if let Operation::Submit(submission) = &mut operation
            && submission.demand.submission.is_none()
        {
            let mut key = [0; 24];
            if let Err(error) = self.entropy.fill(&mut key) {
                return Box::pin(async move { Err(DatabaseError::from(error).into()) });
            }
            submission.demand.submission = Some(format!("serveur-{}", BASE64URL_NOPAD.encode(&key)));
        }
        Box::pin(self.batchers.operate(operation, now))
    }

    fn mirror(&self, records: Vec<SessionRecord>, now: Timestamp) -> Answer<'_, Synced> {
        let (records, name) = (Arc::new(records), Arc::clone(&self.name));
        let outcome = self.write(move |db| {
            let (records, name) = (Arc::clone(&records), Arc::clone(&name));
            Box::pin(async move {
                // Nobody waits for this, and another instance may be at it.
                db.batch_execute("SET LOCAL lock_timeout = '1min'; SET LOCAL statement_timeout = '5min'").await?;
                db.query("SELECT pg_advisory_xact_lock($1)", values![MIRROR_LOCK], |_| Ok(())).await?;
                // Nobody decides about any session meanwhile: locked in the order of their keys, as
                // by those who decide.
                db.execute("SELECT key FROM sessions ORDER BY key FOR UPDATE", &[]).await?;
                let outcome = content::mirror(db, &records, now).await?;
                if outcome.changed {
                    // What batchers know of sessions may be true no more.
                    db.execute("UPDATE sessions SET version = version + 1", &[]).await?;
                    db.query("SELECT pg_notify($1, $2)", values![CHANNEL, &*name], |_| Ok(())).await?;
                }
                Ok(outcome)
            })
        });
        Box::pin(async move {
            let outcome = outcome.await?;
            for operation in outcome.follows {
                self.batchers.operate(operation, now).await?;
            }
            Ok(outcome.synced)
        })
    }

    /// Has rows that are dead leave the tables' files. What the server's own log, its archives and
    /// its copies keep is its host's business.
    fn scrub_files(&self) -> Answer<'_, ()> {
        self.read(|db| {
            Box::pin(async move {
                db.batch_execute("SET statement_timeout = 0").await?;
                let done = db.batch_execute("VACUUM demands, links, outbox, notices, topics, audit").await;
                db.batch_execute("RESET statement_timeout").await?;
                Ok(done?)
            })
        })
    }

    fn soundness(&self) -> Answer<'_, Soundness> {
        self.read(|db| {
            Box::pin(async move {
                let encoding = "SELECT pg_encoding_to_char(encoding)::text AS encoding FROM pg_database \
                                WHERE datname = current_database()";
                let encoding = db.query(encoding, &[], |row| rows::text(row, "encoding")).await?.pop();
                // A dump that was read without its constraints, an index that was never finished.
                let amiss = "SELECT conname::text AS name FROM pg_constraint WHERE NOT convalidated \
                             AND connamespace = current_schema()::regnamespace \
                             UNION ALL SELECT indexrelid::regclass::text FROM pg_index \
                             WHERE NOT indisvalid AND indrelid = ANY (SELECT oid FROM pg_class \
                             WHERE relnamespace = current_schema()::regnamespace)";
                let damage = db.query(amiss, &[], |row| rows::text(row, "name")).await?;
                Ok(Soundness { damage, orphans: 0, encoding: encoding.unwrap_or_default() })
            })
        })
    }

    fn signals(&self) -> &Arc<Signals> {
        &self.signals
    }

    #[cfg(test)]
    fn operate_together(&self, operations: Vec<Operation>, now: Timestamp) -> Answer<'_, Vec<OperationOutcome>> {
        let context = self.context.clone();
        Box::pin(async move { context.batch(operations, now).await })
    }
}

#[cfg(test)]
mod tests;
