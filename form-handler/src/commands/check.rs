//! `form-handler check`: what whoever runs the server should know, besides its log. No person is in
//! it.

use super::held;
use crate::{base::Base, enrolment::Notice, phrase::Phrase};

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
    if told.is_empty() {
        told.push(Phrase::new("rien-a-signaler"));
    }
    Ok(told)
}
