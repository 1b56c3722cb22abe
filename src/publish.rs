//! Writes `dist/`: the only module that does. Files are replaced one by one, atomically; only what an earlier build wrote is removed.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::render::File;

/// The folder of `dist/` that is ours alone. Its name begins with a dot: it is never served.
pub const PRIVATE: &str = ".entreparentaise";
const VERSION: u32 = 1;

/// What a publication did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Each path and what became of it, in the order of the paths.
    pub files: Vec<(String, Fate)>,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It was not there.
    New,
    /// It held something else.
    Changed,
    /// It was already right.
    Kept,
    /// An earlier build of ours wrote it, and it is no longer wanted.
    Removed,
}

impl Report {
    /// Files written, new or changed.
    #[must_use]
    pub fn made(&self) -> usize {
        self.count(|fate| matches!(fate, Fate::New | Fate::Changed))
    }

    /// Files that were already right.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.count(|fate| fate == Fate::Kept)
    }

    /// Files of an earlier build that are no longer wanted.
    #[must_use]
    pub fn removed(&self) -> usize {
        self.count(|fate| fate == Fate::Removed)
    }

    fn count(&self, wanted: impl Fn(Fate) -> bool) -> usize {
        self.files.iter().filter(|(_, fate)| wanted(*fate)).count()
    }
}

/// Why a publication stopped, and at which path.
#[derive(Debug)]
pub struct PublishError {
    /// The path.
    pub path: PathBuf,
    /// What happened.
    pub error: io::Error,
}

impl std::fmt::Display for PublishError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.error)
    }
}

impl std::error::Error for PublishError {}

/// The files that our builds wrote.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Manifest {
    version: u32,
    files: BTreeSet<String>,
}

/// Publishes `files` into `output`. Every writer takes the same lock; a process that dies leaves each file whole, old or new.
///
/// # Errors
/// The first path that could not be written; files already replaced stay replaced, and the next publication finishes the job.
pub fn publish(output: &Path, files: &[File<'_>]) -> Result<Report, PublishError> {
    let private = output.join(PRIVATE);
    fs::create_dir_all(&private).map_err(at(&private))?;
    let lock_path = private.join("verrou");
    let lock = fs::File::options().create(true).truncate(false).write(true).open(&lock_path).map_err(at(&lock_path))?;
    lock.lock().map_err(at(&lock_path))?;

    let manifest_path = private.join("manifeste.json");
    let earlier = read_manifest(&manifest_path);
    let wanted: BTreeSet<String> = files.iter().map(|file| file.path.clone()).collect();
    // What is about to be written is noted first: after a crash, the next build still knows that these files are ours.
    if !wanted.is_subset(&earlier) {
        write_manifest(&manifest_path, earlier.union(&wanted).cloned().collect())?;
    }
    let made = files.par_iter().map(|file| Ok((file.path.clone(), replace(output, file)?)));
    let mut fates = made.collect::<Result<Vec<_>, PublishError>>()?;
    for path in earlier.difference(&wanted) {
        if remove(output, path)? {
            fates.push((path.clone(), Fate::Removed));
        }
    }
    if earlier != wanted {
        write_manifest(&manifest_path, wanted)?;
    }
    fates.sort();
    Ok(Report { files: fates })
}

/// A damaged or older manifest is worth none: nothing is removed, everything is compared.
fn read_manifest(path: &Path) -> BTreeSet<String> {
    let manifest: Option<Manifest> = fs::read(path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    manifest.filter(|manifest| manifest.version == VERSION).map(|manifest| manifest.files).unwrap_or_default()
}

fn write_manifest(path: &Path, files: BTreeSet<String>) -> Result<(), PublishError> {
    let bytes = serde_json::to_vec(&Manifest { version: VERSION, files }).map_err(|error| at(path)(error.into()))?;
    write_atomically(path, &bytes)
}

/// Writes the file unless it is already right.
fn replace(output: &Path, file: &File<'_>) -> Result<Fate, PublishError> {
    let path = output.join(&file.path);
    let fate = match fs::read(&path) {
        Ok(present) if present == *file.bytes => return Ok(Fate::Kept),
        Ok(_) => Fate::Changed,
        Err(_) => Fate::New,
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(at(folder))?;
    }
    write_atomically(&path, &file.bytes)?;
    Ok(fate)
}

/// A reader sees the old file or the new one, never a part. The temporary name is hidden, so it is never served, and is the same
/// each time, so a crash leaves at most one, which the next write replaces.
fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), PublishError> {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let fresh = path.with_file_name(format!(".{name}.nouveau"));
    fs::write(&fresh, bytes).map_err(at(&fresh))?;
    fs::rename(&fresh, path).map_err(at(path))
}

/// Removes a file of ours, and the folders that it leaves empty.
fn remove(output: &Path, path: &str) -> Result<bool, PublishError> {
    // The manifest is a file that anybody may damage: it never leads outside `dist/`.
    let safe = Path::new(path).components().all(|name| matches!(name, std::path::Component::Normal(_)));
    if !safe {
        return Ok(false);
    }
    let path = output.join(path);
    match fs::remove_file(&path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(at(&path)(error)),
    }
    let folders = path.ancestors().skip(1).take_while(|folder| *folder != output);
    for folder in folders {
        if fs::remove_dir(folder).is_err() {
            break;
        }
    }
    Ok(true)
}

fn at(path: &Path) -> impl Fn(io::Error) -> PublishError + '_ {
    move |error| PublishError { path: path.to_owned(), error }
}
