//! What changed is written aside, whole, and takes its place in one step.

use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use super::{Lock, PublishError, PublishErrorKind, at};
use crate::content::sources::Stamp;

const NAME: &str = "etape";

/// Where files are written before they take their place: a folder beside `dist/`'s own, on the same
/// disk, so that taking it is one step.
#[derive(Debug)]
pub struct Stage {
    folder: PathBuf,
    /// Files that are not there yet, in their folders: a folder that is new moves whole.
    additions: PathBuf,
    /// Files that take another's place, by number.
    replacements: PathBuf,
    /// Their paths, in the order of their numbers.
    replaced: Mutex<Vec<String>>,
    output: PathBuf,
}

/// A file, or a folder with all that is in it, about to take its place.
#[derive(Debug)]
struct Move {
    from: PathBuf,
    to: PathBuf,
}

impl Stage {
    /// An empty stage for `output`: what a process that died left there is thrown away.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn open(lock: &Lock, output: &Path) -> Result<Self, PublishError> {
        let folder = lock.private().join(NAME);
        let (additions, replacements) = (folder.join("ajouts"), folder.join("remplacements"));
        let stage = Self { folder, additions, replacements, replaced: Mutex::default(), output: output.to_owned() };
        stage.clear()?;
        Ok(stage)
    }

    fn clear(&self) -> Result<(), PublishError> {
        match fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(&self.folder)(error)),
            _ => Ok(()),
        }
    }

    /// Writes a new file aside, and says what the disk will say of it.
    ///
    /// # Errors
    /// When the disk refuses: a full disk is met here, before anything is published.
    pub fn write(&self, path: &str, bytes: &[u8]) -> Result<Stamp, PublishError> {
        let place = self.additions.join(path);
        // A page has a folder of its own: to try without it first would be to fail each time.
        if path.ends_with("/index.html") {
            make_parent(&place)?;
        }
        write(&place, bytes)
    }

    /// Writes aside what takes the place of a file that is there.
    ///
    /// # Errors
    /// When the disk refuses, as [`Stage::write`].
    pub fn write_over(&self, path: String, bytes: &[u8]) -> Result<Stamp, PublishError> {
        let number = {
            let mut replaced = self.replaced.lock().unwrap_or_else(PoisonError::into_inner);
            replaced.push(path);
            replaced.len() - 1
        };
        write(&self.replacements.join(number.to_string()), bytes)
    }

    /// Lets every written file take its place.
    ///
    /// # Errors
    /// What stands in the way is told before anything moves. When the disk refuses half-way, what
    /// moved stays, each file whole.
    pub fn settle(&self) -> Result<(), PublishError> {
        let mut moves = Vec::new();
        if self.additions.exists() {
            self.plan("", &mut moves)?;
        }
        for (number, path) in self.replaced.lock().unwrap_or_else(PoisonError::into_inner).iter().enumerate() {
            let to = self.output.join(path);
            if fs::symlink_metadata(&to).is_ok_and(|metadata| metadata.is_dir()) {
                return Err(PublishError { path: to, kind: PublishErrorKind::FolderInTheWay });
            }
            moves.push(Move { from: self.replacements.join(number.to_string()), to });
        }
        for Move { from, to } in &moves {
            match fs::rename(from, to) {
                Err(error) if error.kind() == io::ErrorKind::CrossesDevices => copy(from, to).map_err(at(to))?,
                done => done.map_err(at(to))?,
            }
        }
        self.clear()
    }

    /// Throws away what was written aside.
    pub fn abandon(&self) {
        // What stays is thrown away by the next build.
        let _ = self.clear();
    }

    /// The fewest steps: a folder that is not there yet moves whole.
    fn plan(&self, folder: &str, moves: &mut Vec<Move>) -> Result<(), PublishError> {
        let here = self.additions.join(folder);
        // A folder on another disk takes no folder whole: its files are copied one by one.
        let elsewhere = device(&self.output.join(folder)) != device(&self.folder);
        let mut entries = fs::read_dir(&here).and_then(Iterator::collect::<io::Result<Vec<_>>>).map_err(at(&here))?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let name = entry.file_name();
            let path = if folder.is_empty() {
                name.to_string_lossy().into_owned()
            } else {
                format!("{folder}/{}", name.to_string_lossy())
            };
            let target = self.output.join(&path);
            let is_folder = entry.file_type().map_err(at(&here))?.is_dir();
            let present = fs::symlink_metadata(&target).ok();
            // A link to a folder is followed: somebody keeps that part elsewhere.
            let present_folder = present.is_some() && target.is_dir();
            let refused = |kind| PublishError { path: target.clone(), kind };
            match (is_folder, &present) {
                (true, None) if !elsewhere => moves.push(Move { from: entry.path(), to: target }),
                (true, None) => {
                    fs::create_dir(&target).map_err(at(&target))?;
                    self.plan(&path, moves)?;
                }
                (true, Some(_)) if present_folder => self.plan(&path, moves)?,
                (true, Some(_)) => return Err(refused(PublishErrorKind::FileInTheWay)),
                (false, Some(metadata)) if metadata.is_dir() => return Err(refused(PublishErrorKind::FolderInTheWay)),
                (false, _) => moves.push(Move { from: entry.path(), to: target }),
            }
        }
        Ok(())
    }
}

fn make_parent(path: &Path) -> Result<(), PublishError> {
    let Some(parent) = path.parent() else { return Ok(()) };
    match fs::create_dir(parent) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => fs::create_dir_all(parent).map_err(at(parent)),
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(at(parent)(error)),
        _ => Ok(()),
    }
}

fn write(place: &Path, bytes: &[u8]) -> Result<Stamp, PublishError> {
    let told = at(place);
    let mut file = match create(place) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            make_parent(place)?;
            create(place)
        }
        made => made,
    }
    .map_err(&told)?;
    io::Write::write_all(&mut file, bytes).map_err(&told)?;
    file.metadata().map(|metadata| Stamp::of(&metadata)).map_err(&told)
}

fn create(path: &Path) -> io::Result<fs::File> {
    fs::File::options().write(true).create_new(true).open(path)
}

fn device(path: &Path) -> Option<u64> {
    fs::metadata(path).ok().map(|metadata| metadata.dev())
}

/// To another disk: written beside its place, then moved.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    super::replace_file(to, &fs::read(from)?)?;
    fs::remove_file(from)
}
