//! The settings of the whole site.

use jiff::tz::TimeZone;

use super::{Fact, Id, Page, Place, Printer};

/// `content/site.toml`: what is true of the whole site.
#[derive(Debug, Clone)]
pub struct Site {
    /// The name of the action.
    pub name: String,
    /// The line under the name.
    pub tagline: String,
    /// One or two sentences for search engines and sharing.
    pub description: String,
    /// The site's public address, `https://…`, without a final slash.
    pub url: String,
    /// Where `url` is written, for diagnostics.
    pub url_at: Place,
    /// The form-handler's public address when it is not the site's, without a final slash.
    pub handler_url: Option<String>,
    /// BCP 47 codes; the first is the language of the site.
    pub languages: Vec<String>,
    /// The time zone in which every local date and time of the content is meant.
    pub time_zone: TimeZone,
    /// Who organises, in full.
    pub organiser: String,
    /// The signature of printed supports.
    pub team: String,
    /// How to reach the team.
    pub contact: Contact,
    /// Social networks.
    pub networks: Vec<Network>,
    /// Days after a session when its enrolments are erased.
    pub retention_days: u16,
    /// Where those who came to a session say how it was.
    pub questionnaire: Option<String>,
    /// Whether the sign-up form asks for a topic.
    pub asks_topic: bool,
    /// Whether the form offers text messages.
    pub offers_texts: bool,
    /// The answers to "how did you hear of us?"; the ids of supports among them.
    pub origins: Vec<Origin>,
    /// The printers that supports name.
    pub printers: Vec<Printer>,
}

impl Site {
    /// What checks stand on when the settings themselves have errors: nothing that it lacks is a
    /// problem. Never rendered.
    #[must_use]
    pub(crate) fn stand_in(pages: &[Page]) -> Self {
        let mut languages = vec!["fr".to_owned()];
        languages.extend(pages.iter().map(|page| page.lang.clone()).filter(|lang| !lang.is_empty()));
        let known = || Fact::Known(String::new());
        Self {
            name: String::new(),
            tagline: String::new(),
            description: String::new(),
            url: String::new(),
            url_at: Place::new(&"content/site.toml".into(), 0..0),
            handler_url: None,
            languages,
            time_zone: TimeZone::get("Europe/Paris").unwrap_or(TimeZone::UTC),
            organiser: String::new(),
            team: String::new(),
            contact: Contact {
                phone: known(),
                email: known(),
                street: known(),
                postcode: known(),
                town: known(),
                hours: known(),
            },
            networks: Vec::new(),
            retention_days: 0,
            questionnaire: None,
            asks_topic: false,
            offers_texts: false,
            origins: Vec::new(),
            printers: Vec::new(),
        }
    }

    /// The language of the site.
    #[must_use]
    pub fn lang(&self) -> &str {
        self.languages.first().map_or("fr", String::as_str)
    }

    /// The printer that a support names, when it names one.
    #[must_use]
    pub fn printer(&self, imprint: &str) -> Option<&Printer> {
        self.printers.iter().find(|printer| printer.id.as_str() == imprint)
    }

    /// The address that forms post to, without a final slash: empty when the site and the handler
    /// share one.
    #[must_use]
    pub fn form_base(&self) -> &str {
        self.handler_url.as_deref().filter(|handler| *handler != self.url).unwrap_or_default()
    }
}

/// `[contact]` of `site.toml`. Whatever nobody gave is [`Fact::Missing`], shown as such on screen
/// and left out on paper.
#[derive(Debug, Clone)]
pub struct Contact {
    /// As it is to be read, e.g. `05 00 00 00 00`.
    pub phone: Fact<String>,
    /// The team's address.
    pub email: Fact<String>,
    /// Street and number.
    pub street: Fact<String>,
    /// Postal code.
    pub postcode: Fact<String>,
    /// Town.
    pub town: Fact<String>,
    /// When somebody answers.
    pub hours: Fact<String>,
}

/// A social network where the action is told.
#[derive(Debug, Clone)]
pub struct Network {
    /// Its name.
    pub name: String,
    /// Its address.
    pub url: String,
}

/// A way by which people hear of the action (`connu_par`).
#[derive(Debug, Clone)]
pub struct Origin {
    /// What the form sends and short addresses carry.
    pub id: Id,
    /// What people read.
    pub name: String,
    /// Whether it is where somebody writes of the group: the kit then has texts for it, with a link
    /// that says so.
    pub network: bool,
}
