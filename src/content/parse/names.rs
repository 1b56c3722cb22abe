//! What a file's name gives: an id, and the language of what it holds.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use crate::diagnostics::text::REFERENCE;

/// Lowercase ASCII letters and digits joined by single hyphens: anchors, and ids proposed to the
/// writer.
#[must_use]
pub fn slug(text: &str) -> String {
    let spelled = text.to_lowercase().replace('œ', "oe").replace('æ', "ae");
    let mut slug = String::with_capacity(spelled.len());
    for c in spelled.nfd().filter(|c| !is_combining_mark(*c)) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    slug
}

/// The file's name without folders and extensions.
pub(crate) fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.split('.').next().unwrap_or(name)
}

/// `en` in `questions.en.md`.
pub(super) fn language_suffix(path: &str) -> Option<String> {
    let name = path.rsplit('/').next()?;
    let mut parts = name.split('.');
    let (_, middle, _) = (parts.next()?, parts.next()?, parts.next()?);
    Some(middle.to_owned())
}

/// Whether a file is in the language whose typography is known: any other says so in its name.
pub(super) fn is_french(path: &str) -> bool {
    language_suffix(path).is_none_or(|lang| lang == REFERENCE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_plain_ascii() {
        assert_eq!(slug("L’Écoute, sans juger !"), "l-ecoute-sans-juger");
        assert_eq!(slug("Cœur & âme"), "coeur-ame");
        assert_eq!(slug("  "), "");
    }

    #[test]
    fn languages_come_from_the_name() {
        assert_eq!(language_suffix("content/pages/aide.en.md"), Some("en".to_owned()));
        assert_eq!(language_suffix("content/pages/aide.md"), None);
    }
}
