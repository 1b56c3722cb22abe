//! `--explain`: what became of each file, and why, in words.

use serde_json::json;

use super::{args::OutputFormat, speech::Speech};
use crate::build::publication::{Fate, FileReport, Reason};

/// The most reasons told of one file to a person; a program gets all.
const REASONS: usize = 4;

/// One line about one file.
pub(super) fn line(detail: &FileReport, format: OutputFormat, speech: &Speech) -> String {
    match format {
        OutputFormat::Text => {
            let (id, _) = words(detail.fate);
            let line = speech.say(id, &[("chemin", detail.path.clone().into())]);
            let mut reasons: Vec<String> =
                detail.reasons.iter().take(REASONS).map(|reason| reason_text(reason, speech)).collect();
            let rest = detail.reasons.len().saturating_sub(REASONS);
            if rest > 0 {
                reasons.push(speech.say("raison-reste", &[("nombre", rest.into())]));
            }
            match reasons.into_iter().reduce(|a, b| speech.say("raisons-suite", &[("a", a.into()), ("b", b.into())])) {
                Some(why) => speech.say("explique-raisons", &[("ligne", line.into()), ("raisons", why.into())]),
                None => line,
            }
        }
        OutputFormat::Json => {
            let reasons: Vec<_> = detail
                .reasons
                .iter()
                .map(|reason| match reason {
                    Reason::Input(key) => json!({ "raison": key.label().0, "quoi": key.label().1 }),
                    other => json!({ "raison": name(other) }),
                })
                .collect();
            json!({ "type": "fichier", "chemin": detail.path, "sort": words(detail.fate).1, "raisons": reasons })
                .to_string()
        }
    }
}

fn words(fate: Fate) -> (&'static str, &'static str) {
    match fate {
        Fate::New => ("explique-nouveau", "nouveau"),
        Fate::Changed => ("explique-change", "change"),
        Fate::Same => ("explique-identique", "identique"),
        Fate::Kept => ("explique-garde", "garde"),
        Fate::Removed => ("explique-retire", "retire"),
    }
}

fn name(reason: &Reason) -> &'static str {
    match reason {
        Reason::Input(key) => key.label().0,
        Reason::NothingKnown => "rien-de-connu",
        Reason::FirstTime => "premiere-fois",
        Reason::Original => "original",
        Reason::Damaged => "abime",
    }
}

fn reason_text(reason: &Reason, speech: &Speech) -> String {
    let about = match reason {
        Reason::Input(key) if key.is_list() => speech.say(&format!("liste-{}", key.label().1), &[]),
        Reason::Input(key) => key.label().1.to_owned(),
        _ => String::new(),
    };
    speech.say(&format!("raison-{}", name(reason)), &[("quoi", about.into())])
}
