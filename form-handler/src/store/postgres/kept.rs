//! What a clerk knows of sessions between its batches, so that a session that many ask for is not read again each time.

use std::collections::HashMap;

use crate::store::binder::Binder;

/// The binders of sessions as a clerk's transactions left them, with the versions that they left. They are true of the database for as long as
/// a session's version is still that one.
pub(super) struct Kept {
    binders: HashMap<i64, (i64, Binder)>,
    /// How many rows they may come to.
    most: usize,
}

impl Kept {
    pub(super) fn new(most: usize) -> Self {
        Self { binders: HashMap::new(), most }
    }

    /// The binder of a session that is now locked at this version, unless somebody else wrote since it was kept.
    pub(super) fn take(&mut self, session: i64, version: i64) -> Option<Binder> {
        let (left_at, binder) = self.binders.remove(&session)?;
        (left_at + 1 == version).then_some(binder)
    }

    /// Keeps what a transaction left, once it was committed.
    pub(super) fn keep(&mut self, binders: HashMap<i64, Binder>, versions: &HashMap<i64, i64>) {
        let versioned = |(session, binder)| Some((session, (*versions.get(&session)?, binder)));
        self.binders.extend(binders.into_iter().filter_map(versioned));
        if self.binders.values().map(|(_, binder)| binder.weight()).sum::<usize>() > self.most {
            self.binders.clear();
        }
    }
}
