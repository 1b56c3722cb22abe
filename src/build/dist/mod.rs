//! Writes `dist/`: the only module that does. What changed is first written aside, whole; then each
//! file, or each folder that was not there, takes its place in one step. A process that dies, a
//! disk that fills up, leave every published file whole, old or new; and only what an earlier build
//! wrote is ever removed.

mod lock;
mod owned;
mod stage;
mod survey;

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

pub(crate) use self::owned::remove;
pub use self::{
    lock::Lock,
    owned::Owned,
    stage::Stage,
    survey::{FileRecord, Survey, is_intact},
};

/// The folder of `dist/` that is ours alone. Its name begins with a dot: it is never served.
pub const PRIVATE: &str = ".entreparentaise";

/// Why a publication stopped, and at which path.
#[derive(Debug)]
pub struct PublishError {
    /// The path.
    pub path: PathBuf,
    /// What happened.
    pub kind: PublishErrorKind,
}

/// What stopped a publication.
#[derive(Debug)]
pub enum PublishErrorKind {
    /// The disk's own refusal.
    Disk(io::Error),
    /// A folder stands where a file is to be written.
    FolderInTheWay,
    /// A file stands where a folder is to be made.
    FileInTheWay,
    /// The content went on changing while it was read.
    Unsettled,
}

impl std::fmt::Display for PublishError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let path = self.path.display();
        match &self.kind {
            PublishErrorKind::Disk(error) => write!(f, "{path}: {error}"),
            PublishErrorKind::FolderInTheWay => write!(f, "{path}: a folder stands where a file is to be written"),
            PublishErrorKind::FileInTheWay => write!(f, "{path}: a file stands where a folder is to be made"),
            PublishErrorKind::Unsettled => write!(f, "{path}: the content changes while it is read"),
        }
    }
}

impl std::error::Error for PublishError {}

impl From<PublishError> for io::Error {
    fn from(error: PublishError) -> Self {
        match error.kind {
            PublishErrorKind::Disk(error) => error,
            _ => Self::other(error),
        }
    }
}

/// Writes a file in one step: a reader sees the old one or the new one, never a part.
///
/// # Errors
/// When the disk refuses; the old file then stays.
pub fn replace_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace_file_with(path, &[bytes])
}

/// The same, from pieces.
pub(crate) fn replace_file_with(path: &Path, pieces: &[impl AsRef<[u8]>]) -> io::Result<()> {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    // The same name each time: a crash leaves at most one, which the next write replaces.
    let fresh = path.with_file_name(format!(".{name}.nouveau"));
    let write = || {
        let mut file = fs::File::create(&fresh)?;
        pieces.iter().try_for_each(|piece| file.write_all(piece.as_ref()))
    };
    let written = write().and_then(|()| fs::rename(&fresh, path));
    if written.is_err() {
        let _ = fs::remove_file(&fresh);
    }
    written
}

fn at(path: &Path) -> impl Fn(io::Error) -> PublishError + '_ {
    move |error| PublishError { path: path.to_owned(), kind: PublishErrorKind::Disk(error) }
}
