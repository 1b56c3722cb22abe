//! How to publish, and what came of it: each file and why it was made, or why nothing was
//! published.

use std::sync::Arc;

use crate::{build::dist::PublishError, diagnostics::diagnostic::Diagnostic, outputs::Key, progress::Progress};

/// How to publish.
#[derive(Debug, Clone, Default)]
pub struct PublishOptions {
    /// Read every published file, whatever the disk says of it.
    pub verify: bool,
    /// Tell what became of each file, and why.
    pub explain: bool,
    /// Publish texts compressed too, beside themselves.
    pub precompress: bool,
    /// Told how far it is.
    pub progress: Arc<Progress>,
}

/// What a publication did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PublishReport {
    /// Files written, new or changed.
    pub made: usize,
    /// Files that were already right.
    pub kept: usize,
    /// Files of an earlier build that are no longer wanted.
    pub removed: usize,
    /// What became of each file, in the order of the paths, when that was asked for.
    pub details: Vec<FileReport>,
    /// Problems of what was made that keep nothing from being published.
    pub warnings: Vec<Diagnostic>,
}

/// What became of a file, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileReport {
    /// Its path.
    pub path: String,
    /// What became of it.
    pub fate: Fate,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It was not there.
    New,
    /// It held something else.
    Changed,
    /// It was made again, and holds the same.
    Same,
    /// Nothing that it is made from changed.
    Kept,
    /// An earlier build of ours wrote it, and it is no longer wanted.
    Removed,
}

/// Why a file was made again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// Something that it is made from changed.
    Input(Key),
    /// Nothing is known of an earlier build.
    NothingKnown,
    /// It is published for the first time.
    FirstTime,
    /// What it is a compressed copy of changed.
    Original,
    /// Somebody changed or removed it.
    Damaged,
}

impl Reason {
    pub(super) fn is_list(&self) -> bool {
        matches!(self, Self::Input(key) if key.is_list())
    }
}

/// Why nothing was published.
#[derive(Debug)]
pub enum BuildError {
    /// Problems of what was made.
    Content(Vec<Diagnostic>),
    /// The disk refused.
    Disk(PublishError),
}

impl From<PublishError> for BuildError {
    fn from(error: PublishError) -> Self {
        Self::Disk(error)
    }
}
