//! A session that was to come when the site was last published, and that an edit of its file has
//! put in the past since: most often a year that was mistyped.

use jiff::{Timestamp, civil::DateTime};
use rayon::prelude::*;

use super::{announced::Announced, frame::BuildCache};
use crate::{
    content::sources::Sources,
    diagnostics::diagnostic::Diagnostic,
    model::{Session, SessionStatus, Site},
};

/// The sessions of the content that were put in the past since they were announced, with what was
/// announced. Those that time alone has overtaken, that are not to be held, or whose revision was
/// raised since are none of them.
pub(crate) fn find<'s>(
    sessions: &'s [Session],
    site: &Site,
    sources: &Sources,
    now: Timestamp,
    cache: &dyn BuildCache,
) -> Vec<(&'s Session, Announced)> {
    let instant = |at: DateTime| site.time_zone.to_ambiguous_timestamp(at).compatible().unwrap_or(Timestamp::MAX);
    let planned = sessions.par_iter().filter(|session| session.status == SessionStatus::Planned);
    let backdated = planned.filter_map(|session| {
        let file = &session.at.file;
        let announced = cache.announced(&session.id, file, sources.get(file)?.fingerprint())?;
        let ends = instant(session.date.to_datetime(session.end));
        let ended = instant(announced.date.to_datetime(announced.end.unwrap_or(session.end)));
        let moved = ends <= now && ends < ended && announced.published < ended;
        (moved && session.revision <= announced.revision).then_some((session, announced))
    });
    backdated.collect()
}

/// What is said of one.
pub(crate) fn problem(session: &Session, announced: &Announced) -> Diagnostic {
    let problem = Diagnostic::warning("date-reculee", session.date_at.clone());
    problem.arg("date", announced.date).arg("revision", announced.revision + 1)
}
