//! A session that was announced when the site was last published, and that an edit of its file has
//! made another since, without a word to calendars: put in the past, most often by a year that was
//! mistyped; or moved, cancelled or held again while `revision` stayed.

use jiff::{Timestamp, civil::DateTime};
use rayon::prelude::*;

use super::{announced::Announced, frame::BuildCache};
use crate::{
    content::sources::Sources,
    diagnostics::diagnostic::Diagnostic,
    model::{Availability, Model, Session, SessionStatus, Site},
};

/// What became of an announced session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edit {
    /// It was to come, and its new date is past.
    Backdated,
    /// Its day, hours, room or state are others.
    Changed,
}

/// The sessions of the content that were made others since they were announced, with what was
/// announced. Those that time alone has overtaken, or whose revision was raised since, are none of
/// them.
pub(crate) fn find<'s>(
    model: &'s Model,
    site: &Site,
    sources: &Sources,
    now: Timestamp,
    cache: &dyn BuildCache,
) -> Vec<(&'s Session, Announced, Edit)> {
    let instant = |at: DateTime| site.time_zone.to_ambiguous_timestamp(at).compatible().unwrap_or(Timestamp::MAX);
    let shown = model.sessions.par_iter().filter(|session| session.status != SessionStatus::Draft);
    let edited = shown.filter_map(|session| {
        let file = &session.at.file;
        let announced = cache.announced(&session.id, file, sources.get(file)?.fingerprint())?;
        let group = model.group(session.group.as_str())?;
        if session.revision > announced.revision || announced.is_still(session, group) {
            return None;
        }
        let ends = instant(session.date.to_datetime(session.end));
        let ended = instant(announced.date.to_datetime(announced.end.unwrap_or(session.end)));
        let both = [session.status, announced.status];
        let moved = ends <= now && ends < ended && announced.published < ended;
        let edit = if moved && both == [SessionStatus::Planned; 2] { Edit::Backdated } else { Edit::Changed };
        // Of what is over, nobody's calendar has to know.
        (edit == Edit::Backdated || ends.max(ended) > now).then_some((session, announced, edit))
    });
    edited.collect()
}

/// What is said of one, unless the handler told of it: it notices a change by itself.
pub(crate) fn problem(
    session: &Session,
    announced: &Announced,
    edit: Edit,
    told: Option<&Availability>,
) -> Option<Diagnostic> {
    let code = match edit {
        Edit::Backdated => "date-reculee",
        Edit::Changed if told.is_some_and(|told| told.sessions.contains_key(session.id.as_str())) => return None,
        Edit::Changed => "revision-oubliee",
    };
    let problem = Diagnostic::warning(code, session.date_at.clone());
    Some(problem.arg("date", announced.date).arg("revision", announced.revision + 1))
}
