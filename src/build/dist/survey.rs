//! Whether the published files are as they were written.

use std::{fs, path::Path};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    content::sources::{Stamp, tick},
    fingerprint::Fingerprint,
};

/// A published file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// Of the name of its kind; of a compressed copy, of the bytes of the original.
    pub of: Fingerprint,
    /// Of its bytes.
    pub content: Fingerprint,
    /// What the disk says of it.
    pub stamp: Stamp,
}

/// What became of the published files since they were written.
#[derive(Debug, Default)]
pub struct Survey {
    /// The stamps that they have now, in their order.
    pub stamps: Vec<Stamp>,
    /// Whether any of them had to be read to be sure.
    pub looked_closer: bool,
}

impl Survey {
    /// Looks at every file of `records` in `output`; `None` when one of them is not as it was
    /// written. With `verify`, reads them all; otherwise, those whose stamp may not be believed.
    #[must_use]
    pub fn take(output: &Path, records: &[(String, FileRecord)], verify: bool) -> Option<Self> {
        let looked: Option<Vec<_>> = records
            .par_iter()
            .map(|(path, record)| match look(&output.join(path), record, verify) {
                FileState::Same(stamp) => Some((stamp, false)),
                FileState::Read(stamp) => Some((stamp, true)),
                FileState::Other => None,
            })
            .collect();
        let (stamps, read): (Vec<_>, Vec<_>) = looked?.into_iter().unzip();
        Some(Self { stamps, looked_closer: read.contains(&true) })
    }
}

/// The stamp of a published file that is as it was written. With `verify`, it is read whatever its
/// stamp says.
#[must_use]
pub fn is_intact(path: &Path, record: &FileRecord, verify: bool) -> Option<Stamp> {
    match look(path, record, verify) {
        FileState::Same(stamp) | FileState::Read(stamp) => Some(stamp),
        FileState::Other => None,
    }
}

enum FileState {
    Same(Stamp),
    Read(Stamp),
    Other,
}

fn look(path: &Path, record: &FileRecord, verify: bool) -> FileState {
    let now = tick();
    let Ok(metadata) = fs::symlink_metadata(path) else { return FileState::Other };
    if !metadata.is_file() {
        return FileState::Other;
    }
    let stamp = Stamp::of(&metadata);
    if !verify && stamp == record.stamp {
        return FileState::Same(stamp);
    }
    match fs::read(path) {
        Ok(bytes) if Fingerprint::of(&bytes) == record.content => FileState::Read(stamp.settled(now)),
        _ => FileState::Other,
    }
}
