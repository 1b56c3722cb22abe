//! Partners: with whom the groups are run.

use super::{Body, Id, Place};

/// Somebody with whom the group is run: `content/partenaires/<id>.md`.
#[derive(Debug, Clone)]
pub struct Partner {
    /// The file's name.
    pub id: Id,
    /// Its name.
    pub name: String,
    /// What it does here, in a few words.
    pub role: String,
    /// Rank in lists; then the name decides.
    pub order: i64,
    /// Its site.
    pub url: Option<String>,
    /// Its logo: a path from the site's root.
    pub logo: Option<Logo>,
    /// A short text.
    pub body: Body,
    /// The file.
    pub at: Place,
}

/// A partner's logo.
#[derive(Debug, Clone)]
pub struct Logo {
    /// `/medias/…`.
    pub path: String,
    /// What it shows.
    pub alt: String,
    /// Where the path is written.
    pub at: Place,
}
