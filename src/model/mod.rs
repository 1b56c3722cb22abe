//! What a root describes, as plain types: no I/O, no template, no clock.
//!
//! Everything downstream ([`crate::check`], [`crate::outputs`], [`crate::views`]) reads these values;
//! the form-handler shares [`State`] and [`Schedule`], so that the pages and the sign-up can never
//! disagree on what is open.

mod availability;
mod group;
mod page;
mod partner;
mod print;
pub mod retention;
mod session;
mod site;
mod support;

use std::{fmt, ops::Range, sync::Arc};

use serde::{Deserialize, Serialize};

pub use availability::{Availability, AvailabilityError, SessionAvailability};
pub use group::Group;
pub use page::{Bar, Block, Body, Chart, Component, Heading, ImageRef, LinkRef, Menu, Page, ResourceEntry, Step};
pub use partner::{Logo, Partner};
pub use print::{Print, PrintEntry, PrintIndex, PrintKind};
pub use session::{Fill, Schedule, Session, SessionStatus, Standing, State};
pub use site::{Contact, Network, Origin, Site};
pub use support::{BLEEDS, Format, Medium, Printer, Scope, Support, Tone};

/// Everything that a root says, after parsing. Lists are sorted: sessions by date then id, the
/// others by id.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// `content/site.toml`; absent when it could not be understood (which is an error of the tree).
    pub site: Option<Site>,
    /// `content/groupes/*.toml`.
    pub groups: Vec<Group>,
    /// `content/seances/**/*.md`, drafts included.
    pub sessions: Vec<Session>,
    /// `content/partenaires/*.md`.
    pub partners: Vec<Partner>,
    /// `content/pages/**/*.md`, and `content/charte.md` under the slug `charte`.
    pub pages: Vec<Page>,
    /// `content/supports/*.toml`.
    pub supports: Vec<Support>,
    /// `content/adresses.toml`: retired ids and where their printed addresses lead.
    pub redirects: Vec<Redirect>,
    /// `var/impressions/`: the supports that were printed.
    pub prints: Vec<Print>,
}

impl Model {
    /// The group with this id.
    #[must_use]
    pub fn group(&self, id: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.id.as_str() == id)
    }

    /// The page with this slug, in this language.
    #[must_use]
    pub fn page(&self, slug: &str, lang: &str) -> Option<&Page> {
        self.pages.iter().find(|page| page.slug.as_str() == slug && page.lang == lang)
    }
}

impl Model {
    /// The picture that stands for a session of a group, or for the group as a whole, where a link
    /// to it is shared.
    #[must_use]
    pub fn share_picture(&self, group: &Id, session: Option<&Id>) -> Option<&Support> {
        let shared = |support: &&Support| {
            let scope = match session {
                Some(session) => support.scope == Scope::Session && support.announces(session),
                None => support.scope != Scope::Session,
            };
            support.format == Format::Wide && support.group == *group && scope
        };
        self.supports.iter().find(shared)
    }
}

/// A fact that carries a date of check is to be checked again after this many days.
pub const FACT_LIFE_DAYS: i64 = 365;

/// A retired id and what its printed short address now leads to: a session's id, or a path of the
/// site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// The id that left the content.
    pub id: Id,
    /// A session's id, or a path that begins with `/`.
    pub target: String,
    /// Where this is written.
    pub at: Place,
}

/// An identifier: `[a-z0-9-]{1,64}`. It ends up in printed addresses, so it never changes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Id(Arc<str>);

impl Id {
    /// The longest identifier, in bytes.
    pub const MAX_LEN: usize = 64;

    /// `None` unless `text` is made of 1 to 64 of `a-z`, `0-9` and `-`.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let fits = (1..=Self::MAX_LEN).contains(&text.len());
        (fits && text.bytes().all(allowed)).then(|| Self(text.into()))
    }

    /// The identifier as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A value that somebody must give, and perhaps has not given yet: written `à compléter` in the
/// content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact<T> {
    /// The value is known.
    Known(T),
    /// `à compléter`.
    Missing,
}

impl<T> Fact<T> {
    /// The value, when it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Missing => None,
        }
    }
}

/// Where something is written: a file of the root and a range of bytes in it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Place {
    /// Path from the root, with `/` between names. It is not stored: what is stored of a file is
    /// stored with its name.
    #[serde(skip)]
    pub file: Arc<str>,
    /// Bytes of the file.
    pub span: Range<usize>,
}

impl Place {
    /// A place in `file`.
    #[must_use]
    pub fn new(file: &Arc<str>, span: Range<usize>) -> Self {
        Self { file: Arc::clone(file), span }
    }
}
