//! From a row of the outbox to a letter: the words, and the headers around them.
//!
//! A template's first line is the subject; a blank line; the text. `<kind>.<lang>.txt` wins over
//! `<kind>.txt`, which is French. [`super::view`] says what templates see.
//!
//! Nothing that was typed in the form goes into a letter, not even the first name: anybody may type
//! anybody's address, and eighty characters are enough for a threat, which would then arrive from
//! the town itself.
//!
//! A letter has two parts that say the same: the text, and the same text laid out by
//! `_lettre.html`, which sees `lang`, `subject`, and what [`html`] read: `blocks`, and `small` for
//! the small print.
//!
//! Writing a row down twice gives the same bytes, its date included, which is the instant that the
//! row was decided: a letter whose first try was cut may have arrived, and mail programs then know
//! the second for what it is.

use std::{sync::Arc, time::SystemTime};

use entreparentaise::{
    content::typography::template,
    diagnostics::text::{REFERENCE, Texts},
    views::Words,
};
use jiff::Timestamp;
use lettre::{
    Address, Message,
    message::{
        Attachment, Mailbox, MultiPart, SinglePart,
        header::{ContentType, Header, HeaderName, HeaderValue},
    },
};
use serde::Serialize;
use tera::Tera;

use super::{
    calendar::{Appointment, CALENDAR_TYPE},
    gsm,
    html::{self, Blocks},
    sender::Sender,
    sweep::file_name,
    text::{self, TextMessage},
    view::Viewer,
};
use crate::{
    enrolment::Channel,
    phrase::Phrase,
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
    ("courriels/retrouver.txt", include_str!("../../../templates/courriels/retrouver.txt")),
    ("courriels/rappel-7-jours.txt", include_str!("../../../templates/courriels/rappel-7-jours.txt")),
    ("courriels/rappel-2-jours.txt", include_str!("../../../templates/courriels/rappel-2-jours.txt")),
    ("courriels/seance-deplacee.txt", include_str!("../../../templates/courriels/seance-deplacee.txt")),
    ("courriels/seance-annulee.txt", include_str!("../../../templates/courriels/seance-annulee.txt")),
    ("courriels/seance-maintenue.txt", include_str!("../../../templates/courriels/seance-maintenue.txt")),
    ("courriels/prochaine-seance.txt", include_str!("../../../templates/courriels/prochaine-seance.txt")),
    ("courriels/merci.txt", include_str!("../../../templates/courriels/merci.txt")),
    ("courriels/effacement.txt", include_str!("../../../templates/courriels/effacement.txt")),
    ("courriels/equipe-journal.txt", include_str!("../../../templates/courriels/equipe-journal.txt")),
    ("courriels/equipe-date-passee.txt", include_str!("../../../templates/courriels/equipe-date-passee.txt")),
    ("courriels/equipe-minimum.txt", include_str!("../../../templates/courriels/equipe-minimum.txt")),
    ("courriels/equipe-liste-attente.txt", include_str!("../../../templates/courriels/equipe-liste-attente.txt")),
    ("courriels/equipe-a-appeler.txt", include_str!("../../../templates/courriels/equipe-a-appeler.txt")),
    ("courriels/equipe-a-confirmer.txt", include_str!("../../../templates/courriels/equipe-a-confirmer.txt")),
    ("courriels/equipe-rafale.txt", include_str!("../../../templates/courriels/equipe-rafale.txt")),
    ("courriels/_equipe.txt", include_str!("../../../templates/courriels/_equipe.txt")),
    ("courriels/_mot.txt", include_str!("../../../templates/courriels/_mot.txt")),
    ("courriels/_ouverture.txt", include_str!("../../../templates/courriels/_ouverture.txt")),
    ("courriels/_seance.txt", include_str!("../../../templates/courriels/_seance.txt")),
    ("courriels/_signature.txt", include_str!("../../../templates/courriels/_signature.txt")),
    ("courriels/texto-place.txt", include_str!("../../../templates/courriels/texto-place.txt")),
    ("courriels/texto-liste-attente.txt", include_str!("../../../templates/courriels/texto-liste-attente.txt")),
    ("courriels/texto-a-confirmer.txt", include_str!("../../../templates/courriels/texto-a-confirmer.txt")),
    ("courriels/texto-place-liberee.txt", include_str!("../../../templates/courriels/texto-place-liberee.txt")),
    ("courriels/texto-place-proposee.txt", include_str!("../../../templates/courriels/texto-place-proposee.txt")),
    ("courriels/texto-place-passee.txt", include_str!("../../../templates/courriels/texto-place-passee.txt")),
    ("courriels/texto-code.txt", include_str!("../../../templates/courriels/texto-code.txt")),
    ("courriels/texto-rappel-2-jours.txt", include_str!("../../../templates/courriels/texto-rappel-2-jours.txt")),
    ("courriels/texto-seance-deplacee.txt", include_str!("../../../templates/courriels/texto-seance-deplacee.txt")),
    ("courriels/texto-seance-annulee.txt", include_str!("../../../templates/courriels/texto-seance-annulee.txt")),
    ("courriels/texto-prochaine-seance.txt", include_str!("../../../templates/courriels/texto-prochaine-seance.txt")),
    (LAYOUT, include_str!("../../../templates/courriels/_lettre.html")),
];

/// The name of what comes for a calendar: it shows in a list of letters.
const ENTRY: &str = "rendez-vous.ics";

/// How every letter is laid out.
const LAYOUT: &str = "courriels/_lettre.html";

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

impl AsRef<Self> for Letters {
    fn as_ref(&self) -> &Self {
        self
    }
}

/// A letter ready to go.
#[derive(Debug, Clone)]
pub struct Letter {
    /// The name under which a folder keeps it: the same at each attempt.
    pub name: String,
    /// Headers, text, and the text laid out.
    pub message: Message,
}

/// A letter or a text message, ready to go.
#[derive(Debug, Clone)]
pub enum Parcel {
    /// A letter.
    Letter(Letter),
    /// A text message.
    Text(TextMessage),
}

/// What the layout sees.
#[derive(Serialize)]
struct LayoutView<'a> {
    lang: &'a str,
    subject: &'a str,
    #[serde(flatten)]
    blocks: Blocks<'a>,
}

impl Letters {
    /// The project's templates, then those of a root (`name`, text), which win. All are parsed now:
    /// a broken template must show at the start, not when somebody should have been told.
    pub fn new<'a>(
        overrides: impl IntoIterator<Item = (&'a str, &'a str)>,
        sender: Sender,
        key: Key,
        texts: Arc<Texts>,
    ) -> Result<Self, Phrase> {
        let mut tera = Tera::default();
        tera.autoescape_on([".html"]);
        let mut templates: std::collections::BTreeMap<_, _> = EMBEDDED.iter().copied().collect();
        templates.extend(overrides);
        let templates = templates.into_iter().map(|(name, text)| (name, template(name, text).text));
        tera.add_raw_templates(templates).map_err(|error| Phrase::new("courriel-modele").with("cause", error))?;
        let from = sender.mailbox()?;
        Ok(Self { tera, sender, from, key, texts })
    }

    /// Whether anybody told where the team reads.
    #[must_use]
    pub fn reach_the_team(&self) -> bool {
        self.sender.email.is_some()
    }

    /// What a row becomes. `None`: it is for the team, who gave no address.
    pub fn prepare(&self, outgoing: &Outgoing) -> Result<Option<Parcel>, Phrase> {
        match &outgoing.letter {
            ToWrite::Person(letter) if letter.by == Channel::Text => {
                let demand = letter.demand.unwrap_or_else(|| nobody(outgoing.written_at));
                let (template, lang) = self.template(&text::template(outgoing.name()), &letter.lang);
                let words = gsm::fit(tidy(&self.render(outgoing, &template, lang)?).trim());
                let id = self.key.letter(demand, outgoing.key);
                let name = format!("{}.txt", file_name(outgoing.written_at, outgoing.key, outgoing.name(), &id));
                Ok(Some(Parcel::Text(TextMessage { name, id, to: letter.recipient.clone(), words })))
            }
            _ => Ok(self.write(outgoing)?.map(Parcel::Letter)),
        }
    }

    /// The letter of a row. `None`: it is for the team, who gave no address.
    pub fn write(&self, outgoing: &Outgoing) -> Result<Option<Letter>, Phrase> {
        let (demand, recipient, lang) = match &outgoing.letter {
            ToWrite::Person(letter) => (letter.demand, Some(letter.recipient.as_str()), letter.lang.as_str()),
            ToWrite::Team(_) => (None, self.sender.email.as_deref(), REFERENCE),
        };
        let Some(recipient) = recipient else { return Ok(None) };
        let (template, lang) = self.template(outgoing.name(), lang);
        let rendered = self.render(outgoing, &template, lang)?;
        let (subject, text) = rendered.split_once('\n').unwrap_or((&rendered, ""));
        let (subject, text) = (subject.trim(), tidy(text));
        let html = self.lay_out(&LayoutView { lang, subject, blocks: html::read(&text) })?;
        // Rows that are about no demand are told from each other by when they were written: their
        // keys are given again.
        let name = self.key.letter(demand.unwrap_or_else(|| nobody(outgoing.written_at)), outgoing.key);
        let failed = |cause: String| Phrase::new("courriel-impossible").with("cause", cause);
        let to: Address =
            recipient.parse().map_err(|error: lettre::address::AddressError| failed(error.to_string()))?;
        let mut builder = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(subject)
            .date(SystemTime::from(outgoing.written_at))
            .message_id(Some(format!("<{name}@{}>", self.sender.host())))
            .header(AutoSubmitted);
        if self.sender.email.is_some() {
            builder = builder.reply_to(self.from.clone());
        }
        // The last part is the one that is preferred by whoever can show it.
        let parts = MultiPart::alternative().boundary(&name).singlepart(SinglePart::plain(text));
        let parts = parts.singlepart(SinglePart::html(html));
        let parts = match self.entry(outgoing) {
            Some(entry) => {
                let entry = Attachment::new(ENTRY.to_owned()).body(entry, calendar_type());
                MultiPart::mixed().boundary(format!("{name}-agenda")).multipart(parts).singlepart(entry)
            }
            None => parts,
        };
        let message = builder.multipart(parts).map_err(|error| failed(error.to_string()))?;
        let name = format!("{}.eml", file_name(outgoing.written_at, outgoing.key, outgoing.name(), &name));
        Ok(Some(Letter { name, message }))
    }

    /// What changes in the calendar of somebody who asked for an entry there.
    fn entry(&self, outgoing: &Outgoing) -> Option<Vec<u8>> {
        let ToWrite::Person(letter) = &outgoing.letter else { return None };
        let status = letter.kind.in_a_calendar(letter.offered_until.is_some() || letter.waits || letter.to_confirm)?;
        let (name, session) = (letter.calendar?, &letter.session);
        let at = letter.changed_at.map_or(outgoing.written_at, |changed| changed.max(outgoing.written_at));
        let appointment = Appointment { name, session, status, at };
        Some(appointment.file(&self.key, &self.sender.name, &self.sender.zone))
    }

    fn lay_out(&self, laid: &LayoutView<'_>) -> Result<String, Phrase> {
        let rendered = tera::Context::from_serialize(laid).and_then(|context| self.tera.render(LAYOUT, &context));
        rendered.map_err(|error| Phrase::new("courriel-modele").with("cause", error))
    }

    fn render(&self, outgoing: &Outgoing, template: &str, lang: &str) -> Result<String, Phrase> {
        let words = Words::new(&self.texts, lang);
        let viewer = Viewer { words: &words, sender: &self.sender, key: &self.key };
        let context = match &outgoing.letter {
            ToWrite::Person(letter) => tera::Context::from_serialize(&viewer.person(letter, outgoing.written_at)),
            ToWrite::Team(letter) => tera::Context::from_serialize(&viewer.team(letter, outgoing.written_at)),
        };
        let rendered = context.and_then(|context| self.tera.render(template, &context));
        rendered.map_err(|error| Phrase::new("courriel-modele").with("cause", error))
    }

    /// The template of this name, and the language that it is in.
    fn template<'l>(&self, kind: &str, lang: &'l str) -> (String, &'l str) {
        let own = format!("courriels/{kind}.{lang}.txt");
        if self.tera.contains_template(&own) { (own, lang) } else { (format!("courriels/{kind}.txt"), REFERENCE) }
    }
}

/// A text without the blank lines that its conditions leave.
fn tidy(text: &str) -> String {
    let mut tidied = String::with_capacity(text.len());
    for line in text.trim().lines().map(str::trim_end) {
        if !(line.is_empty() && tidied.ends_with("\n\n")) {
            tidied.push_str(line);
            tidied.push('\n');
        }
    }
    tidied
}

/// What stands for a demand where there is none.
fn nobody(at: Timestamp) -> DemandId {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&at.as_millisecond().to_be_bytes());
    DemandId(bytes)
}

fn calendar_type() -> ContentType {
    ContentType::parse(CALENDAR_TYPE).unwrap_or(ContentType::TEXT_PLAIN)
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
        let (template, lang) = self.template(outgoing.name(), REFERENCE);
        tidy(&self.render(outgoing, &template, lang).unwrap())
    }
}
