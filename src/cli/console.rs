//! What the commands write: results on standard output, problems on standard error, in words or as
//! JSON lines.

use std::{
    io::{self, IsTerminal, Write},
    path::Path,
};

use super::{args::OutputFormat, speech::Speech};
use crate::{
    content::sources::Sources,
    diagnostics::{diagnostic::Diagnostic, text::Texts},
    report::Reporter,
};

/// A line of a result, on standard output.
pub(super) fn tell(text: &str) {
    let _ = writeln!(io::stdout(), "{text}");
}

/// A file that was written: `text` for people, its path for programs.
pub(super) fn tell_file(path: &Path, format: OutputFormat, text: &str) {
    match format {
        OutputFormat::Text => tell(text),
        OutputFormat::Json => {
            tell(&serde_json::json!({ "type": "fichier", "chemin": path.display().to_string() }).to_string());
        }
    }
}

/// Why nothing came of it, on standard error.
pub(super) fn tell_failure(format: OutputFormat, text: &str) {
    let line = match format {
        OutputFormat::Text => text.to_owned(),
        OutputFormat::Json => serde_json::json!({ "type": "echec", "message": text }).to_string(),
    };
    let _ = writeln!(io::stderr(), "{line}");
}

/// These problems, on standard error.
pub(super) fn tell_problems(
    diagnostics: &[Diagnostic],
    sources: &Sources,
    texts: &Texts,
    format: OutputFormat,
    speech: &Speech,
) {
    let mut out = io::stderr().lock();
    let colour = out.is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let reporter = Reporter { texts, lang: speech.lang(), sources, colour };
    for diagnostic in diagnostics {
        let text = match format {
            OutputFormat::Text => reporter.human(diagnostic) + "\n",
            OutputFormat::Json => reporter.json(diagnostic),
        };
        // Nobody left to tell: the exit status still says it.
        let _ = writeln!(out, "{text}");
    }
}
