//! A text that stands in several pieces, between tags or events, read as a whole.

use std::ops::Range;

use super::{french::edits, text::Edit};

/// The pieces of one paragraph, cell or attribute.
#[derive(Debug, Default)]
pub(crate) struct Run {
    text: String,
    pieces: Vec<(Range<usize>, usize)>,
}

/// What changes in one of the pieces.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// The piece, as it was named.
    pub(crate) piece: usize,
    /// Bytes of that piece.
    pub(crate) at: Range<usize>,
    pub(crate) with: &'static str,
}

impl Run {
    /// A piece that may change.
    pub(crate) fn push(&mut self, text: &str, name: usize) {
        let start = self.text.len();
        self.text.push_str(text);
        self.pieces.push((start..self.text.len(), name));
    }

    /// Something between pieces, that does not change.
    pub(crate) fn see(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Ends the text: what changes, in order.
    pub(crate) fn finish(&mut self) -> Vec<Change> {
        let mut changes = Vec::new();
        if !self.pieces.is_empty() {
            let mut first = 0;
            for Edit { at, with } in edits(&self.text) {
                // An edit over several pieces (a space inside a tag, another one outside) is made
                // in the first of them.
                let mut with = with;
                while self.pieces.get(first).is_some_and(|(piece, _)| piece.end <= at.start) {
                    first += 1;
                }
                let before = changes.len();
                let mut told = 0;
                for (piece, name) in self.pieces[first..].iter().take_while(|(piece, _)| piece.start < at.end) {
                    let within = at.start.max(piece.start)..at.end.min(piece.end);
                    if !within.is_empty() {
                        told += within.len();
                        let within = within.start - piece.start..within.end - piece.start;
                        changes.push(Change { piece: *name, at: within, with: std::mem::take(&mut with) });
                    }
                }
                // What is only seen does not change, nor what it is a part of.
                if told < at.len() {
                    changes.truncate(before);
                }
            }
        }
        self.text.clear();
        self.pieces.clear();
        changes
    }
}
