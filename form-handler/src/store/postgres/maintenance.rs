//! What a backup and a restoration ask of a server beside the store's own work. `pg_dump` and its
//! fellows do the rest.

use std::sync::Arc;

use deadpool_postgres::Client;
use entreparentaise::model::retention::RETAINED;
use jiff::Timestamp;
use tokio_postgres::types::{FromSql, ToSql};

use super::{
    PostgresStore,
    connection::{self, MIGRATION_LOCK, Server, UNHURRIED, migrate_alone, newest},
};
use crate::{
    enrolment::Terms,
    phrase::Phrase,
    store::{
        backend::Connection,
        error::StoreError,
        recovery::{ERASED, Erased, read_erased},
        soundness::{Contents, count_rows},
    },
    system::Entropy,
};

/// The server's major version.
const VERSION: &str = "SELECT current_setting('server_version_num')::int / 10000";

/// The schema's version that this program works with.
#[must_use]
pub fn known() -> i64 {
    connection::known()
}

/// The migration that the tables are still to have: the version that they have, and ours. `None`:
/// they have it, or there are none.
///
/// # Errors
/// A server that does not answer.
pub async fn pending(server: &Server) -> Result<Option<(i64, i64)>, Phrase> {
    let client = connect(server).await?;
    let found = newest(server, &client).await?;
    Ok((found > 0 && found < known()).then_some((found, known())))
}

async fn connect(server: &Server) -> Result<Client, Phrase> {
    let client = server.pool()?.get().await.map_err(|error| server.refusal(&error))?;
    // A copy takes as long as it takes.
    client.batch_execute(UNHURRIED).await.map_err(|error| server.refusal(&error))?;
    Ok(client)
}

/// The database at one instant, held still for `pg_dump` while others go on writing. It ends with
/// this.
pub struct Held {
    // The transaction is open for as long as the connection is.
    _client: Client,
    /// What `pg_dump --snapshot` is told.
    pub name: String,
    /// The server's major version.
    pub version: u32,
    /// What is there at that instant.
    pub contents: Contents,
}

impl Held {
    /// Holds the database as it is now.
    ///
    /// # Errors
    /// A server that does not answer, or has no table of ours.
    pub async fn now(server: &Server) -> Result<Self, Phrase> {
        let client = connect(server).await?;
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        client.batch_execute(begin).await.map_err(|error| server.refusal(&error))?;
        let row = client.query_one("SELECT pg_export_snapshot()", &[]).await.map_err(|error| server.refusal(&error))?;
        let name = row.try_get(0).map_err(|error| server.refusal(&error))?;
        let row = client.query_one(VERSION, &[]).await.map_err(|error| server.refusal(&error))?;
        let version: i32 = row.try_get(0).map_err(|error| server.refusal(&error))?;
        let contents = contents(server, &client).await?;
        // Taken out of its pool, which would give it back in the middle of a transaction.
        Ok(Self { _client: client, name, version: version.unsigned_abs(), contents })
    }
}

async fn contents(server: &Server, client: &Client) -> Result<Contents, Phrase> {
    let schema = newest(server, client).await?;
    if schema == 0 {
        return Err(Phrase::new("sauvegarde-base-vide"));
    }
    let raw: &tokio_postgres::Client = client;
    let rows = raw.query(&count_rows(), &[]).await.map_err(|error| server.refusal(&error))?;
    let read = |row: &tokio_postgres::Row| Ok((row.try_get(0)?, row.try_get(1)?));
    let counts =
        rows.iter().map(read).collect::<Result<_, tokio_postgres::Error>>().map_err(|error| server.refusal(&error))?;
    let key = "SELECT value FROM settings WHERE name = 'key_fingerprint'";
    let key = client.query_opt(key, &[]).await.map_err(|error| server.refusal(&error))?;
    let key = key.map(|row| row.try_get(0)).transpose().map_err(|error| server.refusal(&error))?;
    Ok(Contents { schema, counts, key })
}

/// A database that goes on from a backup: no server works on it, and none starts meanwhile.
pub struct Restoration {
    client: Client,
    server: Server,
    /// The server's major version.
    pub version: u32,
}

impl Restoration {
    /// Shuts everybody out.
    ///
    /// # Errors
    /// A server that does not answer, or one of ours that is at work there.
    pub async fn begin(server: &Server) -> Result<Self, Phrase> {
        let client = connect(server).await?;
        // Whoever starts waits for it before anything else.
        let lock = format!("SELECT pg_try_advisory_lock({MIGRATION_LOCK})");
        let others = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'form-handler' \
                      AND datname = current_database() AND pid <> pg_backend_pid()";
        let mut begun = Self { client, server: server.clone(), version: 0 };
        if !begun.one::<bool>(&lock, &[]).await? || begun.one::<i64>(others, &[]).await? > 0 {
            return Err(Phrase::new("restauration-serveur-en-marche"));
        }
        begun.version = begun.one::<i32>(VERSION, &[]).await?.unsigned_abs();
        Ok(begun)
    }

    /// Whether no table of ours is there.
    ///
    /// # Errors
    /// A server that does not answer.
    pub async fn is_empty(&self) -> Result<bool, Phrase> {
        Ok(newest(&self.server, &self.client).await? == 0)
    }

    /// What takes away all that is there of ours: a text of SQL, for the transaction of what comes
    /// in its place.
    ///
    /// # Errors
    /// A server that does not answer; tables that are not ours, or that a newer version made.
    pub async fn clearing(&self) -> Result<String, Phrase> {
        let ours: Vec<&str> = RETAINED.iter().flat_map(|kept| kept.tables.iter().copied()).collect();
        let others = "SELECT string_agg(tablename::text, ', ') FROM pg_tables \
                      WHERE schemaname = current_schema() AND tablename <> ALL ($1)";
        let others: Option<String> = self.one(others, &[&ours]).await?;
        if let Some(others) = others {
            return Err(Phrase::new("restauration-autres-tables").with("tables", others));
        }
        // An extension's functions are its own.
        let statements = "SELECT string_agg(line, E'\n') FROM ( \
             SELECT format('DROP TABLE IF EXISTS %I.%I CASCADE;', schemaname, tablename) AS line FROM pg_tables \
             WHERE schemaname = current_schema() \
             UNION ALL SELECT format('DROP FUNCTION IF EXISTS %s CASCADE;', p.oid::regprocedure) FROM pg_proc p \
             WHERE p.pronamespace = current_schema()::regnamespace AND NOT EXISTS (SELECT 1 FROM pg_depend d \
             WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e') \
             UNION ALL SELECT format('DROP SEQUENCE IF EXISTS %I.%I CASCADE;', schemaname, sequencename) \
             FROM pg_sequences WHERE schemaname = current_schema()) AS what";
        Ok(self.one::<Option<String>>(statements, &[]).await?.unwrap_or_default())
    }

    async fn one<T: for<'r> FromSql<'r>>(&self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<T, Phrase> {
        self.client
            .query_one(sql, values)
            .await
            .and_then(|row| row.try_get(0))
            .map_err(|error| self.server.refusal(&error))
    }

    /// What has letters wait from the instant on at which the tables are there: a text of SQL.
    ///
    /// # Errors
    /// A server that does not answer.
    pub async fn withholding(&self, since: Timestamp) -> Result<String, Phrase> {
        let schema: String = self.one("SELECT quote_ident(current_schema())", &[]).await?;
        let since = since.as_millisecond();
        Ok(format!(
            "INSERT INTO {schema}.settings (name, value) VALUES ('letters_withheld', '{since}') \
             ON CONFLICT (name) DO UPDATE SET value = excluded.value;\n"
        ))
    }

    /// What the database knows to be erased.
    ///
    /// # Errors
    /// One that knows nothing of it.
    pub async fn erased(&mut self) -> Result<Vec<Erased>, StoreError> {
        Ok(Connection::query(&mut self.client, ERASED, &[], read_erased).await?)
    }

    /// Brings the tables up to date, once they are there.
    ///
    /// # Errors
    /// Tables that a newer version made.
    pub async fn migrate(&mut self) -> Result<(), Phrase> {
        migrate_alone(&self.server, &mut self.client).await
    }

    /// What is there now.
    ///
    /// # Errors
    /// A server that does not answer.
    pub async fn contents(&self) -> Result<Contents, Phrase> {
        contents(&self.server, &self.client).await
    }

    /// A store on it, while everybody else is shut out.
    ///
    /// # Errors
    /// A server that does not answer.
    pub async fn store(&self, terms: Terms, entropy: Arc<dyn Entropy>) -> Result<PostgresStore, Phrase> {
        PostgresStore::start(&self.server, self.server.pool()?, terms, entropy).await
    }
}
