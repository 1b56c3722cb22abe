//! What the server is told at its start: options of the command line, `FORM_HANDLER_*` variables,
//! `form-handler.toml`, defaults; the first that says something wins.
//!
//! [`RawOptions`] is what was typed; [`Config`] is what was understood. A path is relative to where
//! it was written: to the current folder on the command line, to the root in the file and in the
//! defaults.

use std::{
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
};

use clap::{Parser, Subcommand};
use ipnet::IpNet;
use jiff::{SignedDuration, Timestamp};

use crate::{enrolment::Terms, publishing::Options, said::Said, store::postgres::Server};

/// The file of the root.
pub const FILE: &str = "form-handler.toml";

/// A mistyped key is taken for a known one from this likeness on.
const LIKENESS: f64 = 0.7;

/// The command line. Its help texts are in `locales/` (`aide-…`), put in place by [`crate::cli`].
#[derive(Debug, Clone, Parser)]
#[command(name = "form-handler", version)]
#[allow(missing_docs)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub options: RawOptions,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
#[allow(missing_docs)]
pub enum Command {
    Serve,
    Check,
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
    Report {
        #[arg(value_name = "ANNEE", value_parser = clap::value_parser!(i16).range(1970..=9999))]
        year: i16,
    },
    RenewKey,
}

/// Every option, as it was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
#[allow(missing_docs)]
pub struct RawOptions {
    #[arg(long, global = true, value_name = "DIR", env = "FORM_HANDLER_ROOT")]
    pub root: Option<PathBuf>,
    #[arg(long, global = true, value_name = "DIR", env = "FORM_HANDLER_SITE")]
    pub site: Option<String>,
    #[arg(long, global = true, value_name = "ADDR", env = "FORM_HANDLER_LISTEN")]
    pub listen: Option<String>,
    #[arg(long, global = true, value_name = "URL", env = "FORM_HANDLER_DATABASE", hide_env_values = true)]
    pub database: Option<String>,
    #[arg(long, global = true, value_name = "URL", env = "FORM_HANDLER_MAIL", hide_env_values = true)]
    pub mail: Option<String>,
    #[arg(long, global = true, value_name = "N", env = "FORM_HANDLER_LIMIT")]
    pub limit: Option<String>,
    #[arg(long, global = true, value_name = "RFC3339", env = "FORM_HANDLER_NOW")]
    pub now: Option<String>,
    #[arg(long, global = true, value_name = "CIDR,…", env = "FORM_HANDLER_TRUSTED_PROXIES")]
    pub trusted_proxies: Option<String>,
    #[arg(long, global = true, value_name = "BYTES", env = "FORM_HANDLER_MAX_BODY")]
    pub max_body: Option<String>,
    #[arg(long, global = true, value_name = "HOURS", env = "FORM_HANDLER_OFFER_WITHIN")]
    pub offer_within: Option<String>,
    #[arg(long, global = true, value_name = "HOURS", env = "FORM_HANDLER_ANSWER_WITHIN")]
    pub answer_within: Option<String>,
    #[arg(long, global = true, value_name = "HOURS", env = "FORM_HANDLER_CARRY_WITHIN")]
    pub carry_within: Option<String>,
    #[arg(long, global = true, value_name = "DAYS", env = "FORM_HANDLER_MINIMUM_DAYS")]
    pub minimum_days: Option<String>,
}

/// Which database.
#[derive(Debug, Clone)]
pub enum Database {
    /// One file.
    Sqlite(PathBuf),
    /// A server, which several instances may share.
    Postgres(Box<Server>),
}

/// Where letters go.
#[derive(Clone, PartialEq, Eq)]
pub enum Mail {
    /// Into a folder.
    Folder(PathBuf),
    /// Through a server: `smtp://` or `smtps://`, perhaps with a login.
    Smtp(String),
}

/// An address may hold a password: it is not shown.
impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder(folder) => f.debug_tuple("Folder").field(folder).finish(),
            Self::Smtp(_) => f.write_str("Smtp(…)"),
        }
    }
}

/// Everything understood.
#[derive(Debug, Clone)]
pub struct Config {
    /// The root: content, `var/`.
    pub root: PathBuf,
    /// The published site.
    pub site: PathBuf,
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where enrolments are.
    pub database: Database,
    /// Where letters go.
    pub mail: Mail,
    /// Sign-ups a minute from one client; 0: no limit.
    pub limit: u32,
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
}

impl Config {
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

    /// The file's text, when the root has one.
    pub fn read_file(root: &Path) -> Result<String, Said> {
        match std::fs::read_to_string(root.join(FILE)) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
            read => read.map_err(|error| Said::new("config-illisible").with("fichier", FILE).with("cause", error)),
        }
    }

    /// Understands the options and the file, or says everything that is wrong with them.
    pub fn new(options: &RawOptions, file: &str) -> Result<Self, Vec<Said>> {
        let mut errors = Vec::new();
        let file = File::parse(file, &mut errors);
        let root = options.root.clone().unwrap_or_else(|| PathBuf::from("."));
        let from_file = |path: &str| root.join(path);
        let from_here = |path: &str| PathBuf::from(path);

        let site = match (&options.site, &file.site) {
            (Some(path), _) => from_here(path),
            (None, path) => from_file(path.as_deref().unwrap_or("dist")),
        };
        let database = match (&options.database, &file.database) {
            (Some(url), _) => database(url, from_here),
            (None, url) => database(url.as_deref().unwrap_or("sqlite:var/inscriptions.db"), from_file),
        };
        let mail = match (&options.mail, &file.mail) {
            (Some(url), _) => mail(url, from_here),
            (None, url) => mail(url.as_deref().unwrap_or("file:var/courriels"), from_file),
        };
        let text = |option: &Option<String>, file: &Option<String>, default: &str| {
            option.as_ref().or(file.as_ref()).map_or_else(|| default.to_owned(), Clone::clone)
        };
        let listen = parse(&text(&options.listen, &file.listen, "127.0.0.1:8080"), "config-ecoute");
        let limit = parse(&text(&options.limit, &file.limit, "60"), "config-limite");
        let max_body = parse(&text(&options.max_body, &file.max_body, "65536"), "config-taille");
        let hours = |text: &str, id| parse::<u16>(text, id).map(|hours| SignedDuration::from_hours(hours.into()));
        let offer_within = hours(&text(&options.offer_within, &file.offer_within, "24"), "config-proposition");
        let answer_within = hours(&text(&options.answer_within, &file.answer_within, "4"), "config-reponse");
        let carry_within = hours(&text(&options.carry_within, &file.carry_within, "168"), "config-report");
        let minimum_days = minimum_days(&text(&options.minimum_days, &file.minimum_days, "3"));
        let proxies = proxies(&text(&options.trusted_proxies, &file.trusted_proxies, ""));
        let now = options
            .now
            .as_ref()
            .or(file.now.as_ref())
            .map(|at| parse::<Timestamp>(at, "config-maintenant"))
            .transpose();

        let mut keep = |said: Said| errors.push(said);
        let config = (
            database.map_err(&mut keep).ok(),
            mail.map_err(&mut keep).ok(),
            listen.map_err(&mut keep).ok(),
            limit.map_err(&mut keep).ok(),
            max_body.map_err(&mut keep).ok(),
            proxies.map_err(&mut keep).ok(),
            offer_within.map_err(&mut keep).ok(),
            answer_within.map_err(&mut keep).ok(),
            carry_within.map_err(&mut keep).ok(),
            minimum_days.map_err(&mut keep).ok(),
            now.map_err(&mut keep).ok(),
        );
        match config {
            (
                Some(database),
                Some(mail),
                Some(listen),
                Some(limit),
                Some(max_body),
                Some(trusted_proxies),
                Some(offer_within),
                Some(answer_within),
                Some(carry_within),
                Some(minimum_days),
                Some(now),
            ) if errors.is_empty() => {
                let terms = Terms { offer_within, answer_within, carry_within };
                Ok(Self {
                    root,
                    site,
                    listen,
                    database,
                    mail,
                    limit,
                    now,
                    trusted_proxies,
                    max_body,
                    terms,
                    minimum_days,
                })
            }
            _ => Err(errors),
        }
    }
}

/// The file's values, as text: they are understood by the same code as the options.
#[derive(Debug, Default)]
struct File {
    site: Option<String>,
    listen: Option<String>,
    database: Option<String>,
    mail: Option<String>,
    limit: Option<String>,
    now: Option<String>,
    trusted_proxies: Option<String>,
    max_body: Option<String>,
    offer_within: Option<String>,
    answer_within: Option<String>,
    carry_within: Option<String>,
    minimum_days: Option<String>,
}

impl File {
    const KEYS: &[&str] = &[
        "site",
        "listen",
        "database",
        "mail",
        "limit",
        "now",
        "trusted_proxies",
        "max_body",
        "offer_within",
        "answer_within",
        "carry_within",
        "minimum_days",
    ];

    fn parse(text: &str, errors: &mut Vec<Said>) -> Self {
        let mut file = Self::default();
        let table = match text.parse::<toml::Table>() {
            Ok(table) => table,
            Err(error) => {
                errors.push(Said::new("config-toml").with("fichier", FILE).with("cause", error));
                return file;
            }
        };
        for (key, value) in table {
            let slot = match key.as_str() {
                "site" => &mut file.site,
                "listen" => &mut file.listen,
                "database" => &mut file.database,
                "mail" => &mut file.mail,
                "limit" => &mut file.limit,
                "now" => &mut file.now,
                "trusted_proxies" => &mut file.trusted_proxies,
                "max_body" => &mut file.max_body,
                "offer_within" => &mut file.offer_within,
                "answer_within" => &mut file.answer_within,
                "carry_within" => &mut file.carry_within,
                "minimum_days" => &mut file.minimum_days,
                _ => {
                    errors.push(unknown_key(&key));
                    continue;
                }
            };
            match as_text(value) {
                Some(text) => *slot = Some(text),
                None => errors.push(Said::new("config-valeur").with("fichier", FILE).with("cle", key)),
            }
        }
        file
    }
}

/// From one day, or there would be nobody left to ask, to a month.
fn minimum_days(text: &str) -> Result<u8, Said> {
    let days = parse::<u8>(text, "config-minimum")?;
    if (1..=20).contains(&days) { Ok(days) } else { Err(Said::new("config-minimum").with("valeur", text)) }
}

fn unknown_key(key: &str) -> Said {
    let likeness = |known: &&&str| strsim::jaro_winkler(key, known);
    let nearest = File::KEYS.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    let said = |id| Said::new(id).with("fichier", FILE).with("cle", key);
    match nearest.filter(|known| likeness(known) >= LIKENESS) {
        Some(known) => said("config-cle-inconnue-proche").with("proche", known),
        None => said("config-cle-inconnue").with("connues", File::KEYS.join(", ")),
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

fn parse<T: std::str::FromStr>(text: &str, id: &'static str) -> Result<T, Said> {
    text.trim().parse().map_err(|_| Said::new(id).with("valeur", text))
}

fn database(url: &str, path: impl Fn(&str) -> PathBuf) -> Result<Database, Said> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Server::parse(url).map(|server| Database::Postgres(Box::new(server)));
    }
    match url.strip_prefix("sqlite:") {
        Some(file) if !file.is_empty() => Ok(Database::Sqlite(path(file))),
        _ => Err(Said::new("config-base").with("valeur", shown(url))),
    }
}

fn mail(url: &str, path: impl Fn(&str) -> PathBuf) -> Result<Mail, Said> {
    if let Some(folder) = url.strip_prefix("file:").filter(|folder| !folder.is_empty()) {
        return Ok(Mail::Folder(path(folder)));
    }
    if !url.starts_with("smtp://") && !url.starts_with("smtps://") {
        return Err(Said::new("config-courriel").with("valeur", shown(url)));
    }
    let address = with_tls(url);
    // Understood now, so that a mistyped address stops the start rather than the letters.
    lettre::AsyncSmtpTransport::<lettre::Tokio1Executor>::from_url(&address)
        .map_err(|error| Said::new("config-courriel-adresse").with("cause", error))?;
    Ok(Mail::Smtp(address))
}

/// Plain `smtp://` says nothing of encryption: it is used when the server offers it, and demanded
/// before a password is sent to another machine.
fn with_tls(url: &str) -> String {
    let Some(rest) = url.strip_prefix("smtp://").filter(|_| !url.contains("tls=")) else { return url.to_owned() };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let (login, host) = authority.rsplit_once('@').map_or((None, authority), |(login, host)| (Some(login), host));
    let here = ["localhost", "127.", "[::1]"].iter().any(|name| host.starts_with(name));
    let tls = match login {
        _ if here => return url.to_owned(),
        Some(_) => "required",
        None => "opportunistic",
    };
    format!("{url}{}tls={tls}", if url.contains('?') { '&' } else { '?' })
}

/// What may be shown of an address: its scheme.
fn shown(url: &str) -> String {
    url.split_once(':').map_or_else(|| url.to_owned(), |(scheme, _)| format!("{scheme}:…"))
}

fn proxies(list: &str) -> Result<Vec<IpNet>, Said> {
    let one = |text: &str| {
        let net = text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
        net.ok_or_else(|| Said::new("config-mandataire").with("valeur", text))
    };
    list.split(',').map(str::trim).filter(|text| !text.is_empty()).map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(options: &RawOptions, file: &str) -> Vec<&'static str> {
        Config::new(options, file).err().unwrap_or_default().iter().map(|said| said.id).collect()
    }

    #[allow(clippy::unnecessary_wraps)] // Every option is an `Option`.
    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    fn file_of(config: &Config) -> &Path {
        match &config.database {
            Database::Sqlite(path) => path,
            Database::Postgres(_) => Path::new(""),
        }
    }

    #[test]
    fn nothing_said_is_the_contracts_defaults() {
        let config = Config::new(&RawOptions::default(), "").unwrap();
        assert_eq!(config.site, Path::new("./dist"));
        assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(file_of(&config), Path::new("./var/inscriptions.db"));
        assert_eq!(config.mail, Mail::Folder("./var/courriels".into()));
        assert_eq!((config.limit, config.now, config.trusted_proxies.len()), (60, None, 0));
    }

    #[test]
    fn an_option_wins_over_the_file_and_the_file_over_the_default() {
        let file = "limit = 5\nsite = \"public\"\ndatabase = \"sqlite:base.db\"\ntrusted_proxies = [\"10.0.0.0/8\", \"::1\"]\n\
                    now = 2027-01-10T10:00:00+01:00\n";
        let mut options = RawOptions { root: Some("/r".into()), ..RawOptions::default() };
        let config = Config::new(&options, file).unwrap();
        assert_eq!((config.limit, config.site.as_path()), (5, Path::new("/r/public")));
        assert_eq!(file_of(&config), Path::new("/r/base.db"));
        assert_eq!(config.trusted_proxies.len(), 2);
        assert_eq!(config.now.unwrap().to_string(), "2027-01-10T09:00:00Z");
        options.limit = some("0");
        options.site = some("here");
        options.database = some("sqlite:mine.db");
        let config = Config::new(&options, file).unwrap();
        assert_eq!((config.limit, config.site.as_path()), (0, Path::new("here")));
        assert_eq!(file_of(&config), Path::new("mine.db"));
    }

    #[test]
    fn the_command_line_wins_over_the_environment() {
        use clap::{CommandFactory, FromArgMatches};
        // What clap guarantees once every option names its variable.
        for arg in
            Arguments::command().get_arguments().filter(|arg| !matches!(arg.get_id().as_str(), "help" | "version"))
        {
            let variable = format!("FORM_HANDLER_{}", arg.get_id().as_str().to_uppercase());
            assert_eq!(arg.get_env().and_then(|name| name.to_str()), Some(variable.as_str()));
        }
        let matches = Arguments::command().get_matches_from(["form-handler", "export", "s1", "--limit", "3"]);
        let arguments = Arguments::from_arg_matches(&matches).unwrap();
        assert_eq!(arguments.options.limit.as_deref(), Some("3"));
        assert_eq!(arguments.command, Some(Command::Export { session: "s1".to_owned() }));
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let options = RawOptions {
            listen: some("partout"),
            limit: some("-1"),
            now: some("demain"),
            trusted_proxies: some("10.0.0.0/99"),
            max_body: some("beaucoup"),
            offer_within: some("bientôt"),
            answer_within: some("-1"),
            mail: some("pigeon:x"),
            database: some("mysql://u:secret@h/b"),
            ..RawOptions::default()
        };
        let errors = Config::new(&options, "limits = 3\nbanane = 1\nsite = true\n").unwrap_err();
        let mut found: Vec<_> = errors.iter().map(|said| said.id).collect();
        found.sort_unstable();
        assert_eq!(
            found,
            [
                "config-base",
                "config-cle-inconnue",
                "config-cle-inconnue-proche",
                "config-courriel",
                "config-ecoute",
                "config-limite",
                "config-maintenant",
                "config-mandataire",
                "config-proposition",
                "config-reponse",
                "config-taille",
                "config-valeur",
            ]
        );
        assert!(!format!("{errors:?}").contains("secret"));
        assert_eq!(ids(&RawOptions::default(), "site = "), ["config-toml"]);
    }

    #[test]
    fn a_postgres_server_is_named_and_its_password_kept() {
        let options = RawOptions { database: some("postgres://u:secret@h/b"), ..RawOptions::default() };
        let config = Config::new(&options, "").unwrap();
        assert!(matches!(config.database, Database::Postgres(_)));
        assert!(!format!("{config:?}").contains("secret"));
    }

    #[test]
    fn a_password_never_crosses_a_network_in_clear() {
        assert_eq!(with_tls("smtp://127.0.0.1:2525"), "smtp://127.0.0.1:2525");
        assert_eq!(with_tls("smtp://u:p@mail.exemple.fr"), "smtp://u:p@mail.exemple.fr?tls=required");
        assert_eq!(with_tls("smtp://mail.exemple.fr"), "smtp://mail.exemple.fr?tls=opportunistic");
        assert_eq!(with_tls("smtps://u:p@mail.exemple.fr"), "smtps://u:p@mail.exemple.fr");
    }
}
