//! A letter to the team that says nothing but that letters arrive: `form-handler check --letter`.

use std::time::SystemTime;

use entreparentaise::diagnostics::text::{REFERENCE, Texts};
use jiff::Timestamp;
use lettre::{
    Address, Message,
    message::{Mailbox, header::ContentType},
};

use super::letter::Letter;
use crate::phrase::Phrase;

/// From the team, to the team.
///
/// # Errors
/// An address that is none.
pub fn trial(name: &str, email: &str, now: Timestamp) -> Result<Letter, Phrase> {
    let wrong = |error: &dyn std::fmt::Display| Phrase::new("courriel-expediteur").with("cause", error);
    let address: Address = email.parse().map_err(|error| wrong(&error))?;
    let texts = Texts::embedded();
    let say = |id| Phrase::new(id).text(&texts, REFERENCE);
    let message = Message::builder()
        .from(Mailbox::new(Some(name.to_owned()), address.clone()))
        .to(Mailbox::new(None, address))
        .date(SystemTime::from(now))
        .subject(say("lettre-d-essai-objet"))
        .header(ContentType::TEXT_PLAIN)
        .body(say("lettre-d-essai"))
        .map_err(|error| wrong(&error))?;
    // The same each time: nothing else of it is kept in a folder.
    Ok(Letter { name: "lettre-d-essai.eml".to_owned(), message })
}
