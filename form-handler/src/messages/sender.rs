//! Who writes to people: what every letter says of the team and of the site, and the address that
//! it comes from.

use jiff::tz::TimeZone;
use lettre::{Address, message::Mailbox};

use crate::phrase::Phrase;

/// Who writes.
#[derive(Debug, Clone)]
pub struct Sender {
    /// The name that shows, e.g. the organiser's.
    pub name: String,
    /// The team's address; when nobody gave it yet, a neutral one is made of `public_url`.
    pub email: Option<String>,
    /// The team's telephone number, as it is to be read.
    pub phone: Option<String>,
    /// The handler's public address, without a final slash: links lead there.
    pub public_url: String,
    /// The site's public address, without a final slash.
    pub site_url: String,
    /// Where those who came say how it was.
    pub questionnaire: Option<String>,
    /// The site's time zone.
    pub zone: TimeZone,
}

impl Sender {
    pub(super) fn host(&self) -> &str {
        let rest = self.site_url.split_once("://").map_or("", |(_, rest)| rest);
        let authority = rest.split('/').next().unwrap_or_default();
        let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
        // An address in figures is no domain for an e-mail address.
        let named = host.bytes().any(|b| b.is_ascii_alphabetic()) && !host.starts_with('[');
        if named { host } else { "localhost" }
    }

    pub(super) fn mailbox(&self) -> Result<Mailbox, Phrase> {
        let wrong = |error| Phrase::new("courriel-expediteur").with("cause", error);
        let address: Address = match &self.email {
            Some(email) => email.parse().map_err(|error: lettre::address::AddressError| wrong(error.to_string()))?,
            None => Address::new("ne-pas-repondre", self.host()).map_err(|error| wrong(error.to_string()))?,
        };
        Ok(Mailbox::new(Some(self.name.clone()), address))
    }
}
