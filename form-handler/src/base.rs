//! What every command stands on: the settings, the database, the time; and, for those that make or
//! open links, the key.

use std::{fs::File, path::Path, sync::Arc};

use entreparentaise::private_dir;
use jiff::Timestamp;

use crate::{
    backup::{self, Place, Taken},
    key_file::{self, NewKey},
    phrase::Phrase,
    settings::{Database, Settings},
    store::{Store, postgres::PostgresStore, sqlite::SqliteStore},
    system::{Clock, SetClock, SystemClock, SystemEntropy},
    token::Key,
};

/// What every command stands on.
#[derive(Debug)]
pub struct Base {
    /// The settings.
    pub settings: Settings,
    /// The database, open.
    pub store: Arc<dyn Store>,
    /// The time: the machine's, or the one of `--now`.
    pub clock: Arc<dyn Clock>,
    /// The backup that was made before this version changed the tables, if it did.
    pub former: Option<Taken>,
    /// Keeps restorations away.
    _at_work: Option<File>,
}

impl Base {
    /// Opens the database.
    pub async fn open(settings: Settings) -> Result<Self, Phrase> {
        private_dir::create(&settings.var()).map_err(|error| {
            Phrase::new("site-ecriture-impossible").with("chemin", settings.var().display()).with("cause", error)
        })?;
        let at_work = match &settings.database {
            Database::Sqlite(path) => Some(backup::at_work(path)?),
            Database::Postgres(_) => None,
        };
        let clock = clock(&settings);
        let (store, former) = open(&settings, clock.now()).await?;
        Ok(Self { settings, store, clock, former, _at_work: at_work })
    }

    /// The secret of `var/cle`, made at the first start: while the database knows none, no link was
    /// given out. Later, a key that is not there, or another, is refused: every link that people
    /// have would be dead, and nobody would know why.
    pub async fn key(&self) -> Result<Key, Phrase> {
        let path = self.settings.key_path();
        let key = match key_file::load(&path)? {
            Some(key) => key,
            None if self.store.knows_key().await? => {
                return Err(Phrase::new("cle-absente").with("fichier", path.display()));
            }
            None => key_file::create(&path, &SystemEntropy)?,
        };
        let ours = key.fingerprint();
        let known = self.store.key_fingerprint(ours.clone()).await?;
        if known == ours {
            return Ok(key);
        }
        Err(Phrase::new("cle-autre").with("fichier", path.display()).with("trouvee", ours).with("connue", known))
    }

    /// Makes another key, whose links alone open from then on.
    pub async fn renew_key(&self) -> Result<(), Phrase> {
        let path = self.settings.key_path();
        let new = NewKey::draw(&path, &SystemEntropy)?;
        // The database first: as long as it knows the former key, that one is not thrown away.
        self.store.replace_key_fingerprint(new.key.fingerprint(), self.clock.now()).await?;
        new.take_place()
    }

    /// What others than their owner may look into, and should not.
    #[must_use]
    pub fn open_to_others(&self) -> Vec<Phrase> {
        let told = |id, path: &Path| {
            private_dir::is_open_to_others(path).then(|| Phrase::new(id).with("chemin", path.display()))
        };
        let (var, key) = (self.settings.var(), self.settings.key_path());
        [told("dossier-ouvert-aux-autres", &var), told("cle-ouverte-aux-autres", &key)].into_iter().flatten().collect()
    }
}

/// The machine's clock, or the one of `--now`.
pub(crate) fn clock(settings: &Settings) -> Arc<dyn Clock> {
    match settings.now {
        Some(at) => Arc::new(SetClock::new(at)),
        None => Arc::new(SystemClock),
    }
}

/// Opens the database alone.
pub(crate) async fn open_store(settings: &Settings) -> Result<Arc<dyn Store>, Phrase> {
    Ok(open(settings, clock(settings).now()).await?.0)
}

/// Opens the database, and changes its tables if this version has others: never without a backup of
/// what they were, unless somebody said so.
async fn open(settings: &Settings, now: Timestamp) -> Result<(Arc<dyn Store>, Option<Taken>), Phrase> {
    let former = if settings.backup.migrate_without {
        None
    } else {
        backup::before_migration(&Place::of(settings), now).await?
    };
    let store: Arc<dyn Store> = match &settings.database {
        Database::Postgres(server) => {
            Arc::new(PostgresStore::open(server, settings.terms, Arc::new(SystemEntropy)).await?)
        }
        Database::Sqlite(path) => Arc::new(SqliteStore::open(path, settings.terms, Arc::new(SystemEntropy))?),
    };
    Ok((store, former))
}
