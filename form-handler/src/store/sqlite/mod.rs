//! The embedded database: one file, nothing to install.
//!
//! WAL and `synchronous=FULL`: a commit is on disk when it returns, and readers never wait for the writer. One thread
//! writes ([`writer`]); readers have connections of their own, opened when first needed.

mod commands;
mod outbox;
mod rows;
mod writer;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use tokio::sync::{Semaphore, watch};

use self::{
    commands::{Change, Context},
    writer::Writer,
};
use super::{
    Actor, Answer, Attempt, Changed, FollowUp, Outgoing, SessionRecord, SessionStatus, Shown, Store, StoreError,
    Submitted, Synced, TeamRow,
};
use crate::{
    demand::{Cautions, Submission, mask_email, mask_phone},
    enrolment::{Ended, Standing},
    said::Said,
    system::Entropy,
    token::DemandId,
};

mod migrations {
    refinery::embed_migrations!("migrations");
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

/// Makes the file its owner's alone before anything is in it; its companions get the same rights.
fn keep_private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(path).map(drop)
}

impl SqliteStore {
    /// Opens the file, creating and migrating it as needed.
    pub fn open(path: &Path, entropy: Arc<dyn Entropy>) -> Result<Self, Said> {
        let said = |id| Said::new(id).with("fichier", path.display());
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|error| said("base-illisible").with("cause", error))?;
        }
        keep_private(path).map_err(|error| said("base-illisible").with("cause", error))?;
        let connection = connect(path, OpenFlags::default())
            .and_then(|connection| durable(&connection).map(|()| connection))
            .map_err(|error| said("base-illisible").with("cause", error))?;
        let connection = migrate(connection, path)?;
        let writer = Writer::start(connection).map_err(|error| said("base-illisible").with("cause", error))?;
        let permits = Arc::new(Semaphore::new(READERS));
        let readers = Arc::new(Readers { path: path.to_owned(), idle: Mutex::default(), permits });
        Ok(Self { writer, readers, entropy })
    }

    fn write<T: Send + 'static>(
        &self,
        now: Timestamp,
        work: impl FnOnce(Context<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Answer<'static, T> {
        let entropy = Arc::clone(&self.entropy);
        self.writer.write(move |db| work(Context { db, entropy: entropy.as_ref(), now }))
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

    fn change(&self, id: DemandId, change: Change, actor: Actor, now: Timestamp) -> Answer<'static, Changed> {
        self.write(now, move |to| commands::change(to, id, change, actor))
    }
}

impl Readers {
    fn read<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> rusqlite::Result<T> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => connect(&self.path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?,
        };
        let result = work(&connection);
        // A connection that failed is not kept: the next one starts afresh.
        if result.is_ok() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
        result
    }
}

fn connect(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update(None, "foreign_keys", true)?;
    // What is erased is overwritten, not only forgotten.
    connection.pragma_update(None, "secure_delete", true)?;
    Ok(connection)
}

/// What makes a commit a promise. Set for the file once, except `synchronous`, which is the connection's.
fn durable(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")
}

fn migrate(mut connection: Connection, path: &Path) -> Result<Connection, Said> {
    let said = |id| Said::new(id).with("fichier", path.display());
    let runner = migrations::migrations::runner();
    let known = runner.get_migrations().iter().map(refinery::Migration::version).max().unwrap_or_default();
    let found = newest(&connection).map_err(|error| said("base-illisible").with("cause", error))?;
    if found > i64::from(known) {
        return Err(said("base-plus-recente").with("trouvee", found).with("connue", known));
    }
    runner.run(&mut connection).map_err(|error| said("base-migration").with("cause", error))?;
    Ok(connection)
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
        self.write(now, move |to| commands::sync(to, &records))
    }

    fn submit(&self, submission: Submission, now: Timestamp) -> Answer<'_, Submitted> {
        self.write(now, move |to| commands::submit(to, &submission))
    }

    fn cancel(&self, id: DemandId, actor: Actor, now: Timestamp) -> Answer<'_, Changed> {
        self.change(id, Change::Cancel, actor, now)
    }

    fn cancel_others(&self, id: DemandId, now: Timestamp) -> Answer<'_, Changed> {
        self.change(id, Change::CancelOthers, Actor::Link, now)
    }

    fn merge(&self, id: DemandId, actor: Actor, now: Timestamp) -> Answer<'_, Changed> {
        self.change(id, Change::Merge, actor, now)
    }

    fn confirm(&self, id: DemandId, now: Timestamp) -> Answer<'_, Changed> {
        self.change(id, Change::Confirm, Actor::Team, now)
    }

    fn follow_up(&self, id: DemandId, now: Timestamp) -> Answer<'_, Option<FollowUp>> {
        self.read(move |db| follow_up(db, id, now))
    }

    fn session(&self, id: &str, now: Timestamp) -> Answer<'_, Option<SessionStatus>> {
        let id = id.to_owned();
        self.read(move |db| Ok(rows::statuses(db, "s.orphaned = 0 AND s.id = ?1", &id, now)?.pop()))
    }

    fn sessions(&self, now: Timestamp) -> Answer<'_, Vec<SessionStatus>> {
        self.read(move |db| rows::statuses(db, "s.orphaned = ?1", &0, now))
    }

    fn next_change(&self, now: Timestamp) -> Answer<'_, Option<Timestamp>> {
        self.read(move |db| {
            // The least of the instants still to come, of any session that is to be held.
            let sql = "SELECT MIN(at) AS at FROM (SELECT MIN(opens) AS at FROM sessions WHERE opens > ?1 AND cancelled = 0 \
                       AND orphaned = 0 UNION ALL SELECT MIN(closes) FROM sessions WHERE closes > ?1 AND cancelled = 0 AND orphaned = 0 \
                       UNION ALL SELECT MIN(ends) FROM sessions WHERE ends > ?1 AND cancelled = 0 AND orphaned = 0)";
            db.prepare_cached(sql)?.query_row([rows::ms(now)], |row| optional_instant(row, "at"))
        })
    }

    fn purge(&self, ended_before: Timestamp, now: Timestamp) -> Answer<'_, usize> {
        self.write(now, move |to| Ok(commands::purge(to, ended_before)?))
    }

    fn export(&self, session: &str) -> Answer<'_, Option<Vec<TeamRow>>> {
        let session = session.to_owned();
        self.read(move |db| export(db, &session))
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
        self.write(now, move |to| Ok(outbox::claim(to, limit, until)?))
    }

    fn settle_messages(&self, attempts: Vec<(i64, Attempt)>, now: Timestamp) -> Answer<'_, ()> {
        self.write(now, move |to| Ok(outbox::settle(to, &attempts)?))
    }

    fn next_message(&self) -> Answer<'_, Option<Timestamp>> {
        self.read(|db| {
            let sql =
                "SELECT MIN(MAX(not_before, COALESCE(claimed_until, 0))) AS at FROM outbox WHERE state = 'pending'";
            db.prepare_cached(sql)?.query_row([], |row| optional_instant(row, "at"))
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
}

fn optional_instant(row: &rusqlite::Row<'_>, name: &str) -> rusqlite::Result<Option<Timestamp>> {
    row.get::<_, Option<i64>>(name)?.map(|_| rows::instant(row, name)).transpose()
}

fn follow_up(db: &Connection, id: DemandId, now: Timestamp) -> rusqlite::Result<Option<FollowUp>> {
    let sql = "SELECT session, standing, to_confirm, ended, places, email, phone, shared_device, lang FROM demands WHERE id = ?1";
    let mut statement = db.prepare_cached(sql)?;
    let mut found = statement.query([id.0])?;
    let Some(row) = found.next()? else { return Ok(None) };
    let session: i64 = row.get("session")?;
    let Some(session) = rows::statuses(db, "s.key = ?1", &session, now)?.pop() else { return Ok(None) };
    let standing: Standing = rows::read_standing(row)?;
    let shown = match rows::read_ended(row)? {
        Some(Ended::Cancelled) => Shown::Cancelled,
        // A repetition that was released looks as it did: its sender may not be who the first one is.
        None | Some(Ended::Merged) => Shown::Live(commands::given(row.get("to_confirm")?, standing)),
    };
    Ok(Some(FollowUp {
        id,
        session,
        shown,
        places: row.get("places")?,
        email: row.get::<_, Option<String>>("email")?.as_deref().map(mask_email),
        phone: row.get::<_, Option<String>>("phone")?.as_deref().map(mask_phone),
        shared_device: row.get("shared_device")?,
        lang: row.get("lang")?,
    }))
}

fn export(db: &Connection, session: &str) -> rusqlite::Result<Option<Vec<TeamRow>>> {
    let key: Option<i64> =
        db.query_row("SELECT key FROM sessions WHERE id = ?1", [session], |row| row.get(0)).optional()?;
    let Some(key) = key else { return Ok(None) };
    let sql = "SELECT * FROM demands WHERE session = ?1 AND ended IS NULL ORDER BY rank";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([key], |row| {
        let cautions: String = row.get("cautions")?;
        Ok(TeamRow {
            id: rows::demand_id(row, "id")?,
            enrolled: rows::read_standing(row)? == Standing::Enrolled,
            to_confirm: row.get("to_confirm")?,
            repeats: row.get::<_, Option<i64>>("repeats")?.is_some(),
            first_name: row.get("first_name")?,
            email: row.get("email")?,
            phone: row.get("phone")?,
            cautions: Cautions::of(cautions.split(',')),
            places: row.get("places")?,
            other_parent_first_name: row.get("other_parent_first_name")?,
            heard_from: row.get("heard_from")?,
            asked_at: rows::instant(row, "asked_at")?,
        })
    })?;
    rows.collect::<rusqlite::Result<Vec<_>>>().map(Some)
}

#[cfg(test)]
mod tests;
