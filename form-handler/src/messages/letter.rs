//! From a row of the outbox to a letter: the words, and the headers around them.
//!
//! A template's first line is the subject; a blank line; the text. `<kind>.<lang>.txt` wins over `<kind>.txt`, which is
//! French. [`super::view`] says what templates see.
//!
//! Nothing that was typed in the form goes into a letter, not even the first name: anybody may type anybody's address, and
//! eighty characters are enough for a threat, which would then arrive from the town itself.

use std::{sync::Arc, time::SystemTime};

use entreparentaise::{
    text::{REFERENCE, Texts},
    views::Words,
};
use jiff::{Timestamp, tz::TimeZone};
use lettre::{
    Address, Message,
    message::{
        Mailbox, SinglePart,
        header::{Header, HeaderName, HeaderValue},
    },
};
use tera::Tera;

use super::view::Viewer;
use crate::{
    said::Said,
    store::{Outgoing, ToWrite},
    token::{DemandId, Key},
};

/// The project's own templates, by name.
const EMBEDDED: &[(&str, &str)] = &[
    ("courriels/place.txt", include_str!("../../../templates/courriels/place.txt")),
    ("courriels/liste-attente.txt", include_str!("../../../templates/courriels/liste-attente.txt")),
    ("courriels/a-confirmer.txt", include_str!("../../../templates/courriels/a-confirmer.txt")),
    ("courriels/place-liberee.txt", include_str!("../../../templates/courriels/place-liberee.txt")),
    ("courriels/deja-inscrit.txt", include_str!("../../../templates/courriels/deja-inscrit.txt")),
    ("courriels/annulation.txt", include_str!("../../../templates/courriels/annulation.txt")),
    ("courriels/annulation-autres.txt", include_str!("../../../templates/courriels/annulation-autres.txt")),
    ("courriels/place-proposee.txt", include_str!("../../../templates/courriels/place-proposee.txt")),
    ("courriels/place-passee.txt", include_str!("../../../templates/courriels/place-passee.txt")),
    ("courriels/code.txt", include_str!("../../../templates/courriels/code.txt")),
    ("courriels/rappel-7-jours.txt", include_str!("../../../templates/courriels/rappel-7-jours.txt")),
    ("courriels/rappel-2-jours.txt", include_str!("../../../templates/courriels/rappel-2-jours.txt")),
    ("courriels/seance-deplacee.txt", include_str!("../../../templates/courriels/seance-deplacee.txt")),
    ("courriels/seance-annulee.txt", include_str!("../../../templates/courriels/seance-annulee.txt")),
    ("courriels/seance-maintenue.txt", include_str!("../../../templates/courriels/seance-maintenue.txt")),
    ("courriels/prochaine-seance.txt", include_str!("../../../templates/courriels/prochaine-seance.txt")),
    ("courriels/merci.txt", include_str!("../../../templates/courriels/merci.txt")),
    ("courriels/effacement.txt", include_str!("../../../templates/courriels/effacement.txt")),
    ("courriels/equipe-journal.txt", include_str!("../../../templates/courriels/equipe-journal.txt")),
    ("courriels/equipe-minimum.txt", include_str!("../../../templates/courriels/equipe-minimum.txt")),
    ("courriels/equipe-liste-attente.txt", include_str!("../../../templates/courriels/equipe-liste-attente.txt")),
    ("courriels/equipe-a-appeler.txt", include_str!("../../../templates/courriels/equipe-a-appeler.txt")),
    ("courriels/_equipe.txt", include_str!("../../../templates/courriels/_equipe.txt")),
    ("courriels/_mot.txt", include_str!("../../../templates/courriels/_mot.txt")),
    ("courriels/_ouverture.txt", include_str!("../../../templates/courriels/_ouverture.txt")),
    ("courriels/_seance.txt", include_str!("../../../templates/courriels/_seance.txt")),
    ("courriels/_signature.txt", include_str!("../../../templates/courriels/_signature.txt")),
];

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
    fn host(&self) -> &str {
        let rest = self.site_url.split_once("://").map_or("", |(_, rest)| rest);
        let authority = rest.split('/').next().unwrap_or_default();
        let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
        // An address in figures is no domain for an e-mail address.
        let named = host.bytes().any(|b| b.is_ascii_alphabetic()) && !host.starts_with('[');
        if named { host } else { "localhost" }
    }

    fn mailbox(&self) -> Result<Mailbox, Said> {
        let wrong = |error| Said::new("courriel-expediteur").with("cause", error);
        let address: Address = match &self.email {
            Some(email) => email.parse().map_err(|error: lettre::address::AddressError| wrong(error.to_string()))?,
            None => Address::new("ne-pas-repondre", self.host()).map_err(|error| wrong(error.to_string()))?,
        };
        Ok(Mailbox::new(Some(self.name.clone()), address))
    }
}

/// Every template, and what they all say.
pub struct Letters {
    tera: Tera,
    sender: Sender,
    from: Mailbox,
    key: Key,
    texts: Arc<Texts>,
}

impl std::fmt::Debug for Letters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Letters").field("sender", &self.sender).finish_non_exhaustive()
    }
}

/// A letter ready to go.
#[derive(Debug, Clone)]
pub struct Letter {
    /// The name under which a folder keeps it: the same at each attempt.
    pub name: String,
    /// Headers and text.
    pub message: Message,
}

impl Letters {
    /// The project's templates, then those of a root (`name`, text), which win. All are parsed now: a broken template must
    /// show at the start, not when somebody should have been told.
    pub fn new<'a>(
        overrides: impl IntoIterator<Item = (&'a str, &'a str)>,
        sender: Sender,
        key: Key,
        texts: Arc<Texts>,
    ) -> Result<Self, Said> {
        let mut tera = Tera::default();
        let mut templates: std::collections::BTreeMap<_, _> = EMBEDDED.iter().copied().collect();
        templates.extend(overrides);
        tera.add_raw_templates(templates).map_err(|error| Said::new("courriel-modele").with("cause", error))?;
        let from = sender.mailbox()?;
        Ok(Self { tera, sender, from, key, texts })
    }

    /// The letter of a row. `None`: it is for the team, who gave no address.
    pub fn write(&self, outgoing: &Outgoing) -> Result<Option<Letter>, Said> {
        let (demand, recipient) = match &outgoing.letter {
            ToWrite::Person(letter) => (letter.demand, Some(letter.recipient.as_str())),
            ToWrite::Team(_) => (None, self.sender.email.as_deref()),
        };
        let Some(recipient) = recipient else { return Ok(None) };
        let text = self.render(outgoing)?;
        // Rows that are not about a demand are told from each other by when they were written.
        let name = self.key.letter(demand.unwrap_or_else(|| nobody(outgoing.written_at)), outgoing.key);
        let failed = |cause: String| Said::new("courriel-impossible").with("cause", cause);
        let (subject, body) = text.split_once('\n').unwrap_or((&text, ""));
        let to: Address = recipient.parse().map_err(|error: lettre::address::AddressError| failed(error.to_string()))?;
        let mut builder = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(subject.trim())
            .date(SystemTime::from(outgoing.written_at))
            .message_id(Some(format!("<{name}@{}>", self.sender.host())))
            .header(AutoSubmitted);
        if self.sender.email.is_some() {
            builder = builder.reply_to(self.from.clone());
        }
        let message = builder
            .singlepart(SinglePart::plain(body.trim().to_owned() + "\n"))
            .map_err(|error| failed(error.to_string()))?;
        let stamp = outgoing.written_at.strftime("%Y%m%dT%H%M%SZ");
        Ok(Some(Letter { name: format!("{stamp}-{}-{}.eml", outgoing.name(), name), message }))
    }

    fn render(&self, outgoing: &Outgoing) -> Result<String, Said> {
        let lang = match &outgoing.letter {
            ToWrite::Person(letter) => &letter.lang,
            ToWrite::Team(_) => REFERENCE,
        };
        let words = Words::new(&self.texts, lang);
        let viewer = Viewer { words: &words, sender: &self.sender, key: &self.key };
        let context = match &outgoing.letter {
            ToWrite::Person(letter) => tera::Context::from_serialize(&viewer.person(letter, outgoing.written_at)),
            ToWrite::Team(letter) => tera::Context::from_serialize(&viewer.team(letter, outgoing.written_at)),
        };
        let name = self.template(outgoing.name(), lang);
        let rendered = context.and_then(|context| self.tera.render(&name, &context));
        rendered.map_err(|error| Said::new("courriel-modele").with("cause", error))
    }

    fn template(&self, kind: &str, lang: &str) -> String {
        let own = format!("courriels/{kind}.{lang}.txt");
        if self.tera.contains_template(&own) { own } else { format!("courriels/{kind}.txt") }
    }
}

/// What stands for a demand where there is none.
fn nobody(at: Timestamp) -> DemandId {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&at.as_millisecond().to_be_bytes());
    DemandId(bytes)
}

/// A day and an hour, as people say them.
pub(crate) fn instant(words: &Words, at: Timestamp, zone: &TimeZone) -> String {
    let local = at.to_zoned(zone.clone());
    let (day, hour) = (words.date(local.date()).without_year.clone(), words.time(local.time()));
    words.text("instant", &[("jour", day.into()), ("heure", hour.into())])
}

/// Tells other machines not to answer (RFC 3834).
#[derive(Debug, Clone, Copy)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

#[cfg(test)]
impl Letters {
    pub(super) fn render_for_tests(&self, outgoing: &Outgoing) -> String {
        self.render(outgoing).unwrap()
    }
}
