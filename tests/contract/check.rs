//! `form-handler check`: a list with what to do about each, and status 1 when something must be
//! mended.

use std::{
    fs,
    io::{Seek, SeekFrom, Write},
    os::unix::fs::PermissionsExt,
};

use harness::{NOW, Project, Run, postgres::Postgres};

use crate::support::{Form, Letter, PATIENCE, SESSION, TEAM, serve, session, until};

/// A root whose server stands behind a proxy, as in a town, and was stopped.
fn behind_a_proxy() -> Project {
    let project = Project::new();
    project.file("form-handler.toml", "trusted_proxies = \"127.0.0.1\"\n");
    assert_eq!(serve(&project).stop(), Some(0));
    project
}

fn check(project: &Project, rest: &[&str]) -> Run {
    project.form_handler(&[&["check", "--now", NOW], rest].concat())
}

/// The first words of each line.
fn levels(run: &Run) -> Vec<&str> {
    run.stdout().lines().map(|line| line.split(" : ").next().unwrap_or_default()).collect()
}

#[test]
fn what_is_well_ends_with_zero_and_each_line_begins_with_its_level() {
    let project = behind_a_proxy();
    let said = check(&project, &[]).success();
    assert!(levels(&said).iter().all(|level| ["ATTENTION", "À SAVOIR"].contains(level)), "{}", said.stdout());
    assert!(said.stdout().contains("--backup-to"), "{}", said.stdout());
    let said = check(project.speaking("en_GB.UTF-8"), &[]).success();
    assert!(said.stdout().contains("WARNING : "), "{}", said.stdout());
}

#[test]
fn what_must_be_mended_ends_with_one_and_says_what_to_do() {
    let project = behind_a_proxy();
    let server = serve(&project);
    Form::of("ana@essai.example").follow_up(&server);
    assert_eq!(server.stop(), Some(0));
    let told = |words: &str| {
        let said = check(&project, &[]).fails(1);
        let line = said.stdout().lines().find(|line| line.contains(words)).map(str::to_owned);
        let line = line.unwrap_or_else(|| panic!("{words}: {}", said.stdout()));
        assert!(line.starts_with("ERREUR : ") && !line.contains("ana@"), "{line}");
    };
    // The key.
    let key = project.bytes("var/cle");
    project.remove("var/cle");
    told("La clé des liens");
    project.file("var/cle", [7; 32]);
    told("n’est pas celle que la base connaît");
    project.file("var/cle", &key);
    fs::set_permissions(project.path("var/cle"), fs::Permissions::from_mode(0o644)).expect("it is ours");
    told("chmod 600");
    fs::set_permissions(project.path("var/cle"), fs::Permissions::from_mode(0o600)).expect("it is ours");
    // The content.
    let settings = project.read("content/site.toml");
    project.file("content/site.toml", "adresse = ");
    told("entreparentaise check");
    project.file("content/site.toml", &settings);
    // The proxy.
    project.file("form-handler.toml", "");
    told("--trusted-proxies");
    project.file("form-handler.toml", "trusted_proxies = \"127.0.0.1\"\n");
    // The mail server.
    let said = check(&project, &["--mail", "smtp://127.0.0.1:9"]).fails(1);
    assert!(said.stdout().contains("ERREUR : Le serveur de courriel"), "{}", said.stdout());
    assert!(said.stdout().contains("SPF") && said.stdout().contains("essai.example"), "{}", said.stdout());
    // A session that people know at another hour.
    session(&project, SESSION, "debut = 19:30:00\nfin = 21:00:00");
    let said = check(&project, &[]).success();
    assert!(said.stdout().contains("ATTENTION : La séance « 2027-03-17 » n’a pas"), "{}", said.stdout());
    project.remove(&format!("content/seances/2027/{SESSION}.md"));
    let said = check(&project, &[]).success();
    assert!(said.stdout().contains("n’est plus dans le contenu"), "{}", said.stdout());
}

#[test]
fn a_database_that_is_damaged_is_told() {
    let project = behind_a_proxy();
    let server = serve(&project);
    for person in 0..40 {
        Form::of(&format!("personne{person}@essai.example")).follow_up(&server);
    }
    assert_eq!(server.stop(), Some(0));
    let base = project.path("var/inscriptions.db");
    drop(rusqlite::Connection::open(&base).and_then(|db| db.query_row("SELECT COUNT(*) FROM demands", [], |_| Ok(()))));
    let page: u64 = 2_048;
    let pages = fs::metadata(&base).expect("the database").len() / page;
    let mut file = fs::File::options().write(true).open(&base).expect("the database");
    // Every page but those that say what the others are.
    for nth in pages / 2..pages {
        file.seek(SeekFrom::Start(nth * page + 8)).expect("in the file");
        file.write_all(&[0x5a; 512]).expect("damaged");
    }
    let said = check(&project, &[]).fails(1);
    assert!(said.stdout().contains("ERREUR : La base de données"), "{}", said.stdout());
    let said = project.form_handler(&["backup", "x.zip"]).fails(1);
    assert!(!project.path("x.zip").exists() && !said.stderr().is_empty(), "{}", said.stderr());
}

#[test]
fn an_hour_that_is_still_to_come_is_told() {
    let project = behind_a_proxy();
    let server = project.at("2035-01-10T10:00:00+01:00").server().start();
    // The team's digest is of that day.
    let base = project.path("var/inscriptions.db");
    let noted = || {
        let db = rusqlite::Connection::open(&base).ok()?;
        db.query_row("SELECT COUNT(*) FROM digests", [], |row| row.get::<_, i64>(0)).ok().filter(|days| *days > 0)
    };
    until("the day is noted", PATIENCE, noted);
    assert_eq!(server.stop(), Some(0));
    let said = project.form_handler(&["check"]).fails(1);
    assert!(said.stdout().contains("ERREUR : La base de données a noté"), "{}", said.stdout());
}

#[test]
fn a_letter_is_sent_to_the_team_when_it_is_asked_for() {
    let project = behind_a_proxy();
    let path = project.path("var/courriels/lettre-d-essai.eml");
    check(&project, &[]).success();
    assert!(!path.exists());
    let said = check(&project, &["--letter"]).success();
    assert!(said.stdout().contains(TEAM), "{}", said.stdout());
    let letter = Letter::parse(&fs::read(path).expect("the letter"));
    assert_eq!((letter.to.as_str(), letter.subject.as_str()), (TEAM, "Essai"));
    assert!(letter.text.contains("Il n’y a rien à faire"), "{}", letter.text);
    let said = check(&project, &["--letter", "--mail", "smtp://127.0.0.1:9"]).fails(1);
    assert!(said.stdout().contains("La lettre d’essai n’est pas partie"), "{}", said.stdout());
}

#[test]
fn a_servers_encoding_is_told() {
    let Some(postgres) = Postgres::for_test("a_servers_encoding_is_told") else { return };
    let project = behind_a_proxy();
    let said = check(&project, &["--database", &postgres.database("base")]).success();
    assert!(!said.stdout().contains("UTF-8"), "{}", said.stdout());
    postgres
        .query("postgres", "CREATE DATABASE ascii ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
    let said = check(&project, &["--database", &postgres.address("ascii")]).fails(1);
    assert!(said.stdout().contains("SQL_ASCII") && said.stdout().contains("UTF"), "{}", said.stdout());
}
