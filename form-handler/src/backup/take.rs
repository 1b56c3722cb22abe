//! Makes a backup: copied, looked at, packed, opened and compared, put in its place.

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
};

use age::x25519::Recipient;
use entreparentaise::private_dir;
use jiff::Timestamp;

use super::{
    Draft, Place, Status,
    archive::{Manifest, pack},
    copy::{copied, in_background},
    folder::stamp,
    lock_file, refused,
};
use crate::{
    key_file,
    phrase::Phrase,
    settings::Database,
    store::{postgres, sqlite},
};

/// The copy of the database that is being packed, in `var/`.
const COPY: &str = "sauvegarde-en-cours";

/// How the name of a file ends that is being packed.
const DRAFT: &str = ".en-cours";

/// A backup that was made.
#[derive(Debug)]
pub struct Taken {
    /// Where.
    pub path: PathBuf,
    /// Everything that was answered before is in it.
    pub instant: Timestamp,
    /// How long the file is, in bytes.
    pub bytes: u64,
    /// What whoever runs the server should know of it.
    pub warnings: Vec<Phrase>,
}

impl Taken {
    /// That it was made, in words.
    #[must_use]
    pub fn phrase(&self) -> Phrase {
        let phrase = Phrase::new("sauvegarde-faite").with("fichier", self.path.display());
        phrase.with("taille", self.bytes.div_ceil(1_024))
    }
}

/// Makes a backup of what is answered at `now`, in place of the file `to`. `keys`: who may open it;
/// nobody: it is not encrypted.
///
/// # Errors
/// Whatever failed: the file `to` is then as it was.
pub async fn take(place: &Place, to: &Path, keys: &[Recipient], now: Timestamp) -> Result<Taken, Phrase> {
    private_dir::create(&place.var).map_err(|error| refused(&place.var, &error))?;
    let folder = to.parent().unwrap_or(Path::new(""));
    private_dir::create(folder).map_err(|error| refused(folder, &error))?;
    let _alone = alone(&place.var)?;
    let database = Draft::at(place.var.join(COPY));
    let (kind, contents) = copied(place, database.path()).await?;
    let (key, warnings) = key_beside(&place.key, contents.key.as_deref())?;
    let manifest = Manifest::new(kind, contents, now);
    let name = to.file_name().ok_or_else(|| refused(to, &"no name"))?.to_string_lossy().into_owned();
    let draft = to.with_file_name(format!(".{name}{DRAFT}"));
    let (to, keys) = (to.to_owned(), keys.to_vec());
    in_background(move || {
        let draft = Draft::at(draft);
        pack(draft.path(), manifest, database.path(), key.as_ref().map(<[u8; 32]>::as_slice), &keys)?;
        drop(database);
        draft.take_place(&to).map_err(|error| refused(&to, &error))?;
        let bytes = to.metadata().map_err(|error| refused(&to, &error))?.len();
        Ok(Taken { path: to, instant: now, bytes, warnings })
    })
    .await
}

/// One backup at a time, of however many processes.
fn alone(var: &Path) -> Result<File, Phrase> {
    let path = var.join("sauvegarde-verrou");
    let file = lock_file(&path).map_err(|error| refused(&path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Phrase::new("sauvegarde-deja-en-cours")),
        Err(TryLockError::Error(error)) => Err(refused(&path, &error)),
    }
}

/// What processes that were killed left of backups under way, once none is under way any more.
pub(super) fn abandoned(var: &Path, folder: Option<&Path>) -> Vec<PathBuf> {
    let Ok(_alone) = alone(var) else { return Vec::new() };
    let files = [Some(var), folder].into_iter().flatten().flat_map(std::fs::read_dir).flatten().flatten();
    let is_draft = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(COPY) || (name.starts_with(".inscriptions-") && name.ends_with(DRAFT))
    };
    files.map(|file| file.path()).filter(is_draft).collect()
}

/// The key that the database's links were made with, and what is to be known of it. A backup
/// without it is worth more than none.
fn key_beside(path: &Path, known: Option<&str>) -> Result<(Option<[u8; 32]>, Vec<Phrase>), Phrase> {
    let told = |id| vec![Phrase::new(id).with("fichier", path.display())];
    let Some(known) = known else { return Ok((None, Vec::new())) };
    match key_file::load(path)? {
        Some(key) if key.fingerprint() == known => Ok((Some(key.to_bytes()), Vec::new())),
        Some(_) => Ok((None, told("sauvegarde-autre-cle"))),
        None => Ok((None, told("sauvegarde-sans-cle"))),
    }
}

/// Before the tables are changed by this version, a backup of what is there; nothing where they are
/// not. Where it was made.
///
/// # Errors
/// One that cannot be made: nothing was changed.
pub async fn before_migration(place: &Place, now: Timestamp) -> Result<Option<Taken>, Phrase> {
    let pending = match &place.database {
        Database::Sqlite(path) => sqlite::copy::pending(path)
            .map_err(|error| Phrase::new("base-illisible").with("fichier", path.display()).with("cause", error))?,
        Database::Postgres(server) => postgres::pending(server).await?,
    };
    let Some((_, version)) = pending else { return Ok(None) };
    let to = place.var.join(format!("avant-migration-{version}-{}.zip", stamp(now)));
    let impossible = |cause: Phrase| Phrase::new("migration-sans-sauvegarde").nested("cause", cause);
    take(place, &to, &[], now).await.map(Some).map_err(impossible)
}

/// Notes a backup that somebody made themselves.
///
/// # Errors
/// A folder that cannot be written.
pub fn noted_by_hand(place: &Place, taken: &Taken) -> Result<(), Phrase> {
    Status { by_hand: Some(taken.instant), ..Status::load(&place.var) }.save(&place.var)
}

/// Notes what became of a try.
pub(super) fn noted(var: &Path, result: &Result<Taken, Phrase>, now: Timestamp) -> Result<(), Phrase> {
    let mut status = Status::load(var);
    match result {
        Ok(taken) => (status.made, status.file) = (Some(taken.instant), Some(taken.path.clone())),
        Err(_) => status.failed = Some(now),
    }
    status.save(var)
}
