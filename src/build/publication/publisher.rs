//! The work of a publication: each output is kept, or made, inspected and written aside.

use std::{borrow::Cow, collections::HashMap, fs, path::Path, sync::Arc};

use rayon::prelude::*;

use super::{
    compression::{self, ContentCoding},
    report::{BuildError, Fate},
};
use crate::{
    build::{
        assembly::Assembly,
        dist::{FileRecord, PublishError, Stage, is_intact},
        inspect::{self, OutputFacts},
    },
    content::sources::{Stamp, tick},
    diagnostics::diagnostic,
    fingerprint::Fingerprint,
    outputs::{Fingerprints, Output, OutputReads, Reads},
    progress::Progress,
    urls,
};

/// One output, done.
pub(super) struct FinishedFile {
    pub(super) path: String,
    pub(super) record: FileRecord,
    pub(super) fate: Fate,
    pub(super) facts: Arc<OutputFacts>,
    pub(super) reads: OutputReads,
}

/// Everything that a job needs.
pub(super) struct Publisher<'a> {
    pub(super) assembly: &'a Assembly,
    pub(super) output: &'a Path,
    pub(super) stage: &'a Stage,
    pub(super) fingerprints: Fingerprints<'a>,
    /// What the outputs of an earlier build read.
    pub(super) reads: Reads,
    /// Whether what stands behind each of its keys is the same now.
    pub(super) same: Vec<bool>,
    /// What an earlier build published, as far as it may be believed.
    pub(super) earlier: HashMap<&'a str, EarlierFile>,
    /// Whether there is nothing there at all.
    pub(super) empty: bool,
    pub(super) verify: bool,
    pub(super) precompress: bool,
}

/// A file that an earlier build published.
pub(super) struct EarlierFile {
    pub(super) record: FileRecord,
    pub(super) facts: Arc<OutputFacts>,
    /// Where among the outputs of that build it is.
    pub(super) index: usize,
}

/// Outputs that are done: each, then its compressed copies.
pub(super) struct FinishedFiles {
    pub(super) outputs: Vec<FinishedFile>,
    pub(super) copies: Vec<FinishedFile>,
}

/// An output, and its compressed copies.
type WithCopies = (FinishedFile, Vec<FinishedFile>);

/// The bytes of an output that had to be made.
type Bytes<'a> = Option<Cow<'a, [u8]>>;

impl FinishedFiles {
    pub(super) fn all(&self) -> impl Iterator<Item = &FinishedFile> {
        self.outputs.iter().chain(&self.copies)
    }
}

impl Publisher<'_> {
    /// Every output, or everything that is wrong.
    pub(super) fn make_all(&self, planned: &[Output], progress: &Progress) -> Result<FinishedFiles, BuildError> {
        let made = planned.par_iter().map(|output| {
            let done = self.job(output);
            progress.step();
            done
        });
        all(made.collect())
    }

    fn job(&self, output: &Output) -> Result<WithCopies, BuildError> {
        let (done, bytes) = self.make(output)?;
        let mut copies = Vec::new();
        if self.precompress && compression::worth(&done.path, done.facts.size) {
            for coding in ContentCoding::ALL {
                copies.push(self.compress(output, &done, bytes.as_deref(), coding)?);
            }
        }
        Ok((done, copies))
    }

    fn make<'o>(&'o self, output: &'o Output) -> Result<(FinishedFile, Bytes<'o>), BuildError> {
        let path = urls::file(&output.url);
        let of = Fingerprint::of(output.kind.name().as_bytes());
        if let Some(done) = self.kept(&path, of) {
            return Ok((done, None));
        }
        let (bytes, reads) = self.render(output)?;
        let facts = Arc::new(inspect::look(self.assembly, output, &bytes));
        Ok((self.put(path, of, &bytes, facts, reads)?, Some(bytes)))
    }

    fn render<'o>(&'o self, output: &'o Output) -> Result<(Cow<'o, [u8]>, OutputReads), BuildError> {
        let view = self.assembly.view();
        let bytes = output.kind.render(&view, output).map_err(|problem| BuildError::Content(vec![*problem]))?;
        Ok((bytes, OutputReads::Noted(view.into_reads())))
    }

    /// A compressed copy of an output.
    fn compress(
        &self,
        output: &Output,
        original: &FinishedFile,
        bytes: Option<&[u8]>,
        coding: ContentCoding,
    ) -> Result<FinishedFile, BuildError> {
        let path = format!("{}.{}", original.path, coding.extension());
        let of = original.record.content;
        if let Some(done) = self.kept(&path, of) {
            return Ok(done);
        }
        let compressed = match bytes {
            Some(bytes) => coding.compress(bytes),
            None => coding.compress(&self.render(output)?.0),
        };
        Ok(self.put(path, of, &compressed, Arc::default(), OutputReads::Noted(Vec::new()))?)
    }

    /// What is known of a file that is as it was written, when nothing that it was made from
    /// changed.
    fn kept(&self, path: &str, of: Fingerprint) -> Option<FinishedFile> {
        let earlier = self.earlier.get(path).filter(|earlier| self.is_same(earlier, of))?;
        let stamp = is_intact(&self.output.join(path), &earlier.record, self.verify)?;
        let record = FileRecord { stamp, ..earlier.record };
        let (facts, reads) = (Arc::clone(&earlier.facts), OutputReads::Same(earlier.index));
        Some(FinishedFile { path: path.to_owned(), record, fate: Fate::Kept, facts, reads })
    }

    /// Whether nothing that an earlier file was made from changed.
    pub(super) fn is_same(&self, earlier: &EarlierFile, of: Fingerprint) -> bool {
        earlier.record.of == of && self.reads.is_same(earlier.index, &self.same)
    }

    /// Writes a file aside, unless it is there already.
    fn put(
        &self,
        path: String,
        of: Fingerprint,
        bytes: &[u8],
        facts: Arc<OutputFacts>,
        reads: OutputReads,
    ) -> Result<FinishedFile, PublishError> {
        let content = Fingerprint::of(bytes);
        let same = self.earlier.get(&*path).filter(|earlier| earlier.record.content == content);
        let same = same.and_then(|earlier| is_intact(&self.output.join(&path), &earlier.record, self.verify));
        let present = match same {
            Some(stamp) => Some((true, stamp)),
            None if self.empty => None,
            None => self.present(&path, bytes),
        };
        let (fate, stamp) = match present {
            Some((true, stamp)) => (Fate::Same, stamp),
            Some((false, _)) => (Fate::Changed, self.stage.write_over(path.clone(), bytes)?),
            None => (Fate::New, self.stage.write(&path, bytes)?),
        };
        Ok(FinishedFile { path, record: FileRecord { of, content, stamp }, fate, facts, reads })
    }

    /// Whether a file that nothing is known of is there, and holds these bytes.
    fn present(&self, path: &str, bytes: &[u8]) -> Option<(bool, Stamp)> {
        let path = self.output.join(path);
        let now = tick();
        let metadata = fs::symlink_metadata(&path).ok()?;
        let same = metadata.is_file() && metadata.len() == bytes.len() as u64;
        let same = same && fs::read(&path).is_ok_and(|present| present == bytes);
        Some((same, Stamp::of(&metadata).settled(now)))
    }
}

/// Every result, or everything that went wrong: a disk that refuses says enough alone.
fn all(results: Vec<Result<WithCopies, BuildError>>) -> Result<FinishedFiles, BuildError> {
    let mut done = FinishedFiles { outputs: Vec::with_capacity(results.len()), copies: Vec::new() };
    let mut problems = Vec::new();
    for result in results {
        match result {
            Ok((output, copies)) => {
                done.outputs.push(output);
                done.copies.extend(copies);
            }
            Err(BuildError::Content(some)) => problems.extend(some),
            Err(disk) => return Err(disk),
        }
    }
    if problems.is_empty() {
        return Ok(done);
    }
    diagnostic::sort(&mut problems);
    Err(BuildError::Content(problems))
}
