//! The addresses of the site. They get printed, so they last (contract, "Addresses").

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{
    fingerprint::Fingerprint,
    model::{Id, Page, PrintKind, Site},
};

/// The slug of the home page.
pub const HOME: &str = "accueil";
/// The slug of the page shown for an address that does not exist.
pub const NOT_FOUND: &str = "introuvable";

/// What the form-handler answers at addresses that no file of `dist/` has (contract, "HTTP").
pub const HANDLER: &[&str] = &["/equipe/", "/sante", "/inscription", "/inscription/retrouver/"];

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

/// The address that is printed, from a support or a place that is told apart.
#[must_use]
pub fn short_from(id: &Id, origin: &Id) -> String {
    format!("/s/{id}/{origin}")
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

/// A support that is a picture.
#[must_use]
pub fn picture(support: &Id, session: Option<&Id>) -> String {
    format!("{}.png", self::support(support, session).trim_end_matches('/'))
}

/// A support as it was printed, or a picture of it.
#[must_use]
pub fn print(support: &Id, session: Option<&Id>, kind: PrintKind) -> String {
    format!("{}{}", self::support(support, session).trim_end_matches('/'), kind.ending())
}

/// A map on another site, for who follows the link: nothing of it is loaded by ours.
const MAP: &str = "https://www.openstreetmap.org";

/// The map at a point, in degrees.
#[must_use]
pub fn map_at(latitude: f64, longitude: f64) -> String {
    format!("{MAP}/?mlat={latitude}&mlon={longitude}#map=18/{latitude}/{longitude}")
}

/// The map, asked for an address.
#[must_use]
pub fn map_of(address: &str) -> String {
    // As it is typed: a search knows no space that does not break.
    let typed = address.replace(['\u{a0}', '\u{202f}'], " ").replace('’', "'");
    format!("{MAP}/search?query={}", utf8_percent_encode(&typed, NON_ALPHANUMERIC))
}

/// The kit of whoever tells of the group.
pub const KIT: &str = "/kit/";
/// All of it.
pub const KIT_ARCHIVE: &str = "/kit/kit.zip";
/// What it holds, for programs.
pub const KIT_INDEX: &str = "/kit/kit.json";
/// The next sessions, for another site to show in a frame.
pub const KIT_BLOCK: &str = "/kit/bloc/";
/// The same, for another site to take in.
pub const KIT_FRAGMENT: &str = "/kit/fragment.txt";

/// The file of `dist/` that an address is served from.
#[must_use]
pub fn file(url: &str) -> String {
    let path = url.trim_start_matches('/');
    if path.is_empty() || path.ends_with('/') { format!("{path}index.html") } else { path.to_owned() }
}

/// Hexadecimal digits of the fingerprint in a published name.
const DIGITS: usize = 10;

/// The address of what never changes under its name: `/assets/site.css` becomes
/// `/assets/site.0123456789.css`.
#[must_use]
pub fn with_fingerprint(url: &str, fingerprint: Fingerprint) -> String {
    let digits = &fingerprint.to_string()[..DIGITS];
    let (stem, extension) = url.rsplit_once('.').unwrap_or((url, ""));
    format!("{stem}.{digits}.{extension}")
}

/// Whether what is at this address never changes: a browser may keep it. In `/medias/`, the names
/// that somebody chose stand beside ours, which say a width too.
#[must_use]
pub fn never_changes(url: &str) -> bool {
    let mut parts = url.rsplit('.');
    let (extension, digits, before) = (parts.next(), parts.next(), parts.next());
    let hexadecimal = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    let named = digits.is_some_and(|digits| digits.len() == DIGITS && digits.bytes().all(hexadecimal));
    let width = || before.is_some_and(|width| width.parse::<u32>().is_ok());
    named
        && (url.starts_with("/assets/") && extension != Some("txt")
            || url.starts_with("/medias/") && extension == Some("webp") && width())
}

/// What a file is, from the end of its name, as HTTP says it.
#[must_use]
pub fn content_type(name: &str) -> String {
    let guess = mime_guess::from_path(name).first_or_octet_stream();
    match (guess.type_(), guess.subtype().as_str()) {
        (mime_guess::mime::TEXT, _) | (_, "javascript" | "json") => format!("{}; charset=utf-8", guess.essence_str()),
        _ => guess.essence_str().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_carries_its_fingerprint_never_changes() {
        let ours = with_fingerprint("/medias/salle.480.webp", Fingerprint::of(b"a"));
        assert!(never_changes(&ours) && never_changes(&with_fingerprint("/assets/site.css", Fingerprint::of(b"a"))));
        for theirs in ["/medias/salle.jpg", "/medias/tel.0561718960.pdf", "/medias/a.0561718960.webp", "/index.html"] {
            assert!(!never_changes(theirs), "{theirs}");
        }
        assert!(!never_changes("/assets/fonts/OFL.txt") && !never_changes("/assets/a.0123456789.txt"));
    }
}
