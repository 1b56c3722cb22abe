//! What a session's file was understood as, kept from one build to the next: sessions are what a
//! root has thousands of. The HTML of its text is not kept: it is made again from the source when a
//! page that shows it is.

use std::{collections::BTreeMap, sync::Arc};

use jiff::civil::{Date, Time};
use serde::{Deserialize, Serialize};

use super::entries::RawSession;
use crate::{diagnostics::diagnostic::Diagnostic, fingerprint::Fingerprint};

/// A session's file, understood.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Reading {
    pub(super) session: Option<RawSession>,
    /// Every problem of the file alone.
    pub(super) problems: Vec<Diagnostic>,
    /// Of the header.
    pub(super) head: Fingerprint,
    /// Of the text.
    pub(super) text: Fingerprint,
}

impl Reading {
    /// The reading of `file`, from its stored form; `None` when it is damaged.
    #[must_use]
    pub fn from_bytes(bytes: &[u8], file: &Arc<str>) -> Option<Self> {
        let mut reading: Self = postcard::from_bytes(bytes).ok()?;
        if let Some(session) = &mut reading.session {
            session.put_in(file);
        }
        for problem in &mut reading.problems {
            problem.at.file = Arc::clone(file);
        }
        Some(reading)
    }

    /// The day, the end and the revision of the session, unless it is not to be held.
    pub(crate) fn planned(&self) -> Option<(Date, Option<Time>, u32)> {
        self.session.as_ref().and_then(RawSession::planned)
    }

    /// Its stored form.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        postcard::to_allocvec(self).unwrap_or_default()
    }
}

/// The readings of every session, by path, each with the fingerprint of the bytes that were read.
pub type Readings = BTreeMap<Arc<str>, (Fingerprint, Arc<Reading>)>;

/// What an earlier build kept: the reading of the file of this path, if its bytes had this
/// fingerprint.
pub trait Recall: Sync {
    /// The reading, when it is known.
    fn recall(&self, path: &Arc<str>, fingerprint: Fingerprint) -> Option<Arc<Reading>>;
}

impl Recall for Readings {
    fn recall(&self, path: &Arc<str>, fingerprint: Fingerprint) -> Option<Arc<Reading>> {
        self.get(path).filter(|(known, _)| *known == fingerprint).map(|(_, reading)| Arc::clone(reading))
    }
}
