//! The way from a root to `dist/`, whole: read, parse, check, plan, render, publish.

pub mod assembly;
pub mod dist;
pub mod inspect;
pub mod manifest;
pub mod publication;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::{Zoned, tz::TimeZone};

use self::{
    assembly::Assembly,
    dist::{FileRecord, Lock, PRIVATE, PublishError, PublishErrorKind, Survey},
    manifest::Manifest,
    publication::{BuildError, PublishOptions, PublishReport},
};
use crate::{
    content::sources::Sources,
    diagnostics::{
        diagnostic::{self, Diagnostic},
        text::Texts,
    },
    fingerprint::Fingerprint,
    model::{Availability, Place},
    site::{self, Inputs, When},
};

/// What to build, and how.
#[derive(Debug, Clone)]
pub struct BuildRequest {
    /// The folder that holds `content/` and `templates/`.
    pub root: PathBuf,
    /// Where to publish.
    pub output: PathBuf,
    /// The present.
    pub now: When,
    /// Where the handler told the state of each session; it need not exist.
    pub availability: PathBuf,
    /// Whether sessions in draft are shown.
    pub drafts: bool,
    /// How many threads; `None`: one a core.
    pub jobs: Option<usize>,
    /// How to publish.
    pub options: PublishOptions,
}

impl BuildRequest {
    /// A build of `root` into `root/dist`, with the usual paths.
    #[must_use]
    pub fn new(root: &Path, now: When) -> Self {
        Self {
            root: root.to_owned(),
            output: root.join("dist"),
            now,
            availability: root.join("var/disponibilites.json"),
            drafts: false,
            jobs: None,
            options: PublishOptions::default(),
        }
    }
}

/// What a build, or a check, came to.
#[derive(Debug)]
pub struct BuildOutcome {
    /// Every problem, sorted.
    pub diagnostics: Vec<Diagnostic>,
    /// What was published; `None` when an error kept everything as it was, or for a check.
    pub report: Option<PublishReport>,
    /// When the site next changes by itself, in its own time zone.
    pub next_change: Option<Zoned>,
    /// The disk's own refusal.
    pub failure: Option<PublishError>,
    /// The files, for [`crate::report::Reporter`].
    pub sources: Sources,
    /// The messages, those of the root included.
    pub texts: Arc<Texts>,
}

impl BuildOutcome {
    fn nothing(sources: Sources, texts: Arc<Texts>) -> Self {
        Self { diagnostics: Vec::new(), report: None, next_change: None, failure: None, sources, texts }
    }
}

/// Builds, and publishes unless there is an error.
///
/// # Errors
/// When the machine cannot give the threads asked for.
pub fn build(request: &BuildRequest) -> io::Result<BuildOutcome> {
    in_pool(request.jobs, || run(request, true))
}

/// Does all of a build but publishing.
///
/// # Errors
/// When the machine cannot give the threads asked for.
pub fn check(request: &BuildRequest) -> io::Result<BuildOutcome> {
    in_pool(request.jobs, || run(request, false))
}

fn in_pool(jobs: Option<usize>, work: impl FnOnce() -> BuildOutcome + Send) -> io::Result<BuildOutcome> {
    match jobs {
        None => Ok(work()),
        Some(jobs) => {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs).build().map_err(io::Error::other)?;
            Ok(pool.install(work))
        }
    }
}

/// How often a build begins again because the content changed while it was read.
const ATTEMPTS: usize = 5;

fn run(request: &BuildRequest, publishing: bool) -> BuildOutcome {
    let mut outcome = attempt(request, publishing);
    for _ in 1..ATTEMPTS {
        let unsettled =
            matches!(&outcome.failure, Some(failure) if matches!(failure.kind, PublishErrorKind::Unsettled));
        if !unsettled {
            break;
        }
        outcome = attempt(request, publishing);
    }
    outcome
}

fn attempt(request: &BuildRequest, publishing: bool) -> BuildOutcome {
    // Where nothing was published yet, a build that finds an error leaves no trace.
    let lock = if publishing { Lock::take_existing(&request.output) } else { Ok(None) };
    let lock = match lock {
        Ok(lock) => lock,
        Err(failure) => {
            let texts = Arc::new(Texts::embedded());
            return BuildOutcome { failure: Some(failure), ..BuildOutcome::nothing(Sources::default(), texts) };
        }
    };
    let manifest = lock.as_ref().map(|lock| Manifest::load(lock.private())).unwrap_or_default();
    let known = |path: &str| if request.options.verify { None } else { manifest.known(path) };
    let (sources, mut problems) = Sources::read(&request.root, &known);
    let availability = read_availability(&request.availability, &mut problems);
    if problems.is_empty()
        && let Some(lock) = &lock
        && let Some(report) = unchanged(request, &manifest, lock, &sources, availability.as_ref())
    {
        return told_again(&report, sources, problems);
    }
    let inputs = Inputs { now: request.now, availability, drafts: request.drafts };
    let understood = if publishing {
        Assembly::understand(sources, problems, &inputs, &manifest.cache())
    } else {
        let published = Manifest::load(&request.output.join(PRIVATE));
        Assembly::understand(sources, problems, &inputs, &published.cache().announcements())
    };
    let mut outcome = BuildOutcome {
        diagnostics: understood.diagnostics,
        ..BuildOutcome::nothing(understood.sources.unwrap_or_default(), understood.texts)
    };
    let Some(assembly) = understood.assembly else { return outcome };
    let zone = &assembly.snapshot().site().time_zone;
    outcome.next_change = assembly.plan().next_change.map(|at| at.to_zoned(zone.clone()));
    let published = if publishing {
        let lock = lock.map_or_else(|| Lock::take(&request.output), Ok);
        lock.map_err(BuildError::Disk).and_then(|lock| {
            let warnings = Some(outcome.diagnostics.as_slice());
            publication::publish(&assembly, &manifest, &lock, &request.output, warnings, &request.options).map(Some)
        })
    } else {
        outcome.diagnostics.extend(publication::rehearse(&assembly, &|| false).unwrap_or_default());
        Ok(None)
    };
    match published {
        Ok(report) => {
            outcome.diagnostics.extend(report.iter().flat_map(|report| report.warnings.iter().cloned()));
            outcome.report = report;
        }
        Err(BuildError::Content(failed)) => outcome.diagnostics.extend(failed),
        Err(BuildError::Disk(failure)) => outcome.failure = Some(failure),
    }
    diagnostic::sort(&mut outcome.diagnostics);
    outcome.sources = assembly.snapshot().sources().clone();
    // Thousands of pages take a while to forget, and nobody waits for it.
    rayon::spawn(move || drop((assembly, manifest)));
    outcome
}

/// What an earlier build came to.
struct Unchanged<'m> {
    warnings: &'m [(String, Diagnostic)],
    next_change: Option<Zoned>,
    files: usize,
}

/// What an earlier build came to, when nothing changed since: no file of the root, no published
/// file, and no instant passed at which the site changes by itself.
fn unchanged<'m>(
    request: &BuildRequest,
    manifest: &'m Manifest,
    lock: &Lock,
    sources: &Sources,
    availability: Option<&Availability>,
) -> Option<Unchanged<'m>> {
    let last = manifest.last.as_ref()?;
    let warnings = last.told.as_deref()?;
    let told = availability.map(Fingerprint::of_value).unwrap_or_default();
    let otherwise = request.options.explain || request.options.precompress != last.precompress;
    if otherwise || !last.still_true(request.now, told, request.drafts) {
        return None;
    }
    let known = manifest.inputs.iter().map(|(path, _, fingerprint)| (path.as_str(), *fingerprint));
    if !sources.iter().map(|(path, file)| (&**path, file.fingerprint())).eq(known) {
        return None;
    }
    let survey = Survey::take(&request.output, &manifest.outputs, request.options.verify)?;
    let reread = sources.iter().zip(&manifest.inputs).any(|((_, file), (_, stamp, _))| *stamp != file.stamp());
    if survey.looked_closer || reread {
        let outputs = manifest.outputs.iter().zip(survey.stamps);
        let outputs: Vec<_> =
            outputs.map(|((path, record), stamp)| (path.clone(), FileRecord { stamp, ..*record })).collect();
        // It only spares the next build some reading: what cannot be noted costs nothing now.
        let _ = manifest.restamp(lock.private(), sources, &outputs);
    }
    let zone = TimeZone::get(&last.zone).ok()?;
    let next_change = last.until.map(|at| at.to_zoned(zone));
    Some(Unchanged { warnings, next_change, files: manifest.outputs.len() })
}

/// The outcome of an earlier build, once more.
fn told_again(earlier: &Unchanged<'_>, sources: Sources, mut problems: Vec<Diagnostic>) -> BuildOutcome {
    let texts = Arc::new(site::texts(&sources, &mut problems));
    problems.extend(earlier.warnings.iter().map(|(file, problem)| {
        let mut problem = problem.clone();
        problem.at.file = file.as_str().into();
        problem
    }));
    BuildOutcome {
        diagnostics: problems,
        report: Some(PublishReport { kept: earlier.files, ..PublishReport::default() }),
        next_change: earlier.next_change.clone(),
        ..BuildOutcome::nothing(sources, texts)
    }
}

pub(crate) fn read_availability(path: &Path, problems: &mut Vec<Diagnostic>) -> Option<Availability> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => {
            problems.push(availability_problem(path, &error));
            return None;
        }
    };
    Availability::from_json(&bytes).map_err(|error| problems.push(availability_problem(path, &error))).ok()
}

fn availability_problem(path: &Path, error: &dyn std::fmt::Display) -> Diagnostic {
    let at = Place::new(&path.to_string_lossy().into(), 0..0);
    Diagnostic::error("disponibilites-illisibles", at).arg("detail", error)
}
