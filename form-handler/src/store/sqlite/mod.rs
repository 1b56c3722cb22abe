//! The embedded database: one file, nothing to install.
//!
//! WAL and `synchronous=FULL`: a commit is on disk when it returns, and readers never wait for the
//! writer. One thread writes ([`writer`]); readers have connections of their own, opened when first
//! needed.

mod checkpoint;
mod commands;
mod outbox;
mod people;
mod retention;
mod room;
mod rows;
mod settings;
mod team;
mod writer;

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use entreparentaise::{model::Availability, private_dir};
use jiff::{Timestamp, civil::Date};
use rusqlite::{Connection, OpenFlags, OptionalExtension, config::DbConfig};
use tokio::sync::{Semaphore, watch};

use self::{
    room::Room,
    writer::{Desk, Writer},
};
use super::{
    Answer, Attempt, Call, Counted, Digest, EndedSession, FollowUp, NoticeRow, Order, Outcome, Outdated, Outgoing,
    Personal, SessionRecord, SessionStatus, Store, StoreError, Synced, Tally, TeamRow, ToConfirm,
};
use crate::{
    agenda::Facts,
    enrolment::Terms,
    phrase::Phrase,
    system::{Entropy, NoEntropy},
    token::DemandId,
};

mod migrations {
    refinery::embed_migrations!("migrations/sqlite");
}

/// Connections that read at the same time.
const READERS: usize = 4;

/// How long a connection waits for another process (a backup, an export) before it gives up.
const BUSY: Duration = Duration::from_secs(5);

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<NoEntropy> for StoreError {
    fn from(_: NoEntropy) -> Self {
        Self::Unavailable("the system gives no randomness".to_owned())
    }
}

/// Enrolments in one `SQLite` file.
#[derive(Debug)]
pub struct SqliteStore {
    writer: Writer,
    readers: Arc<Readers>,
    entropy: Arc<dyn Entropy>,
    /// Of the log, counted since it last began.
    frames: Arc<AtomicU64>,
}

#[derive(Debug)]
struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
}

/// Makes the file its owner's alone before anything is in it; its companions get the same rights.
fn keep_private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(path).map(drop)
}

impl SqliteStore {
    /// Opens the file, creating and migrating it as needed.
    pub fn open(path: &Path, terms: Terms, entropy: Arc<dyn Entropy>) -> Result<Self, Phrase> {
        let said = |id| Phrase::new(id).with("fichier", path.display());
        if let Some(folder) = path.parent() {
            private_dir::create(folder).map_err(|error| said("base-illisible").with("cause", error))?;
        }
        keep_private(path).map_err(|error| said("base-illisible").with("cause", error))?;
        let connection = connect(path, OpenFlags::default())
            .and_then(|connection| durable(&connection).map(|()| connection))
            .map_err(|error| said("base-illisible").with("cause", error))?;
        let mut connection = migrate(connection, path)?;
        let frames = checkpoint::in_the_background(&mut connection, path)
            .map_err(|error| said("base-illisible").with("cause", error))?;
        let room = Room::of(&connection, path, Arc::clone(&frames))
            .map_err(|error| said("base-illisible").with("cause", error))?;
        let writer =
            Writer::start(connection, room, terms).map_err(|error| said("base-illisible").with("cause", error))?;
        let permits = Arc::new(Semaphore::new(READERS));
        let readers = Arc::new(Readers { path: path.to_owned(), idle: Mutex::default(), permits });
        Ok(Self { writer, readers, entropy, frames })
    }

    /// Does `work` with the randomness of this store, in the next transaction.
    fn write<T: Send + 'static>(
        &self,
        mut work: impl FnMut(&mut Desk<'_>, &dyn Entropy) -> Result<T, StoreError> + Send + 'static,
    ) -> Answer<'static, T> {
        let entropy = Arc::clone(&self.entropy);
        self.writer.write(move |desk| work(desk, entropy.as_ref()))
    }

    fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Answer<'static, T> {
        let readers = Arc::clone(&self.readers);
        Box::pin(async move {
            let gone = |_| StoreError::Unavailable("the readers have stopped".to_owned());
            let permit = Arc::clone(&readers.permits).acquire_owned().await.map_err(gone)?;
            let done = tokio::task::spawn_blocking(move || {
                let _permit = permit;
                readers.read(work)
            });
            done.await.map_err(|_| StoreError::Unavailable("a reader panicked".to_owned()))?.map_err(StoreError::from)
        })
    }
}

impl Readers {
    fn read<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> rusqlite::Result<T> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => reader(&self.path)?,
        };
        let result = work(&connection);
        // A connection that failed is not kept: the next one starts afresh.
        if result.is_ok() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
        result
    }
}

fn reader(path: &Path) -> rusqlite::Result<Connection> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    // Readers look here and there: little of what they saw is asked for again (in kilobytes).
    connection.pragma_update(None, "cache_size", -512)?;
    Ok(connection)
}

fn connect(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(64);
    // A statement is planned once, whatever is bound to it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // What is erased is overwritten, not only forgotten.
    connection.pragma_update(None, "secure_delete", true)?;
    Ok(connection)
}

/// What makes a commit a promise. Set for the file once, except `synchronous`, which is the
/// connection's.
fn durable(connection: &Connection) -> rusqlite::Result<()> {
    // Of a new file: a sign-up alone writes a few pages, each of which it changes a little.
    connection.pragma_update(None, "page_size", 2_048)?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // The pages that sign-ups fall on stay at hand (in kilobytes: 3 MB).
    connection.pragma_update(None, "cache_size", -3_072)
}

fn migrate(mut connection: Connection, path: &Path) -> Result<Connection, Phrase> {
    let said = |id| Phrase::new(id).with("fichier", path.display());
    let runner = migrations::migrations::runner();
    let known = runner.get_migrations().iter().map(refinery::Migration::version).max().unwrap_or_default();
    let found = newest(&connection).map_err(|error| said("base-illisible").with("cause", error))?;
    if found > i64::from(known) {
        return Err(said("base-plus-recente").with("trouvee", found).with("connue", known));
    }
    if found == i64::from(known) {
        return Ok(connection);
    }
    let failed = |error: &dyn std::fmt::Display| said("base-migration").with("cause", error);
    // A table that is made again must not take with it what points to it.
    let enforce = |connection: &Connection, on: bool| connection.pragma_update(None, "foreign_keys", on);
    enforce(&connection, false).map_err(|error| failed(&error))?;
    runner.run(&mut connection).map_err(|error| failed(&error))?;
    enforce(&connection, true).map_err(|error| failed(&error))?;
    let broken = "SELECT COUNT(*) FROM pragma_foreign_key_check";
    match connection.query_row(broken, [], |row| row.get::<_, i64>(0)) {
        Ok(0) => Ok(connection),
        Ok(count) => Err(failed(&format!("foreign keys: {count}"))),
        Err(error) => Err(failed(&error)),
    }
}

/// The newest migration that this file has seen; 0 for a new file.
fn newest(connection: &Connection) -> rusqlite::Result<i64> {
    let table = "SELECT 1 FROM sqlite_master WHERE name = 'refinery_schema_history'";
    if connection.query_row(table, [], |_| Ok(())).optional()?.is_none() {
        return Ok(0);
    }
    connection.query_row("SELECT COALESCE(MAX(version), 0) FROM refinery_schema_history", [], |row| row.get(0))
}

impl Store for SqliteStore {
    fn sync_sessions(&self, records: Vec<SessionRecord>, now: Timestamp) -> Answer<'_, Synced> {
        self.write(move |desk, entropy| commands::sync(desk, &records, entropy, now))
    }

    fn order(&self, order: Order, now: Timestamp) -> Answer<'_, Outcome> {
        self.write(move |desk, entropy| desk.carry_out(&order, entropy, now))
    }

    fn expire(&self, now: Timestamp) -> Answer<'_, usize> {
        self.write(move |desk, entropy| commands::expire(desk, entropy, now))
    }

    fn agenda(&self, from: Timestamp, until: Timestamp, now: Timestamp) -> Answer<'_, Vec<Facts>> {
        self.read(move |db| team::agenda(db, from, until, now))
    }

    fn to_carry(&self, session: i64) -> Answer<'_, Vec<DemandId>> {
        self.read(move |db| team::to_carry(db, session))
    }

    fn digest(&self, day: Date, now: Timestamp) -> Answer<'_, bool> {
        self.write(move |desk, _| Ok(team::digest(desk.db, day, now)?))
    }

    fn digest_facts(&self, now: Timestamp) -> Answer<'_, Digest> {
        self.read(move |db| team::digest_facts(db, now))
    }

    fn counted(&self, session: i64) -> Answer<'_, Option<Counted>> {
        self.read(move |db| team::counted(db, session))
    }

    fn calls(&self, now: Timestamp) -> Answer<'_, Vec<Call>> {
        self.read(move |db| team::calls(db, now))
    }

    fn to_confirm(&self, now: Timestamp) -> Answer<'_, Vec<ToConfirm>> {
        self.read(move |db| team::to_confirm(db, now))
    }

    fn call_made(&self, key: i64, now: Timestamp) -> Answer<'_, bool> {
        self.write(move |desk, _| Ok(team::call_made(desk.db, key, now)?))
    }

    fn next_expiry(&self) -> Answer<'_, Option<Timestamp>> {
        self.read(|db| {
            let sql = "SELECT MIN(offered_until) AS at FROM demands WHERE offered_until IS NOT NULL";
            db.prepare_cached(sql)?.query_row([], |row| rows::optional_instant(row, "at"))
        })
    }

    fn follow_up(&self, id: DemandId, now: Timestamp) -> Answer<'_, Option<FollowUp>> {
        self.read(move |db| people::follow_up(db, id, now))
    }

    fn personal(&self, id: DemandId) -> Answer<'_, Option<Personal>> {
        self.read(move |db| people::personal(db, id))
    }

    fn session(&self, id: &str, now: Timestamp) -> Answer<'_, Option<SessionStatus>> {
        let id = id.to_owned();
        self.read(move |db| Ok(rows::statuses(db, "s.orphaned = 0 AND s.id = ?1", &id, now)?.pop()))
    }

    fn sessions(&self, now: Timestamp) -> Answer<'_, Vec<SessionStatus>> {
        self.read(move |db| rows::statuses(db, "s.orphaned = ?1", &0, now))
    }

    fn availability(&self, now: Timestamp) -> Answer<'_, Availability> {
        self.read(move |db| rows::availability(db, now))
    }

    fn next_change(&self, now: Timestamp) -> Answer<'_, Option<Timestamp>> {
        self.read(move |db| {
            // The least of the instants still to come, of any session that is to be held.
            let sql = "SELECT MIN(at) AS at FROM (SELECT MIN(opens) AS at FROM sessions WHERE opens > ?1 AND cancelled = 0 \
                       AND orphaned = 0 UNION ALL SELECT MIN(closes) FROM sessions WHERE closes > ?1 AND cancelled = 0 AND orphaned = 0 \
                       UNION ALL SELECT MIN(ends) FROM sessions WHERE ends > ?1 AND cancelled = 0 AND orphaned = 0)";
            db.prepare_cached(sql)?.query_row([rows::ms(now)], |row| rows::optional_instant(row, "at"))
        })
    }

    fn ended(&self, now: Timestamp) -> Answer<'_, Vec<EndedSession>> {
        self.read(move |db| retention::ended(db, now))
    }

    fn forget(&self, outdated: Outdated) -> Answer<'_, ()> {
        self.write(move |desk, _| Ok(retention::forget(desk.db, &outdated)?))
    }

    fn known_letters(&self, keys: Vec<i64>) -> Answer<'_, Vec<i64>> {
        self.read(move |db| retention::known_letters(db, &keys))
    }

    fn scrub(&self, always: bool) -> Answer<'_, bool> {
        let (path, frames, erased) =
            (self.readers.path.clone(), Arc::clone(&self.frames), Arc::clone(&self.writer.erased));
        Box::pin(async move {
            // What is erased from here on is scrubbed the next time.
            if !erased.swap(false, Ordering::Relaxed) && !always {
                return Ok(false);
            }
            let cut = tokio::task::spawn_blocking(move || checkpoint::cut(&path, &frames)).await;
            let done = cut.map_err(|_| StoreError::Unavailable("cutting the log panicked".to_owned()))?;
            if done.is_err() {
                erased.store(true, Ordering::Relaxed);
            }
            done?;
            Ok(true)
        })
    }

    fn to_compare(&self, limit: u32) -> Answer<'_, Vec<DemandId>> {
        let unlooked = Arc::clone(&self.writer.unlooked);
        let Some(since) = unlooked.may_be_some() else { return Box::pin(async { Ok(Vec::new()) }) };
        let found = self.read(move |db| {
            let sql = "SELECT id FROM demands WHERE to_compare > 0 ORDER BY rank LIMIT ?1";
            db.prepare_cached(sql)?.query_map([limit], |row| row.get("id").map(DemandId))?.collect()
        });
        Box::pin(async move {
            let found: Vec<DemandId> = found.await?;
            if found.is_empty() {
                unlooked.found_none(since);
            }
            Ok(found)
        })
    }

    fn correct_clock(&self, now: Timestamp) -> Answer<'_, usize> {
        self.write(move |desk, _| Ok(outbox::correct_clock(desk.db, now)?))
    }

    #[cfg(test)]
    fn batch(&self, orders: Vec<Order>, now: Timestamp) -> Answer<'_, Vec<Outcome>> {
        self.write(move |desk, entropy| orders.iter().map(|order| desk.carry_out(order, entropy, now)).collect())
    }

    fn export(&self, session: &str) -> Answer<'_, Option<Vec<TeamRow>>> {
        let session = session.to_owned();
        self.read(move |db| people::export(db, &session))
    }

    fn tallies(&self, from: Date, until: Date) -> Answer<'_, Vec<Tally>> {
        self.read(move |db| team::tallies(db, from, until))
    }

    fn notices(&self) -> Answer<'_, Vec<NoticeRow>> {
        self.read(people::notices)
    }

    fn topics(&self, session: &str) -> Answer<'_, Vec<String>> {
        let session = session.to_owned();
        self.read(move |db| {
            let sql =
                "SELECT t.topic FROM topics t JOIN sessions s ON s.key = t.session WHERE s.id = ?1 ORDER BY t.key";
            db.prepare_cached(sql)?.query_map([session], |row| row.get(0))?.collect()
        })
    }

    fn claim_messages(&self, limit: u32, now: Timestamp, until: Timestamp) -> Answer<'_, Vec<Outgoing>> {
        self.write(move |desk, _| Ok(outbox::claim(desk.db, limit, now, until)?))
    }

    fn settle_messages(&self, attempts: Vec<(i64, Attempt)>, now: Timestamp) -> Answer<'_, ()> {
        self.write(move |desk, _| {
            desk.ledger.erased |= outbox::settle(desk.db, &attempts, now)?;
            Ok(())
        })
    }

    fn release_claims(&self) -> Answer<'_, ()> {
        // One process serves a file.
        self.write(|desk, _| Ok(outbox::release(desk.db)?))
    }

    fn next_message(&self) -> Answer<'_, Option<Timestamp>> {
        self.read(|db| {
            // The first of those that nobody claimed, and the few that somebody did.
            let sql = "SELECT MIN(at) AS at FROM (SELECT * FROM (SELECT not_before AS at FROM outbox WHERE state = 'pending' \
                       AND claimed_until IS NULL ORDER BY not_before LIMIT 1) UNION ALL SELECT MAX(not_before, claimed_until) \
                       FROM outbox WHERE state = 'pending' AND claimed_until IS NOT NULL)";
            db.prepare_cached(sql)?.query_row([], |row| rows::optional_instant(row, "at"))
        })
    }

    fn health(&self) -> Answer<'_, ()> {
        let writer = self.writer.write(|_| Ok(()));
        let reader = self.read(|db| db.query_row("SELECT COUNT(*) FROM sessions", [], |_| Ok(())));
        Box::pin(async move {
            writer.await?;
            reader.await
        })
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.writer.changes()
    }

    fn states(&self) -> watch::Receiver<u64> {
        self.writer.states()
    }

    fn key_fingerprint(&self, ours: String) -> Answer<'_, String> {
        self.write(move |desk, _| Ok(settings::key_fingerprint(desk.db, &ours)?))
    }

    fn knows_key(&self) -> Answer<'_, bool> {
        self.read(settings::knows_key)
    }

    fn replace_key_fingerprint(&self, ours: String) -> Answer<'_, ()> {
        self.write(move |desk, _| Ok(settings::replace_key_fingerprint(desk.db, &ours)?))
    }
}

#[cfg(test)]
mod tests;
