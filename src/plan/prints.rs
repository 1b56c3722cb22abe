//! What printed supports are made from, and so which of them still say what is true.

use super::announced;
use crate::{
    fingerprint::{Fingerprint, PROGRAM},
    model::{Model, Print, Scope, Session, Site, Standing, Support},
    sources::Sources,
};

/// Whether a support that was printed says what it would say now.
pub(super) fn is_true(model: &Model, site: &Site, sources: &Sources, standings: &[Standing], print: &Print) -> bool {
    let Some(support) = model.supports.iter().find(|support| support.id == print.support) else { return false };
    let session = print
        .session
        .as_ref()
        .map(|id| announced(model, standings, support).find(|index| model.sessions[*index].id == *id));
    // A session that is past, cancelled or gone is announced no longer.
    let session = match session {
        Some(None) => return false,
        Some(Some(index)) => Some(index),
        None => None,
    };
    session.is_some() == (support.scope == Scope::Session)
        && made_from(model, site, sources, standings, support, session) == print.made_from
}

/// Of all that a support is made from, on the safe side. What time and sign-ups change is not among it: a poster is not printed again when
/// the last places are taken.
#[must_use]
pub(crate) fn made_from(
    model: &Model,
    site: &Site,
    sources: &Sources,
    standings: &[Standing],
    support: &Support,
    session: Option<usize>,
) -> Fingerprint {
    let file = |path: &str| sources.get(path).map(crate::sources::SourceFile::fingerprint).unwrap_or_default();
    let under = |folder: &str| {
        let files =
            sources.under(folder).flat_map(|(path, file)| [Fingerprint::of(path.as_bytes()), file.fingerprint()]);
        Fingerprint::all(files)
    };
    let sessions = match support.scope {
        Scope::Session => session.into_iter().collect(),
        Scope::Season => announced(model, standings, support).collect(),
        Scope::Group => Vec::new(),
    };
    let group = model.group(support.group.as_str());
    let mut parts = vec![
        Fingerprint::of(PROGRAM.as_bytes()),
        file("content/site.toml"),
        file(&support.at.file),
        group.map(|group| file(&group.at.file)).unwrap_or_default(),
        Fingerprint::of(site.url.as_bytes()),
    ];
    parts.extend(["templates/supports/", "templates/assets/", "content/partenaires/", "locales/"].map(under));
    parts.extend(sessions.into_iter().map(|index| told_on_paper(&model.sessions[index])));
    Fingerprint::all(parts)
}

/// What a support says of a session, as the team holds it.
pub(crate) fn told_on_paper(session: &Session) -> Fingerprint {
    Fingerprint::all([session.head, Fingerprint::of_value(session)])
}
