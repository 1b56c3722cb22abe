//! A copy of the database as it was at one instant, taken while it is written to; and whether a
//! file is a database of ours, whole.
//!
//! `VACUUM INTO` reads everything in one transaction: nobody who signs up waits for it, and it
//! never begins again. `SQLite`'s online backup does, each time somebody else commits between two
//! of its steps: under load it would never end in small steps, and in one step it is the same read
//! transaction, with the room of what was erased besides.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension};

use super::connection::{connect, keep_private, migrations, newest, query};
use crate::store::{
    error::{DatabaseError, StoreError},
    recovery::{ERASED, Erased, read_erased},
    soundness::{Contents, Soundness, count_rows},
};

/// Why a file is no copy of ours.
#[derive(Debug)]
pub enum CopyError {
    /// It cannot be read or written.
    Database(rusqlite::Error),
    /// It is damaged, in `SQLite`'s words.
    Damaged(String),
}

impl From<rusqlite::Error> for CopyError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}

impl std::fmt::Display for CopyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Database(error) => error.fmt(f),
            Self::Damaged(words) => f.write_str(words),
        }
    }
}

/// A file that is there: none is made.
fn there(path: &Path) -> rusqlite::Result<Connection> {
    connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)
}

/// Writes a copy of the database `from` to the file `to`, which is its owner's alone and must not
/// be there. Other processes may write meanwhile.
///
/// # Errors
/// A database that cannot be read, a disk that is full.
pub fn take(from: &Path, to: &Path) -> Result<(), CopyError> {
    let source = there(from)?;
    keep_private(to).map_err(|error| CopyError::Damaged(error.to_string()))?;
    source.execute("VACUUM INTO ?1", [to.to_string_lossy()])?;
    // The disk's own word, too.
    std::fs::File::open(to).and_then(|file| file.sync_all()).map_err(|error| CopyError::Damaged(error.to_string()))
}

/// Looks at every page of a copy: it must be a database of ours, whole.
///
/// # Errors
/// What is wrong with it.
pub fn verify(path: &Path) -> Result<Contents, CopyError> {
    let db = there(path)?;
    let Soundness { damage, orphans, .. } = look(&db, "integrity_check")?;
    if let Some(first) = damage.into_iter().next() {
        return Err(CopyError::Damaged(first));
    }
    if orphans > 0 {
        return Err(CopyError::Damaged(format!("foreign keys: {orphans}")));
    }
    let schema = newest(&db)?;
    if schema == 0 {
        return Err(CopyError::Damaged("no table of ours".to_owned()));
    }
    let mut counted = db.prepare(&count_rows())?;
    let counts = counted.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
    let key = "SELECT value FROM settings WHERE name = 'key_fingerprint'";
    Ok(Contents { schema, counts, key: db.query_row(key, [], |row| row.get(0)).optional()? })
}

/// The migration that a file is still to have: the version that it has, and ours. `None`: it has
/// it, or is new.
///
/// # Errors
/// A file that cannot be read.
pub fn pending(path: &Path) -> rusqlite::Result<Option<(i64, i64)>> {
    if !path.exists() {
        return Ok(None);
    }
    let found = newest(&there(path)?)?;
    let known = known();
    Ok((found > 0 && found < known).then_some((found, known)))
}

/// The schema's version that this program works with.
#[must_use]
pub fn known() -> i64 {
    let runner = migrations::migrations::runner();
    runner.get_migrations().iter().map(|migration| migration.version().into()).max().unwrap_or_default()
}

/// Has everything of a database be in its one file. Nobody else may have it open.
///
/// # Errors
/// Somebody has, for now.
pub fn settle(path: &Path) -> rusqlite::Result<()> {
    let db = there(path)?;
    db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    db.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))
}

/// What a database knows to be erased.
///
/// # Errors
/// A file that cannot be read, or knows nothing of it.
pub fn erased(path: &Path) -> Result<Vec<Erased>, CopyError> {
    let odd = |error: DatabaseError| CopyError::Damaged(StoreError::from(error).to_string());
    query(&there(path)?, ERASED, &[], read_erased).map_err(odd)
}

/// Whether the database in use is whole, by the quicker look.
pub(super) fn soundness(path: &Path) -> rusqlite::Result<Soundness> {
    look(&there(path)?, "quick_check")
}

fn look(db: &Connection, check: &str) -> rusqlite::Result<Soundness> {
    let words = |sql: &str| -> rusqlite::Result<Vec<String>> {
        let mut statement = db.prepare(sql)?;
        statement.query_map([], |row| row.get(0))?.collect()
    };
    let mut damage = words(&format!("PRAGMA {check}(20)"))?;
    damage.retain(|line| line != "ok");
    let orphans = if damage.is_empty() {
        db.query_row("SELECT COUNT(*) FROM pragma_foreign_key_check", [], |row| row.get::<_, i64>(0))?
    } else {
        0
    };
    let encoding = db.query_row("PRAGMA encoding", [], |row| row.get(0))?;
    Ok(Soundness { damage, orphans: usize::try_from(orphans).unwrap_or_default(), encoding })
}
