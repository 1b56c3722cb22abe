//! Publishes, in a process of its own: what thousands of pages take of memory goes when it ends, and the server answers meanwhile. The
//! server alone speaks with the database: it is told the sessions, and tells their states.

use std::{
    io::{self, BufRead, BufWriter, Write},
    path::PathBuf,
};

use entreparentaise::{
    assembly::{Assembly, Understood},
    diagnostic::Severity,
    fingerprint::Fingerprint,
    memory::Memory,
    model::{Availability, Session},
    publication::{self, Failure, Manner},
    publish::{Lock, PublishError, PublishErrorKind, replace_file},
    report::Reporter,
    site::{Inputs, Snapshot, When},
    sources::Sources,
    text::Texts,
};
use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    Folders, kept,
    line::{Order, Outcome, Told, written},
};
use crate::store::SessionRecord;

/// How often content that changes while it is read is read again.
const ATTEMPTS: usize = 3;

/// Does what the first line of `input` orders, and says on `output` what it came to.
///
/// # Errors
/// When the server went away.
pub fn run(input: impl BufRead, output: impl Write) -> io::Result<()> {
    // Nobody would hear it: what it has published by then is whole.
    let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
    // Much is asked for at once here, and given back soon: unlike the server, whose setting this process inherits.
    let _ = rustix::thread::disable_transparent_huge_pages(false);
    let mut server = Server { input, output: BufWriter::new(output), met: None };
    let order: Order = server.hear()?;
    server.met.clone_from(&order.met);
    let mut problems = Vec::new();
    let outcome = match publish(&order, &mut problems, &mut server) {
        Ok(outcome) => outcome,
        Err(Stop::Disk(path, cause)) => Outcome::Refused { path, cause: cause.to_string() },
        Err(Stop::Gone(error)) => return Err(error),
    };
    server.say(&Told::Done { problems, outcome })?;
    server.output.flush()
}

/// The press's end of the line.
struct Server<I, O> {
    input: I,
    output: O,
    /// The fingerprint of the sessions that it was told last.
    met: Option<String>,
}

impl<I: BufRead, O: Write> Server<I, O> {
    fn hear<T: DeserializeOwned>(&mut self) -> io::Result<T> {
        let mut line = String::new();
        self.input.read_line(&mut line)?;
        Ok(serde_json::from_str(&line)?)
    }

    fn say(&mut self, value: &impl Serialize) -> io::Result<()> {
        self.output.write_all(&written(value)?)
    }

    /// Tells the sessions, unless they are as they were, and hears their states.
    fn states(&mut self, records: Vec<SessionRecord>) -> io::Result<Availability> {
        let sessions = Fingerprint::of_value(&records).to_string();
        if self.met.as_ref() != Some(&sessions) {
            records.into_iter().try_for_each(|record| self.say(&Told::Session(Box::new(record))))?;
            self.met = Some(sessions.clone());
        }
        self.say(&Told::Understood { sessions })?;
        self.output.flush()?;
        self.hear()
    }
}

/// Why nothing more can be done.
enum Stop {
    Disk(PathBuf, io::Error),
    /// The server went away.
    Gone(io::Error),
}

impl From<PublishError> for Stop {
    fn from(error: PublishError) -> Self {
        Self::Disk(error.path.clone(), error.into())
    }
}

fn publish(
    order: &Order,
    problems: &mut Vec<String>,
    server: &mut Server<impl BufRead, impl Write>,
) -> Result<Outcome, Stop> {
    let (folders, lang) = (&order.folders, &*order.lang);
    let lock = Lock::take(&folders.site)?;
    let memory = Memory::load(lock.private());
    let press = Press { folders, lang, lock, memory };
    for origin in [Origin::Disk; ATTEMPTS].into_iter().chain([Origin::Kept]) {
        let fallback = origin == Origin::Kept;
        // Content that is wrong stays wrong: only what was being saved is read again.
        if !problems.is_empty() && !fallback {
            continue;
        }
        let Some(understood) = press.read(origin, order.now) else { continue };
        problems.extend(errors(&understood, lang));
        let Some(assembly) = understood.assembly else { continue };
        let mut availability = server.states(records(assembly.snapshot())).map_err(Stop::Gone)?;
        let earlier = std::fs::read(folders.availability()).ok();
        let earlier = earlier.and_then(|bytes| Availability::from_json(&bytes).ok()).unwrap_or_default();
        availability.date_from(&earlier, order.now);
        // As the content has them: what the team changes is told anew each time.
        let sessions = assembly.snapshot().model().sessions.clone();
        let assembly = assembly.told(&availability);
        match press.write(&assembly, &sessions, &availability)? {
            None => {
                if fallback && problems.is_empty() {
                    problems.push(unsettled(lang));
                }
                return Ok(Outcome::Published { fallback, next_change: assembly.plan().next_change });
            }
            Some(failed) => problems.extend(failed),
        }
    }
    if problems.is_empty() {
        problems.push(unsettled(lang));
    }
    Ok(Outcome::Broken)
}

/// What is said of content that goes on changing while it is read.
fn unsettled(lang: &str) -> String {
    Texts::embedded().get(lang, "echec-instable", &[])
}

/// Where content comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// The root, as it is now.
    Disk,
    /// The last that could be published.
    Kept,
}

/// One publication: where, what an earlier one left there, and the right to write there until it is over.
struct Press<'a> {
    folders: &'a Folders,
    lang: &'a str,
    lock: Lock,
    memory: Memory,
}

impl Press<'_> {
    fn read(&self, origin: Origin, now: Timestamp) -> Option<Understood> {
        let (sources, problems) = match origin {
            Origin::Disk => Sources::read(&self.folders.root, &|path| self.memory.known(path)),
            Origin::Kept => (kept::load(&self.folders.kept())?.0, Vec::new()),
        };
        let inputs = Inputs { now: When::Instant(now), availability: None, drafts: false };
        Some(Assembly::understand(sources, problems, &inputs, &self.memory.remembered()))
    }

    /// Publishes, and keeps what it was published from. The pages that are wrong, if some are; none when the content changed while it
    /// was read.
    fn write(
        &self,
        assembly: &Assembly,
        sessions: &[Session],
        availability: &Availability,
    ) -> Result<Option<Vec<String>>, Stop> {
        let folders = self.folders;
        let path = folders.availability();
        replace_file(&path, &availability.to_json()).map_err(|error| Stop::Disk(path, error))?;
        // As the folder was published last: what was compressed beside its page stays so.
        let precompress = self.memory.last.as_ref().is_some_and(|last| last.precompress);
        let manner = Manner { precompress, ..Manner::default() };
        match publication::publish(assembly, &self.memory, &self.lock, &folders.site, None, &manner) {
            Ok(_) => {}
            Err(Failure::Disk(PublishError { kind: PublishErrorKind::Unsettled, .. })) => return Ok(Some(Vec::new())),
            Err(Failure::Disk(error)) => return Err(error.into()),
            Err(Failure::Content(failed)) => {
                let reporter = Reporter {
                    texts: assembly.snapshot().texts(),
                    lang: self.lang,
                    sources: assembly.snapshot().sources(),
                    colour: false,
                };
                return Ok(Some(failed.iter().map(|problem| reporter.human(problem)).collect()));
            }
        }
        let (kept, frame) = (folders.kept(), folders.frame());
        kept::save(&kept, assembly.snapshot().sources()).map_err(|error| Stop::Disk(kept, error))?;
        kept::save_frame(&frame, assembly.snapshot().sources(), sessions).map_err(|error| Stop::Disk(frame, error))?;
        Ok(None)
    }
}

/// The problems that keep the content from being published, in words; warnings are the business of `check`.
fn errors(understood: &Understood, lang: &str) -> Vec<String> {
    let empty = Sources::default();
    let sources =
        understood.assembly.as_ref().map(|assembly| assembly.snapshot().sources()).or(understood.sources.as_ref());
    let reporter = Reporter { texts: &understood.texts, lang, sources: sources.unwrap_or(&empty), colour: false };
    let errors = understood.diagnostics.iter().filter(|problem| problem.severity == Severity::Error);
    errors.map(|problem| reporter.human(problem)).collect()
}

fn records(snapshot: &Snapshot) -> Vec<SessionRecord> {
    let (model, zone) = (snapshot.model(), &snapshot.site().time_zone);
    model.sessions.iter().filter_map(|s| Some(SessionRecord::of(s, model.group(s.group.as_str())?, zone))).collect()
}
