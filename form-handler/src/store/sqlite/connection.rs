//! Connections to the file: how they are opened, brought up to date, and asked.

use std::{path::Path, time::Duration};

use rusqlite::{OpenFlags, OptionalExtension, ToSql, config::DbConfig, types::ToSqlOutput};

use crate::{
    phrase::Phrase,
    store::{
        backend::{Connection, Row, SqlValue},
        error::DatabaseError,
    },
};

pub(super) mod migrations {
    refinery::embed_migrations!("migrations/sqlite");
}

/// How long a connection waits for another process (a backup, an export) before it gives up.
const BUSY: Duration = Duration::from_secs(5);

impl From<rusqlite::Error> for DatabaseError {
    fn from(error: rusqlite::Error) -> Self {
        Self::lasting(error)
    }
}

impl ToSql for SqlValue<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Null => Ok(ToSqlOutput::from(rusqlite::types::Null)),
            Self::Integer(number) => Ok(ToSqlOutput::from(*number)),
            Self::Text(text) => text.as_ref().to_sql(),
            Self::Bytes(bytes) => bytes.to_sql(),
        }
    }
}

impl Row for rusqlite::Row<'_> {
    fn integer(&self, column: &'static str) -> Result<Option<i64>, DatabaseError> {
        Ok(self.get_ref(column)?.as_i64_or_null()?)
    }

    fn text(&self, column: &'static str) -> Result<Option<&str>, DatabaseError> {
        Ok(self.get_ref(column)?.as_str_or_null()?)
    }

    fn bytes(&self, column: &'static str) -> Result<Option<&[u8]>, DatabaseError> {
        Ok(self.get_ref(column)?.as_blob_or_null()?)
    }
}

impl From<rusqlite::types::FromSqlError> for DatabaseError {
    fn from(error: rusqlite::types::FromSqlError) -> Self {
        Self::lasting(error)
    }
}

/// It answers at once.
impl Connection for rusqlite::Connection {
    const OCCUPIED: &'static str =
        "(SELECT COALESCE(SUM(weight), 0) FROM demands WHERE session = s.key AND weight > 0)";
    const WAITING: &'static str = "(SELECT COUNT(*) FROM demands WHERE session = s.key AND weight = 0)";
    const STEP_OVER_LOCKED: &'static str = "";
    const BEFORE_A_SIGN_UP: &'static str = "";

    fn query<T: Send>(
        &mut self,
        sql: &str,
        values: &[SqlValue<'_>],
        read: impl Fn(&dyn Row) -> Result<T, DatabaseError> + Send,
    ) -> impl Future<Output = Result<Vec<T>, DatabaseError>> + Send {
        std::future::ready(query(self, sql, values, read))
    }

    fn execute(
        &mut self,
        sql: &str,
        values: &[SqlValue<'_>],
    ) -> impl Future<Output = Result<u64, DatabaseError>> + Send {
        std::future::ready(execute(self, sql, values))
    }
}

pub(super) fn query<T>(
    db: &rusqlite::Connection,
    sql: &str,
    values: &[SqlValue<'_>],
    read: impl Fn(&dyn Row) -> Result<T, DatabaseError>,
) -> Result<Vec<T>, DatabaseError> {
    let mut statement = prepare(db, sql)?;
    let mut rows = statement.query(rusqlite::params_from_iter(values))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

pub(super) fn execute(db: &rusqlite::Connection, sql: &str, values: &[SqlValue<'_>]) -> Result<u64, DatabaseError> {
    let changed = prepare(db, sql)?.execute(rusqlite::params_from_iter(values))?;
    Ok(u64::try_from(changed).unwrap_or(u64::MAX))
}

/// `$1` is a name to `SQLite`, and names are numbered as they first appear.
fn prepare<'c>(db: &'c rusqlite::Connection, sql: &str) -> rusqlite::Result<rusqlite::CachedStatement<'c>> {
    let statement = db.prepare_cached(sql)?;
    let in_order = |index: usize| statement.parameter_name(index).is_none_or(|name| name[1..] == index.to_string());
    debug_assert!((1..=statement.parameter_count()).all(in_order), "values are not in their order: {sql}");
    Ok(statement)
}

pub(super) fn reader(path: &Path) -> rusqlite::Result<rusqlite::Connection> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    // Readers look here and there: little of what they saw is asked for again (in kilobytes).
    connection.pragma_update(None, "cache_size", -512)?;
    Ok(connection)
}

pub(super) fn connect(path: &Path, flags: OpenFlags) -> rusqlite::Result<rusqlite::Connection> {
    let connection = rusqlite::Connection::open_with_flags(path, flags)?;
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
pub(super) fn durable(connection: &rusqlite::Connection) -> rusqlite::Result<()> {
    // Of a new file: a sign-up alone writes a few pages, each of which it changes a little.
    connection.pragma_update(None, "page_size", 2_048)?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // The pages that sign-ups fall on stay at hand (in kilobytes: 3 MB).
    connection.pragma_update(None, "cache_size", -3_072)
}

/// Makes the file its owner's alone before anything is in it; its companions get the same rights.
pub(super) fn keep_private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(path).map(drop)
}

pub(super) fn migrate(mut connection: rusqlite::Connection, path: &Path) -> Result<rusqlite::Connection, Phrase> {
    let about = |id| Phrase::new(id).with("fichier", path.display());
    let runner = migrations::migrations::runner();
    let known = runner.get_migrations().iter().map(refinery::Migration::version).max().unwrap_or_default();
    let found = newest(&connection).map_err(|error| about("base-illisible").with("cause", error))?;
    if found > i64::from(known) {
        return Err(about("base-plus-recente").with("trouvee", found).with("connue", known));
    }
    if found == i64::from(known) {
        return Ok(connection);
    }
    let failed = |error: &dyn std::fmt::Display| about("base-migration").with("cause", error);
    // A table that is made again must not take with it what points to it.
    let enforce = |connection: &rusqlite::Connection, on: bool| connection.pragma_update(None, "foreign_keys", on);
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
pub(super) fn newest(connection: &rusqlite::Connection) -> rusqlite::Result<i64> {
    let table = "SELECT 1 FROM sqlite_master WHERE name = 'refinery_schema_history'";
    if connection.query_row(table, [], |_| Ok(())).optional()?.is_none() {
        return Ok(0);
    }
    connection.query_row("SELECT COALESCE(MAX(version), 0) FROM refinery_schema_history", [], |row| row.get(0))
}
