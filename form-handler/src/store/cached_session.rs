//! What is kept at hand of a session: its book, and enough of the forms that made its demands to
//! know one that was never sent.

use crate::{demand::Fingerprint, enrolment::Book};

/// Rows of books that are kept at hand: beyond, they are read again when they are needed.
pub(super) const MAX_ROWS: usize = 24_000;

/// Traces of forms that take as much room as a row of a book.
const FORMS_A_ROW: usize = 16;

/// A session's book and its forms.
#[derive(Debug, Clone)]
pub(super) struct CachedSession {
    pub(super) book: Book,
    pub(super) forms: FormTraces,
}

impl CachedSession {
    pub(super) fn new(book: Book) -> Self {
        Self { book, forms: FormTraces::default() }
    }

    /// What it counts for among the [`MAX_ROWS`].
    pub(super) fn weight(&self) -> usize {
        self.book.rows.len() + self.forms.0.len() / FORMS_A_ROW + 1
    }
}

/// A trace of each of a session's forms, whatever became of their demands: a fingerprint covers the
/// session, so that a form is looked for nowhere else. One that is not here was never sent. One
/// that is here may have been erased since, or only look like another: its row is asked. The key of
/// the rendering is part of it: whoever sends the fields that somebody else sent is asked no more
/// than others, and answered in the same time.
#[derive(Debug, Clone, Default)]
pub(super) struct FormTraces(Vec<u64>);

impl FormTraces {
    pub(super) fn add(&mut self, envoi: &str, fingerprint: &[u8]) {
        self.0.push(trace(envoi, fingerprint));
    }

    /// Adds what [`trace`] gave.
    pub(super) fn extend(&mut self, traces: impl IntoIterator<Item = u64>) {
        self.0.extend(traces);
    }

    pub(super) fn may_have(&self, envoi: &str, fingerprint: &Fingerprint) -> bool {
        self.0.contains(&trace(envoi, fingerprint))
    }
}

/// The trace of one form.
pub(super) fn trace(envoi: &str, fingerprint: &[u8]) -> u64 {
    let mut trace = [0; 8];
    let mut hasher = blake3::Hasher::new();
    hasher.update(fingerprint).update(envoi.as_bytes()).finalize_xof().fill(&mut trace);
    u64::from_le_bytes(trace)
}
