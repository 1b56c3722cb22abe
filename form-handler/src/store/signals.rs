//! What a commit tells others: that there is something to send, to publish, to scrub, to compare.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::watch;

/// Whom a store's commits wake.
#[derive(Debug)]
pub(super) struct Signals {
    /// Counts commits: for whoever sends.
    pub(super) changes: watch::Sender<u64>,
    /// Counts changes of what the site shows: for whoever publishes.
    pub(super) states: watch::Sender<u64>,
    /// Counts erasures: for whoever notes them outside of the database.
    pub(super) erasures: watch::Sender<u64>,
    /// Whether anything was erased that may still stand in the files.
    pub(super) erased: AtomicBool,
    /// Whether there are demands that are still to be compared with others.
    pub(super) uncompared: Uncompared,
}

/// What a transaction did, for whoever is to hear of it after the commit.
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each answers a question of its own after a transaction")]
pub(super) struct Effects {
    /// Whether what the site shows of a session changed.
    pub(super) states_changed: bool,
    /// Whether anything was written.
    pub(super) written: bool,
    /// Whether anything about people was erased: it may still stand in the database's files.
    pub(super) erased: bool,
    /// Whether anything was left to be compared.
    pub(super) to_compare: bool,
}

impl Signals {
    pub(super) fn new() -> Self {
        Self {
            changes: watch::Sender::new(0),
            states: watch::Sender::new(0),
            erasures: watch::Sender::new(0),
            erased: AtomicBool::new(false),
            uncompared: Uncompared::new(),
        }
    }

    /// Tells what a transaction did, once it was committed.
    pub(super) fn committed(&self, effects: Effects) {
        if effects.written {
            self.changes.send_modify(|count| *count += 1);
        }
        if effects.erased {
            self.erased.store(true, Ordering::Relaxed);
            self.erasures.send_modify(|count| *count += 1);
        }
        if effects.to_compare {
            self.uncompared.left();
        }
        if effects.states_changed {
            self.states.send_modify(|count| *count += 1);
        }
    }
}

/// Whether there are demands that are still to be compared. They are marked in their own rows, and
/// found by reading them all: an index of them would take the time of a page from the answers that
/// must take no longer than others. So they are read only when there may be some.
#[derive(Debug)]
pub(super) struct Uncompared {
    /// Counts the commits that left something to be compared. At the start, there may be some.
    left: AtomicU64,
    /// The count at the last reading that found none.
    none_at: AtomicU64,
}

impl Uncompared {
    fn new() -> Self {
        Self { left: AtomicU64::new(1), none_at: AtomicU64::new(0) }
    }

    fn left(&self) {
        self.left.fetch_add(1, Ordering::Relaxed);
    }

    /// The count before a reading, which [`Uncompared::found_none`] is told; `None`: there is
    /// nothing to read.
    pub(super) fn may_be_some(&self) -> Option<u64> {
        let left = self.left.load(Ordering::Relaxed);
        (left != self.none_at.load(Ordering::Relaxed)).then_some(left)
    }

    /// What was read from that count on found none.
    pub(super) fn found_none(&self, since: u64) {
        self.none_at.store(since, Ordering::Relaxed);
    }
}
