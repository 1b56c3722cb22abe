//! What the preview says on the terminal: problems on standard error, the rest on standard output.

use std::net::SocketAddr;

use super::console::tell;
use crate::{
    diagnostics::text::{FluentValue, Texts},
    preview::{LookReport, PreviewEvents},
};

/// Says it aloud.
pub(super) struct Terminal {
    pub(super) texts: Texts,
    pub(super) lang: String,
}

impl Terminal {
    fn say(&self, id: &str, args: &[(&str, FluentValue<'_>)]) -> String {
        self.texts.get(&self.lang, id, args)
    }
}

impl PreviewEvents for Terminal {
    fn listening(&self, address: SocketAddr) {
        tell(&self.say("apercu-ouvert", &[("adresse", address.to_string().into())]));
    }

    fn looked(&self, report: &LookReport) {
        for problem in &report.problems {
            eprintln!("{problem}\n");
        }
        let warnings = report.problems.len() - report.errors;
        let args = [("erreurs", report.errors.into()), ("avertissements", warnings.into())];
        tell(&self.say(if report.errors > 0 { "apercu-casse" } else { "apercu-a-jour" }, &args));
    }

    fn blind(&self, error: &notify::Error) {
        eprintln!("{}", self.say("apercu-aveugle", &[("detail", error.to_string().into())]));
    }
}
