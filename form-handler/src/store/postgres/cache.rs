//! What a batcher knows of sessions between its batches, so that a session that many ask for is not
//! read again each time.

use std::collections::HashMap;

use crate::store::cached_session::CachedSession;

/// Sessions as a batcher's transactions left them, with the versions that they left. They are true
/// of the database for as long as a session's version is still that one.
pub(super) struct SessionCache {
    sessions: HashMap<i64, (i64, CachedSession)>,
    /// How many rows they may come to.
    most: usize,
}

impl SessionCache {
    pub(super) fn new(most: usize) -> Self {
        Self { sessions: HashMap::new(), most }
    }

    /// The session that is now locked at this version, unless somebody else wrote since it was
    /// kept.
    pub(super) fn take(&mut self, session: i64, version: i64) -> Option<CachedSession> {
        let (left_at, cached) = self.sessions.remove(&session)?;
        (left_at + 1 == version).then_some(cached)
    }

    /// Keeps what a transaction left, once it was committed.
    pub(super) fn keep(&mut self, sessions: HashMap<i64, CachedSession>, versions: &HashMap<i64, i64>) {
        let versioned = |(session, cached)| Some((session, (*versions.get(&session)?, cached)));
        self.sessions.extend(sessions.into_iter().filter_map(versioned));
        if self.sessions.values().map(|(_, cached)| cached.weight()).sum::<usize>() > self.most {
            self.sessions.clear();
        }
    }
}
