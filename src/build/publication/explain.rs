//! What became of each file, and why.

use std::collections::{BTreeSet, HashMap};

use rayon::prelude::*;

use super::{
    publisher::{FinishedFile, FinishedFiles, Publisher},
    report::{Fate, FileReport, Reason},
};
use crate::{
    build::manifest::Manifest,
    fingerprint::Fingerprint,
    outputs::{Key, Output, OutputReads},
};

impl Publisher<'_> {
    pub(super) fn explain(&self, manifest: &Manifest, planned: &[Output], done: &FinishedFiles) -> Vec<FileReport> {
        let known = self.reads.found();
        let mut details: Vec<FileReport> = planned
            .par_iter()
            .map(Some)
            .chain(done.copies.par_iter().map(|_| None))
            .zip(done.outputs.par_iter().chain(&done.copies))
            .map(|(output, done)| FileReport {
                path: done.path.clone(),
                fate: done.fate,
                reasons: if done.fate == Fate::Kept { Vec::new() } else { self.reasons(&known, output, done) },
            })
            .collect();
        let wanted: BTreeSet<&str> = done.all().map(|done| done.path.as_str()).collect();
        let gone = manifest.outputs.iter().map(|(path, _)| path).filter(|path| !wanted.contains(path.as_str()));
        details.extend(gone.map(|path| FileReport { path: path.clone(), fate: Fate::Removed, reasons: Vec::new() }));
        details.sort();
        details
    }

    /// Why a file was made again; a compressed copy is no output of its own.
    fn reasons(&self, known: &HashMap<&Key, Fingerprint>, output: Option<&Output>, done: &FinishedFile) -> Vec<Reason> {
        let Some(earlier) = self.earlier.get(&*done.path) else {
            return vec![if self.earlier.is_empty() { Reason::NothingKnown } else { Reason::FirstTime }];
        };
        if self.is_same(earlier, done.record.of) {
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
