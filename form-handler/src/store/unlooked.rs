//! Whether there are demands of which others still have to be looked at. They are marked in their own
//! rows, and found by reading them all: an index of them would take the time of a page from the
//! answers that must take no longer than others. So they are read only when there may be some.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts the commits that left something to be looked at. At the start, there may be some.
#[derive(Debug)]
pub(super) struct Unlooked {
    left: AtomicU64,
    /// The count at the last reading that found none.
    none_at: AtomicU64,
}

impl Unlooked {
    pub(super) fn new() -> Self {
        Self { left: AtomicU64::new(1), none_at: AtomicU64::new(0) }
    }

    /// A commit left some.
    pub(super) fn left(&self) {
        self.left.fetch_add(1, Ordering::Relaxed);
    }

    /// The count before a reading, which [`Unlooked::found_none`] is told; `None`: there is nothing
    /// to read.
    pub(super) fn may_be_some(&self) -> Option<u64> {
        let left = self.left.load(Ordering::Relaxed);
        (left != self.none_at.load(Ordering::Relaxed)).then_some(left)
    }

    /// What was read from that count on found none.
    pub(super) fn found_none(&self, since: u64) {
        self.none_at.store(since, Ordering::Relaxed);
    }
}
