//! Human text that stands neither in the content nor in the templates: Project Fluent messages, in
//! `locales/<lang>/`.
//!
//! The project's own messages are embedded; a root's `locales/` may override any of them. French is
//! complete and the reference: what another language lacks is said in French.

use std::collections::BTreeMap;

use fluent_bundle::{FluentArgs, FluentResource, concurrent::FluentBundle};

pub use fluent_bundle::FluentValue;

/// The language that is always complete.
pub const REFERENCE: &str = "fr";

const EMBEDDED: &[(&str, &str, &str)] = &[
    ("fr", "locales/fr/site.ftl", include_str!("../../locales/fr/site.ftl")),
    ("fr", "locales/fr/diagnostics.ftl", include_str!("../../locales/fr/diagnostics.ftl")),
    ("fr", "locales/fr/commandes.ftl", include_str!("../../locales/fr/commandes.ftl")),
    ("fr", "locales/fr/inscription.ftl", include_str!("../../locales/fr/inscription.ftl")),
    ("en", "locales/en/site.ftl", include_str!("../../locales/en/site.ftl")),
    ("en", "locales/en/diagnostics.ftl", include_str!("../../locales/en/diagnostics.ftl")),
    ("en", "locales/en/commandes.ftl", include_str!("../../locales/en/commandes.ftl")),
    ("en", "locales/en/inscription.ftl", include_str!("../../locales/en/inscription.ftl")),
];

/// Braces within braces that are understood: the parser calls itself for each, and a stack that is
/// full ends the process, whatever else it does.
const DEEPEST: usize = 50;

/// The messages of every language.
pub struct Texts {
    bundles: BTreeMap<String, FluentBundle<FluentResource>>,
}

/// A Fluent file that was not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageError {
    /// The file, from the root.
    pub file: String,
    /// Bytes of the file.
    pub span: std::ops::Range<usize>,
    /// What the parser says.
    pub message: String,
}

impl Texts {
    /// The project's own messages.
    #[must_use]
    pub fn embedded() -> Self {
        Self::with_overrides([]).0
    }

    /// The project's own messages, then those of a root: `(language, file, text)`. A file with
    /// errors counts for what could be understood of it, and its errors are returned.
    pub fn with_overrides<'a>(
        overrides: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>,
    ) -> (Self, Vec<MessageError>) {
        let mut texts = Self { bundles: BTreeMap::new() };
        let mut errors = Vec::new();
        for (lang, file, source) in EMBEDDED.iter().copied().chain(overrides) {
            if let Some(at) = too_deep(source) {
                let message = format!("More than {DEEPEST} braces within braces");
                errors.push(MessageError { file: file.to_owned(), span: at..at + 1, message });
                continue;
            }
            let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(resource, problems)| {
                errors.extend(problems.into_iter().map(|problem| MessageError {
                    file: file.to_owned(),
                    span: problem.slice.unwrap_or(problem.pos),
                    message: problem.kind.to_string(),
                }));
                resource
            });
            texts.bundles.entry(lang.to_owned()).or_insert_with(|| bundle(lang)).add_resource_overriding(resource);
        }
        (texts, errors)
    }

    /// The languages that have messages.
    pub fn languages(&self) -> impl Iterator<Item = &str> {
        self.bundles.keys().map(String::as_str)
    }

    /// The message `id` in `lang`, or in French when `lang` lacks it. An id that no language has is
    /// returned as it is, so that the omission shows.
    #[must_use]
    pub fn get(&self, lang: &str, id: &str, args: &[(&str, FluentValue<'_>)]) -> String {
        self.find(lang, id, args).or_else(|| self.find(REFERENCE, id, args)).unwrap_or_else(|| id.to_owned())
    }

    fn find(&self, lang: &str, id: &str, args: &[(&str, FluentValue<'_>)]) -> Option<String> {
        let bundle = self.bundles.get(lang)?;
        let pattern = bundle.get_message(id)?.value()?;
        let args: FluentArgs<'_> = args.iter().cloned().collect();
        Some(bundle.format_pattern(pattern, Some(&args), &mut Vec::new()).into_owned())
    }
}

impl std::fmt::Debug for Texts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Texts").field("languages", &self.bundles.keys()).finish()
    }
}

/// The first brace that is too deep.
fn too_deep(source: &str) -> Option<usize> {
    let mut depth = 0_usize;
    source.bytes().position(|byte| {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > DEEPEST
    })
}

fn bundle(lang: &str) -> FluentBundle<FluentResource> {
    let mut bundle = FluentBundle::new_concurrent(vec![lang.parse().unwrap_or_default()]);
    // Isolation marks are invisible characters around each value: they would break addresses and
    // file names.
    bundle.set_use_isolating(false);
    bundle
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every message of every embedded file, as `(language, id)`.
    fn ids(lang: &str) -> Vec<String> {
        let files = EMBEDDED.iter().filter(|(l, ..)| *l == lang);
        let mut ids: Vec<_> = files
            .flat_map(|(_, _, source)| source.lines())
            .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()))
            .filter_map(|line| line.split_once('=').map(|(id, _)| id.trim().to_owned()))
            .collect();
        ids.sort();
        ids
    }

    #[test]
    fn every_embedded_file_is_well_formed() {
        assert_eq!(Texts::with_overrides([]).1, []);
    }

    #[test]
    fn english_says_nothing_that_french_does_not() {
        let french = ids("fr");
        let strangers: Vec<_> = ids("en").into_iter().filter(|id| !french.contains(id)).collect();
        assert!(strangers.is_empty(), "{strangers:?}");
    }

    #[test]
    fn braces_that_would_fill_the_stack_are_an_error() {
        let nested = |levels: usize| format!("profond = {}\"a\"{}", "{".repeat(levels), "}".repeat(levels));
        for levels in [DEEPEST + 1, 100_000] {
            let (texts, errors) = Texts::with_overrides([("fr", "locales/fr/mien.ftl", &*nested(levels))]);
            assert_eq!((errors.len(), &errors[0].span), (1, &(60..61)), "{levels}");
            assert_eq!(texts.get("fr", "profond", &[]), "profond");
        }
        let (texts, errors) = Texts::with_overrides([("fr", "locales/fr/mien.ftl", &*nested(DEEPEST))]);
        assert_eq!((errors, &*texts.get("fr", "profond", &[])), (vec![], "a"));
    }

    #[test]
    fn a_root_overrides_a_message_and_only_that_one() {
        let (texts, errors) = Texts::with_overrides([("fr", "locales/fr/mien.ftl", "etat-complete = Tout est pris")]);
        assert_eq!(errors, []);
        assert_eq!(texts.get("fr", "etat-complete", &[]), "Tout est pris");
        assert_eq!(texts.get("fr", "etat-annulee", &[]), "Annulée");
    }
}
