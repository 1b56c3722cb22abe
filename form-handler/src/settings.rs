//! What the server is told at its start: options of the command line, `FORM_HANDLER_*` variables,
//! `form-handler.toml`, defaults; the first that says something wins.
//!
//! A setting is written twice. In [`RawSettings`], its field names the option, the variable, the
//! key and the help text (`aide-…` in `locales/`). In [`Settings::new`], one line says its default
//! and how it is checked. A path is relative to where it was written: to the current folder on the
//! command line, to the root in the file and in the defaults.

use std::{
    net::{IpAddr, SocketAddr},
    num::NonZeroU16,
    path::{Path, PathBuf},
};

use age::x25519::Recipient;
use clap::{Args, CommandFactory, Parser};
use entreparentaise::content::parse::closest;
use ipnet::IpNet;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::{
    enrolment::Terms,
    log::LogFormat,
    messages::{Mail, Sms, scheme_of},
    phrase::Phrase,
    publishing::Options,
    store::postgres::Server,
};

/// The file of the root.
pub const FILE: &str = "form-handler.toml";

/// The command line. Its help texts are put in place by [`crate::commands`].
#[derive(Debug, Clone, Parser)]
#[command(name = "form-handler", version)]
#[allow(missing_docs)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Option<Subcommand>,
    #[command(flatten)]
    pub settings: RawSettings,
}

impl Arguments {
    /// The command line, where every setting may stand anywhere and has its variable.
    #[must_use]
    pub fn command_line() -> clap::Command {
        let variable = |id: &clap::Id| format!("FORM_HANDLER_{}", id.as_str().to_uppercase());
        Self::command().mut_args(|arg| {
            let variable = variable(arg.get_id());
            arg.global(true).env(variable)
        })
    }
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq, clap::Subcommand)]
#[allow(missing_docs)]
pub enum Subcommand {
    Serve,
    Check {
        #[arg(long)]
        letter: bool,
    },
    Backup {
        #[arg(value_name = "FICHIER")]
        file: PathBuf,
    },
    Restore {
        #[arg(value_name = "FICHIER")]
        file: PathBuf,
        #[arg(long, value_name = "FICHIER")]
        identity: Option<PathBuf>,
        #[arg(long)]
        force: bool,
        #[arg(long, value_name = "FICHIER")]
        erased: Option<PathBuf>,
        #[arg(long)]
        without_erased: bool,
    },
    Letters {
        #[arg(value_enum, value_name = "QUOI")]
        what: Option<LettersAction>,
    },
    Purge,
    Confirm {
        #[arg(value_name = "DEMANDE")]
        demand: Option<String>,
        #[arg(long, requires = "demand")]
        next: bool,
    },
    Export {
        #[arg(value_name = "SEANCE")]
        session: String,
    },
    Held {
        #[arg(value_name = "SEANCE")]
        session: Option<String>,
        #[arg(long, requires = "session", conflicts_with = "drop")]
        release: bool,
        #[arg(long, requires = "session")]
        drop: bool,
    },
    Report {
        #[arg(value_name = "ANNEE", value_parser = clap::value_parser!(i16).range(1970..=9999))]
        year: i16,
    },
    RenewKey,
}

/// What becomes of letters that wait since a restoration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
#[allow(missing_docs)] // They would be the help, in English.
pub enum LettersAction {
    // All of them leave.
    Send,
    // Those that the backup had are dropped, the others leave.
    Discard,
}

/// Every setting as it was written, on the command line, in a variable or in the file; `None` where
/// it is not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct RawSettings {
    #[arg(long, value_name = "DIR")]
    #[serde(skip)]
    pub root: Option<PathBuf>,
    #[arg(long, value_name = "DIR")]
    pub site: Option<String>,
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<String>,
    #[arg(long, value_name = "ADDR")]
    pub monitor: Option<String>,
    #[arg(long, value_name = "URL", hide_env_values = true)]
    pub database: Option<String>,
    #[arg(long, value_name = "URL", hide_env_values = true)]
    pub mail: Option<String>,
    #[arg(long, value_name = "URL", hide_env_values = true)]
    pub sms: Option<String>,
    #[arg(long, value_name = "N")]
    pub limit: Option<String>,
    #[arg(long, value_name = "N")]
    pub hourly: Option<String>,
    #[arg(long, value_name = "RFC3339")]
    pub now: Option<String>,
    #[arg(long, value_name = "texte|json")]
    pub log: Option<String>,
    #[arg(long, value_name = "CIDR,…")]
    pub trusted_proxies: Option<String>,
    #[arg(long, value_name = "BYTES")]
    pub max_body: Option<String>,
    #[arg(long, value_name = "HOURS")]
    pub offer_within: Option<String>,
    #[arg(long, value_name = "HOURS")]
    pub answer_within: Option<String>,
    #[arg(long, value_name = "HOURS")]
    pub carry_within: Option<String>,
    #[arg(long, value_name = "DAYS")]
    pub minimum_days: Option<String>,
    #[arg(long, value_name = "DIR")]
    pub backup_to: Option<String>,
    #[arg(long, value_name = "HOURS")]
    pub backup_every: Option<String>,
    #[arg(long, value_name = "N")]
    pub backup_keep: Option<String>,
    #[arg(long, value_name = "age1…")]
    pub backup_key: Option<String>,
    #[arg(long, value_name = "DIR")]
    pub pg_bin: Option<String>,
    #[arg(long, value_name = "oui", num_args = 0..=1, require_equals = true, default_missing_value = "oui")]
    pub without_backup: Option<String>,
}

impl RawSettings {
    /// The file's text, when the root has one.
    pub fn read_file(root: &Path) -> Result<String, Phrase> {
        match std::fs::read_to_string(root.join(FILE)) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
            read => read.map_err(|error| Phrase::new("config-illisible").with("fichier", FILE).with("cause", error)),
        }
    }

    /// The file's values, as text: they are checked by the same code as the options.
    fn parse(text: &str, errors: &mut Vec<Phrase>) -> Self {
        let wrong = |error: toml::de::Error| Phrase::new("config-toml").with("fichier", FILE).with("cause", error);
        let arguments = Self::augment_args(clap::Command::new(FILE));
        let keys: Vec<&str> =
            arguments.get_arguments().map(|arg| arg.get_id().as_str()).filter(|key| *key != "root").collect();
        let read = text.parse::<toml::Table>().and_then(|table| {
            let mut values = toml::Table::new();
            for (key, value) in table {
                if !keys.contains(&key.as_str()) {
                    errors.push(unknown_key(&key, &keys));
                } else if let Some(text) = as_text(value) {
                    values.insert(key, text.into());
                } else {
                    errors.push(Phrase::new("config-valeur").with("fichier", FILE).with("cle", key));
                }
            }
            values.try_into()
        });
        read.unwrap_or_else(|error| {
            errors.push(wrong(error));
            Self::default()
        })
    }
}

/// Which database.
#[derive(Debug, Clone)]
pub enum Database {
    /// One file.
    Sqlite(PathBuf),
    /// A server, which several instances may share.
    Postgres(Box<Server>),
}

/// Every setting, checked.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The root: content, `var/`.
    pub root: PathBuf,
    /// The published site.
    pub site: PathBuf,
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where whoever runs the server is told how it goes: on this machine alone.
    pub monitor: Option<SocketAddr>,
    /// Where enrolments are.
    pub database: Database,
    /// Where letters go.
    pub mail: Mail,
    /// Where text messages go.
    pub sms: Sms,
    /// Sign-ups a minute from one client; 0: no limit.
    pub limit: u32,
    /// Sign-ups an hour from one client before they are held; 0: no limit.
    pub hourly: u32,
    /// What a line of the log looks like.
    pub log: LogFormat,
    /// The frozen instant, for demonstrations.
    pub now: Option<Timestamp>,
    /// The proxies whose `Host` and forwarded headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// The largest body that a form may have, in bytes.
    pub max_body: usize,
    /// When a place that comes free is offered rather than given.
    pub terms: Terms,
    /// How many worked days before a session under its minimum the team is asked.
    pub minimum_days: u8,
    /// Where backups go, and when.
    pub backup: BackupSettings,
}

/// When backups are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Every {
    /// At three, where the site is.
    Night,
    /// After so many hours.
    Hours(u16),
}

impl Every {
    /// How old the last backup may be before somebody is to look: one may fail, and a night of the
    /// year has 25 hours.
    #[must_use]
    pub fn patience(self) -> SignedDuration {
        match self {
            Self::Night => SignedDuration::from_hours(50),
            Self::Hours(hours) => SignedDuration::from_hours(i64::from(hours) * 2 + 2),
        }
    }
}

/// Where backups go, and when.
#[derive(Debug, Clone)]
pub struct BackupSettings {
    /// The folder; `None`: the server makes none.
    pub folder: Option<PathBuf>,
    /// When.
    pub every: Every,
    /// How many are kept.
    pub keep: usize,
    /// Who may open them; nobody: they are not encrypted.
    pub keys: Vec<Recipient>,
    /// Where `PostgreSQL`'s programs are, if somebody said so.
    pub programs: Option<PathBuf>,
    /// Whether the tables may be changed by a new version without a backup.
    pub migrate_without: bool,
}

impl Settings {
    /// Checks what was written, or says everything that is wrong with it. `options`: from the
    /// command line and the environment; `file`: the file's text.
    pub fn new(options: &RawSettings, file: &str) -> Result<Self, Vec<Phrase>> {
        let mut errors = Vec::new();
        let file = RawSettings::parse(file, &mut errors);
        let root = options.root.clone().unwrap_or_else(|| PathBuf::from("."));
        let mut sources = Sources { options, file: &file, root: &root, errors };
        let site = sources.read(|raw| &raw.site, "dist", |path, folder| Ok(folder.join(path)));
        let database = sources.read(|raw| &raw.database, "sqlite:var/inscriptions.db", database);
        let mail = sources.read(|raw| &raw.mail, "file:var/courriels", Mail::parse);
        let sms = sources.read(|raw| &raw.sms, "file:var/textos", Sms::parse);
        let listen = sources.read(|raw| &raw.listen, "127.0.0.1:8080", parsed("config-ecoute"));
        let monitor = sources.read_if_written(|raw| &raw.monitor, |address, _| own_address(address));
        let limit = sources.read(|raw| &raw.limit, "60", parsed("config-limite"));
        let hourly = sources.read(|raw| &raw.hourly, "6", parsed("config-horaire"));
        let max_body = sources.read(|raw| &raw.max_body, "65536", parsed("config-taille"));
        let trusted_proxies = sources.read(|raw| &raw.trusted_proxies, "", |list, _| proxies(list));
        let offer_within = sources.read(|raw| &raw.offer_within, "24", hours("config-proposition"));
        let answer_within = sources.read(|raw| &raw.answer_within, "4", hours("config-reponse"));
        let carry_within = sources.read(|raw| &raw.carry_within, "168", hours("config-report"));
        let minimum_days = sources.read(|raw| &raw.minimum_days, "3", |days, _| minimum_days(days));
        let log = sources.read(|raw| &raw.log, "texte", parsed("config-journal"));
        let now = sources.read_if_written(|raw| &raw.now, parsed("config-maintenant"));
        let backup = backup(&mut sources);
        let errors = sources.errors;
        let checked = || {
            let terms =
                Terms { offer_within: offer_within?, answer_within: answer_within?, carry_within: carry_within? };
            Some(Self {
                site: site?,
                listen: listen?,
                monitor,
                database: database?,
                mail: mail?,
                sms: sms?,
                limit: limit?,
                hourly: hourly?,
                log: log?,
                now,
                trusted_proxies: trusted_proxies?,
                max_body: max_body?,
                terms,
                minimum_days: minimum_days?,
                backup: backup?,
                root: root.clone(),
            })
        };
        checked().filter(|_| errors.is_empty()).ok_or(errors)
    }

    /// `var` of the root: what the handler keeps.
    #[must_use]
    pub fn var(&self) -> PathBuf {
        self.root.join("var")
    }

    /// Where the site is published, for [`crate::publishing`]; its problems are told in `lang`.
    #[must_use]
    pub fn publishing(&self, lang: &'static str) -> Options {
        Options { root: self.root.clone(), site: self.site.clone(), var: self.var(), lang }
    }

    /// `var/cle` of the root.
    #[must_use]
    pub fn key_path(&self) -> PathBuf {
        self.var().join("cle")
    }
}

/// Where settings come from, in this order, and what is wrong with them.
struct Sources<'a> {
    options: &'a RawSettings,
    file: &'a RawSettings,
    root: &'a Path,
    errors: Vec<Phrase>,
}

impl Sources<'_> {
    /// A setting, checked; `None`: it is wrong. `check` is given the folder that paths are
    /// relative to.
    fn read<T>(
        &mut self,
        setting: fn(&RawSettings) -> &Option<String>,
        default: &str,
        check: impl FnOnce(&str, &Path) -> Result<T, Phrase>,
    ) -> Option<T> {
        let checked = match (setting(self.options), setting(self.file)) {
            (Some(text), _) => check(text, Path::new("")),
            (None, text) => check(text.as_deref().unwrap_or(default), self.root),
        };
        checked.map_err(|error| self.errors.push(error)).ok()
    }

    /// One that has no default.
    fn read_if_written<T>(
        &mut self,
        setting: fn(&RawSettings) -> &Option<String>,
        check: impl FnOnce(&str, &Path) -> Result<T, Phrase>,
    ) -> Option<T> {
        setting(self.options).as_ref().or(setting(self.file).as_ref())?;
        self.read(setting, "", check)
    }
}

/// Where backups go, and when.
fn backup(sources: &mut Sources<'_>) -> Option<BackupSettings> {
    let path = |path: &str, folder: &Path| Ok(folder.join(path));
    let folder = sources.read_if_written(|raw| &raw.backup_to, path);
    let programs = sources.read_if_written(|raw| &raw.pg_bin, path);
    let every = sources.read(|raw| &raw.backup_every, "nuit", |every, _| backup_every(every));
    let keep = sources.read(|raw| &raw.backup_keep, "14", parsed::<NonZeroU16>("config-sauvegardes"));
    let keys = sources.read(|raw| &raw.backup_key, "", |list, _| backup_keys(list));
    let without = sources.read(
        |raw| &raw.without_backup,
        "non",
        |word, _| match word {
            "oui" => Ok(true),
            "non" => Ok(false),
            _ => Err(Phrase::new("config-sans-sauvegarde").with("valeur", word)),
        },
    );
    Some(BackupSettings {
        folder,
        every: every?,
        keep: usize::from(keep?.get()),
        keys: keys?,
        programs,
        migrate_without: without?,
    })
}

/// A word, or a number of hours: from one to a week.
fn backup_every(text: &str) -> Result<Every, Phrase> {
    if text.trim() == "nuit" {
        return Ok(Every::Night);
    }
    let hours = text.trim().parse().ok().filter(|hours| (1..=168).contains(hours));
    hours.map(Every::Hours).ok_or_else(|| Phrase::new("config-sauvegarde-heures").with("valeur", text))
}

/// Public keys, separated by commas. A private one is no public key, and is not shown.
fn backup_keys(list: &str) -> Result<Vec<Recipient>, Phrase> {
    let wrong = |text: &str| {
        let shown = if text.to_uppercase().starts_with("AGE-SECRET") { "AGE-SECRET-KEY-…" } else { text };
        Phrase::new("config-sauvegarde-cle").with("valeur", shown)
    };
    let words = list.split(',').map(str::trim).filter(|text| !text.is_empty());
    words.map(|text| text.parse().map_err(|_| wrong(text))).collect()
}

/// A check: what the type itself understands.
fn parsed<T: std::str::FromStr>(id: &'static str) -> impl Fn(&str, &Path) -> Result<T, Phrase> {
    move |text, _| text.trim().parse().map_err(|_| Phrase::new(id).with("valeur", text))
}

/// A check: a number of hours.
fn hours(id: &'static str) -> impl Fn(&str, &Path) -> Result<SignedDuration, Phrase> {
    move |text, folder| parsed::<u16>(id)(text, folder).map(|hours| SignedDuration::from_hours(hours.into()))
}

/// One that no other machine reaches.
fn own_address(text: &str) -> Result<SocketAddr, Phrase> {
    let address = text.trim().parse().ok().filter(|address: &SocketAddr| address.ip().is_loopback());
    address.ok_or_else(|| Phrase::new("config-surveillance").with("valeur", text))
}

/// From one day, or there would be nobody left to ask, to a month.
fn minimum_days(text: &str) -> Result<u8, Phrase> {
    let days = text.trim().parse().ok().filter(|days| (1..=20).contains(days));
    days.ok_or_else(|| Phrase::new("config-minimum").with("valeur", text))
}

fn database(url: &str, folder: &Path) -> Result<Database, Phrase> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Server::parse(url).map(|server| Database::Postgres(Box::new(server)));
    }
    match url.strip_prefix("sqlite:") {
        Some(file) if !file.is_empty() => Ok(Database::Sqlite(folder.join(file))),
        _ => Err(Phrase::new("config-base").with("valeur", scheme_of(url))),
    }
}

fn proxies(list: &str) -> Result<Vec<IpNet>, Phrase> {
    let one = |text: &str| {
        let net = text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
        net.ok_or_else(|| Phrase::new("config-mandataire").with("valeur", text))
    };
    list.split(',').map(str::trim).filter(|text| !text.is_empty()).map(one).collect()
}

fn unknown_key(key: &str, keys: &[&str]) -> Phrase {
    let phrase = |id| Phrase::new(id).with("fichier", FILE).with("cle", key);
    match closest(key, keys.iter().copied()) {
        Some(near) => phrase("config-cle-inconnue-proche").with("proche", near),
        None => phrase("config-cle-inconnue").with("connues", keys.join(", ")),
    }
}

fn as_text(value: toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Datetime(at) => Some(at.to_string()),
        toml::Value::Array(items) => {
            let texts: Option<Vec<_>> = items.into_iter().map(as_text).collect();
            texts.map(|texts| texts.join(","))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
