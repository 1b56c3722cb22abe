//! What is written, where, wins; and everything that is wrong is told at once.

use super::*;

fn ids(options: &RawSettings, file: &str) -> Vec<&'static str> {
    Settings::new(options, file).err().unwrap_or_default().iter().map(|phrase| phrase.id).collect()
}

#[allow(clippy::unnecessary_wraps)] // Every option is an `Option`.
fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn file_of(settings: &Settings) -> &Path {
    match &settings.database {
        Database::Sqlite(path) => path,
        Database::Postgres(_) => Path::new(""),
    }
}

#[test]
fn nothing_said_is_the_contracts_defaults() {
    let settings = Settings::new(&RawSettings::default(), "").unwrap();
    assert_eq!(settings.site, Path::new("./dist"));
    assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(file_of(&settings), Path::new("./var/inscriptions.db"));
    assert!(matches!(&settings.mail, Mail::Folder(folder) if folder == Path::new("./var/courriels")));
    assert_eq!((settings.limit, settings.hourly), (60, 6));
    assert_eq!((settings.now, settings.trusted_proxies.len()), (None, 0));
}

#[test]
fn an_option_wins_over_the_file_and_the_file_over_the_default() {
    let file = "limit = 5\nsite = \"public\"\ndatabase = \"sqlite:base.db\"\ntrusted_proxies = [\"10.0.0.0/8\", \"::1\"]\n\
                now = 2027-01-10T10:00:00+01:00\n";
    let mut options = RawSettings { root: Some("/r".into()), ..RawSettings::default() };
    let settings = Settings::new(&options, file).unwrap();
    assert_eq!((settings.limit, settings.site.as_path()), (5, Path::new("/r/public")));
    assert_eq!(file_of(&settings), Path::new("/r/base.db"));
    assert_eq!(settings.trusted_proxies.len(), 2);
    assert_eq!(settings.now.unwrap().to_string(), "2027-01-10T09:00:00Z");
    options.limit = some("0");
    options.site = some("here");
    options.database = some("sqlite:mine.db");
    let settings = Settings::new(&options, file).unwrap();
    assert_eq!((settings.limit, settings.site.as_path()), (0, Path::new("here")));
    assert_eq!(file_of(&settings), Path::new("mine.db"));
}

#[test]
fn the_command_line_wins_over_the_environment() {
    use clap::FromArgMatches;
    // What clap guarantees once every option names its variable.
    for arg in
        Arguments::command_line().get_arguments().filter(|arg| !matches!(arg.get_id().as_str(), "help" | "version"))
    {
        let variable = format!("FORM_HANDLER_{}", arg.get_id().as_str().to_uppercase());
        assert_eq!(arg.get_env().and_then(|name| name.to_str()), Some(variable.as_str()));
    }
    let matches = Arguments::command_line().get_matches_from(["form-handler", "export", "s1", "--limit", "3"]);
    let arguments = Arguments::from_arg_matches(&matches).unwrap();
    assert_eq!(arguments.settings.limit.as_deref(), Some("3"));
    assert_eq!(arguments.command, Some(Subcommand::Export { session: "s1".to_owned() }));
}

#[test]
fn everything_wrong_is_told_at_once() {
    let options = RawSettings {
        listen: some("partout"),
        limit: some("-1"),
        now: some("demain"),
        trusted_proxies: some("10.0.0.0/99"),
        max_body: some("beaucoup"),
        log: some("papier"),
        offer_within: some("bientôt"),
        answer_within: some("-1"),
        mail: some("pigeon:x"),
        monitor: some("0.0.0.0:8081"),
        database: some("mysql://u:secret@h/b"),
        ..RawSettings::default()
    };
    let errors = Settings::new(&options, "limits = 3\nbanane = 1\nsite = true\n").unwrap_err();
    let mut found: Vec<_> = errors.iter().map(|phrase| phrase.id).collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [
            "config-base",
            "config-cle-inconnue",
            "config-cle-inconnue-proche",
            "config-courriel",
            "config-ecoute",
            "config-journal",
            "config-limite",
            "config-maintenant",
            "config-mandataire",
            "config-proposition",
            "config-reponse",
            "config-surveillance",
            "config-taille",
            "config-valeur",
        ]
    );
    assert!(!format!("{errors:?}").contains("secret"));
    assert_eq!(ids(&RawSettings::default(), "site = "), ["config-toml"]);
}

#[test]
fn a_postgres_server_is_named_and_its_password_kept() {
    let options = RawSettings { database: some("postgres://u:secret@h/b"), ..RawSettings::default() };
    let settings = Settings::new(&options, "").unwrap();
    assert!(matches!(settings.database, Database::Postgres(_)));
    assert!(!format!("{settings:?}").contains("secret"));
}
