//! One attempt to publish: content is read, its sessions' states are asked for, pages are made. It
//! waits for the disk and works for long: a thread of its own makes it. What it read is gone when
//! it ends; what is answered with comes from the snapshot, as at a start.

use entreparentaise::{
    build::{
        assembly::{Assembly, Understood},
        dist::{Lock, PublishError, PublishErrorKind, replace_file},
        manifest::Manifest,
        publication::{BuildError, PublishOptions, publish},
    },
    content::sources::Sources,
    diagnostics::{
        diagnostic::{Diagnostic, Severity},
        text::Texts,
    },
    model::{Availability, Session, Site},
    report::Reporter,
    site::{EmptyCache, Inputs, When},
};
use jiff::Timestamp;

use super::{
    publication::{Options, PublishingError},
    snapshot::{self, answers},
};
use crate::{
    published::{Own, Published},
    store::{SessionRecord, StoreError, Synced},
};

/// Where content comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// The root, as it is now.
    Root,
    /// The last that could be published.
    Snapshot,
}

/// What an attempt came to.
pub(super) enum AttemptOutcome {
    /// The site is as the content says.
    Published {
        /// What is answered with from now on.
        site: Box<Published>,
        /// What mirroring the sessions changed for people.
        synced: Synced,
        /// When the site next changes by itself.
        next_change: Option<Timestamp>,
    },
    /// The content is wrong: its problems, in words; none when there is no content.
    Faulty(Vec<String>),
    /// The content changed while it was read.
    Unsettled,
}

/// Publishes the content of `origin`. `states` mirrors sessions and tells their states; `earlier`
/// is what is answered with now.
pub(super) fn attempt(
    (options, own): (&Options, &Own),
    origin: Origin,
    now: Timestamp,
    earlier: Option<&Published>,
    states: impl FnOnce(Vec<SessionRecord>) -> Result<(Availability, Synced), StoreError>,
) -> Result<AttemptOutcome, PublishingError> {
    let lock = Lock::take(&options.site)?;
    let manifest = Manifest::load(lock.private());
    let (sources, problems) = match origin {
        Origin::Root => Sources::read(&options.root, &|path| manifest.known(path)),
        Origin::Snapshot => match snapshot::load(&options.snapshot()) {
            Some(sources) => (sources, Vec::new()),
            None => return Ok(AttemptOutcome::Faulty(Vec::new())),
        },
    };
    let inputs = Inputs { now: When::Instant(now), availability: None, drafts: false };
    let understood = Assembly::understand(sources, problems, &inputs, &manifest.cache());
    let assembly = match understood {
        Understood { assembly: Some(assembly), .. } => assembly,
        Understood { diagnostics, sources, texts, .. } => {
            return Ok(AttemptOutcome::Faulty(words(options, &diagnostics, &texts, &sources.unwrap_or_default())));
        }
    };
    // Letters are made of this content too: none is published that they cannot be made of.
    if let Err(phrase) = Published::check(assembly.snapshot(), own, earlier) {
        return Ok(AttemptOutcome::Faulty(vec![phrase.text(assembly.snapshot().texts(), options.lang)]));
    }
    let (mut availability, synced) = states(records(&assembly))?;
    let told = std::fs::read(options.availability()).ok();
    let told = told.and_then(|bytes| Availability::from_json(&bytes).ok()).unwrap_or_default();
    availability.date_from(&told, now);
    // As the content has them: what the team changes is told anew each time.
    let sessions = assembly.snapshot().model().sessions.clone();
    let assembly = assembly.told(&availability);
    let path = options.availability();
    replace_file(&path, &availability.to_json()).map_err(|error| PublishingError::Disk(path, error))?;
    // As the folder was published last: what was compressed beside its page stays so.
    let precompress = manifest.last.as_ref().is_some_and(|last| last.precompress);
    let how = PublishOptions { precompress, ..PublishOptions::default() };
    match publish(&assembly, &manifest, &lock, &options.site, None, &how) {
        Ok(_) => {}
        Err(BuildError::Disk(PublishError { kind: PublishErrorKind::Unsettled, .. })) => {
            return Ok(AttemptOutcome::Unsettled);
        }
        Err(BuildError::Disk(error)) => return Err(error.into()),
        Err(BuildError::Content(problems)) => {
            return Ok(AttemptOutcome::Faulty(words(
                options,
                &problems,
                assembly.snapshot().texts(),
                assembly.snapshot().sources(),
            )));
        }
    }
    let path = options.snapshot();
    snapshot::save(&path, assembly.snapshot().sources(), &sessions)
        .map_err(|error| PublishingError::Disk(path, error))?;
    let next_change = assembly.plan().next_change;
    // Before what is answered with is made: it would lie between what goes.
    drop((assembly, sessions, manifest));
    let site = answers(&options.snapshot(), availability, now, earlier.map(|earlier| &**earlier));
    let unreadable = || PublishingError::Disk(options.snapshot(), std::io::ErrorKind::InvalidData.into());
    let site = Published::of(site.ok_or_else(unreadable)?, own, earlier).map_err(PublishingError::Letters)?;
    Ok(AttemptOutcome::Published { site: Box::new(site), synced, next_change })
}

/// The content as it is in its files, whether or not it was ever published: what it says of the
/// site, and its sessions.
///
/// # Errors
/// How many errors it has.
pub fn read_content(options: &Options, now: Timestamp) -> Result<(Site, Vec<SessionRecord>), usize> {
    let (sources, problems) = Sources::read(&options.root, &|_| None);
    let inputs = Inputs { now: When::Instant(now), availability: None, drafts: false };
    match Assembly::understand(sources, problems, &inputs, &EmptyCache::default()) {
        Understood { assembly: Some(assembly), .. } => Ok((assembly.snapshot().site().clone(), records(&assembly))),
        Understood { diagnostics, .. } => {
            Err(diagnostics.iter().filter(|problem| problem.severity == Severity::Error).count())
        }
    }
}

/// The problems that keep content from being published, in words; warnings are the business of
/// `check`.
fn words(options: &Options, problems: &[Diagnostic], texts: &Texts, sources: &Sources) -> Vec<String> {
    let reporter = Reporter { texts, lang: options.lang, sources, colour: false };
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error);
    errors.map(|problem| reporter.human(problem)).collect()
}

fn records(assembly: &Assembly) -> Vec<SessionRecord> {
    let (model, zone) = (assembly.snapshot().model(), &assembly.snapshot().site().time_zone);
    let record = |session: &Session| {
        let venue = session.venue.as_ref().and_then(|id| model.venue(id));
        Some(SessionRecord::of(session, model.group(session.group.as_str())?, venue, zone))
    };
    model.sessions.iter().filter_map(record).collect()
}
