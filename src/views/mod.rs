//! What templates see: plain values, made once for a build and shared by every page, the handler's
//! answers and e-mails.
//!
//! Nothing here knows HTML, except that some fields carry HTML made elsewhere (Markdown, drawings):
//! their docs say so, and templates print them with `| safe`. Every optional value is present, as
//! `none`, so that a template never meets an undefined name. `docs/gabarits.md` tells the same to
//! those who write templates.

mod build;
mod dates;
mod form;
mod moved;
mod page;
pub(crate) mod paper;
mod session;
mod venue;

use std::sync::Arc;

use serde::Serialize;

use crate::{drawing::ring::RingStyle, model::State};

pub use build::Views;
pub use dates::{DateView, Words};
pub use form::{FieldError, FormValues, FormView, RefusalView};
pub use moved::{Appointment, MovedView};
pub(crate) use session::{event_json, updated_at};
pub use venue::VenueView;

/// The site, on every page.
#[derive(Debug, Clone, Serialize)]
pub struct SiteView {
    /// Its name.
    pub name: String,
    /// The line under the name.
    pub tagline: String,
    /// One or two sentences.
    pub description: String,
    /// Its address, without a final slash.
    pub url: String,
    /// Its address as it is printed: without scheme.
    pub url_text: String,
    /// Where links to the form lead: empty, or the handler's address when it is another.
    pub form_base: String,
    /// Where the form posts.
    pub form_action: String,
    /// Who organises.
    pub organiser: String,
    /// The signature of printed supports.
    pub team: String,
    /// How to reach the team.
    pub contact: ContactView,
    /// Social networks.
    pub networks: Vec<LinkView>,
    /// Days after a session when its enrolments are erased.
    pub retention_days: u16,
    /// Whether the form asks for a topic.
    pub asks_topic: bool,
    /// Whether the form offers text messages.
    pub offers_texts: bool,
    /// The answers to "how did you hear of us?".
    pub origins: Vec<OriginView>,
    /// The supports that are no answer of their own: one that somebody came with is then offered.
    pub support_origins: Vec<OriginView>,
    /// The main menu.
    pub nav: Vec<LinkView>,
    /// The menu at the foot.
    pub footer_nav: Vec<LinkView>,
    /// Every page, for the site map.
    pub all_pages: Vec<LinkView>,
    /// The languages of the site.
    pub languages: Vec<String>,
    /// The logo: the ring of seats, as SVG.
    pub logo: String,
}

/// How to reach the team; `none` is what nobody told yet.
#[derive(Debug, Clone, Serialize)]
pub struct ContactView {
    /// As it is read.
    pub phone: Option<String>,
    /// `tel:+33…`.
    pub phone_href: Option<String>,
    /// The address.
    pub email: Option<String>,
    /// Street and number.
    pub street: Option<String>,
    /// Postal code.
    pub postcode: Option<String>,
    /// Town.
    pub town: Option<String>,
    /// When somebody answers.
    pub hours: Option<String>,
}

/// A link and its words.
#[derive(Debug, Clone, Serialize)]
pub struct LinkView {
    /// What is read.
    pub title: String,
    /// Where it leads.
    pub url: String,
}

/// A date that comes next, in the place of one that is past, cancelled or gone.
#[derive(Debug, Clone, Serialize)]
pub struct NextDateView {
    /// `mercredi 17 mars 2027`.
    pub title: String,
    /// `de 18 h à 20 h`.
    pub hours: String,
    /// The session's page.
    pub url: String,
    /// What may be said of it there.
    pub state: Option<String>,
}

/// An answer to "how did you hear of us?".
#[derive(Debug, Clone, Serialize)]
pub struct OriginView {
    /// What the form sends.
    pub id: String,
    /// What is read.
    pub name: String,
}

/// A page of the content.
#[derive(Debug, Clone, Serialize)]
pub struct PageView {
    /// The last part of its address; `accueil` is the home page.
    pub slug: String,
    /// The language.
    pub lang: String,
    /// The title.
    pub title: String,
    /// The title of the tab.
    pub tab_title: String,
    /// One sentence.
    pub description: String,
    /// Its address from the root.
    pub url: String,
    /// Its whole address.
    pub canonical: String,
    /// A banner.
    pub notice: Option<String>,
    /// When its text last changed.
    pub updated: Option<DateView>,
    /// The text, in order.
    pub blocks: Vec<BlockView>,
    /// The headings of level 2, for a summary of the page.
    pub sections: Vec<LinkView>,
    /// What `etapes` shows.
    pub steps: Vec<StepView>,
    /// What `graphiques` shows.
    pub charts: Vec<ChartView>,
    /// What `ressources` shows.
    pub resources: Vec<ResourceView>,
    /// What `conservation` shows.
    pub kept: Vec<KeptView>,
    /// The same page in other languages: title is the language's code.
    pub translations: Vec<LinkView>,
    /// Whether search engines may list it.
    pub indexed: bool,
    /// The whole address of the picture that is shown where a link to the page is shared; it is
    /// 1200 pixels wide and 630 high.
    pub share_image: Option<String>,
    /// schema.org data, JSON safe to print inside a script element.
    pub json_ld: Option<String>,
}

/// A piece of text: HTML, or a component to draw.
#[derive(Debug, Clone, Serialize)]
pub struct BlockView {
    /// HTML made from Markdown.
    pub html: Option<String>,
    /// The component's name: `etapes`, `graphiques`…
    pub component: Option<String>,
}

/// A moment of the evening.
#[derive(Debug, Clone, Serialize)]
pub struct StepView {
    /// `18 h`.
    pub start: String,
    /// `18:00`, for `<time>`.
    pub start_iso: String,
    /// `18 h 15`.
    pub end: Option<String>,
    /// Its length in minutes.
    pub minutes: Option<i64>,
    /// Its name.
    pub title: String,
    /// What happens.
    pub text: String,
}

/// Bars on one axis.
#[derive(Debug, Clone, Serialize)]
pub struct ChartView {
    /// What is compared.
    pub title: String,
    /// What must be known to read it.
    pub note: Option<String>,
    /// The end of the axis, with its unit.
    pub max: String,
    /// The bars.
    pub bars: Vec<BarView>,
}

/// A bar.
#[derive(Debug, Clone, Serialize)]
pub struct BarView {
    /// What is counted.
    pub label: String,
    /// `33,37 %`.
    pub value: String,
    /// Its share of the axis, 0 to 1000.
    pub permille: u32,
    /// Whether its source rounds it.
    pub approximate: bool,
    /// Who says so.
    pub source: Option<String>,
}

/// A help line or a service.
#[derive(Debug, Clone, Serialize)]
pub struct ResourceView {
    /// Its name.
    pub name: String,
    /// Its number; `none` with `phone_missing` when nobody told it.
    pub phone: Option<String>,
    /// `tel:…`; `sms:…` where it is written to.
    pub phone_href: Option<String>,
    /// Its site.
    pub url: Option<String>,
    /// What for.
    pub purpose: String,
    /// When it answers.
    pub hours: Option<String>,
    /// Whether it is for somebody in danger now.
    pub emergency: bool,
    /// What the team has still to say of it.
    pub missing: bool,
    /// Who says so.
    pub source: String,
    /// The source's address, when the source is one.
    pub source_url: Option<String>,
    /// When this was last checked.
    pub checked_on: DateView,
}

/// Something that the server keeps of people.
#[derive(Debug, Clone, Serialize)]
pub struct KeptView {
    /// What it is: `Votre inscription`.
    pub what: String,
    /// For how long: `90 jours après la séance`.
    pub term: String,
}

/// A group.
#[derive(Debug, Clone, Serialize)]
pub struct GroupView {
    /// The id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its page.
    pub url: String,
    /// One or two sentences.
    pub summary: String,
    /// For whom, in a few words.
    pub audience: String,
    /// The situations it is for.
    pub conditions: Vec<String>,
    /// `mercredi`.
    pub weekday: String,
    /// `de 18 h à 20 h`.
    pub hours: String,
    /// The name of its venue.
    pub place: String,
    /// Its venue.
    pub venue: Option<Arc<VenueView>>,
    /// Whether children may come, and whether somebody looks after them.
    pub children: Option<String>,
    /// Whether that is still to be told.
    pub children_missing: bool,
    /// The fewest people.
    pub places_min: u16,
    /// The most people.
    pub places_max: u16,
    /// The most places that one demand may take.
    pub places_per_demand: u16,
}

/// A partner.
#[derive(Debug, Clone, Serialize)]
pub struct PartnerView {
    /// The id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it does here.
    pub role: String,
    /// Its site.
    pub url: Option<String>,
    /// Its logo's address.
    pub logo: Option<String>,
    /// What the logo shows.
    pub logo_alt: String,
    /// A short text, HTML.
    pub html: String,
}

/// A session's state.
#[derive(Debug, Clone, Serialize)]
pub struct StateView {
    /// The contract's word: `ouverte`, `dernieres_places`, `complete`, `close`, `a_venir`,
    /// `annulee`, `passee`.
    pub key: &'static str,
    /// What is read.
    pub words: String,
    /// Whether a demand may be sent.
    pub accepts: bool,
}

/// A session. Templates also see `html`, its text, on its own page (`none` in a list), and the
/// parts that sessions share: `date`, `updated`, `state`, `venue`, `group`.
#[derive(Debug, Clone, Serialize)]
#[allow(clippy::struct_excessive_bools, reason = "templates read them one by one")]
pub struct SessionView {
    /// The id.
    pub id: String,
    /// Its page.
    pub url: String,
    /// Its page's whole address.
    pub canonical: String,
    /// The whole short address, as the QR code has it.
    pub short_url: String,
    /// The short address as it is printed: without scheme.
    pub short_url_text: String,
    /// Its calendar entry.
    pub ics_url: String,
    /// The form, with this session chosen.
    pub enrol_url: String,
    /// Its own title, or "séance du…".
    pub title: Arc<str>,
    /// Whether the title is its own.
    pub own_title: bool,
    /// Its topic.
    pub topic: Option<String>,
    /// Its speaker.
    pub speaker: Option<String>,
    /// The day.
    #[serde(skip)]
    pub date: Arc<DateView>,
    /// `18 h`.
    pub start: Arc<str>,
    /// `20 h`.
    pub end: Arc<str>,
    /// `de 18 h à 20 h`.
    pub hours: Arc<str>,
    /// RFC 3339, with the offset of the site's zone.
    pub starts_at: String,
    /// RFC 3339.
    pub ends_at: String,
    /// When sign-up opens, when it is still to open.
    pub opens: Option<String>,
    /// The name of its venue, or of the room that the team chose instead.
    pub place: String,
    /// Its venue; `none` for such a room.
    #[serde(skip)]
    pub venue: Option<Arc<VenueView>>,
    /// Its group.
    #[serde(skip)]
    pub group: Arc<GroupView>,
    /// The most people.
    pub places_max: u16,
    /// What may be said of it; `none` when nobody told.
    #[serde(skip)]
    pub state: Option<Arc<StateView>>,
    /// Whether a demand may be sent, as far as is known.
    pub accepts: bool,
    /// Whether it is past.
    pub past: bool,
    /// Whether it is cancelled.
    pub cancelled: bool,
    /// Whether its date is an example.
    pub example: bool,
    /// How it was before it last moved; `none` when it did not, and once it is over or cancelled.
    pub moved: Option<MovedView>,
    /// Its ring of seats, SVG without words: always write the state beside.
    pub ring: Arc<str>,
    /// When its text last changed.
    #[serde(skip)]
    pub updated: Option<Arc<DateView>>,
    /// The same, or the start of the year of the session, as RFC 3339: feeds ask for an instant.
    pub updated_at: String,
}

/// A year of past sessions.
#[derive(Debug, Clone, Serialize)]
pub struct YearView {
    /// `2023`.
    pub year: i16,
    /// Its page.
    pub url: String,
}

/// A support to print.
#[derive(Debug, Clone, Serialize)]
pub struct SupportView {
    /// The id, and the origin of its short addresses.
    pub id: String,
    /// Its name.
    pub title: String,
    /// Its format, as the content names it: `A5`, `A4-plie`, `1200x630`…
    pub format: &'static str,
    /// The sheet, for style sheets: `a5`, `a4-paysage`…
    pub sheet: &'static str,
    /// What is cut out of the sheet, for style sheets.
    pub piece: &'static str,
    /// How many are cut out of a sheet.
    pub pieces: u16,
    /// How many pages it prints to.
    pub pages: u16,
    /// `couleur` or `noir-et-blanc`.
    pub tone: &'static str,
    /// From how far it is read, in metres.
    pub distance: f64,
    /// The hook line.
    pub hook: String,
    /// Another hook line, to choose from.
    pub other_hook: Option<String>,
    /// The printer's line.
    pub imprint: String,
    /// The QR code, SVG, quiet zone included, as large as it must be to be read from
    /// [`SupportView::distance`].
    pub qr: String,
    /// The address in the QR code.
    pub qr_url: String,
    /// The same as it is printed: without scheme.
    pub qr_text: String,
    /// The group.
    pub group: Arc<GroupView>,
}

/// As it is printed: an address without its scheme.
fn without_scheme(url: &str) -> String {
    url.split_once("://").map_or(url, |(_, rest)| rest).to_owned()
}

/// The ring's look for a state: three for the public, and a neutral one where no state is told.
#[must_use]
pub fn ring_style(state: Option<State>) -> RingStyle {
    match state {
        Some(State::Open) => RingStyle::Open,
        Some(State::LastPlaces) => RingStyle::LastPlaces,
        Some(State::Full) => RingStyle::Full,
        Some(State::Cancelled | State::Past | State::Closed | State::NotYetOpen) | None => RingStyle::Neutral,
    }
}
