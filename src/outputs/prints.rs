//! The supports that were printed, and which of them say what they would say now.

use crate::{
    content::sources::{SourceFile, Sources},
    fingerprint::{Fingerprint, PROGRAM},
    model::{Print, Scope, Session, Support, Venue},
    site::Snapshot,
    urls,
};

/// Where a print is published.
pub(super) fn url(print: &Print) -> String {
    urls::print(&print.support, print.session.as_ref(), print.kind)
}

/// The prints that say what they would say now.
pub(super) fn valid(snapshot: &Snapshot) -> impl Iterator<Item = usize> + '_ {
    let prints = snapshot.model().prints.iter().enumerate();
    prints.filter(|(_, print)| is_valid(snapshot, print)).map(|(index, _)| index)
}

fn is_valid(snapshot: &Snapshot, print: &Print) -> bool {
    let model = snapshot.model();
    let Some(support) = model.supports.iter().find(|support| support.id == print.support) else { return false };
    // A session that is past, cancelled or gone is announced no longer.
    let mut made = snapshot.made_for(support);
    let session = made.find(|session| session.map(|index| &model.sessions[index].id) == print.session.as_ref());
    session.is_some_and(|session| made_from(snapshot, support, session) == print.made_from)
}

/// Of all that a support is made from, on the safe side. What time and sign-ups change is not among
/// it: a poster is not printed again when the last places are taken.
#[must_use]
pub(crate) fn made_from(snapshot: &Snapshot, support: &Support, session: Option<usize>) -> Fingerprint {
    let (sources, model) = (snapshot.sources(), snapshot.model());
    let file = |path: &str| sources.get(path).map(SourceFile::fingerprint).unwrap_or_default();
    let under = |folder: &str| {
        let files =
            sources.under(folder).flat_map(|(path, file)| [Fingerprint::of(path.as_bytes()), file.fingerprint()]);
        Fingerprint::all(files)
    };
    let sessions: Vec<usize> = match support.scope {
        Scope::Session => session.into_iter().collect(),
        Scope::Season => snapshot.announced(support).collect(),
        Scope::Group => Vec::new(),
    };
    let group = model.group(support.group.as_str());
    let mut parts = vec![
        Fingerprint::of(PROGRAM.as_bytes()),
        file("content/site.toml"),
        file(&support.at.file),
        group.map(|group| file(&group.at.file)).unwrap_or_default(),
        Fingerprint::of(snapshot.site().url.as_bytes()),
    ];
    parts.extend(["templates/supports/", "templates/assets/", "content/partenaires/", "locales/"].map(under));
    let venues = group.into_iter().map(|group| &group.venue);
    let venues: Vec<_> = venues.chain(sessions.iter().map(|index| &model.sessions[*index].venue)).flatten().collect();
    parts.extend(venues.into_iter().filter_map(|id| model.venue(id)).map(|venue| told_of_venue(sources, venue)));
    parts.extend(sessions.into_iter().map(|index| told(&model.sessions[index])));
    Fingerprint::all(parts)
}

/// Of all that may be said of a venue, and shown of it.
pub(super) fn told_of_venue(sources: &Sources, venue: &Venue) -> Fingerprint {
    let picture = venue.photo.as_ref().map(|photo| format!("content{}", photo.path));
    let files = [Some(&*venue.at.file), picture.as_deref()].into_iter().flatten();
    Fingerprint::all(files.map(|path| sources.get(path).map(SourceFile::fingerprint).unwrap_or_default()))
}

/// Of what a support says of a session, as the team holds it. The revision that the handler tells
/// is for calendars: a session that is held after all is printed as it was.
pub(super) fn told(session: &Session) -> Fingerprint {
    let said = Session { revision: 0, ..session.clone() };
    Fingerprint::all([session.head, Fingerprint::of_value(&said)])
}
