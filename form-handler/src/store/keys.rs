//! What the database knows of those who write into it: the fingerprint of the key that signs
//! people's links.

use jiff::Timestamp;

use super::{
    backend::{Backend, Connection, values},
    error::{Answer, StoreError},
    rows,
};

/// The fingerprint of the key, for whoever starts.
pub trait KeyStore: Send + Sync {
    /// The fingerprint of the key that signs people's links: `ours` from now on, if none is known.
    /// Of several instances that start at once, the first one's.
    fn key_fingerprint(&self, ours: String) -> Answer<'_, String>;

    /// Whether links may have been given out: a key is known.
    fn knows_key(&self) -> Answer<'_, bool>;

    /// The fingerprint of the key that the links were made with, if any may have been.
    fn known_key(&self) -> Answer<'_, Option<String>>;

    /// Has this fingerprint known in place of any other, which no backup is to bring back.
    fn replace_key_fingerprint(&self, ours: String, now: Timestamp) -> Answer<'_, ()>;
}

const KNOWN: &str = "SELECT value FROM settings WHERE name = 'key_fingerprint'";

impl<D: Backend> KeyStore for D {
    fn key_fingerprint(&self, ours: String) -> Answer<'_, String> {
        let known = self.write(move |db| {
            let ours = ours.clone();
            Box::pin(async move {
                let sql = "INSERT INTO settings (name, value) VALUES ('key_fingerprint', $1) ON CONFLICT DO NOTHING";
                db.execute(sql, values![&ours]).await?;
                db.query(KNOWN, &[], |row| rows::text(row, "value")).await
            })
        });
        Box::pin(async move { known.await?.pop().ok_or_else(|| StoreError::unavailable("no fingerprint was kept")) })
    }

    fn knows_key(&self) -> Answer<'_, bool> {
        self.read(|db| Box::pin(async move { Ok(!db.query(KNOWN, &[], |_| Ok(())).await?.is_empty()) }))
    }

    fn known_key(&self) -> Answer<'_, Option<String>> {
        self.read(|db| Box::pin(async move { Ok(db.query(KNOWN, &[], |row| rows::text(row, "value")).await?.pop()) }))
    }

    fn replace_key_fingerprint(&self, ours: String, now: Timestamp) -> Answer<'_, ()> {
        self.write(move |db| {
            let ours = ours.clone();
            Box::pin(async move {
                let sql = "INSERT INTO erased (at, fingerprint) SELECT CAST($1 AS BIGINT), value FROM settings \
                           WHERE name = 'key_fingerprint' AND value <> $2 ON CONFLICT DO NOTHING";
                db.execute(sql, values![now, &ours]).await?;
                let sql = "INSERT INTO settings (name, value) VALUES ('key_fingerprint', $1) \
                           ON CONFLICT (name) DO UPDATE SET value = excluded.value";
                db.execute(sql, values![&ours]).await.map(drop)
            })
        })
    }
}
