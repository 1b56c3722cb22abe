//! Raw arguments to an [`Invocation`]. clap knows the grammar; every word of it comes from the
//! locale.

use std::{
    ffi::OsString,
    net::{Ipv4Addr, SocketAddr},
    num::NonZeroU16,
    path::PathBuf,
    process::ExitCode,
};

use clap::{
    Arg, ArgAction, ArgMatches,
    error::{ContextKind, ContextValue, ErrorKind},
    value_parser,
};
use jiff::civil::Date;

use super::speech::Speech;
use crate::{
    content::parse::{self, loose_date},
    model::Id,
    site::When,
};

/// Where the preview listens when nobody says otherwise (contract).
const PREVIEW: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 1111);

/// Wrong usage.
const USAGE: u8 = 2;

pub(super) struct Invocation {
    pub(super) format: OutputFormat,
    pub(super) command: Command,
}

/// How results and problems are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OutputFormat {
    /// For people.
    Text,
    /// For programs: JSON lines.
    Json,
}

pub(super) struct Common {
    pub(super) root: PathBuf,
    pub(super) now: Option<When>,
}

pub(super) enum Command {
    Build {
        common: Common,
        output: Option<PathBuf>,
        availability: Option<PathBuf>,
        drafts: bool,
        jobs: Option<NonZeroU16>,
        verify: bool,
        explain: bool,
        precompress: bool,
    },
    Check {
        common: Common,
        publication: bool,
    },
    Serve {
        common: Common,
        listen: SocketAddr,
    },
    Pdf {
        common: Common,
        proof: bool,
        support: Option<Id>,
    },
    New {
        root: PathBuf,
        what: New,
    },
}

pub(super) enum New {
    Seance { date: Date },
    Saison { dates: Vec<Date> },
    Lieu { id: Id },
    Partenaire { id: Id },
}

/// Understands the command line, or says what to write instead and with which status to leave.
pub(super) fn parse(arguments: impl IntoIterator<Item = OsString>, speech: &Speech) -> Result<Invocation, ExitCode> {
    let mut command = command(speech);
    let matches = command.try_get_matches_from_mut(arguments).map_err(|error| explain(&error, speech))?;
    let format = if matches.get_one::<String>("format").is_some_and(|f| f == "json") {
        OutputFormat::Json
    } else {
        OutputFormat::Text
    };
    let command = read(&matches, speech)?;
    Ok(Invocation { format, command })
}

fn read(matches: &ArgMatches, speech: &Speech) -> Result<Command, ExitCode> {
    let Some((name, options)) = matches.subcommand() else { return Err(ExitCode::from(USAGE)) };
    let path = |name: &str| options.get_one::<PathBuf>(name).cloned();
    let common = || -> Result<Common, ExitCode> {
        let now = options.get_one::<String>("now").map(|text| {
            When::parse(text)
                .ok_or_else(|| refuse(speech, "usage-quand", "--now", text, date_argument(text).err().flatten()))
        });
        Ok(Common { root: path("root").unwrap_or_else(|| PathBuf::from(".")), now: now.transpose()? })
    };
    match name {
        "build" => Ok(Command::Build {
            common: common()?,
            output: path("output"),
            availability: path("availability"),
            drafts: options.get_flag("drafts"),
            jobs: options.get_one::<NonZeroU16>("jobs").copied(),
            verify: options.get_flag("verify"),
            explain: options.get_flag("explain"),
            precompress: options.get_flag("precompress"),
        }),
        "serve" => {
            let listen = options.get_one::<SocketAddr>("listen").copied();
            Ok(Command::Serve { common: common()?, listen: listen.unwrap_or(PREVIEW) })
        }
        "pdf" => {
            let support = options
                .get_one::<String>("support")
                .map(|text| id_argument(text).map_err(|near| refuse(speech, "usage-id", "--support", text, near)));
            Ok(Command::Pdf { common: common()?, proof: options.get_flag("epreuve"), support: support.transpose()? })
        }
        "check" => Ok(Command::Check { common: common()?, publication: options.get_flag("publication") }),
        _ => {
            let what = match options.subcommand() {
                Some(("seance", given)) => New::Seance { date: one_date(given, speech)? },
                Some(("saison", given)) => New::Saison { dates: dates(given, speech)? },
                Some((kind, given)) => {
                    let text = given.get_one::<String>("ID").map(String::as_str).unwrap_or_default();
                    let id = id_argument(text).map_err(|near| refuse(speech, "usage-id", "ID", text, near))?;
                    if kind == "lieu" { New::Lieu { id } } else { New::Partenaire { id } }
                }
                None => return Err(ExitCode::from(USAGE)),
            };
            Ok(Command::New { root: path("root").unwrap_or_else(|| PathBuf::from(".")), what })
        }
    }
}

fn one_date(given: &ArgMatches, speech: &Speech) -> Result<Date, ExitCode> {
    dates(given, speech)?.first().copied().ok_or(ExitCode::from(USAGE))
}

fn dates(given: &ArgMatches, speech: &Speech) -> Result<Vec<Date>, ExitCode> {
    let texts = given.get_many::<String>("DATE").into_iter().flatten();
    texts.map(|text| date_argument(text).map_err(|near| refuse(speech, "usage-date", "DATE", text, near))).collect()
}

/// Tells what is wrong with a value, quoting the correction when there is one.
fn refuse(speech: &Speech, id: &str, name: &str, value: &str, near: Option<String>) -> ExitCode {
    eprintln!("{}", speech.say(id, &[("option", name.into()), ("valeur", value.into())]));
    if let Some(near) = near {
        eprintln!("{}", speech.say("ecrivez", &[("proposition", near.into())]));
    }
    ExitCode::from(USAGE)
}

fn command(speech: &Speech) -> clap::Command {
    let say = |id: &str| speech.say(id, &[]);
    let path = |name: &'static str, value: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name(value)
            .value_parser(value_parser!(PathBuf))
            .help(say(&format!("option-{name}")))
    };
    let text = |name: &'static str, value: &'static str| {
        Arg::new(name).long(name).value_name(value).help(say(&format!("option-{name}")))
    };
    let flag =
        |name: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue).help(say(&format!("option-{name}")));
    let sub = |name: &'static str| {
        let about = say(&format!("commande-{name}"));
        let help = Arg::new("help").long("help").short('h').action(ArgAction::Help).help(say("option-help"));
        clap::Command::new(name)
            .about(about)
            .disable_help_flag(true)
            .disable_help_subcommand(true)
            .help_template(say("aide-modele"))
            .next_help_heading(say("aide-options"))
            .arg(help)
            .subcommand_help_heading(say("aide-commandes"))
    };
    let format = Arg::new("format")
        .long("format")
        .global(true)
        .value_parser(["text", "json"])
        .hide_possible_values(true)
        .help(say("option-format"));
    let date = Arg::new("DATE").required(true).help(say("option-DATE"));
    sub("entreparentaise")
        .about(say("commande-entreparentaise"))
        .version(env!("CARGO_PKG_VERSION"))
        .disable_version_flag(true)
        .subcommand_required(true)
        .arg(Arg::new("version").long("version").short('V').action(ArgAction::Version).help(say("option-version")))
        .arg(format)
        .subcommand(
            sub("build")
                .arg(path("root", "DIR"))
                .arg(path("output", "DIR"))
                .arg(text("now", "WHEN"))
                .arg(path("availability", "FILE"))
                .arg(flag("drafts"))
                .arg(text("jobs", "N").value_parser(value_parser!(NonZeroU16)))
                .arg(flag("verify"))
                .arg(flag("explain"))
                .arg(flag("precompress")),
        )
        .subcommand(
            sub("serve")
                .arg(path("root", "DIR"))
                .arg(text("now", "WHEN"))
                .arg(text("listen", "ADDR").value_parser(value_parser!(SocketAddr))),
        )
        .subcommand(sub("check").arg(path("root", "DIR")).arg(text("now", "WHEN")).arg(flag("publication")))
        .subcommand(
            sub("pdf")
                .arg(path("root", "DIR"))
                .arg(text("now", "WHEN"))
                .arg(flag("epreuve"))
                .arg(text("support", "ID")),
        )
        .subcommand(
            sub("new")
                .subcommand_required(true)
                .arg(path("root", "DIR").global(true))
                .subcommand(sub("seance").arg(date.clone()))
                .subcommand(sub("saison").arg(date.num_args(1..)))
                .subcommand(sub("lieu").arg(Arg::new("ID").required(true).help(say("option-ID"))))
                .subcommand(sub("partenaire").arg(Arg::new("ID").required(true).help(say("option-ID")))),
        )
}

/// clap's errors, in the reader's language; its help and its version go to standard output as they
/// are.
fn explain(error: &clap::Error, speech: &Speech) -> ExitCode {
    if !error.use_stderr() {
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        _ => String::new(),
    };
    let id = match error.kind() {
        ErrorKind::UnknownArgument => "usage-option-inconnue",
        ErrorKind::InvalidSubcommand => "usage-commande-inconnue",
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            "usage-commande-manquante"
        }
        ErrorKind::MissingRequiredArgument => "usage-argument-manquant",
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => "usage-valeur",
        ErrorKind::ArgumentConflict => "usage-deux-fois",
        _ => "usage-autre",
    };
    let name = match error.kind() {
        ErrorKind::InvalidSubcommand => context(ContextKind::InvalidSubcommand),
        _ => context(ContextKind::InvalidArg),
    };
    eprintln!("{}", speech.say(id, &[("option", name.into()), ("valeur", context(ContextKind::InvalidValue).into())]));
    let near = match error.kind() {
        ErrorKind::UnknownArgument => context(ContextKind::SuggestedArg),
        ErrorKind::InvalidSubcommand => context(ContextKind::SuggestedSubcommand),
        _ => context(ContextKind::SuggestedValue),
    };
    if !near.is_empty() {
        eprintln!("{}", speech.say("vouliez-vous-dire", &[("proposition", near.into())]));
    }
    eprintln!("{}", speech.say("usage-aide", &[]));
    ExitCode::from(USAGE)
}

/// A date of the command line: as TOML writes it. Another usual form is refused with its exact
/// correction.
fn date_argument(text: &str) -> Result<Date, Option<String>> {
    text.parse().map_err(|_| loose_date(text).map(|date| date.to_string()))
}

/// An id of the command line, or the nearest that would do.
fn id_argument(text: &str) -> Result<Id, Option<String>> {
    Id::new(text).ok_or_else(|| Some(parse::slug(text)).filter(|slug| !slug.is_empty()))
}
