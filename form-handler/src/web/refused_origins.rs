//! Tells whoever runs the server which origins were refused: a person is told that their form comes
//! from elsewhere, but when "elsewhere" is another name of the site, a setting is wrong, and nobody
//! would know.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use axum::http::HeaderValue;

use crate::phrase::Phrase;

/// Origins that are told, and remembered, between two starts: whoever invents some fills neither
/// log nor memory.
const MOST: usize = 50;

/// The longest origin that is told: a host's name has 253 signs.
const LONGEST: usize = 300;

/// What was told already.
#[derive(Debug, Default)]
pub(super) struct RefusedOrigins(Mutex<HashSet<String>>);

impl RefusedOrigins {
    /// What to tell of a refusal, the first time that it is this origin's.
    pub(super) fn first(&self, origin: Option<&HeaderValue>) -> Option<Phrase> {
        let origin = origin.map(|origin| printable(origin.as_bytes())).unwrap_or_default();
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() > MOST || !told.insert(origin.clone()) {
            return None;
        }
        Some(if told.len() > MOST {
            Phrase::new("origine-refusee-assez").with("nombre", MOST)
        } else if origin.is_empty() || origin == "null" {
            Phrase::new("origine-refusee-absente")
        } else {
            Phrase::new("origine-refusee").with("origine", origin)
        })
    }
}

/// An origin is in ASCII; anything else, which could be meant for the terminal of who reads the
/// log, is a question mark.
fn printable(origin: &[u8]) -> String {
    let sign = |byte: &u8| if byte.is_ascii_graphic() { char::from(*byte) } else { '?' };
    origin.iter().take(LONGEST).map(sign).collect()
}

#[cfg(test)]
mod tests {
    use entreparentaise::diagnostics::text::Texts;

    use super::*;

    fn id(refused: &RefusedOrigins, origin: &[u8]) -> Option<&'static str> {
        refused.first(Some(&HeaderValue::from_bytes(origin).unwrap())).map(|phrase| phrase.id)
    }

    #[test]
    fn an_origin_is_told_once() {
        let refused = RefusedOrigins::default();
        assert_eq!(id(&refused, b"https://www.exemple.fr"), Some("origine-refusee"));
        assert_eq!(id(&refused, b"https://www.exemple.fr"), None);
        assert_eq!(id(&refused, b"null"), Some("origine-refusee-absente"));
        assert_eq!(refused.first(None).map(|phrase| phrase.id), Some("origine-refusee-absente"));
        assert_eq!(refused.first(None), None);
    }

    #[test]
    fn what_is_told_has_an_end() {
        let refused = RefusedOrigins::default();
        let told: Vec<_> = (0..1_000).filter_map(|n| id(&refused, format!("https://{n}.fr").as_bytes())).collect();
        assert_eq!(told.len(), MOST + 1);
        assert_eq!(told.last(), Some(&"origine-refusee-assez"));
        assert_eq!(refused.0.lock().unwrap().len(), MOST + 1);
        let long = refused_text(&"x".repeat(20_000));
        assert!(long.len() < 2_000, "{long}");
    }

    #[test]
    fn nothing_but_printed_signs_reaches_the_log() {
        let phrase = refused_text("https://a\t\u{9b}2J\u{202e}.fr");
        assert!(phrase.contains("https://a???2J???.fr"), "{phrase}");
    }

    fn refused_text(origin: &str) -> String {
        let origin = HeaderValue::from_bytes(origin.as_bytes()).unwrap();
        let phrase = RefusedOrigins::default().first(Some(&origin)).unwrap();
        phrase.text(&Texts::embedded(), "fr")
    }
}
