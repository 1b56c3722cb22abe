//! The addresses of the site. They get printed, so they last (contract, "Addresses").

use crate::model::{Id, Page, Site};

/// The slug of the home page.
pub const HOME: &str = "accueil";
/// The slug of the page shown for an address that does not exist.
pub const NOT_FOUND: &str = "introuvable";

/// A page's address from the root: another language than the site's has its own folder.
#[must_use]
pub fn page(page: &Page, site: &Site) -> String {
    let prefix = if page.lang == site.lang() { String::new() } else { format!("/{}", page.lang) };
    match page.slug.as_str() {
        HOME => format!("{prefix}/"),
        NOT_FOUND => format!("{prefix}/404.html"),
        slug => format!("{prefix}/{slug}/"),
    }
}

/// A session's page.
#[must_use]
pub fn session(id: &Id) -> String {
    format!("/seances/{id}/")
}

/// A session's calendar entry.
#[must_use]
pub fn session_calendar(id: &Id) -> String {
    format!("/seances/{id}.ics")
}

/// The address that is printed, which outlives the paper.
#[must_use]
pub fn short(id: &Id) -> String {
    format!("/s/{id}")
}

/// A group's page.
#[must_use]
pub fn group(id: &Id) -> String {
    format!("/groupes/{id}/")
}

/// A year of past sessions.
#[must_use]
pub fn year(year: i16) -> String {
    format!("/seances/{year}/")
}

/// A support to print: for the season, or for one session.
#[must_use]
pub fn support(support: &Id, session: Option<&Id>) -> String {
    session.map_or_else(|| format!("/supports/{support}/"), |session| format!("/supports/{support}/{session}/"))
}

/// The file of `dist/` that an address is served from.
#[must_use]
pub fn file(url: &str) -> String {
    let path = url.trim_start_matches('/');
    if path.is_empty() || path.ends_with('/') { format!("{path}index.html") } else { path.to_owned() }
}
