//! Takes every job through the browser: two tabs, each with the next sheet as long as there is one.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use chromiumoxide::{Page, error::CdpError};
use tokio::sync::Mutex;

use super::{
    browser::{self, Browser},
    fault::Fault,
    finish::{self, FinishedPdf},
    job::{BrowserError, Job, Pages, PrintOptions, Printed},
    server::Server,
    tab::{self, SheetCapture},
    wording::{self, Names},
};
use crate::{
    diagnostics::diagnostic::{self, Diagnostic},
    progress::Progress,
};

/// Prints every job, in the order in which they were given. Nothing is written to disk but the
/// browser's own profile, which is removed.
///
/// From then on the process no longer dies of SIGINT and SIGTERM by itself: while it prints, they
/// end the browser, and this function.
///
/// # Errors
/// When there is no browser, when it does not start, or when the process is told to stop.
pub fn print_jobs(
    jobs: &[Job],
    pages: &Arc<Pages>,
    progress: &Progress,
    options: &PrintOptions,
) -> Result<Vec<Printed>, BrowserError> {
    progress.start(jobs.len());
    if jobs.is_empty() {
        return Ok(Vec::new());
    }
    let program = browser::find(options.browser.clone()).ok_or(BrowserError::NoBrowser)?;
    // Once a language: reading all messages for each sheet would take as long as finishing it.
    let mut names = BTreeMap::new();
    for job in jobs {
        names.entry(job.lang.as_str()).or_insert_with(|| Arc::new(Names::new(&job.lang)));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(BrowserError::Disk)?;
    let printed = runtime.block_on(async {
        let server = Server::start(Arc::clone(pages)).await.map_err(BrowserError::Disk)?;
        let stopped = stopped()?;
        tokio::pin!(stopped);
        let browser = tokio::select! {
            browser = Browser::start(program, server.address) => browser?,
            () = &mut stopped => return Err(BrowserError::Interrupted),
        };
        let run = PrintRun {
            jobs,
            names: &names,
            server: &server,
            browser: &browser,
            patience: options.patience,
            progress,
            next: AtomicUsize::new(0),
        };
        let printed = tokio::select! {
            printed = run.all() => Ok(printed),
            () = stopped => Err(BrowserError::Interrupted),
        };
        browser.end().await;
        printed
    });
    // A page that is still being made is nobody's any more.
    runtime.shutdown_background();
    printed
}

/// Done when the process is told to stop.
fn stopped() -> Result<impl Future<Output = ()>, BrowserError> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (
        signal(SignalKind::interrupt()).map_err(BrowserError::Disk)?,
        signal(SignalKind::terminate()).map_err(BrowserError::Disk)?,
    );
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// The jobs, on their way through the browser.
struct PrintRun<'a> {
    jobs: &'a [Job],
    /// The names of days and months, by language.
    names: &'a BTreeMap<&'a str, Arc<Names>>,
    server: &'a Server,
    browser: &'a Browser,
    patience: Duration,
    progress: &'a Progress,
    next: AtomicUsize,
}

impl PrintRun<'_> {
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
async fn finished(seen: SheetCapture, job: &Job, names: Option<Arc<Names>>) -> Printed {
    let SheetCapture { mut faults, texts, pdf } = seen;
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
        Ok((words, Ok(FinishedPdf { bytes, faults: pages }))) => {
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
