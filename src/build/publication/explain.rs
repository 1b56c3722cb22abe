//! What became of each file, and why.

use std::collections::{BTreeSet, HashMap};

use rayon::prelude::*;

use super::{Done, Finished, Press};
use crate::{
    build::manifest::Memory,
    fingerprint::Fingerprint,
    outputs::{Key, Output, OutputReads},
};

/// What became of a file, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Detail {
    /// Its path.
    pub path: String,
    /// What became of it.
    pub fate: Fate,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It was not there.
    New,
    /// It held something else.
    Changed,
    /// It was made again, and holds the same.
    Same,
    /// Nothing that it is made from changed.
    Kept,
    /// An earlier build of ours wrote it, and it is no longer wanted.
    Removed,
}

/// Why a file was made again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// Something that it is made from changed.
    Input(Key),
    /// Nothing is known of an earlier build.
    NothingKnown,
    /// It is published for the first time.
    FirstTime,
    /// What it is a compressed copy of changed.
    Original,
    /// Somebody changed or removed it.
    Damaged,
}

impl Reason {
    fn is_list(&self) -> bool {
        matches!(self, Self::Input(key) if key.is_list())
    }
}

impl Press<'_> {
    pub(super) fn explain(&self, memory: &Memory, planned: &[Output], done: &Finished) -> Vec<Detail> {
        let known = self.reads.found();
        let mut details: Vec<Detail> = planned
            .par_iter()
            .map(Some)
            .chain(done.copies.par_iter().map(|_| None))
            .zip(done.outputs.par_iter().chain(&done.copies))
            .map(|(output, done)| Detail {
                path: done.path.clone(),
                fate: done.fate,
                reasons: if done.fate == Fate::Kept { Vec::new() } else { self.reasons(&known, output, done) },
            })
            .collect();
        let wanted: BTreeSet<&str> = done.all().map(|done| done.path.as_str()).collect();
        let gone = memory.outputs.iter().map(|(path, _)| path).filter(|path| !wanted.contains(path.as_str()));
        details.extend(gone.map(|path| Detail { path: path.clone(), fate: Fate::Removed, reasons: Vec::new() }));
        details.sort();
        details
    }

    /// Why a file was made again; a compressed copy is no output of its own.
    fn reasons(&self, known: &HashMap<&Key, Fingerprint>, output: Option<&Output>, done: &Done) -> Vec<Reason> {
        let Some(earlier) = self.earlier.get(&*done.path) else {
            return vec![if self.earlier.is_empty() { Reason::NothingKnown } else { Reason::FirstTime }];
        };
        if self.is_same(earlier, done.made.of) {
            return vec![Reason::Damaged];
        }
        if output.is_none() {
            return vec![Reason::Original];
        }
        let OutputReads::Noted(keys) = &done.reads else { return Vec::new() };
        let leaves = keys.iter().flat_map(|key| self.fingerprints.leaves(key));
        let changed = leaves.filter(|(key, found)| known.get(key) != Some(found)).map(|(key, _)| key);
        // A list of which nothing else changed than what it holds.
        let lists = keys.iter().filter(|key| known.get(key).copied() != self.fingerprints.get(key));
        let lists = lists.filter(|key| key.is_list()).cloned();
        let mut changed: Vec<Reason> = changed.chain(lists).map(Reason::Input).collect();
        changed.sort();
        changed.dedup();
        // A list that only follows from a file that is told already says nothing more.
        if changed.iter().any(|reason| !reason.is_list()) {
            changed.retain(|reason| !reason.is_list());
        }
        changed
    }
}
