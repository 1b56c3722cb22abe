//! What is to be printed, and what became of it.

use std::{fmt, io, path::PathBuf, time::Duration};

use crate::{
    diagnostics::{
        diagnostic::Diagnostic,
        text::{FluentValue, Texts},
    },
    model::Place,
};

/// One sheet to print.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its page's path in the site: `/supports/affiche-a4/2027-03-17/`.
    pub url: String,
    /// The document's title.
    pub title: String,
    /// The document's language: `fr`.
    pub lang: String,
    /// The trimmed sheet's width, in millimetres.
    pub width_mm: f64,
    /// The trimmed sheet's height, in millimetres.
    pub height_mm: f64,
    /// How many pages it has.
    pub pages: u16,
    /// For a printer; `None` for the office.
    pub press: Option<PressSpec>,
    /// The word that crosses the sheet when it is a proof.
    pub proof: Option<String>,
    /// Whether what is wanted is a small picture (PNG) of the first page, to choose by, instead of
    /// the document.
    pub picture: bool,
    /// Where the support is described.
    pub at: Place,
}

/// What a printer asks for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PressSpec {
    /// How far drawings go beyond the trim, in millimetres.
    pub bleed_mm: f64,
    /// Whether lines show where to cut.
    pub crop_marks: bool,
}

/// Answers the pages: a path of the site to its content type and its bytes.
pub type Pages = dyn Fn(&str) -> Option<(String, Vec<u8>)> + Send + Sync;

/// How to print.
#[derive(Debug, Clone)]
pub struct PrintOptions {
    /// The browser's program; `None`: the one that `CHROMIUM` names, or else the first on the path.
    pub browser: Option<PathBuf>,
    /// How long a sheet may take.
    pub patience: Duration,
}

impl Default for PrintOptions {
    fn default() -> Self {
        Self { browser: None, patience: Duration::from_secs(30) }
    }
}

/// What became of a job.
#[derive(Debug, Clone)]
pub struct Printed {
    /// The document, or the picture; `None` when it is refused.
    pub pdf: Option<Vec<u8>>,
    /// Why, or what a proof was printed with.
    pub diagnostics: Vec<Diagnostic>,
}

/// Why nothing could be printed at all.
#[derive(Debug)]
pub enum BrowserError {
    /// There is no browser.
    NoBrowser,
    /// The browser did not start.
    Start(String),
    /// A file or an address could not be had.
    Disk(io::Error),
    /// Somebody stopped the program.
    Interrupted,
}

impl BrowserError {
    /// The reason, in `lang`.
    #[must_use]
    pub fn message(&self, texts: &Texts, lang: &str) -> String {
        let say = |id: &str, detail: String| texts.get(lang, id, &[("detail", FluentValue::from(detail))]);
        match self {
            Self::NoBrowser => say("presse-sans-navigateur", String::new()),
            Self::Start(detail) => say("presse-navigateur-en-echec", detail.clone()),
            Self::Disk(error) => say("echec-machine", error.to_string()),
            Self::Interrupted => say("presse-interrompue", String::new()),
        }
    }
}

impl fmt::Display for BrowserError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message(&Texts::embedded(), "en"))
    }
}

impl std::error::Error for BrowserError {}
