//! The press: pages of the site in, PDF documents out, by one browser without a window.
//!
//! Each sheet is measured in that browser, laid out as on paper, before it is printed: what a knife would cut, what a telephone could not
//! read, what would be too pale in black and white, what is not known yet. A sheet with a fault is refused; as a proof it is printed all the same,
//! crossed, and its faults are warnings. Nothing here knows where pages come from.
//!
//! A template says more with attributes: `data-coupe` on a box that will be cut out, `data-marge` on it for another margin (millimetres),
//! `data-bord` on what may come near the cut, `data-distance` around a code that is read from afar (metres), the class `fond-perdu`
//! on a drawing that goes beyond the trim.

mod browser;
mod fault;
mod finish;
mod geometry;
mod server;
mod tab;
mod wording;

use std::{
    collections::BTreeMap,
    fmt, io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use chromiumoxide::{Page, error::CdpError};
use tokio::sync::Mutex;

use self::{browser::Browser, fault::Fault, finish::Finished, server::Server, tab::Seen, wording::Names};
use crate::{
    diagnostic::{self, Diagnostic},
    model::Place,
    progress::Progress,
    text::{FluentValue, Texts},
};

/// One sheet to print.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its page's path in the site: `/supports/affiche-a4/2027-03-17/`.
    pub url: String,
    /// The document's title.
    pub title: String,
    /// The document's language: `fr`.
    pub lang: String,
    /// The trimmed sheet's width, in millimetres.
    pub width_mm: f64,
    /// The trimmed sheet's height, in millimetres.
    pub height_mm: f64,
    /// How many pages it has.
    pub pages: u16,
    /// For a printer; `None` for the office.
    pub press: Option<Press>,
    /// The word that crosses the sheet when it is a proof.
    pub proof: Option<String>,
    /// Whether what is wanted is a small picture (PNG) of the first page, to choose by, instead of the document.
    pub picture: bool,
    /// Where the support is described.
    pub at: Place,
}

/// What a printer asks for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Press {
    /// How far drawings go beyond the trim, in millimetres.
    pub bleed_mm: f64,
    /// Whether lines show where to cut.
    pub crop_marks: bool,
}

/// Answers the pages: a path of the site to its content type and its bytes.
pub type Pages = dyn Fn(&str) -> Option<(String, Vec<u8>)> + Send + Sync;

/// How to print.
#[derive(Debug, Clone)]
pub struct Manner {
    /// The browser's program; `None`: the one that `CHROMIUM` names, or the first that the path has.
    pub browser: Option<PathBuf>,
    /// How long a sheet may take.
    pub patience: Duration,
}

impl Default for Manner {
    fn default() -> Self {
        Self { browser: None, patience: Duration::from_secs(30) }
    }
}

/// What became of a job.
#[derive(Debug, Clone)]
pub struct Printed {
    /// The document, or the picture; `None` when it is refused.
    pub pdf: Option<Vec<u8>>,
    /// Why, or what a proof was printed with.
    pub diagnostics: Vec<Diagnostic>,
}

/// Why nothing could be printed at all.
#[derive(Debug)]
pub enum Failure {
    /// There is no browser.
    NoBrowser,
    /// The browser did not start.
    Start(String),
    /// A file or an address could not be had.
    Disk(io::Error),
    /// Somebody stopped the program.
    Interrupted,
}

impl Failure {
    /// The reason, in `lang`.
    #[must_use]
    pub fn message(&self, texts: &Texts, lang: &str) -> String {
        let say = |id: &str, detail: String| texts.get(lang, id, &[("detail", FluentValue::from(detail))]);
        match self {
            Self::NoBrowser => say("presse-sans-navigateur", String::new()),
            Self::Start(detail) => say("presse-navigateur-en-echec", detail.clone()),
            Self::Disk(error) => say("echec-machine", error.to_string()),
            Self::Interrupted => say("presse-interrompue", String::new()),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message(&Texts::embedded(), "en"))
    }
}

impl std::error::Error for Failure {}

/// Prints every job, in the order in which they were given. Nothing is written to disk but the browser's own profile, which is removed.
///
/// From then on the process no longer dies of SIGINT and SIGTERM by itself: while it prints, they end the browser, and this function.
///
/// # Errors
/// When there is no browser, when it does not start, or when the process is told to stop.
pub fn print(jobs: &[Job], pages: &Arc<Pages>, progress: &Progress, manner: &Manner) -> Result<Vec<Printed>, Failure> {
    progress.start(jobs.len());
    if jobs.is_empty() {
        return Ok(Vec::new());
    }
    let program = browser::find(manner.browser.clone()).ok_or(Failure::NoBrowser)?;
    // Once a language: reading all messages for each sheet would take as long as finishing it.
    let mut names = BTreeMap::new();
    for job in jobs {
        names.entry(job.lang.as_str()).or_insert_with(|| Arc::new(Names::new(&job.lang)));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(Failure::Disk)?;
    let printed = runtime.block_on(async {
        let server = Server::start(Arc::clone(pages)).await.map_err(Failure::Disk)?;
        let stopped = stopped()?;
        tokio::pin!(stopped);
        let browser = tokio::select! {
            browser = Browser::start(program, server.address) => browser?,
            () = &mut stopped => return Err(Failure::Interrupted),
        };
        let run = Run {
            jobs,
            names: &names,
            server: &server,
            browser: &browser,
            patience: manner.patience,
            progress,
            next: AtomicUsize::new(0),
        };
        let printed = tokio::select! {
            printed = run.all() => Ok(printed),
            () = stopped => Err(Failure::Interrupted),
        };
        browser.end().await;
        printed
    });
    // A page that is still being made is nobody's any more.
    runtime.shutdown_background();
    printed
}

/// Done when the process is told to stop.
fn stopped() -> Result<impl Future<Output = ()>, Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (
        signal(SignalKind::interrupt()).map_err(Failure::Disk)?,
        signal(SignalKind::terminate()).map_err(Failure::Disk)?,
    );
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// The jobs, on their way through the browser.
struct Run<'a> {
    jobs: &'a [Job],
    /// The names of days and months, by language.
    names: &'a BTreeMap<&'a str, Arc<Names>>,
    server: &'a Server,
    browser: &'a Browser,
    patience: Duration,
    progress: &'a Progress,
    next: AtomicUsize,
}

impl Run<'_> {
    async fn all(&self) -> Vec<Printed> {
        let done = Mutex::new(Vec::with_capacity(self.jobs.len()));
        // Two tabs: while one page loads, the other is drawn.
        tokio::join!(self.tab(&done), self.tab(&done));
        let mut done = done.into_inner();
        done.sort_by_key(|(index, _)| *index);
        done.into_iter().map(|(_, printed)| printed).collect()
    }

    /// One tab, which takes the next job as long as there is one.
    async fn tab(&self, done: &Mutex<Vec<(usize, Printed)>>) {
        let mut open: Option<Page> = None;
        loop {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(job) = self.jobs.get(index) else { break };
            let printed = self.job(&mut open, job).await;
            done.lock().await.push((index, printed));
            self.progress.step();
        }
    }

    /// Prints one job in `open`, or in a new tab; a tab that failed is not used again.
    async fn job(&self, open: &mut Option<Page>, job: &Job) -> Printed {
        let tab = open.take();
        let work = async {
            let tab = match tab {
                Some(tab) => tab,
                None => self.browser.tab().await?,
            };
            let seen = tab::print(&tab, &self.server.url(&job.url), job).await?;
            Ok::<_, CdpError>((tab, seen))
        };
        match tokio::time::timeout(self.patience, work).await {
            Ok(Ok((tab, seen))) => {
                *open = Some(tab);
                finished(seen, job, self.names.get(job.lang.as_str()).cloned()).await
            }
            Ok(Err(error)) => judge(job, None, &[self.fault(&error)]),
            Err(_) => judge(job, None, &[self.silent()]),
        }
    }

    fn fault(&self, error: &CdpError) -> Fault {
        match error {
            _ if self.browser.is_dead() => Fault::Died,
            CdpError::ChannelSendError(_) | CdpError::NoResponse | CdpError::Ws(_) | CdpError::Io(_) => Fault::Died,
            CdpError::Timeout => self.silent(),
            other => Fault::Strange { detail: other.to_string() },
        }
    }

    fn silent(&self) -> Fault {
        Fault::Silent { seconds: self.patience.as_secs() }
    }
}

/// Finishes a document aside: the other tab's answers do not wait for it.
async fn finished(seen: Seen, job: &Job, names: Option<Arc<Names>>) -> Printed {
    let Seen { mut faults, texts, pdf } = seen;
    if faults.iter().any(Fault::stops) {
        return judge(job, None, &faults);
    }
    if job.picture {
        return judge(job, Some(pdf), &faults);
    }
    let work = {
        let job = job.clone();
        move || {
            let words = |names: &Names| texts.iter().flat_map(|text| wording::faults(text, names)).collect::<Vec<_>>();
            let words = names.as_deref().map(words).unwrap_or_default();
            (words, finish::finish(&pdf, &job))
        }
    };
    let strange = |error: &dyn fmt::Display| Fault::Strange { detail: error.to_string() };
    match tokio::task::spawn_blocking(work).await {
        Ok((words, Ok(Finished { bytes, faults: pages }))) => {
            faults.extend(words.into_iter().chain(pages));
            judge(job, Some(bytes), &faults)
        }
        Ok((_, Err(error))) => judge(job, None, &[strange(&error)]),
        Err(error) => judge(job, None, &[strange(&error)]),
    }
}

/// A sheet with a fault is refused, unless it is a proof.
fn judge(job: &Job, pdf: Option<Vec<u8>>, faults: &[Fault]) -> Printed {
    let proof = job.proof.is_some() && pdf.is_some() && !faults.iter().any(Fault::stops);
    let mut diagnostics: Vec<Diagnostic> = faults
        .iter()
        .map(|fault| fault.diagnostic(&job.at, &job.url))
        .map(|told| if proof { told.mere_warning() } else { told })
        .collect();
    // Two flyers of one plate say the same things.
    diagnostic::sort(&mut diagnostics);
    Printed { pdf: pdf.filter(|_| proof || faults.is_empty()), diagnostics }
}
