//! What an earlier build wrote, and so may be removed.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Component, Path},
};

use serde::{Deserialize, Serialize};

use crate::fingerprint::Fingerprint;

use super::{Lock, PublishError, at, replace_file};

const NAME: &str = "fichiers.json";
const VERSION: u32 = 1;

/// The files that our builds wrote: what may be removed. Kept apart from the manifest, so that a
/// manifest that was damaged does not make us forget what is ours.
#[derive(Debug, Default, PartialEq, Eq, Clone)]
pub struct Owned(BTreeSet<String>);

#[derive(Serialize, Deserialize)]
struct Stored<F> {
    version: u32,
    files: F,
}

impl Owned {
    /// What an earlier build noted. A damaged list is worth none: nothing is then removed.
    #[must_use]
    pub fn load(lock: &Lock) -> Self {
        let stored: Option<Stored<BTreeSet<String>>> =
            fs::read(lock.private().join(NAME)).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let files = stored.filter(|stored| stored.version == VERSION).map(|stored| stored.files);
        Self::of(files.unwrap_or_default())
    }

    /// Whether what is noted is the list that has this fingerprint.
    #[must_use]
    pub fn is_noted(lock: &Lock, fingerprint: Fingerprint) -> bool {
        fs::read(lock.private().join(NAME)).is_ok_and(|bytes| Fingerprint::of(&bytes) == fingerprint)
    }

    /// Notes that these files are ours. The fingerprint of the list.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn save(&self, lock: &Lock) -> Result<Fingerprint, PublishError> {
        let path = lock.private().join(NAME);
        let bytes = serde_json::to_vec(&Stored { version: VERSION, files: &self.0 });
        let bytes = bytes.map_err(io::Error::from).map_err(at(&path))?;
        replace_file(&path, &bytes).map_err(at(&path))?;
        Ok(Fingerprint::of(&bytes))
    }

    /// These files; what would lead outside of the folder is none of ours.
    #[must_use]
    pub fn of(files: impl IntoIterator<Item = String>) -> Self {
        // Anybody may damage what was noted.
        Self(files.into_iter().filter(|path| safe(path)).collect())
    }

    /// Both.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0).cloned().collect())
    }

    /// Whether one of these is a folder of `path`, or has it for a folder.
    #[must_use]
    pub fn collides(&self, path: &str) -> bool {
        let inside = format!("{path}/");
        let has_inside = self.0.range(inside.clone()..).next().is_some_and(|next| next.starts_with(&inside));
        has_inside || path.match_indices('/').any(|(at, _)| self.0.contains(&path[..at]))
    }

    /// Those that are not among `other`.
    pub fn without<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = &'a String> {
        self.0.difference(&other.0)
    }
}

fn safe(path: &str) -> bool {
    !path.is_empty() && Path::new(path).components().all(|name| matches!(name, Component::Normal(_)))
}

/// Removes a file of ours, and the folders that it leaves empty. Whether it was there.
///
/// # Errors
/// When the disk refuses.
pub(crate) fn remove(output: &Path, path: &str) -> Result<bool, PublishError> {
    let path = output.join(path);
    match fs::remove_file(&path) {
        Ok(()) => {}
        // Somebody put a folder there: it is theirs.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::IsADirectory | io::ErrorKind::NotADirectory
            ) =>
        {
            return Ok(false);
        }
        Err(error) => return Err(at(&path)(error)),
    }
    for folder in path.ancestors().skip(1).take_while(|folder| *folder != output) {
        if fs::remove_dir(folder).is_err() {
            break;
        }
    }
    Ok(true)
}
