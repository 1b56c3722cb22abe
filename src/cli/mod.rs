//! The command line: arguments to calls, results to text. It decides nothing.

mod args;
mod bar;
mod clock;
mod console;
mod explain;
mod preview;
mod print;
mod scaffold;
mod speech;

use std::{ffi::OsString, path::Path, process::ExitCode, sync::Arc, time::Duration};

use jiff::tz::TimeZone;

use self::{
    args::{Command, New, OutputFormat},
    console::{tell, tell_failure, tell_file, tell_problems},
    scaffold::ScaffoldError,
    speech::Speech,
};
use crate::{
    build::{
        self, BuildOutcome, BuildRequest,
        dist::{PublishError, PublishErrorKind},
    },
    diagnostics::{
        diagnostic::{Diagnostic, Severity},
        text::Texts,
    },
    preview::{PreviewEvents, PreviewOptions},
    site::When,
    views::Words,
};

/// Runs the program: 0 done, 1 the content or the run failed, 2 wrong usage.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let speech = Speech::from_environment();
    let invocation = match args::parse(arguments, &speech) {
        Ok(invocation) => invocation,
        Err(exit) => return exit,
    };
    let format = invocation.format;
    let done = match invocation.command {
        Command::Build { common, output, availability, drafts, jobs, verify, explain, precompress } => {
            let mut request = request(&common);
            request.output = output.unwrap_or(request.output);
            request.availability = availability.unwrap_or(request.availability);
            request.drafts = drafts;
            request.jobs = jobs.map(|jobs| jobs.get().into());
            request.options.verify = verify;
            request.options.explain = explain;
            request.options.precompress = precompress;
            let progress = Arc::clone(&request.options.progress);
            let start = clock::start();
            let outcome = bar::during(&progress, &speech, || build::build(&request));
            outcome.map(|outcome| tell_build(&outcome, start.elapsed(), format, &speech))
        }
        Command::Check { common, publication } => {
            build::check(&request(&common)).map(|outcome| tell_check(&outcome, publication, format, &speech))
        }
        Command::Serve { common, listen } => {
            let options = PreviewOptions { root: common.root, listen, now: common.now, lang: speech.lang().to_owned() };
            let events: Arc<dyn PreviewEvents> =
                Arc::new(preview::Terminal { texts: Texts::embedded(), lang: speech.lang().to_owned() });
            crate::preview::run(&options, clock::now, &events).map(|()| true)
        }
        Command::Pdf { common, proof, support } => print::run(&common, proof, support, format, &speech),
        Command::New { root, what } => Ok(create(&root, what, format, &speech)),
    };
    let success = done.unwrap_or_else(|error| {
        eprintln!("{}", speech.say("echec-machine", &[("detail", error.to_string().into())]));
        false
    });
    if success { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn request(common: &args::Common) -> BuildRequest {
    BuildRequest::new(&common.root, common.now.unwrap_or_else(|| When::Instant(clock::now())))
}

fn tell_build(outcome: &BuildOutcome, took: Duration, format: OutputFormat, speech: &Speech) -> bool {
    tell_diagnostics(outcome, format, speech, false);
    if let Some(failure) = &outcome.failure {
        tell_failure(format, &publish_failure(failure, speech));
        return false;
    }
    let Some(report) = &outcome.report else {
        tell_failure(format, &speech.say("rien-publie", &[]));
        return false;
    };
    report.details.iter().for_each(|detail| tell(&explain::line(detail, format, speech)));
    match format {
        OutputFormat::Text => {
            let args = [
                ("faits", report.made.into()),
                ("gardes", report.kept.into()),
                ("retires", report.removed.into()),
                ("duree", took_words(took, outcome, speech).into()),
            ];
            tell(&speech.say("construit", &args));
            if let Some(next) = &outcome.next_change {
                let words = Words::new(&outcome.texts, speech.lang());
                let args = [("date", words.date(next.date()).long.into()), ("heure", words.time(next.time()).into())];
                tell(&speech.say("prochain-changement", &args));
            }
        }
        OutputFormat::Json => tell(
            &serde_json::json!({
                "type": "resultat", "faits": report.made, "gardes": report.kept, "retires": report.removed,
                "millisecondes": u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
                "prochain_changement": outcome.next_change.as_ref().map(|at| at.timestamp().to_string()),
            })
            .to_string(),
        ),
    }
    true
}

/// What a build took, as it is said.
fn took_words(took: Duration, outcome: &BuildOutcome, speech: &Speech) -> String {
    let words = Words::new(&outcome.texts, speech.lang());
    if took < Duration::from_secs(1) {
        words.quantity(took.as_millis() as f64, "ms")
    } else {
        words.quantity((took.as_secs_f64() * 10.0).round() / 10.0, "s")
    }
}

fn publish_failure(failure: &PublishError, speech: &Speech) -> String {
    let (id, detail) = match &failure.kind {
        PublishErrorKind::Disk(error) => ("echec-ecriture", error.to_string()),
        PublishErrorKind::FolderInTheWay => ("echec-dossier", String::new()),
        PublishErrorKind::FileInTheWay => ("echec-fichier", String::new()),
        PublishErrorKind::Unsettled => ("echec-instable", String::new()),
    };
    speech.say(id, &[("chemin", failure.path.display().to_string().into()), ("detail", detail.into())])
}

fn tell_check(outcome: &BuildOutcome, publication: bool, format: OutputFormat, speech: &Speech) -> bool {
    tell_diagnostics(outcome, format, speech, publication);
    let refused =
        |problem: &&Diagnostic| problem.severity == Severity::Error || (publication && problem.blocks_publication);
    let errors = outcome.diagnostics.iter().filter(refused).count();
    let warnings = outcome.diagnostics.len() - errors;
    match format {
        OutputFormat::Text => {
            let args = [("erreurs", errors.into()), ("avertissements", warnings.into())];
            tell(&speech.say("verifie", &args));
        }
        OutputFormat::Json => {
            tell(&serde_json::json!({ "type": "resultat", "erreurs": errors, "avertissements": warnings }).to_string());
        }
    }
    errors == 0
}

/// Every problem on standard error. With `publication`, a warning that blocks it is told as the
/// error that it is there.
fn tell_diagnostics(outcome: &BuildOutcome, format: OutputFormat, speech: &Speech, publication: bool) {
    let shown = |diagnostic: &Diagnostic| {
        let severity = if publication && diagnostic.blocks_publication { Severity::Error } else { diagnostic.severity };
        Diagnostic { severity, ..diagnostic.clone() }
    };
    let diagnostics: Vec<Diagnostic> = outcome.diagnostics.iter().map(shown).collect();
    tell_problems(&diagnostics, &outcome.sources, &outcome.texts, format, speech);
}

fn create(root: &Path, what: New, format: OutputFormat, speech: &Speech) -> bool {
    let today = clock::now().to_zoned(TimeZone::UTC).date();
    let made: Vec<Result<_, ScaffoldError>> = match what {
        New::Seance { date } => vec![scaffold::session(root, date, today, &speech.say("nouveau-note", &[]))],
        New::Saison { dates } => {
            dates.iter().map(|date| scaffold::session(root, *date, today, &speech.say("nouveau-note", &[]))).collect()
        }
        New::Lieu { id } => vec![scaffold::venue(root, &id, &speech.say("nouveau-lieu-note", &[]))],
        New::Partenaire { id } => vec![scaffold::partner(root, &id)],
    };
    let mut success = true;
    for result in made {
        match result {
            Ok(path) => {
                let text = speech.say("nouveau-fait", &[("chemin", path.display().to_string().into())]);
                tell_file(&path, format, &text);
            }
            Err(error) => {
                success = false;
                let (id, path, detail) = match error {
                    ScaffoldError::Exists(path) => ("nouveau-existe", path, String::new()),
                    ScaffoldError::Io(path, error) => ("echec-ecriture", path, error.to_string()),
                };
                let args = [("chemin", path.display().to_string().into()), ("detail", detail.into())];
                tell_failure(format, &speech.say(id, &args));
            }
        }
    }
    success
}
