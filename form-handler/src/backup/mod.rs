//! Backups: made while the server serves, and gone on from after a disaster.
//!
//! A backup is one file: an archive of the database as it was at one instant, the key of the links,
//! and a manifest in which nobody is ([`archive`]). [`take`] makes one: the database is copied
//! ([`copy`]) into `var/`, looked at page by page, packed beside the place of the backup, opened
//! and compared, and put in that place. So nothing is ever there but a whole backup, and a disk
//! that fills up leaves the former one. Given the public key of somebody (`age`), only they can
//! open it; a second key that is drawn for the one look, and forgotten, lets us compare it all the
//! same.
//!
//! [`keeper`] makes them at their hours and removes those that are too old, with what was erased
//! meanwhile; [`folder`] says which. [`marks`] keeps, outside of any backup, what was erased:
//! [`restore`] erases it again, and has letters wait until the host says that they may leave.

mod archive;
mod copy;
mod folder;
mod keeper;
mod marks;
mod postgres;
mod restore;
mod status;
mod take;

pub use self::{
    folder::name_of,
    keeper::Keeper,
    marks::{MARKS, sync as note_erasures},
    restore::{KeyFate, RestoreOptions, Restored, at_work, erase_what_came_back, restore},
    status::Status,
    take::{Taken, before_migration, noted_by_hand, take},
};

use std::path::{Path, PathBuf};

use crate::{
    phrase::Phrase,
    settings::{Database, Settings},
};

/// What is backed up, and with what.
#[derive(Debug, Clone)]
pub struct Place {
    /// The database.
    pub database: Database,
    /// `var/`, where a copy is made.
    pub var: PathBuf,
    /// The key of the links.
    pub key: PathBuf,
    /// Where `PostgreSQL`'s programs are, if somebody said so.
    pub programs: Option<PathBuf>,
}

impl Place {
    /// What the settings say.
    #[must_use]
    pub fn of(settings: &Settings) -> Self {
        Self {
            database: settings.database.clone(),
            var: settings.var(),
            key: settings.key_path(),
            programs: settings.backup.programs.clone(),
        }
    }
}

/// A file that cannot be read or written.
fn refused(path: &Path, cause: &dyn std::fmt::Display) -> Phrase {
    Phrase::new("sauvegarde-impossible").with("fichier", path.display()).with("cause", cause)
}

/// A file that is removed with this, unless it took another's place.
#[derive(Debug)]
struct Draft(PathBuf);

impl Draft {
    /// A name for a file that is to be made. What a process that was killed left there goes.
    fn at(path: PathBuf) -> Self {
        let _ = std::fs::remove_file(&path);
        Self(path)
    }

    fn path(&self) -> &Path {
        &self.0
    }

    /// Puts it where it belongs, on disk.
    fn take_place(self, path: &Path) -> std::io::Result<()> {
        std::fs::File::open(&self.0)?.sync_all()?;
        std::fs::rename(&self.0, path)?;
        sync_folder(path)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // It took its place, or has none. A database leaves companions.
        for end in ["", "-wal", "-shm", "-journal"] {
            let mut name = self.0.clone().into_os_string();
            name.push(end);
            let _ = std::fs::remove_file(name);
        }
    }
}

/// Has the disk remember what the folder of this file holds.
fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::File::open(folder)?.sync_all()
}

/// A file that is there to be locked.
fn lock_file(path: &Path) -> std::io::Result<std::fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(path)
}

/// Makes a file that is its owner's alone.
fn private(path: &Path) -> std::io::Result<std::fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)
}
