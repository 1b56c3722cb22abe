//! The way from a root to `dist/`, whole: read, parse, check, plan, render, publish.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Zoned;

use crate::{
    assembly::{Assembly, Inputs, When},
    diagnostic::{self, Diagnostic},
    model::{Availability, Place},
    publish::{self, PublishError},
    render,
    sources::Sources,
    text::Texts,
};

/// What to build, and how.
#[derive(Debug, Clone)]
pub struct Request {
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
}

impl Request {
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
        }
    }
}

/// What a build, or a check, came to.
#[derive(Debug)]
pub struct Outcome {
    /// Every problem, sorted.
    pub diagnostics: Vec<Diagnostic>,
    /// What was published; `None` when an error kept everything as it was, or for a check.
    pub report: Option<publish::Report>,
    /// When the site next changes by itself, in its own time zone.
    pub next_change: Option<Zoned>,
    /// The disk's own refusal.
    pub failure: Option<PublishError>,
    /// The files, for [`report::Reporter`].
    pub sources: Sources,
    /// The messages, those of the root included.
    pub texts: Arc<Texts>,
}

/// Builds, and publishes unless there is an error.
///
/// # Errors
/// When the machine cannot give the threads asked for.
pub fn build(request: &Request) -> io::Result<Outcome> {
    in_pool(request.jobs, || run(request, true))
}

/// Does all of a build but publishing.
///
/// # Errors
/// When the machine cannot give the threads asked for.
pub fn check(request: &Request) -> io::Result<Outcome> {
    in_pool(request.jobs, || run(request, false))
}

fn in_pool(jobs: Option<usize>, work: impl FnOnce() -> Outcome + Send) -> io::Result<Outcome> {
    match jobs {
        None => Ok(work()),
        Some(jobs) => {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs).build().map_err(io::Error::other)?;
            Ok(pool.install(work))
        }
    }
}

fn run(request: &Request, publishing: bool) -> Outcome {
    let (sources, mut problems) = Sources::read(&request.root);
    let availability = read_availability(&request.availability, &mut problems);
    let inputs = Inputs { now: request.now, availability, drafts: request.drafts };
    let understood = Assembly::understand(sources, problems, &inputs);
    let mut outcome = Outcome {
        diagnostics: understood.diagnostics,
        report: None,
        next_change: None,
        failure: None,
        sources: understood.sources.unwrap_or_default(),
        texts: understood.texts,
    };
    let Some(assembly) = understood.assembly else { return outcome };
    let zone = &assembly.site().time_zone;
    outcome.next_change = assembly.plan().next_change.map(|at| at.to_zoned(zone.clone()));
    match render::site(&assembly) {
        Ok(files) if publishing => match publish::publish(&request.output, &files) {
            Ok(report) => outcome.report = Some(report),
            Err(error) => outcome.failure = Some(error),
        },
        Ok(_) => {}
        Err(failed) => {
            outcome.diagnostics.extend(failed);
            diagnostic::sort(&mut outcome.diagnostics);
        }
    }
    outcome.sources = assembly.into_sources();
    outcome
}

fn read_availability(path: &Path, problems: &mut Vec<Diagnostic>) -> Option<Availability> {
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
