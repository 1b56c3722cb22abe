//! What an output may read of the site, by name. A key outlives a build: it is written in the
//! manifest with the fingerprint of what was found, and asked again by the next build.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Something that an output read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    /// What kind of thing.
    pub kind: KeyKind,
    /// Which one: a path, an id. Empty where there is one only.
    pub about: Arc<str>,
}

impl Key {
    /// The thing of this kind and name.
    pub fn new(kind: KeyKind, about: impl Into<Arc<str>>) -> Self {
        Self { kind, about: about.into() }
    }

    /// The only thing of this kind.
    #[must_use]
    pub fn only(kind: KeyKind) -> Self {
        Self::new(kind, "")
    }

    /// As it is told to people: the end of a message's id (`raison-…`), and what it is about. A
    /// list has a message of its own (`liste-…`).
    #[must_use]
    pub fn label(&self) -> (&'static str, &str) {
        match self.kind.label() {
            Label::Thing(reason) => (reason, &self.about),
            Label::List(list) => (LIST, list),
        }
    }

    /// Whether it is told as a list.
    #[must_use]
    pub fn is_list(&self) -> bool {
        matches!(self.kind.label(), Label::List(_))
    }
}

/// What lists are told as.
pub const LIST: &str = "liste";

enum Label {
    Thing(&'static str),
    List(&'static str),
}

/// What an output may read. What is made of others has no words of its own: its parts are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum KeyKind {
    /// Made of others: the program, the messages, the settings.
    Common,
    /// Made of others: all that a template may read of what every template may, in a language
    /// (`template@language`).
    Frame,
    /// Made of others: what lists show of a session (its id).
    Row,
    /// Made of others: the rows of the sessions to come.
    Coming,
    /// Made of others: the rows of the sessions to come of a group (its id).
    ComingOf,
    /// Made of others: the rows of the past sessions of a year.
    Year,
    /// Made of others: every support that is made, and its record.
    Supports,
    /// The generator.
    Program,
    /// The messages of `locales/`.
    Messages,
    /// A file of the root, by its path: its bytes, or what was understood of it.
    File,
    /// A published asset, by the path of its source: its bytes.
    Published,
    /// An asset, by its path in `templates/assets/`: its address.
    Asset,
    /// A template, by its name; one that is not there too.
    Template,
    /// The header of a session's file, by the session's id.
    Head,
    /// What time made of a session, by its id.
    Time,
    /// What the handler told of a session, by its id.
    Availability,
    /// The record of a venue and its picture, by its id.
    Venue,
    /// The text of a session's file, by the session's id.
    Text,
    /// What paper says of a session, by its id.
    Paper,
    /// The sessions that a support announces, by its id.
    Announced,
    /// Where an id that left the content leads.
    Redirect,
    /// The sessions proposed beside one, by its id.
    Neighbours,
    /// The sessions that come next.
    Next,
    /// The links to the sessions that come next.
    NextLinks,
    /// The sessions to come and to be held.
    Live,
    /// The supports that were printed and are still true.
    Prints,
    /// The addresses that search engines may list.
    Addresses,
    /// The same page in other languages (`slug@language`).
    Translations,
    /// The picture shown where a link is shared (`group`, or `group/session`).
    SharePicture,
    /// The main menu, in a language.
    Menu,
    /// The menu at the foot, in a language.
    FooterMenu,
    /// Every page, in a language.
    Pages,
    /// The supports that people may come by, in a language.
    Origins,
    /// The logo, in a language.
    Logo,
    /// The years of past sessions.
    Years,
}

impl KeyKind {
    /// Whether it is made of others.
    pub(super) fn has_parts(self) -> bool {
        self <= Self::Supports
    }

    fn label(self) -> Label {
        match self {
            Self::Program => Label::Thing("programme"),
            Self::Messages => Label::Thing("messages"),
            Self::File | Self::Published | Self::Common | Self::Frame | Self::Row => Label::Thing("fichier"),
            Self::Asset => Label::Thing("asset"),
            Self::Template => Label::Thing("gabarit"),
            Self::Head => Label::Thing("en-tete"),
            Self::Time => Label::Thing("date"),
            Self::Availability => Label::Thing("disponibilite"),
            Self::Venue => Label::Thing("lieu"),
            Self::Text => Label::Thing("texte"),
            Self::Paper => Label::Thing("annonce"),
            Self::Announced => Label::Thing("annoncees"),
            Self::Redirect => Label::Thing("adresse"),
            Self::Coming | Self::ComingOf | Self::Year => Label::List("seances-a-venir"),
            Self::Neighbours => Label::List("seances-voisines"),
            Self::Next | Self::NextLinks => Label::List("seances-suivantes"),
            Self::Live => Label::List("annoncees"),
            Self::Supports => Label::List("supports"),
            Self::Prints => Label::List("impressions"),
            Self::Addresses => Label::List("adresses"),
            Self::Translations => Label::List("traductions"),
            Self::SharePicture => Label::List("image-de-partage"),
            Self::Menu => Label::List("menu"),
            Self::FooterMenu => Label::List("menu-pied"),
            Self::Pages => Label::List("pages"),
            Self::Origins => Label::List("origines"),
            Self::Logo => Label::List("logo"),
            Self::Years => Label::List("annees"),
        }
    }
}
