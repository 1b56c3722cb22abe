//! `form-handler check`: what whoever runs the server should know, besides its log. No person is in
//! it.

use entreparentaise::diagnostics::text::REFERENCE;

use super::held;
use crate::{base::Base, enrolment::Notice, phrase::Phrase, publishing::last_published};

/// Everything there is to know, or that there is nothing.
///
/// # Errors
/// A database that does not answer.
pub(super) async fn look(base: &Base) -> Result<Vec<Phrase>, Phrase> {
    let mut told = base.open_to_others();
    let now = base.clock.now();
    let ended = base.store.ended(now).await?;
    for session in ended.into_iter().filter(|session| session.sightings.is_some_and(|seen| seen.announced.is_some())) {
        told.push(Phrase::new("effacement-annonce").with("seance", session.id).with("date", session.date));
    }
    let notices = base.store.notices().await?;
    let doubtful = notices.into_iter().filter(|notice| notice.notice == Notice::SessionDoubtful);
    told.extend(doubtful.map(|notice| Phrase::new("site-seance-douteuse").with("seance", notice.session)));
    told.extend(held::lines(base, None).await?);
    told.extend(team_without_address(base).await?);
    if told.is_empty() {
        told.push(Phrase::new("rien-a-signaler"));
    }
    Ok(told)
}

/// What waits for the team to say where it reads, if anything does.
async fn team_without_address(base: &Base) -> Result<Option<Phrase>, Phrase> {
    let published = last_published(&base.settings.publishing(REFERENCE), base.clock.now());
    if published.is_none_or(|site| site.site().contact.email.known().is_some()) {
        return Ok(None);
    }
    let waiting = base.store.letters_to_team().await?;
    Ok((waiting > 0).then(|| Phrase::new("courriel-equipe-attend").count("nombre", waiting)))
}
