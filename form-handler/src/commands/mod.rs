//! The commands: from arguments to one of the things that the program does.

mod backup;
mod check;
mod confirm;
pub mod export;
mod held;
mod purge;
pub mod report;
mod town;

use std::{
    ffi::OsString,
    io,
    os::unix::process::CommandExt,
    process::{self, ExitCode},
};

use clap::{Arg, ArgAction, FromArgMatches};
use entreparentaise::diagnostics::text::{REFERENCE, Texts};
use jiff::civil::date;

use self::town::town_time;
use crate::{
    backup::RestoreOptions,
    base::{Base, open_store},
    log,
    phrase::Phrase,
    publishing,
    settings::{Arguments, RawSettings, Settings, Subcommand},
    start,
    store::BurstAnswer,
};

/// The program's status when what it was asked failed, and when it was asked wrongly.
const FAILED: u8 = 1;
const WRONG_USAGE: u8 = 2;

/// How the allocator is told when to give memory back, in milliseconds: it reads this before
/// `main`.
const PURGE_DELAY: &str = "MIMALLOC_PURGE_DELAY";

/// The language of whoever runs the program: English where `LANG` begins with `en`, else French.
#[must_use]
pub fn language(lang: Option<&str>) -> &'static str {
    if lang.is_some_and(|lang| lang.starts_with("en")) { "en" } else { REFERENCE }
}

/// Runs the program.
#[must_use]
pub fn main(arguments: Vec<OsString>, lang: Option<&str>) -> ExitCode {
    // The allocator asks for huge pages, which are half empty in a server. First of all: what was
    // given stays. A kernel that has none gives none anyway.
    let _ = rustix::thread::disable_transparent_huge_pages(true);
    let texts = Texts::embedded();
    let lang = language(lang);
    let complain = |phrase: &Phrase| eprintln!("{}", phrase.text(&texts, lang));
    let typed = arguments.clone();
    let parsed =
        command(&texts, lang).try_get_matches_from(arguments).and_then(|matches| Arguments::from_arg_matches(&matches));
    let arguments = match parsed {
        Ok(arguments) => arguments,
        Err(error) => error.exit(),
    };
    let root = arguments.settings.root.clone().unwrap_or_else(|| ".".into());
    let file = RawSettings::read_file(&root).map_err(|phrase| vec![phrase]);
    let settings = match file.and_then(|file| Settings::new(&arguments.settings, &file)) {
        Ok(settings) => settings,
        Err(errors) => {
            errors.iter().for_each(complain);
            return ExitCode::from(WRONG_USAGE);
        }
    };
    let command = arguments.command.unwrap_or(Subcommand::Serve);
    let serves = command == Subcommand::Serve;
    if serves {
        give_memory_back(&typed);
        log::start(settings.log);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(run(command, settings, &texts, lang)),
        Err(error) => Err(Phrase::new("demarrage-impossible").with("cause", error)),
    };
    match done {
        Ok(status) => status,
        Err(phrase) => {
            if serves {
                log::error(&phrase);
            } else {
                complain(&phrase);
            }
            ExitCode::from(FAILED)
        }
    }
}

/// Has the server give the memory that it does not need back at once, and not when each of its
/// threads next asks for some: many never do. The program begins again for that, unless somebody
/// told the allocator something already; if it cannot, it goes on as it is.
fn give_memory_back(arguments: &[OsString]) {
    if std::env::var_os(PURGE_DELAY).is_none() {
        let mut again = process::Command::new("/proc/self/exe");
        again.arg0(arguments.first().map_or("form-handler".as_ref(), OsString::as_os_str));
        // Comes back only when it failed.
        let _ = again.args(arguments.iter().skip(1)).env(PURGE_DELAY, "0").exec();
    }
}

/// The command line with its help in the reader's language.
fn command(texts: &Texts, lang: &str) -> clap::Command {
    let help = |id: &str| texts.get(lang, &format!("aide-{id}"), &[]);
    // What clap says by itself, it says in English: the words of the other program take its place.
    let say = |id: &str| texts.get(lang, id, &[]);
    let in_our_words = |command: clap::Command| {
        let help = Arg::new("help").long("help").short('h').action(ArgAction::Help).help(say("option-help"));
        let command = command.disable_help_flag(true).disable_help_subcommand(true).arg(help);
        command.help_template(say("aide-modele")).subcommand_help_heading(say("aide-commandes"))
    };
    let version = Arg::new("version").long("version").short('V').action(ArgAction::Version).help(say("option-version"));
    let command = Arguments::command_line()
        .about(help("form-handler"))
        .mut_args(|arg| {
            let text = help(&arg.get_id().as_str().replace('_', "-"));
            arg.help(text)
        })
        .mut_subcommands(|command| {
            let text = help(command.get_name());
            let command = command.mut_args(|arg| match arg.get_id().as_str() {
                own @ ("next" | "release" | "drop" | "letter" | "identity" | "force" | "erased" | "without_erased"
                | "what" | "file") => {
                    let text = help(&own.replace('_', "-"));
                    arg.help(text)
                }
                _ => arg,
            });
            in_our_words(command.about(text))
        });
    in_our_words(command).disable_version_flag(true).arg(version)
}

/// Does what was asked.
async fn run(command: Subcommand, settings: Settings, texts: &Texts, lang: &'static str) -> Result<ExitCode, Phrase> {
    let say = |phrase: Phrase| println!("{}", phrase.text(texts, lang));
    match command {
        Subcommand::Serve => start::run(Base::open(settings).await?, texts, lang).await?,
        // What whoever runs the server should know.
        Subcommand::Check { letter } => {
            let (lines, must_be_mended) = check::look(settings, letter, texts, lang).await?;
            for line in lines {
                println!("{line}");
            }
            return Ok(if must_be_mended { ExitCode::from(FAILED) } else { ExitCode::SUCCESS });
        }
        Subcommand::Backup { file } => backup::take(&settings, &file).await?.into_iter().for_each(say),
        Subcommand::Restore { file, identity, force, erased, without_erased } => {
            let options = RestoreOptions { file, identity, force, erased, without_erased };
            backup::restore(&settings, &options, lang).await?.into_iter().for_each(say);
        }
        Subcommand::Letters { what } => {
            backup::letters(&Base::open(settings).await?, what, lang).await?.into_iter().for_each(say);
        }
        // What has been kept long enough; the server erases it by itself every hour.
        Subcommand::Purge => {
            let erased = purge::purge(&Base::open(settings).await?, lang).await?;
            say(Phrase::new("purge-faite").with("nombre", erased));
        }
        Subcommand::Confirm { demand: Some(demand), next } => {
            say(confirm::answer(&Base::open(settings).await?, &demand, next).await?);
        }
        Subcommand::Confirm { demand: None, .. } => {
            confirm::list(&Base::open(settings).await?).await?.into_iter().for_each(say);
        }
        Subcommand::Held { session: Some(session), release, drop } if release || drop => {
            let answer = if release { BurstAnswer::Admit } else { BurstAnswer::Drop };
            say(held::answer(&Base::open(settings).await?, &session, answer).await?);
        }
        Subcommand::Held { session, .. } => {
            let base = Base::open(settings).await?;
            let lines = held::lines(base.store.as_ref(), session.as_deref(), base.clock.now()).await?;
            if lines.is_empty() {
                say(Phrase::new("retenues-aucune"));
            }
            lines.into_iter().for_each(say);
        }
        Subcommand::Export { session } => export(&settings, &session, texts).await?,
        Subcommand::Report { year } => print!("{}", report(settings, year, lang).await?.to_markdown(texts, lang)),
        // Every link that was given out ends: for a key that is lost, or that others may have seen.
        Subcommand::RenewKey => {
            let path = settings.key_path();
            Base::open(settings).await?.renew_key().await?;
            say(Phrase::new("cle-renouvelee").with("fichier", path.display()));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The team's list keeps what people typed: French, whoever runs the command.
async fn export(settings: &Settings, session: &str, texts: &Texts) -> Result<(), Phrase> {
    let store = open_store(settings).await?;
    let rows = store.export(session).await?;
    let rows = rows.ok_or_else(|| Phrase::new("export-seance-inconnue").with("seance", session))?;
    let written = export::write_csv(&rows, texts, REFERENCE, &town_time(), io::stdout().lock());
    written.map_err(|error| Phrase::new("export-impossible").with("cause", error))
}

/// What a year came to, in the words of the content where they are known.
async fn report(settings: Settings, year: i16, lang: &'static str) -> Result<report::Report, Phrase> {
    let base = Base::open(settings).await?;
    let now = base.clock.now();
    let tallies = base.store.tallies(date(year, 1, 1), date(year, 12, 31)).await?;
    let published = publishing::last_published(&base.settings.publishing(lang), now);
    let zone = published.as_ref().map_or_else(town_time, |published| published.site().time_zone.clone());
    let names = published.as_ref().map(report::Names::of).unwrap_or_default();
    Ok(report::Report::new(year, &tallies, now.to_zoned(zone).date(), &names))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_and_command_has_its_help() {
        for lang in ["fr", "en"] {
            let mut command = command(&Texts::embedded(), lang);
            let help = command.render_long_help().to_string();
            assert!(!help.contains("aide-") && !help.contains("option-"), "{help}");
            assert!(!help.contains("Print"), "{help}");
        }
    }
}
