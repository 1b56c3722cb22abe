//! What the preview says on the terminal: problems on standard error, the rest on standard output.

use std::net::SocketAddr;

use crate::{
    serve::{Told, Voice},
    text::{FluentValue, Texts},
};

/// Says it aloud.
pub(super) struct Loud {
    pub(super) texts: Texts,
    pub(super) lang: String,
}

impl Loud {
    fn say(&self, id: &str, args: &[(&str, FluentValue<'_>)]) -> String {
        self.texts.get(&self.lang, id, args)
    }
}

impl Voice for Loud {
    fn listening(&self, address: SocketAddr) {
        super::tell(&self.say("apercu-ouvert", &[("adresse", address.to_string().into())]));
    }

    fn looked(&self, told: &Told) {
        for problem in &told.problems {
            eprintln!("{problem}\n");
        }
        let warnings = told.problems.len() - told.errors;
        let args = [("erreurs", told.errors.into()), ("avertissements", warnings.into())];
        super::tell(&self.say(if told.errors > 0 { "apercu-casse" } else { "apercu-a-jour" }, &args));
    }

    fn blind(&self, error: &notify::Error) {
        eprintln!("{}", self.say("apercu-aveugle", &[("detail", error.to_string().into())]));
    }
}
