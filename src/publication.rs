//! From a root that was understood to its published files: which of them are stale, what they become, and what is kept of it all for
//! the next build. One flat list of jobs: each makes an output, looks at it and writes it aside.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    path::Path,
    sync::Arc,
};

use jiff::tz::TimeZone;
use rayon::prelude::*;

use crate::{
    assembly::Assembly,
    diagnostic::{self, Diagnostic},
    fingerprint::Fingerprint,
    inputs::{Leaf, Ledger},
    inspect::{self, Facts},
    memory::{Fresh, Last, Memory},
    plan::Output,
    progress::Progress,
    publish::{self, Lock, Made, Owned, PRIVATE, PublishError, PublishErrorKind, Stage, Survey},
    render,
    sources::{Stamp, tick},
    urls,
};

/// How to publish.
#[derive(Debug, Clone, Default)]
pub struct Manner {
    /// Read every published file, whatever the disk says of it.
    pub verify: bool,
    /// Tell what became of each file, and why.
    pub explain: bool,
    /// Told how far it is.
    pub progress: Arc<Progress>,
}

/// What a publication did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Files written, new or changed.
    pub made: usize,
    /// Files that were already right.
    pub kept: usize,
    /// Files of an earlier build that are no longer wanted.
    pub removed: usize,
    /// What became of each file, in the order of the paths, when that was asked for.
    pub details: Vec<Detail>,
    /// Problems of what was made that keep nothing from being published.
    pub warnings: Vec<Diagnostic>,
}

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
    Input(Leaf),
    /// Nothing is known of an earlier build.
    NothingKnown,
    /// It is published for the first time.
    FirstTime,
    /// Somebody changed or removed it.
    Damaged,
}

/// Why nothing was published.
#[derive(Debug)]
pub enum Failure {
    /// Problems of what was made.
    Content(Vec<Diagnostic>),
    /// The disk refused.
    Disk(PublishError),
}

impl From<PublishError> for Failure {
    fn from(error: PublishError) -> Self {
        Self::Disk(error)
    }
}

/// One output, done.
struct Done {
    path: String,
    made: Made,
    fate: Fate,
    facts: Arc<Facts>,
}

/// Publishes `assembly` into `output`, given what an earlier build left there.
///
/// # Errors
/// When a template fails or a page is wrong, or when the disk refuses: the published site then stays as it was.
pub fn publish(
    assembly: &Assembly,
    memory: &Memory,
    lock: &Lock,
    output: &Path,
    warnings: &[Diagnostic],
    manner: &Manner,
) -> Result<Report, Failure> {
    let facts = memory.facts();
    // Without what the pages hold, nothing of the earlier build can be kept.
    let usable = facts.is_some() && memory.last.as_ref().is_some_and(Last::is_of_this_program);
    let outputs = if usable { memory.outputs.clone() } else { BTreeMap::new() };
    let stage = Stage::open(lock, output)?;
    let press = Press {
        survey: Survey::take(output, &outputs, manner.verify),
        empty: outputs.is_empty() && is_empty(output),
        ledger: Ledger::of(assembly),
        facts: facts.unwrap_or_default(),
        stage: &stage,
        outputs,
        assembly,
        output,
    };
    let published = press.run(memory, lock, warnings, manner);
    if published.is_err() {
        stage.abandon();
    }
    published
}

/// Makes everything and keeps nothing: the problems of what would be published.
///
/// # Errors
/// When a template fails or a page is wrong.
pub fn rehearse(assembly: &Assembly) -> Result<Vec<Diagnostic>, Failure> {
    let planned = &assembly.plan().outputs;
    let made: Vec<_> = planned
        .par_iter()
        .map(|output| render::render(assembly, output).map(|bytes| inspect::look(assembly, output, &bytes)))
        .collect();
    let (mut problems, mut facts) = (Vec::new(), Vec::new());
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
    if diagnostic::has_errors(&problems) { Err(Failure::Content(problems)) } else { Ok(problems) }
}

/// Everything that a job needs.
struct Press<'a> {
    assembly: &'a Assembly,
    output: &'a Path,
    stage: &'a Stage,
    survey: Survey,
    ledger: Ledger<'a>,
    /// What was published, as far as it may be believed.
    outputs: BTreeMap<String, Made>,
    facts: BTreeMap<String, Arc<Facts>>,
    /// Whether there is nothing there at all.
    empty: bool,
}

impl Press<'_> {
    fn run(&self, memory: &Memory, lock: &Lock, warnings: &[Diagnostic], manner: &Manner) -> Result<Report, Failure> {
        let planned = &self.assembly.plan().outputs;
        manner.progress.start(planned.len());
        let results: Vec<Result<Done, Failure>> = planned
            .par_iter()
            .map(|output| {
                let done = self.job(output);
                manner.progress.step();
                done
            })
            .collect();
        let done = all(results)?;
        let looked: Vec<_> = planned.iter().zip(&done).map(|(output, done)| (output, &*done.facts)).collect();
        let mut problems = inspect::across(self.assembly, &looked);
        diagnostic::sort(&mut problems);
        if diagnostic::has_errors(&problems) {
            return Err(Failure::Content(problems));
        }
        if self.assembly.sources().disturbed() {
            let kind = PublishErrorKind::Unsettled;
            return Err(PublishError { path: self.output.to_owned(), kind }.into());
        }
        let mut report = count(&done);
        report.removed = self.replace(lock, &done)?;
        if manner.explain {
            report.details = self.explain(memory, planned, &done);
        }
        report.warnings.clone_from(&problems);
        let told: Vec<_> = warnings.iter().chain(&problems).cloned().collect();
        self.remember(lock, done, told)?;
        Ok(report)
    }

    fn job(&self, output: &Output) -> Result<Done, Failure> {
        let path = urls::file(&output.url);
        let inputs = self.ledger.fingerprint(output);
        let earlier = self.outputs.get(&path);
        let intact = self.survey.intact(&path);
        if let (Some(earlier), Some(stamp), Some(facts)) = (earlier, intact, self.facts.get(&path))
            && earlier.inputs == inputs
        {
            let made = Made { stamp, ..*earlier };
            return Ok(Done { path, made, fate: Fate::Kept, facts: Arc::clone(facts) });
        }
        let bytes = render::render(self.assembly, output).map_err(|problem| Failure::Content(vec![*problem]))?;
        let content = Fingerprint::of(&bytes);
        let facts = inspect::look(self.assembly, output, &bytes);
        let present = match (earlier, intact) {
            (Some(earlier), Some(stamp)) => Some((earlier.content == content, stamp)),
            _ if self.empty => None,
            _ => self.present(&path, &bytes),
        };
        let (fate, stamp) = match present {
            Some((true, stamp)) => (Fate::Same, stamp),
            Some((false, _)) => (Fate::Changed, self.stage.write(&path, &bytes)?),
            None => (Fate::New, self.stage.write(&path, &bytes)?),
        };
        Ok(Done { path, made: Made { inputs, content, stamp }, fate, facts: Arc::new(facts) })
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

    /// Lets everything take its place, and removes what is no longer wanted. How many files went.
    fn replace(&self, lock: &Lock, done: &[Done]) -> Result<usize, PublishError> {
        let wanted = Owned::of(done.iter().map(|done| done.path.clone()).collect());
        let earlier = Owned::load(lock);
        // Noted before anything moves: after a crash, the next build still knows that these files are ours.
        if !wanted.is_subset(&earlier) {
            earlier.union(&wanted).save(lock)?;
        }
        let mut removed = 0;
        // A file that stands where a folder must be, and the reverse, goes first.
        let (first, then): (Vec<&String>, Vec<&String>) =
            earlier.without(&wanted).partition(|old| wanted.collides(old));
        for path in first {
            removed += usize::from(publish::remove(self.output, path)?);
        }
        self.stage.settle()?;
        for path in then {
            removed += usize::from(publish::remove(self.output, path)?);
        }
        if earlier != wanted {
            wanted.save(lock)?;
        }
        Ok(removed)
    }

    /// Keeps what the next build needs.
    fn remember(&self, lock: &Lock, done: Vec<Done>, told: Vec<Diagnostic>) -> Result<(), PublishError> {
        let assembly = self.assembly;
        // What was written in this very instant may be written again with the same stamp: it will be read.
        let written = |done: &Done| matches!(done.fate, Fate::New | Fate::Changed);
        let restamped: Vec<Stamp> = done
            .par_iter()
            .map(|done| {
                if !written(done) || self.empty {
                    return done.made.stamp;
                }
                fs::symlink_metadata(self.output.join(&done.path)).map_or(Stamp::NONE, |m| Stamp::of(&m))
            })
            .collect();
        let now = tick();
        let mut outputs = BTreeMap::new();
        let mut facts = BTreeMap::new();
        for (done, stamp) in done.into_iter().zip(restamped) {
            let stamp = if written(&done) { stamp.settled(now) } else { stamp };
            outputs.insert(done.path.clone(), Made { stamp, ..done.made });
            facts.insert(done.path, done.facts);
        }
        let last = Last::of(assembly, told);
        let fresh = Fresh {
            last: &last,
            sources: assembly.sources(),
            readings: assembly.readings(),
            outputs: &outputs,
            leaves: &self.ledger.all(),
            facts: &facts,
        };
        let path = lock.private().to_owned();
        Memory::save(&path, &fresh).map_err(|error| PublishError { path, kind: PublishErrorKind::Disk(error) })
    }

    fn explain(&self, memory: &Memory, planned: &[Output], done: &[Done]) -> Vec<Detail> {
        let known = memory.leaves();
        let mut details: Vec<Detail> = planned
            .par_iter()
            .zip(done)
            .map(|(output, done)| Detail {
                path: done.path.clone(),
                fate: done.fate,
                reasons: if done.fate == Fate::Kept { Vec::new() } else { self.reasons(&known, output, done) },
            })
            .collect();
        let wanted: BTreeSet<&str> = done.iter().map(|done| done.path.as_str()).collect();
        let gone = memory.outputs.keys().filter(|path| !wanted.contains(path.as_str()));
        details.extend(gone.map(|path| Detail { path: path.clone(), fate: Fate::Removed, reasons: Vec::new() }));
        details.sort();
        details
    }

    fn reasons(&self, known: &HashMap<Fingerprint, Fingerprint>, output: &Output, done: &Done) -> Vec<Reason> {
        let Some(earlier) = self.outputs.get(&done.path) else {
            return vec![if self.outputs.is_empty() { Reason::NothingKnown } else { Reason::FirstTime }];
        };
        if earlier.inputs == done.made.inputs {
            return vec![Reason::Damaged];
        }
        let leaves = self.ledger.leaves(output).into_iter();
        let mut changed: Vec<Reason> = leaves
            .filter(|(leaf, fingerprint)| known.get(&leaf.key()) != Some(fingerprint))
            .map(|(leaf, _)| Reason::Input(leaf))
            .collect();
        changed.sort();
        changed.dedup();
        // A list that only follows from a file that is told already says nothing more.
        if changed.iter().any(|reason| !reason.is_list()) {
            changed.retain(|reason| !reason.is_list());
        }
        changed
    }
}

impl Reason {
    fn is_list(&self) -> bool {
        matches!(self, Self::Input(leaf) if leaf.kind == "liste")
    }
}

impl Last {
    fn of(assembly: &Assembly, told: Vec<Diagnostic>) -> Self {
        let zone = assembly.site().time_zone.iana_name().unwrap_or("UTC").to_owned();
        Self {
            program: crate::inputs::PROGRAM.to_owned(),
            drafts: assembly.shows_drafts(),
            zone,
            since: assembly.now(),
            until: assembly.plan().next_change,
            availability: assembly.availability().map(Fingerprint::of_value).unwrap_or_default(),
            told: told.into_iter().map(|problem| (problem.at.file.to_string(), problem)).collect(),
        }
    }

    fn is_of_this_program(&self) -> bool {
        self.program == crate::inputs::PROGRAM
    }

    /// Whether nothing but time and the files of the root may have changed since, and time has not either.
    #[must_use]
    pub fn still_true(&self, now: crate::assembly::When, availability: Fingerprint, drafts: bool) -> bool {
        let Ok(zone) = TimeZone::get(&self.zone) else { return false };
        let now = now.instant(&zone);
        self.is_of_this_program()
            && self.drafts == drafts
            && self.availability == availability
            && now >= self.since
            && self.until.is_none_or(|until| now < until)
    }
}

/// Every result, or everything that went wrong: a disk that refuses says enough alone.
fn all(results: Vec<Result<Done, Failure>>) -> Result<Vec<Done>, Failure> {
    let mut done = Vec::with_capacity(results.len());
    let mut problems = Vec::new();
    for result in results {
        match result {
            Ok(one) => done.push(one),
            Err(Failure::Content(some)) => problems.extend(some),
            Err(disk) => return Err(disk),
        }
    }
    if problems.is_empty() {
        return Ok(done);
    }
    diagnostic::sort(&mut problems);
    Err(Failure::Content(problems))
}

fn count(done: &[Done]) -> Report {
    let kept = done.iter().filter(|done| matches!(done.fate, Fate::Same | Fate::Kept)).count();
    Report { made: done.len() - kept, kept, ..Report::default() }
}

fn is_empty(output: &Path) -> bool {
    let names =
        fs::read_dir(output).map(|entries| entries.flatten().map(|entry| entry.file_name()).collect::<Vec<_>>());
    names.is_ok_and(|names| names.iter().all(|name| name == PRIVATE))
}
