//! What the disk says of a file without reading it, and when that may be believed.

use std::{fs::Metadata, os::unix::fs::MetadataExt, time::UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// A file's size, times and number. Two equal stamps mean the same content, except when the file
/// was written again within the tick of the clock that its times were taken at: see
/// [`Stamp::settled`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Stamp {
    size: u64,
    /// Nanoseconds since 1970, as the file system counts them.
    modified: i64,
    /// When the content, the name or the rights last changed: nothing sets it back.
    changed: i64,
    inode: u64,
}

/// The longest tick of the file systems that count in nanoseconds (Linux takes the times at its own
/// tick, 1 to 10 ms).
const FINE_TICK: i64 = 20_000_000;
/// The tick of those that count in seconds: FAT counts by two.
const COARSE_TICK: i64 = 2_000_000_000;
const SECOND: i64 = 1_000_000_000;

impl Stamp {
    /// The stamp that no file has: what it is put on is always read.
    pub const NONE: Self = Self { size: 0, modified: 0, changed: 0, inode: 0 };

    /// The stamp of a file.
    #[must_use]
    pub fn of(metadata: &Metadata) -> Self {
        let instant = |seconds: i64, nanoseconds: i64| seconds.saturating_mul(SECOND).saturating_add(nanoseconds);
        Self {
            size: metadata.size(),
            modified: instant(metadata.mtime(), metadata.mtime_nsec()),
            changed: instant(metadata.ctime(), metadata.ctime_nsec()),
            inode: metadata.ino(),
        }
    }

    /// The stamp, if it can be believed later: a file that was written in the same tick as it was
    /// looked at (`now`, nanoseconds since 1970) may have been written again since, with the same
    /// stamp. Such a stamp is worth none, as in git's index.
    #[must_use]
    pub fn settled(self, now: i64) -> Self {
        let coarse = self.modified % SECOND == 0 && self.changed % SECOND == 0;
        let tick = if coarse { COARSE_TICK } else { FINE_TICK };
        let last = self.modified.max(self.changed);
        if last.saturating_add(tick) < now { self } else { Self::NONE }
    }

    /// Bytes of the file.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }
}

/// The clock that file systems stamp with, in nanoseconds since 1970. Not the "now" of a build: it
/// only says whether a file was written just before it was looked at.
#[allow(clippy::disallowed_methods, reason = "the file system's own clock, never what a page shows")]
#[must_use]
pub fn tick() -> i64 {
    let since = std::time::SystemTime::now().duration_since(UNIX_EPOCH);
    since.ok().and_then(|elapsed| i64::try_from(elapsed.as_nanos()).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_of_the_same_tick_is_not_believed() {
        let stamp = Stamp { size: 1, modified: 5 * SECOND + 1, changed: 5 * SECOND + 1, inode: 9 };
        assert_eq!(stamp.settled(5 * SECOND + 1), Stamp::NONE);
        assert_eq!(stamp.settled(4 * SECOND), Stamp::NONE);
        assert_eq!(stamp.settled(6 * SECOND), stamp);
        let coarse = Stamp { modified: 5 * SECOND, changed: 5 * SECOND, ..stamp };
        assert_eq!(coarse.settled(6 * SECOND), Stamp::NONE);
        assert_eq!(coarse.settled(8 * SECOND), coarse);
    }
}
