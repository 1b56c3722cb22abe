//! From the pairs of a posted form to a [`Demand`] that every other module may trust, or to *all*
//! that is wrong with it.
//!
//! ```
//! use form_handler::demand::{Rules, Values, read};
//!
//! let languages = ["fr".to_owned()];
//! let rules = Rules { languages: &languages, most_places: 1, texts: true };
//! let pairs = [("seance", "2027-03-17"), ("prenom", "Marie"), ("telephone", "06 12 34 56 78")];
//! let values = Values::of(pairs);
//! let errors = read(&values, &rules).unwrap_err();
//! assert_eq!(errors[0].field, "conditions");
//! assert_eq!(values.first("prenom"), "Marie");
//! ```
//!
//! The rules are the contract's table. Where it is silent:
//! - `connu_par` is any well-formed id (`[a-z0-9-]{1,64}`): the id of a poster that has left the
//!   content is still a true answer. Anything else is an error, not dropped: the person chose
//!   something, and would believe that it was told.
//! - An empty optional field is an absent one: browsers send every field of a form.
//! - `autre_parent_prenom` counts only with `autre_parent=oui`; typed without it, it is dropped.
//! - `seance` may be any text here: whether it names a session is the store's business (404, not
//!   422).
//! - Somebody whom no channel may reach is asked for another one: an enrolment that nobody can
//!   answer helps nobody. Each channel is what was given for it, less what was refused: a letter,
//!   a call, and a text message where it was asked for.
//! - A text message to a landline is refused: some operators read it aloud to whoever answers.
//! - An address that looks like a slip is no error: whoever shows the form may ask about it once
//!   ([`doubt`]).

mod comparable;
mod contact;
mod mistyped;
mod phone;
mod text;

use entreparentaise::model::Id;

pub use comparable::{Contact, Trace};
pub use contact::{Email, mask_email};
pub use phone::{Phone, PhoneFault, mask_phone};
use text::{Bad, Lines};

use crate::{phrase::Phrase, token::Key};

/// Every field that the form may send.
pub const FIELDS: &[&str] = &[
    "seance",
    "prenom",
    "courriel",
    "courriel_confirme",
    "courriel_demande",
    "telephone",
    "sms",
    "contact_prudent",
    "conditions",
    "places",
    "autre_parent",
    "autre_parent_prenom",
    "theme",
    "connu_par",
    "appareil_partage",
    "langue",
    "envoi",
    "ne_pas_remplir",
];

/// The answers to "how to reach you safely".
pub const CAUTIONS: &[&str] = &["pas_de_message_vocal", "pas_d_appel", "pas_de_courriel", "soir", "journee"];

const MAX_NAME: usize = 80;
const MAX_TOPIC: usize = 500;
const MAX_SUBMISSION: usize = 64;

/// What the form's rules depend on.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// The languages of the site; the first is the one of somebody who did not say.
    pub languages: &'a [String],
    /// The most places that one demand may take at this session. The store checks again, inside its
    /// transaction.
    pub most_places: u16,
    /// Whether the site offers text messages.
    pub texts: bool,
}

/// How to reach somebody without putting them in danger.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // Five independent boxes of one form, kept as five.
pub struct Cautions {
    /// Leave no voice message.
    pub no_voice_message: bool,
    /// Do not call.
    pub no_call: bool,
    /// Do not write an e-mail.
    pub no_email: bool,
    /// In the evening.
    pub evening: bool,
    /// In the daytime.
    pub daytime: bool,
}

impl Cautions {
    fn tick(&mut self, name: &str) -> bool {
        let flag = match name {
            "pas_de_message_vocal" => &mut self.no_voice_message,
            "pas_d_appel" => &mut self.no_call,
            "pas_de_courriel" => &mut self.no_email,
            "soir" => &mut self.evening,
            "journee" => &mut self.daytime,
            _ => return false,
        };
        *flag = true;
        true
    }

    /// The contract's words for what is ticked, in its order.
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        let ticked = [self.no_voice_message, self.no_call, self.no_email, self.evening, self.daytime];
        CAUTIONS.iter().zip(ticked).filter_map(|(name, ticked)| ticked.then_some(*name)).collect()
    }

    /// What [`Cautions::names`] gave.
    ///
    /// # Errors
    /// The first word that is none of theirs.
    pub fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, &'a str> {
        let mut cautions = Self::default();
        for name in names {
            if !cautions.tick(name) {
                return Err(name);
            }
        }
        Ok(cautions)
    }
}

/// A sign-up that follows every rule of the form. Whether it gets a place is decided elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    /// The session asked for; perhaps no session at all.
    pub session: String,
    /// A first name or a nickname.
    pub first_name: String,
    /// Where to write.
    pub email: Option<Email>,
    /// Where to call.
    pub phone: Option<Phone>,
    /// Whether text messages may be written there.
    pub texts: bool,
    /// How to do so safely.
    pub cautions: Cautions,
    /// Places asked for.
    pub places: u16,
    /// The other parent wishes to come too: the team confirms.
    pub other_parent: bool,
    /// For the team alone.
    pub other_parent_first_name: Option<String>,
    /// A topic, to be kept apart from the person.
    pub topic: Option<String>,
    /// How they heard of the action.
    pub heard_from: Option<String>,
    /// This device is shared: leave no trace on it.
    pub shared_device: bool,
    /// The language to write in.
    pub lang: String,
    /// The key of one rendering of the form.
    pub submission: Option<String>,
}

/// What tells one filled form from another, whoever sends it: keyed, cut to 128 bits.
pub type Fingerprint = [u8; 16];

/// A demand, in every form in which it is looked at: what the one thread that writes need not do.
#[derive(Debug, Clone)]
pub struct Submission {
    /// What was asked.
    pub demand: Demand,
    /// The first name as two demands are compared by it.
    pub name_key: String,
    /// The contact as two demands are compared by it.
    pub contact: Contact,
    /// Of every field but `envoi`.
    pub fingerprint: Fingerprint,
    /// It came in a burst: the team is to let it in first. Whoever receives it says so.
    pub held: bool,
}

/// How to reach somebody, when it changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactDetails {
    /// Where to write.
    pub email: Option<Email>,
    /// Where to call.
    pub phone: Option<Phone>,
    /// Whether text messages may be written there.
    pub texts: bool,
    /// How to do so safely.
    pub cautions: Cautions,
}

impl ContactDetails {
    /// The form in which it is compared, for the person of this name.
    #[must_use]
    pub fn contact(&self, name: Trace) -> Contact {
        comparable(name, self.email.as_ref(), self.phone.as_ref(), (self.texts, self.cautions))
    }
}

impl Demand {
    /// The demand with its fingerprint, ready for the store.
    ///
    /// The fingerprint is keyed: it covers the topic, and a bare hash in the database would let
    /// anybody who reads it prove which topic is whose, or guess an erased telephone number by
    /// trying them all.
    #[must_use]
    pub fn seal(self, key: &Key) -> Submission {
        let mut hasher = blake3::Hasher::new_keyed(&key.fingerprint_key());
        let mut field = |value: &str| {
            hasher.update(&(value.len() as u64).to_le_bytes());
            hasher.update(value.as_bytes());
        };
        field(&self.session);
        field(&self.first_name);
        field(self.email.as_ref().map_or("", Email::address));
        field(self.phone.as_ref().map_or("", Phone::as_str));
        field(&self.cautions.names().join(","));
        field(&self.places.to_string());
        field(if self.other_parent { "1" } else { "0" });
        field(self.other_parent_first_name.as_deref().unwrap_or_default());
        field(self.topic.as_deref().unwrap_or_default());
        field(self.heard_from.as_deref().unwrap_or_default());
        field(if self.shared_device { "1" } else { "0" });
        field(&self.lang);
        // As forms without it were sealed before: what was sent then is known when it comes again.
        if self.texts {
            field("sms");
        }
        let mut fingerprint = Fingerprint::default();
        hasher.finalize_xof().fill(&mut fingerprint);
        let name_key = name_key(&self.first_name);
        let contact =
            comparable(Trace::of(&name_key), self.email.as_ref(), self.phone.as_ref(), (self.texts, self.cautions));
        Submission { demand: self, name_key, contact, fingerprint, held: false }
    }
}

/// The first name as two demands are compared by it: case, accents, blanks and hyphens folded.
#[must_use]
pub fn name_key(first_name: &str) -> String {
    text::fold_name(first_name)
}

fn comparable(
    name: Trace,
    email: Option<&Email>,
    phone: Option<&Phone>,
    (texts, cautions): (bool, Cautions),
) -> Contact {
    Contact {
        name,
        email: email.map(|email| Trace::of(email.key())),
        phone: phone.map(|phone| Trace::of(phone.as_str())),
        no_email: cautions.no_email,
        texts: texts && phone.is_some(),
    }
}

/// One thing to correct.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The form's name for the field.
    pub field: &'static str,
    /// What to tell.
    pub phrase: Phrase,
}

impl FieldError {
    /// More places than this session gives to one demand.
    #[must_use]
    pub fn too_many_places(most: u16) -> Self {
        Self { field: "places", phrase: Phrase::new("champ-places-limite").count("limite", usize::from(most)) }
    }
}

/// What was typed, to be shown again. Fields that the form does not know are not kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values(Box<[Vec<String>; FIELDS.len()]>);

impl Values {
    /// The known fields of a posted form, as they were typed.
    pub fn of<N: AsRef<str>, V: Into<String>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let mut values = Self::default();
        for (name, value) in pairs {
            if let Some(typed) = index_of(name.as_ref()).and_then(|index| values.0.get_mut(index)) {
                typed.push(value.into());
            }
        }
        values
    }

    /// Everything typed for `field`.
    #[must_use]
    pub fn all(&self, field: &str) -> &[String] {
        index_of(field).and_then(|index| self.0.get(index)).map_or(&[], Vec::as_slice)
    }

    /// The first value of `field`; empty when absent.
    #[must_use]
    pub fn first(&self, field: &str) -> &str {
        self.all(field).first().map_or("", String::as_str)
    }

    /// Whether `field` has this value, perhaps among others.
    #[must_use]
    pub fn has(&self, field: &str, value: &str) -> bool {
        self.all(field).iter().any(|typed| typed == value)
    }
}

/// Where a field stands among [`FIELDS`].
fn index_of(field: &str) -> Option<usize> {
    FIELDS.iter().position(|known| *known == field)
}

/// Reads a posted form.
///
/// # Errors
/// All that is wrong with it, in the order of the form's fields.
pub fn read(values: &Values, rules: &Rules<'_>) -> Result<Demand, Vec<FieldError>> {
    let mut form = Form { values, errors: Vec::new() };
    let demand = form.demand(rules);
    let mut errors = form.errors;
    errors.sort_by_key(|error| index_of(error.field));
    if errors.is_empty() { Ok(demand) } else { Err(errors) }
}

/// Reads the fields by which a person is reached, when they change; `texts`: whether the site
/// offers text messages.
pub fn read_contact(values: &Values, texts: bool) -> Result<ContactDetails, Vec<FieldError>> {
    let mut form = Form { values, errors: Vec::new() };
    let details = form.reach(texts);
    let mut errors = form.errors;
    errors.sort_by_key(|error| index_of(error.field));
    if errors.is_empty() { Ok(details) } else { Err(errors) }
}

/// What to ask about an address that was likely mistyped: once, before it is recorded, of a person
/// who sees the form again. `None`: there is nothing to ask, or it was asked, or answered.
///
/// Asking about the same address a second time would be refusing it.
#[must_use]
pub fn doubt(values: &Values) -> Option<FieldError> {
    let email = text::clean_contact(values.first("courriel")).ok().and_then(|typed| Email::parse(&typed))?;
    let answered = values.has("courriel_confirme", "oui") || values.first("courriel_demande") == email.address();
    let meant = email.likely().filter(|_| !answered)?;
    Some(FieldError { field: "courriel", phrase: Phrase::new("champ-courriel-douteux").with("adresse", meant) })
}

/// Whether a field stands before another in the form.
#[must_use]
pub fn comes_before(field: &str, other: &str) -> bool {
    index_of(field) < index_of(other)
}

/// The address that is asked about ([`doubt`]), for the form that comes back.
#[must_use]
pub fn doubtful_address(values: &Values) -> Option<String> {
    let email = text::clean_contact(values.first("courriel")).ok().and_then(|typed| Email::parse(&typed))?;
    email.likely().map(|_| email.address().to_owned())
}

/// Whether text messages can go to what was typed: a number, and not that of a landline.
#[must_use]
pub fn takes_texts(phone: &str) -> bool {
    let typed = text::clean_contact(phone).ok();
    typed.and_then(|typed| Phone::parse(&typed).ok()).is_some_and(|phone| !phone.is_french_landline())
}

/// Whether any way is left to reach somebody: a letter, a call, a text message.
#[must_use]
pub fn is_reachable(email: bool, phone: bool, texts: bool, cautions: Cautions) -> bool {
    (email && !cautions.no_email) || (phone && (texts || !cautions.no_call))
}

/// Reads an e-mail address alone.
pub fn read_email(values: &Values) -> Result<Email, Vec<FieldError>> {
    let mut form = Form { values, errors: Vec::new() };
    match form.contact("courriel", |typed| Email::parse(typed).ok_or("champ-courriel-invalide")) {
        Some(email) => Ok(email),
        None => {
            form.required("courriel", "champ-courriel-absent");
            Err(form.errors)
        }
    }
}

/// The values being read, and what was found wrong so far. Each reader returns something usable in
/// any case, so that one error never hides another.
struct Form<'a> {
    values: &'a Values,
    errors: Vec<FieldError>,
}

impl Form<'_> {
    fn demand(&mut self, rules: &Rules<'_>) -> Demand {
        let session = self.text("seance", usize::MAX, Lines::One).unwrap_or_else(|| {
            self.required("seance", "champ-seance-absent");
            String::new()
        });
        let first_name = self.text("prenom", MAX_NAME, Lines::One).unwrap_or_else(|| {
            self.required("prenom", "champ-prenom-absent");
            String::new()
        });
        let ContactDetails { email, phone, texts, cautions } = self.reach(rules.texts);
        self.conditions();
        let places = self.places(rules.most_places);
        let other_parent = self.yes("autre_parent");
        let other_parent_first_name =
            if other_parent { self.text("autre_parent_prenom", MAX_NAME, Lines::One) } else { None };
        let topic = self.text("theme", MAX_TOPIC, Lines::Many);
        let heard_from = self.pattern("connu_par", "champ-connu-par-inconnu", |id| Id::new(id).is_some());
        let shared_device = self.yes("appareil_partage");
        let known_lang = |lang: &str| rules.languages.iter().any(|known| known == lang);
        let lang = self.pattern("langue", "champ-langue-inconnue", known_lang);
        let lang = lang.or_else(|| rules.languages.first().cloned()).unwrap_or_default();
        let submission = self.pattern("envoi", "champ-envoi-invalide", |key| {
            key.len() <= MAX_SUBMISSION && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
        });
        if self.values.all("ne_pas_remplir").iter().any(|value| !value.is_empty()) {
            self.wrong("ne_pas_remplir", Phrase::new("champ-ne-pas-remplir"));
        }
        Demand {
            session,
            first_name,
            email,
            phone,
            texts,
            cautions,
            places,
            other_parent,
            other_parent_first_name,
            topic,
            heard_from,
            shared_device,
            lang,
            submission,
        }
    }

    fn wrong(&mut self, field: &'static str, phrase: Phrase) {
        self.errors.push(FieldError { field, phrase });
    }

    fn has_error(&self, field: &str) -> bool {
        self.errors.iter().any(|error| error.field == field)
    }

    /// Says that a field is missing, unless something better was already said of it.
    fn required(&mut self, field: &'static str, id: &'static str) {
        if !self.has_error(field) {
            self.wrong(field, Phrase::new(id));
        }
    }

    /// The one value of a field that may not repeat.
    fn single(&mut self, field: &'static str) -> Option<String> {
        match self.values.all(field) {
            [] => None,
            [value] => Some(value.clone()),
            _ => {
                self.wrong(field, Phrase::new("champ-repete"));
                None
            }
        }
    }

    fn checked(&mut self, field: &'static str, cleaned: Result<String, Bad>) -> Option<String> {
        match cleaned {
            Ok(text) => (!text.is_empty()).then_some(text),
            Err(bad) => {
                self.wrong(
                    field,
                    Phrase::new(match bad {
                        Bad::Control => "champ-controle",
                        Bad::Direction => "champ-sens-du-texte",
                    }),
                );
                None
            }
        }
    }

    fn text(&mut self, field: &'static str, max: usize, lines: Lines) -> Option<String> {
        let raw = self.single(field)?;
        let text = self.checked(field, text::clean(&raw, lines))?;
        let length = text.chars().count();
        if length > max {
            self.wrong(field, Phrase::new("champ-trop-long").count("limite", max).count("longueur", length));
        }
        Some(text)
    }

    /// `parse` says what is wrong as a message's id.
    fn contact<T>(&mut self, field: &'static str, parse: impl FnOnce(&str) -> Result<T, &'static str>) -> Option<T> {
        let raw = self.single(field)?;
        let text = self.checked(field, text::clean_contact(&raw))?;
        parse(&text).map_err(|id| self.wrong(field, Phrase::new(id))).ok()
    }

    /// A value that people choose or machines fill in: as it stands, or not at all.
    fn pattern(&mut self, field: &'static str, id: &'static str, fits: impl Fn(&str) -> bool) -> Option<String> {
        let value = self.single(field).filter(|value| !value.is_empty())?;
        if !fits(&value) {
            self.wrong(field, Phrase::new(id));
            return None;
        }
        Some(value)
    }

    fn yes(&mut self, field: &'static str) -> bool {
        self.pattern(field, "champ-oui-ou-non", |value| matches!(value, "oui" | "non")).as_deref() == Some("oui")
    }

    /// `offered`: whether the site offers text messages.
    fn reach(&mut self, offered: bool) -> ContactDetails {
        let email = self.contact("courriel", |typed| Email::parse(typed).ok_or("champ-courriel-invalide"));
        let phone = self.contact("telephone", |typed| Phone::parse(typed).map_err(PhoneFault::id));
        let texts = self.texts(phone.as_ref(), offered);
        let cautions = self.cautions();
        self.check_reachable(email.as_ref(), phone.as_ref(), (texts, offered), cautions);
        ContactDetails { email, phone, texts, cautions }
    }

    /// Whether text messages may be written. Whoever ticks it would wait for them: where they can
    /// go nowhere, that is said.
    fn texts(&mut self, phone: Option<&Phone>, offered: bool) -> bool {
        let asked = self.yes("sms");
        let fault = match phone {
            _ if !asked || self.has_error("telephone") => None,
            _ if !offered => Some("champ-sms-non-propose"),
            None => Some("champ-sms-sans-telephone"),
            Some(phone) if phone.is_french_landline() => Some("champ-sms-fixe"),
            Some(_) => None,
        };
        if let Some(id) = fault {
            self.wrong("sms", Phrase::new(id));
        }
        asked && fault.is_none()
    }

    fn conditions(&mut self) {
        match self.single("conditions").as_deref() {
            Some("oui") => {}
            _ => self.required("conditions", "champ-conditions-absent"),
        }
    }

    fn cautions(&mut self) -> Cautions {
        let mut cautions = Cautions::default();
        let mut unknown = false;
        for name in self.values.all("contact_prudent").iter().filter(|name| !name.is_empty()) {
            unknown |= !cautions.tick(name);
        }
        if unknown {
            self.wrong("contact_prudent", Phrase::new("champ-contact-prudent-inconnu"));
        }
        cautions
    }

    fn check_reachable(
        &mut self,
        email: Option<&Email>,
        phone: Option<&Phone>,
        (texts, offered): (bool, bool),
        cautions: Cautions,
    ) {
        if self.has_error("courriel") || self.has_error("telephone") {
            return;
        }
        if email.is_none() && phone.is_none() {
            self.wrong("courriel", Phrase::new("champ-contact-absent"));
            self.wrong("telephone", Phrase::new("champ-contact-absent"));
            return;
        }
        if is_reachable(email.is_some(), phone.is_some(), texts, cautions) {
            return;
        }
        // What can be done about it: a landline takes no text.
        let could_text = offered && phone.is_some_and(|phone| !phone.is_french_landline());
        self.wrong(
            "contact_prudent",
            Phrase::new(match (email, phone) {
                (_, None) => "champ-contact-prudent-sans-courriel",
                (None, Some(_)) if could_text => "champ-contact-prudent-sans-appel",
                (None, Some(_)) => "champ-contact-prudent-sans-appel-ni-texto",
                (Some(_), Some(_)) if could_text => "champ-contact-prudent-sans-rien",
                (Some(_), Some(_)) => "champ-contact-prudent-sans-rien-ni-texto",
            }),
        );
    }

    fn places(&mut self, most: u16) -> u16 {
        let Some(raw) = self.single("places") else { return 1 };
        let typed = raw.trim();
        if typed.is_empty() {
            return 1;
        }
        let digits = typed.bytes().all(|b| b.is_ascii_digit());
        // Too many digits for the type is still only "too many".
        let places = if digits { typed.parse::<u16>().unwrap_or(u16::MAX) } else { 0 };
        if places == 0 {
            self.wrong("places", Phrase::new("champ-places-invalide"));
        } else if places > most {
            self.errors.push(FieldError::too_many_places(most));
        }
        places.clamp(1, most.max(1))
    }
}

#[cfg(test)]
mod tests;
