//! The command line: from arguments to one of the things that the program does.

use std::{
    ffi::OsString,
    io,
    os::unix::process::CommandExt,
    process::{self, ExitCode},
};

use clap::{Arg, ArgAction, CommandFactory, FromArgMatches};
use entreparentaise::text::{REFERENCE, Texts};
use jiff::{civil::date, tz::TimeZone};

use crate::{
    base::{Base, open_store},
    check,
    config::{Arguments, Command, Config},
    confirm, export, publishing, purge, report,
    said::Said,
    start,
    system::PURGE,
};

/// The program's status when what it was asked failed, and when it was asked wrongly.
const FAILED: u8 = 1;
const WRONG_USAGE: u8 = 2;

/// The language of whoever runs the program: English where `LANG` begins with `en`, else French.
#[must_use]
pub fn language(lang: Option<&str>) -> &'static str {
    if lang.is_some_and(|lang| lang.starts_with("en")) { "en" } else { REFERENCE }
}

/// Runs the program.
pub fn main(arguments: impl IntoIterator<Item = OsString>, lang: Option<&str>) -> ExitCode {
    // The allocator asks for huge pages, which are half empty in a server. First of all: what was
    // given stays. A kernel that has none gives none anyway.
    let _ = rustix::thread::disable_transparent_huge_pages(true);
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let texts = Texts::embedded();
    let lang = language(lang);
    let complain = |said: &Said| eprintln!("{}", said.text(&texts, lang));
    let typed = arguments.clone();
    let parsed =
        command(&texts, lang).try_get_matches_from(arguments).and_then(|matches| Arguments::from_arg_matches(&matches));
    let arguments = match parsed {
        Ok(arguments) => arguments,
        Err(error) => error.exit(),
    };
    let root = arguments.options.root.clone().unwrap_or_else(|| ".".into());
    let config = Config::read_file(&root).map_err(|said| vec![said]);
    let config = match config.and_then(|file| Config::new(&arguments.options, &file)) {
        Ok(config) => config,
        Err(errors) => {
            errors.iter().for_each(complain);
            return ExitCode::from(WRONG_USAGE);
        }
    };
    let done = match arguments.command.unwrap_or(Command::Serve) {
        Command::Serve => {
            give_back(&typed);
            serve(config, &texts, lang)
        }
        Command::Check => check(config, &texts, lang),
        Command::Purge => purge(config, &texts, lang),
        Command::Confirm { demand, next } => confirm(config, demand.as_deref(), next, &texts, lang),
        Command::Export { session } => export(&config, &session, &texts),
        Command::Report { year } => report(config, year, &texts, lang),
        Command::RenewKey => renew_key(config, &texts, lang),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(said) => {
            complain(&said);
            ExitCode::from(FAILED)
        }
    }
}

/// Has the server give the memory that it does not need back at once, and not when each of its
/// threads next asks for some: many never do. The program begins again for that, unless somebody
/// told the allocator something already; if it cannot, it goes on as it is.
fn give_back(arguments: &[OsString]) {
    if std::env::var_os(PURGE).is_none() {
        let mut again = process::Command::new("/proc/self/exe");
        again.arg0(arguments.first().map_or("form-handler".as_ref(), OsString::as_os_str));
        // Comes back only when it failed.
        let _ = again.args(arguments.iter().skip(1)).env(PURGE, "0").exec();
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
    let command = Arguments::command()
        .about(help("form-handler"))
        .mut_args(|arg| {
            let text = help(&arg.get_id().as_str().replace('_', "-"));
            arg.help(text)
        })
        .mut_subcommands(|command| {
            let text = help(command.get_name());
            let command = command.mut_args(|arg| match arg.get_id().as_str() {
                "next" => arg.help(help("next")),
                _ => arg,
            });
            in_our_words(command.about(text))
        });
    in_our_words(command).disable_version_flag(true).arg(version)
}

/// Opens everything that serving needs, and serves.
fn serve(config: Config, texts: &Texts, lang: &'static str) -> Result<(), Said> {
    runtime()?.block_on(async { start::run(Base::open(config).await?, texts, lang).await })
}

/// Tells what whoever runs the server should know.
fn check(config: Config, texts: &Texts, lang: &'static str) -> Result<(), Said> {
    let told = runtime()?.block_on(async { check::look(&Base::open(config).await?).await })?;
    for said in told {
        println!("{}", said.text(texts, lang));
    }
    Ok(())
}

/// Erases what has been kept long enough; the server does so by itself every hour.
fn purge(config: Config, texts: &Texts, lang: &'static str) -> Result<(), Said> {
    let erased = runtime()?.block_on(async { purge::purge(&Base::open(config).await?, lang).await })?;
    println!("{}", Said::new("purge-faite").with("nombre", erased).text(texts, lang));
    Ok(())
}

/// Lists the demands that the team has to confirm, or answers one.
fn confirm(config: Config, demand: Option<&str>, next: bool, texts: &Texts, lang: &'static str) -> Result<(), Said> {
    let told = runtime()?.block_on(async {
        let base = Base::open(config).await?;
        match demand {
            Some(demand) => confirm::answer(&base, demand, next).await.map(|said| vec![said]),
            None => confirm::list(&base).await,
        }
    })?;
    for said in told {
        println!("{}", said.text(texts, lang));
    }
    Ok(())
}

/// The team's list keeps what people typed: French, whoever runs the command.
fn export(config: &Config, session: &str, texts: &Texts) -> Result<(), Said> {
    let rows = runtime()?.block_on(async {
        let store = open_store(config).await?;
        store.export(session).await.map_err(|error| error.said())
    })?;
    let rows = rows.ok_or_else(|| export::unknown_session(session))?;
    let written = export::write_csv(&rows, texts, REFERENCE, &town_time(), io::stdout().lock());
    written.map_err(|error| Said::new("export-impossible").with("cause", error))
}

/// What a year came to, in the words of the content where they are known.
fn report(config: Config, year: i16, texts: &Texts, lang: &'static str) -> Result<(), Said> {
    let report = runtime()?.block_on(async {
        let base = Base::open(config).await?;
        let now = base.clock.now();
        let tallies = base.store.tallies(date(year, 1, 1), date(year, 12, 31)).await.map_err(|error| error.said())?;
        let published = publishing::last_published(&base.config.publishing(lang), now);
        let zone = published.as_ref().map_or_else(town_time, |published| published.site().time_zone.clone());
        let names = published.as_ref().map(report::Names::of).unwrap_or_default();
        Ok(report::Report::new(year, &tallies, now.to_zoned(zone).date(), &names))
    })?;
    print!("{}", report.to_markdown(texts, lang));
    Ok(())
}

/// Ends every link that was given out: for a key that is lost, or that others may have seen.
fn renew_key(config: Config, texts: &Texts, lang: &'static str) -> Result<(), Said> {
    let path = config.key_path();
    runtime()?.block_on(async { Base::open(config).await?.renew_key().await })?;
    println!("{}", Said::new("cle-renouvelee").with("fichier", path.display()).text(texts, lang));
    Ok(())
}

/// The town's own time: lists are read there, whatever the server's zone.
fn town_time() -> TimeZone {
    TimeZone::get("Europe/Paris").unwrap_or(TimeZone::UTC)
}

fn runtime() -> Result<tokio::runtime::Runtime, Said> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| Said::new("demarrage-impossible").with("cause", error))
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
