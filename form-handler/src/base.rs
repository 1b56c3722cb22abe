//! What every command stands on: the settings, the database, the key, the time.

use std::{io, os::unix::fs::DirBuilderExt, path::Path, sync::Arc};

use crate::{
    config::{Config, Database},
    said::Said,
    store::{Store, postgres::PostgresStore, sqlite::SqliteStore},
    system::{Clock, SetClock, SystemClock, SystemEntropy},
    token::Key,
};

/// What every command stands on.
#[derive(Debug)]
pub struct Base {
    /// The settings.
    pub config: Config,
    /// The database, open.
    pub store: Arc<dyn Store>,
    /// The secret of `var/cle`.
    pub key: Key,
    /// The time: the machine's, or the one of `--now`.
    pub clock: Arc<dyn Clock>,
}

impl Base {
    /// Opens the database and the key.
    pub async fn open(config: Config) -> Result<Self, Said> {
        private_folder(&config.var()).map_err(|error| {
            Said::new("site-ecriture-impossible").with("chemin", config.var().display()).with("cause", error)
        })?;
        let key = Key::load_or_create(&config.key_path(), &SystemEntropy)?;
        let store = open_store(&config).await?;
        let clock: Arc<dyn Clock> = match config.now {
            Some(at) => Arc::new(SetClock::new(at)),
            None => Arc::new(SystemClock),
        };
        Ok(Self { config, store, key, clock })
    }
}

/// What the handler keeps is about people: its folder is its owner's alone.
fn private_folder(path: &Path) -> io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

pub(crate) async fn open_store(config: &Config) -> Result<Arc<dyn Store>, Said> {
    match &config.database {
        Database::Postgres(server) => {
            Ok(Arc::new(PostgresStore::open(server, config.terms, Arc::new(SystemEntropy)).await?))
        }
        Database::Sqlite(path) => Ok(Arc::new(SqliteStore::open(path, config.terms, Arc::new(SystemEntropy))?)),
    }
}
