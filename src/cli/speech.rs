//! The words of the program itself, in the language of whoever runs it.

use crate::diagnostics::text::{FluentValue, REFERENCE, Texts};

/// The language in which the program speaks: French, unless the environment asks for another that
/// it knows.
pub(super) struct Speech {
    texts: Texts,
    lang: String,
}

impl Speech {
    /// `LC_ALL`, then `LC_MESSAGES`, then `LANG`, as POSIX orders them.
    pub(super) fn from_environment() -> Self {
        let texts = Texts::embedded();
        let wanted = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .iter()
            .find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
        let code = wanted.as_deref().and_then(|value| value.get(..2)).unwrap_or(REFERENCE).to_lowercase();
        let known = texts.languages().any(|lang| lang == code);
        Self { texts, lang: if known { code } else { REFERENCE.to_owned() } }
    }

    pub(super) fn lang(&self) -> &str {
        &self.lang
    }

    pub(super) fn say(&self, id: &str, args: &[(&str, FluentValue<'_>)]) -> String {
        self.texts.get(&self.lang, id, args)
    }
}
