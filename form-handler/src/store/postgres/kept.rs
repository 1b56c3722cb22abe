//! What a clerk knows of sessions between its batches, so that a session that many ask for is not read again each time.

use std::collections::HashMap;

use crate::store::binder::{Binder, MOST_ROWS};

use super::clerk::CLERKS;

/// The binders of sessions as a clerk's transactions left them, with the versions that they left. They are true of the database for as long as
/// a session's version is still that one.
#[derive(Default)]
pub(super) struct Kept(HashMap<i64, (i64, Binder)>);

impl Kept {
    /// The binder of a session that is now locked at this version, unless somebody else wrote since it was kept.
    pub(super) fn take(&mut self, session: i64, version: i64) -> Option<Binder> {
        let (left_at, binder) = self.0.remove(&session)?;
        (left_at + 1 == version).then_some(binder)
    }

    /// Keeps what a transaction left, once it was committed.
    pub(super) fn keep(&mut self, binders: HashMap<i64, Binder>, versions: &HashMap<i64, i64>) {
        let versioned = |(session, binder)| Some((session, (*versions.get(&session)?, binder)));
        self.0.extend(binders.into_iter().filter_map(versioned));
        if self.0.values().map(|(_, binder)| binder.weight()).sum::<usize>() > MOST_ROWS / CLERKS {
            self.0.clear();
        }
    }
}
