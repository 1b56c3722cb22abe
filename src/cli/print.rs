//! `entreparentaise pdf`: prints, says what came of it, and publishes it.

use std::{io, sync::Arc};

use super::{
    args::{Common, OutputFormat},
    bar, clock,
    console::{tell, tell_failure, tell_file, tell_problems},
    speech::Speech,
};
use crate::{
    build,
    model::Id,
    pdf::{self, PrintError, PrintOutcome, PrintRequest},
    progress::Progress,
    site::When,
};

/// Prints the supports of a root; all went well when every one of them was fit to be printed.
pub(super) fn run(
    common: &Common,
    proof: bool,
    only: Option<Id>,
    format: OutputFormat,
    speech: &Speech,
) -> io::Result<bool> {
    let now = common.now.unwrap_or_else(|| When::Instant(clock::now()));
    let request = PrintRequest {
        root: common.root.clone(),
        now,
        only,
        proof: proof.then(|| speech.say("epreuve", &[])),
        progress: Arc::new(Progress::default()),
    };
    let outcome = bar::during(&request.progress, speech, || pdf::print(&request));
    tell_problems(&outcome.diagnostics, &outcome.sources, &outcome.texts, format, speech);
    tell_outcome(&outcome, proof, format, speech);
    // What was printed, and what is no longer true, is published at once.
    let mut success = outcome.failure.is_none() && outcome.refused == 0 && !has_errors(&outcome);
    if !proof && outcome.failure.is_none() && !outcome.written.is_empty() {
        let built = build::build(&build::BuildRequest::new(&common.root, now))?;
        if built.report.is_none() {
            tell_failure(format, &speech.say("rien-publie", &[]));
            success = false;
        }
    }
    Ok(success)
}

fn has_errors(outcome: &PrintOutcome) -> bool {
    crate::diagnostics::diagnostic::has_errors(&outcome.diagnostics)
}

fn tell_outcome(outcome: &PrintOutcome, proof: bool, format: OutputFormat, speech: &Speech) {
    let unknown = matches!(outcome.failure, Some(PrintError::Unknown { .. }));
    if let Some(failure) = &outcome.failure {
        let text = match failure {
            PrintError::Browser(failure) => failure.message(&outcome.texts, speech.lang()),
            PrintError::Unknown { asked, nearest: Some(nearest) } => {
                speech.say("pdf-support-proche", &[("id", asked.as_str().into()), ("proche", nearest.as_str().into())])
            }
            PrintError::Unknown { asked, nearest: None } => {
                speech.say("pdf-support-inconnu", &[("id", asked.as_str().into())])
            }
            PrintError::Disk(path, error) => speech.say(
                "echec-ecriture",
                &[("chemin", path.display().to_string().into()), ("detail", error.to_string().into())],
            ),
        };
        tell_failure(format, &text);
    }
    for path in &outcome.written {
        tell_file(path, format, &path.display().to_string());
    }
    match format {
        // Nothing was to be done: there is nothing to count.
        _ if unknown => {}
        OutputFormat::Text => {
            let args = [
                ("faits", outcome.written.len().into()),
                ("gardes", outcome.kept.into()),
                ("refuses", outcome.refused.into()),
            ];
            tell(&speech.say("imprime", &args));
            if outcome.refused > 0 && !proof {
                tell(&speech.say("imprime-refus", &[]));
            }
        }
        OutputFormat::Json => tell(
            &serde_json::json!({
                "type": "resultat", "faits": outcome.written.len(), "gardes": outcome.kept, "refuses": outcome.refused,
            })
            .to_string(),
        ),
    }
}
