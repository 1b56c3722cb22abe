//! From a row of the outbox to a letter: the words, and the headers around them.
//!
//! A template's first line is the subject; a blank line; the text. `<kind>.<lang>.txt` wins over `<kind>.txt`, which is
//! French. Templates see `places`, `session` (`title`, `date`, `hours`, `place`, `address`), the links
//! `follow_up`, `cancel_others` and `merge`, `until` (a place on offer), `code`, and the team's `team` and `phone` (absent when nobody gave it).
//!
//! Nothing that was typed in the form goes into a letter, not even the first name: anybody may type anybody's address, and
//! eighty characters are enough for a threat, which would then arrive from the town itself.
//!
//! A letter has two parts that say the same: the text, and the same text laid out by `_lettre.html`, which sees `lang`, `subject`, and what
//! [`html`] read: `blocks`, and `small` for the small print.
//!
//! Writing a row down twice gives the same bytes, its date included, which is the instant that the row was decided: a letter whose first try
//! was cut may have arrived, and mail programs then know the second for what it is.

use std::{sync::Arc, time::SystemTime};

use entreparentaise::{
    text::{REFERENCE, Texts},
    views::Words,
};
use jiff::{Timestamp, tz::TimeZone};
use lettre::{
    Address, Message,
    message::{
        Mailbox, MultiPart, SinglePart,
        header::{Header, HeaderName, HeaderValue},
    },
};
use serde::Serialize;
use tera::Tera;

use super::html::{self, Blocks};
use crate::{
    enrolment::MessageKind,
    said::Said,
    store::Outgoing,
    token::{Key, Purpose},
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
    ("courriels/_ouverture.txt", include_str!("../../../templates/courriels/_ouverture.txt")),
    ("courriels/_seance.txt", include_str!("../../../templates/courriels/_seance.txt")),
    ("courriels/_signature.txt", include_str!("../../../templates/courriels/_signature.txt")),
    (LAYOUT, include_str!("../../../templates/courriels/_lettre.html")),
];

/// How every letter is laid out.
const LAYOUT: &str = "courriels/_lettre.html";

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
    /// Headers, text, and the text laid out.
    pub message: Message,
}

#[derive(Serialize)]
struct View<'a> {
    places: u16,
    session: SessionView<'a>,
    follow_up: String,
    cancel_others: String,
    merge: String,
    /// Until when a place is on offer, in the site's zone.
    until: Option<String>,
    code: Option<String>,
    team: &'a str,
    phone: Option<&'a str>,
}

/// What the layout sees.
#[derive(Serialize)]
struct Laid<'a> {
    lang: &'a str,
    subject: &'a str,
    #[serde(flatten)]
    blocks: Blocks<'a>,
}

#[derive(Serialize)]
struct SessionView<'a> {
    title: Option<&'a str>,
    date: String,
    hours: String,
    place: &'a str,
    address: String,
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
        tera.autoescape_on([".html"]);
        let mut templates: std::collections::BTreeMap<_, _> = EMBEDDED.iter().copied().collect();
        templates.extend(overrides);
        tera.add_raw_templates(templates).map_err(|error| Said::new("courriel-modele").with("cause", error))?;
        let from = sender.mailbox()?;
        Ok(Self { tera, sender, from, key, texts })
    }

    /// The letter of a row.
    pub fn write(&self, outgoing: &Outgoing) -> Result<Letter, Said> {
        let (template, lang) = self.template(outgoing.kind, &outgoing.lang);
        let rendered = self.render(outgoing, &template)?;
        let (subject, text) = rendered.split_once('\n').unwrap_or((&rendered, ""));
        let (subject, text) = (subject.trim(), text.trim().to_owned() + "\n");
        let bound = html::bind(&text);
        let html = self.lay_out(&Laid { lang, subject, blocks: html::read(&bound) })?;
        let name = self.key.letter(outgoing.demand, outgoing.key);
        let failed = |cause: String| Said::new("courriel-impossible").with("cause", cause);
        let to: Address =
            outgoing.recipient.parse().map_err(|error: lettre::address::AddressError| failed(error.to_string()))?;
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
        let message =
            builder.multipart(parts.singlepart(SinglePart::html(html))).map_err(|error| failed(error.to_string()))?;
        let stamp = outgoing.written_at.strftime("%Y%m%dT%H%M%SZ");
        Ok(Letter { name: format!("{stamp}-{}-{}.eml", outgoing.kind.name(), name), message })
    }

    fn lay_out(&self, laid: &Laid<'_>) -> Result<String, Said> {
        let rendered = tera::Context::from_serialize(laid).and_then(|context| self.tera.render(LAYOUT, &context));
        rendered.map_err(|error| Said::new("courriel-modele").with("cause", error))
    }

    fn render(&self, outgoing: &Outgoing, template: &str) -> Result<String, Said> {
        let session = &outgoing.session;
        let words = Words::new(&self.texts, &outgoing.lang);
        let link = |path: &str, purpose| {
            format!("{}/inscription/{path}/{}", self.sender.public_url, self.key.token(purpose, outgoing.demand))
        };
        let view = View {
            places: outgoing.places,
            session: SessionView {
                title: session.title.as_deref(),
                date: words.date(session.date).long,
                hours: words.hours(session.start, session.end),
                place: &session.place,
                address: format!("{}{}", self.sender.site_url, session.path),
            },
            follow_up: link("suivi", Purpose::FollowUp),
            cancel_others: link("annuler-autres", Purpose::CancelOthers),
            merge: link("fusion", Purpose::Merge),
            until: outgoing.offered_until.map(|until| instant(&words, until, &self.sender.zone)),
            // Known to nobody but the letter: the code is made when it is written down.
            code: (outgoing.kind == MessageKind::Code).then(|| self.key.code(outgoing.demand, outgoing.written_at)),
            team: &self.sender.name,
            phone: self.sender.phone.as_deref(),
        };
        let rendered = tera::Context::from_serialize(&view).and_then(|context| self.tera.render(template, &context));
        rendered.map_err(|error| Said::new("courriel-modele").with("cause", error))
    }

    /// The template of a kind, and the language that it is in.
    fn template<'l>(&self, kind: MessageKind, lang: &'l str) -> (String, &'l str) {
        let own = format!("courriels/{}.{lang}.txt", kind.name());
        if self.tera.contains_template(&own) {
            (own, lang)
        } else {
            (format!("courriels/{}.txt", kind.name()), REFERENCE)
        }
    }

    /// For the log, which is in the reference's language.
    pub(super) fn say(&self, said: &Said) -> String {
        said.text(&self.texts, REFERENCE)
    }
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
        self.render(outgoing, &self.template(outgoing.kind, &outgoing.lang).0).unwrap()
    }
}
