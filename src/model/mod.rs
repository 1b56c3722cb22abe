//! What a root describes, as plain types: no I/O, no template, no clock.
//!
//! Everything downstream ([`crate::check`], [`crate::outputs`], [`crate::views`]) reads these
//! values; the form-handler shares [`State`] and [`Schedule`], so that the pages and the sign-up
//! can never disagree on what is open.

mod availability;
mod fact;
mod group;
mod id;
mod page;
mod partner;
mod place;
mod print;
pub mod retention;
mod session;
mod site;
mod support;
mod venue;

pub use availability::{Availability, AvailabilityError, SessionAvailability};
pub use fact::{FACT_LIFE_DAYS, Fact};
pub use group::Group;
pub use id::Id;
pub use page::{Bar, Block, Body, Chart, Component, Heading, ImageRef, LinkRef, Menu, Page, ResourceEntry, Step};
pub use partner::{Logo, Partner};
pub use place::Place;
pub use print::{Print, PrintEntry, PrintIndex, PrintKind};
pub use session::{Fill, Former, Schedule, Session, SessionStatus, Standing, State};
pub use site::{Contact, Network, Origin, Site};
pub use support::{BLEEDS, Format, Medium, Printer, Scope, Support, Tone};
pub use venue::{Photo, Position, Venue};

/// Everything that a root says, after parsing. Lists are sorted: sessions by date then id, the
/// others by id.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// `content/site.toml`; absent when it could not be understood (which is an error of the tree).
    pub site: Option<Site>,
    /// `content/groupes/*.toml`.
    pub groups: Vec<Group>,
    /// `content/lieux/*.toml`.
    pub venues: Vec<Venue>,
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

    /// The venue with this id.
    #[must_use]
    pub fn venue(&self, id: &Id) -> Option<&Venue> {
        self.venues.iter().find(|venue| venue.id == *id)
    }

    /// The page with this slug, in this language.
    #[must_use]
    pub fn page(&self, slug: &str, lang: &str) -> Option<&Page> {
        self.pages.iter().find(|page| page.slug.as_str() == slug && page.lang == lang)
    }

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
