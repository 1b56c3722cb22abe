//! From a root that was understood to its published files: which of them are stale, what they
//! become, and what is kept of it all for the next build. One flat list of jobs: each makes an
//! output, looks at it and writes it aside.

mod compression;
mod explain;
mod publisher;
mod report;

use std::{
    collections::{BTreeSet, HashMap},
    fs,
    path::Path,
};

use rayon::prelude::*;

use self::publisher::{EarlierFile, FinishedFile, FinishedFiles, Publisher};
pub use self::report::{BuildError, Fate, FileReport, PublishOptions, PublishReport, Reason};
use crate::{
    build::{
        assembly::Assembly,
        dist::{self, FileRecord, Lock, Owned, PRIVATE, PublishError, PublishErrorKind, Stage},
        inspect,
        manifest::{BuildRecord, Manifest, NewManifest},
    },
    content::{
        parse,
        sources::{Stamp, tick},
    },
    diagnostics::diagnostic::{self, Diagnostic},
    fingerprint::Fingerprint,
    model::Place,
    outputs::{Fingerprints, OutputReads},
};

/// Publishes `assembly` into `output`, given what an earlier build left there. `warnings` are those
/// of the content, for a build that finds nothing to do to tell them again; `None` when they are
/// nobody's business here.
///
/// # Errors
/// When a template fails or a page is wrong, or when the disk refuses: the published site then
/// stays as it was.
pub fn publish(
    assembly: &Assembly,
    manifest: &Manifest,
    lock: &Lock,
    output: &Path,
    warnings: Option<&[Diagnostic]>,
    options: &PublishOptions,
) -> Result<PublishReport, BuildError> {
    let (snapshot, plan) = (assembly.snapshot(), assembly.plan());
    let fingerprints = Fingerprints::of(snapshot, plan);
    // Without what the pages hold and read, nothing of the earlier build can be kept.
    let usable = manifest.last.as_ref().is_some_and(BuildRecord::is_of_this_program);
    let known = manifest.facts().zip(manifest.reads()).filter(|_| usable);
    let (facts, reads) = known.unwrap_or_default();
    let known = manifest.outputs.iter().zip(facts).enumerate();
    let earlier: HashMap<&str, EarlierFile> = known
        .map(|(index, ((path, record), facts))| (path.as_str(), EarlierFile { record: *record, facts, index }))
        .collect();
    let stage = Stage::open(lock, output)?;
    let publisher = Publisher {
        empty: earlier.is_empty() && is_empty(output),
        same: reads.compare(&fingerprints),
        reads,
        fingerprints,
        stage: &stage,
        verify: options.verify,
        precompress: options.precompress,
        earlier,
        assembly,
        output,
    };
    let result = publisher.run(manifest, lock, warnings, options);
    if result.is_err() {
        stage.abandon();
    }
    result
}

/// Makes everything and keeps nothing: every problem of what would be published, sorted. `None`
/// when it was interrupted.
pub fn rehearse(assembly: &Assembly, interrupted: &(dyn Fn() -> bool + Sync)) -> Option<Vec<Diagnostic>> {
    let planned = &assembly.plan().outputs;
    let made: Vec<_> = planned
        .par_iter()
        .map(|output| {
            let made = || assembly.render(output).map(|bytes| inspect::look(assembly, output, &bytes));
            (!interrupted()).then(made)
        })
        .collect::<Option<_>>()?;
    let (mut problems, mut facts) = (Vec::new(), Vec::with_capacity(made.len()));
    for result in made {
        match result {
            Ok(seen) => facts.push(seen),
            Err(problem) => problems.push(*problem),
        }
    }
    if problems.is_empty() {
        problems.extend(inspect::across(assembly, &planned.iter().zip(&facts).collect::<Vec<_>>()));
    }
    diagnostic::sort(&mut problems);
    Some(problems)
}

impl Publisher<'_> {
    fn run(
        &self,
        manifest: &Manifest,
        lock: &Lock,
        warnings: Option<&[Diagnostic]>,
        options: &PublishOptions,
    ) -> Result<PublishReport, BuildError> {
        let planned = &self.assembly.plan().outputs;
        options.progress.start(planned.len());
        let done = self.make_all(planned, &options.progress)?;
        let looked: Vec<_> = planned.iter().zip(&done.outputs).map(|(output, done)| (output, &*done.facts)).collect();
        let mut problems = inspect::across(self.assembly, &looked);
        diagnostic::sort(&mut problems);
        if diagnostic::has_errors(&problems) {
            return Err(BuildError::Content(problems));
        }
        if self.assembly.snapshot().sources().disturbed() {
            let kind = PublishErrorKind::Unsettled;
            return Err(PublishError { path: self.output.to_owned(), kind }.into());
        }
        let mut report = count(&done);
        let (removed, owned) = self.replace(lock, manifest, &done)?;
        report.removed = removed;
        if options.explain {
            report.details = self.explain(manifest, planned, &done);
        }
        let forgotten = forgotten(self.assembly, manifest, &done);
        problems.extend(forgotten.iter().map(|id| {
            let at = Place::new(&"content/adresses.toml".into(), 0..0);
            Diagnostic::warning("adresse-oubliee", at).arg("valeur", id)
        }));
        let told = warnings.map(|warnings| warnings.iter().chain(&problems).cloned().collect());
        report.warnings = problems;
        let last =
            BuildRecord { precompress: options.precompress, owned, forgotten, ..BuildRecord::of(self.assembly, told) };
        self.save_manifest(lock, done, &last)?;
        Ok(report)
    }

    /// Lets everything take its place, and removes what is no longer wanted. How many files went,
    /// and the fingerprint of the list of those that are ours.
    fn replace(
        &self,
        lock: &Lock,
        manifest: &Manifest,
        done: &FinishedFiles,
    ) -> Result<(usize, Fingerprint), PublishError> {
        let noted = manifest.last.as_ref().map(|last| last.owned).filter(|owned| Owned::is_noted(lock, *owned));
        if let Some(noted) = noted
            && done.all().map(|done| done.path.as_str()).eq(manifest.outputs.iter().map(|(path, _)| path.as_str()))
        {
            self.stage.settle()?;
            return Ok((0, noted));
        }
        let wanted = Owned::of(done.all().map(|done| done.path.clone()));
        // Either list may have been damaged: what one of them knows is ours is ours.
        let earlier = Owned::load(lock).union(&Owned::of(manifest.outputs.iter().map(|(path, _)| path.clone())));
        // Noted before anything moves: after a crash, the next build still knows that these files
        // are ours.
        let mut noted = earlier.union(&wanted).save(lock)?;
        let mut removed = 0;
        // A file that stands where a folder must be, and the reverse, goes first.
        let (first, then): (Vec<&String>, Vec<&String>) =
            earlier.without(&wanted).partition(|old| wanted.collides(old));
        for path in &first {
            removed += usize::from(dist::remove(self.output, path)?);
        }
        self.stage.settle()?;
        for path in &then {
            removed += usize::from(dist::remove(self.output, path)?);
        }
        if !(first.is_empty() && then.is_empty()) {
            noted = wanted.save(lock)?;
        }
        Ok((removed, noted))
    }

    /// Keeps what the next build needs.
    fn save_manifest(&self, lock: &Lock, done: FinishedFiles, last: &BuildRecord) -> Result<(), PublishError> {
        let snapshot = self.assembly.snapshot();
        let restamped = self.restamped(&done);
        let mut noted = Vec::with_capacity(done.outputs.len() + done.copies.len());
        let take = |mut done: FinishedFile| {
            noted.push(std::mem::replace(&mut done.reads, OutputReads::Noted(Vec::new())));
            done
        };
        let done: Vec<FinishedFile> = done.outputs.into_iter().chain(done.copies).map(take).collect();
        let reads = self.reads.next(&noted, &self.fingerprints);
        let done = done.into_iter().zip(restamped);
        let (outputs, facts): (Vec<_>, Vec<_>) =
            done.map(|(done, stamp)| ((done.path, FileRecord { stamp, ..done.record }), done.facts)).unzip();
        let new = NewManifest {
            last,
            sources: snapshot.sources(),
            readings: snapshot.readings(),
            outputs: &outputs,
            reads: &reads,
            facts: &facts,
            pictures: &snapshot.assets().pictures.sizes(),
        };
        let path = lock.private().to_owned();
        Manifest::save(&path, &new).map_err(|error| PublishError { path, kind: PublishErrorKind::Disk(error) })
    }

    /// What the disk says now of everything that was published.
    fn restamped(&self, done: &FinishedFiles) -> Vec<Stamp> {
        let written = |done: &FinishedFile| matches!(done.fate, Fate::New | Fate::Changed);
        let stamp = |done: &FinishedFile| {
            // What moved with its folder is as it was when it was written.
            if !written(done) || self.empty {
                return done.record.stamp;
            }
            fs::symlink_metadata(self.output.join(&done.path)).map_or(Stamp::NONE, |m| Stamp::of(&m))
        };
        let stamps: Vec<Stamp> = done.outputs.par_iter().chain(&done.copies).map(stamp).collect();
        // What was written in this very instant may be written again with the same stamp: it will
        // be read.
        let now = tick();
        let settled = |(done, stamp): (&FinishedFile, Stamp)| if written(done) { stamp.settled(now) } else { stamp };
        done.all().zip(stamps).map(settled).collect()
    }
}

/// The ids that paper may carry, since an earlier build answered their address, and that nothing
/// answers any more. They are told until `adresses.toml` says where they lead.
fn forgotten(assembly: &Assembly, manifest: &Manifest, done: &FinishedFiles) -> Vec<String> {
    fn short(path: &str) -> Option<&str> {
        path.strip_prefix("s/")?.strip_suffix("/index.html").filter(|id| !id.contains('/'))
    }
    let mut ids: BTreeSet<&str> = manifest.outputs.iter().filter_map(|(path, _)| short(path)).collect();
    ids.extend(manifest.last.iter().flat_map(|last| last.forgotten.iter().map(String::as_str)));
    for id in done.outputs.iter().filter_map(|done| short(&done.path)) {
        ids.remove(id);
    }
    // A draft is in the content still.
    if !ids.is_empty() {
        for (path, _) in assembly.snapshot().sources().under(parse::SESSIONS) {
            ids.remove(parse::stem(path));
        }
    }
    ids.into_iter().map(str::to_owned).collect()
}

fn count(done: &FinishedFiles) -> PublishReport {
    let kept = done.all().filter(|done| matches!(done.fate, Fate::Same | Fate::Kept)).count();
    PublishReport { made: done.all().count() - kept, kept, ..PublishReport::default() }
}

fn is_empty(output: &Path) -> bool {
    let names =
        fs::read_dir(output).map(|entries| entries.flatten().map(|entry| entry.file_name()).collect::<Vec<_>>());
    names.is_ok_and(|names| names.iter().all(|name| name == PRIVATE))
}
