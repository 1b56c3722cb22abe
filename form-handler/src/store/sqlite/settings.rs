//! What the database knows of those who write into it: the fingerprint of their key.

use rusqlite::{Connection, OptionalExtension};

/// Remembers the fingerprint, unless one is known. The one that is known.
pub(super) fn key_fingerprint(db: &Connection, ours: &str) -> rusqlite::Result<String> {
    let sql = "INSERT INTO settings (name, value) VALUES ('key_fingerprint', ?1) ON CONFLICT DO NOTHING";
    db.execute(sql, [ours])?;
    db.query_row("SELECT value FROM settings WHERE name = 'key_fingerprint'", [], |row| row.get(0))
}

pub(super) fn knows_key(db: &Connection) -> rusqlite::Result<bool> {
    let sql = "SELECT 1 FROM settings WHERE name = 'key_fingerprint'";
    Ok(db.query_row(sql, [], |_| Ok(())).optional()?.is_some())
}

pub(super) fn replace_key_fingerprint(db: &Connection, ours: &str) -> rusqlite::Result<()> {
    let sql = "INSERT INTO settings (name, value) VALUES ('key_fingerprint', ?1) \
               ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    db.execute(sql, [ours]).map(drop)
}
