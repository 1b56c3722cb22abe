//! What the database knows of those who write into it: the fingerprint of their key.

use deadpool_postgres::{Client, Transaction};

use super::{failure::Failure, rows};

/// Remembers the fingerprint, unless one is known. The one that is known. Of several instances that
/// start at once, the first one's: the others wait for its commit.
pub(super) async fn key_fingerprint(transaction: &Transaction<'_>, ours: &str) -> Result<String, Failure> {
    let sql = "INSERT INTO settings (name, value) VALUES ('key_fingerprint', $1) ON CONFLICT DO NOTHING";
    transaction.execute(sql, &[&ours]).await?;
    let known = "SELECT value FROM settings WHERE name = 'key_fingerprint'";
    rows::get(&transaction.query_one(known, &[]).await?, "value")
}

pub(super) async fn knows_key(client: &Client) -> Result<bool, Failure> {
    let sql = "SELECT 1 FROM settings WHERE name = 'key_fingerprint'";
    Ok(client.query_opt(sql, &[]).await?.is_some())
}

pub(super) async fn replace_key_fingerprint(transaction: &Transaction<'_>, ours: &str) -> Result<(), Failure> {
    let sql = "INSERT INTO settings (name, value) VALUES ('key_fingerprint', $1) \
               ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    transaction.execute(sql, &[&ours]).await?;
    Ok(())
}
