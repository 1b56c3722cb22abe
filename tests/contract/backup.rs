//! Backup and return: a disaster after which everybody who was answered before the backup is there,
//! nobody comes back who was erased, and no letter leaves twice unless the host says so.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use age::{secrecy::ExposeSecret, x25519};
use harness::{Disks, Launch, NOW, Project, Run, Server, postgres::Postgres};

use crate::support::{
    Ending, Form, PATIENCE, SESSION, all_letters, export, press, serve, session, settled, table, times, to, until,
};

/// The present of the drill's second life, some hours after its first.
const LATER: &str = "2027-01-10T18:30:00+01:00";

/// Who has everything erased between the backup and the disaster.
const ERASED: &str = "partie@marqueur.example";

/// Sign-ups that come at the same time, and how many backups are made meanwhile.
const AT_ONCE: usize = 6;
const BACKUPS: usize = 7;

/// A database of either kind.
struct Base {
    postgres: Option<Postgres>,
    address: String,
}

impl Base {
    fn file() -> Self {
        Self { postgres: None, address: "sqlite:var/inscriptions.db".to_owned() }
    }

    fn server(test: &str) -> Option<Self> {
        let postgres = Postgres::for_test(test)?;
        let address = postgres.database("base");
        Some(Self { postgres: Some(postgres), address })
    }

    /// Another one, empty.
    fn another(&self, name: &str) -> String {
        match &self.postgres {
            Some(postgres) => postgres.database(name),
            None => self.address.clone(),
        }
    }

    /// All that the host had, gone; but what was kept elsewhere.
    fn destroy(&self, project: &Project) {
        project.remove("var").remove("dist");
        if let Some(postgres) = &self.postgres {
            postgres.query("postgres", "DROP DATABASE base WITH (FORCE)");
            postgres.query("postgres", "CREATE DATABASE base");
        }
    }

    fn launch<'p>(&self, project: &'p Project) -> Launch<'p> {
        let server = project.server().arg("--limit", "0").arg("--database", &self.address);
        server.arg("--backup-to", "sauvegardes")
    }

    /// Another command, at the present of the project.
    fn run(&self, project: &Project, now: &str, arguments: &[&str]) -> Run {
        let rest = ["--database", &self.address, "--now", now, "--backup-to", "sauvegardes"];
        project.form_handler(&[arguments, &rest].concat())
    }

    fn emails(&self, project: &Project) -> BTreeSet<String> {
        let list = table(&project.form_handler(&["export", SESSION, "--database", &self.address]).success());
        list.into_iter().map(|row| row["Courriel"].clone()).collect()
    }
}

/// People who signed up: their addresses, and the paths of their pages.
type Answered = Mutex<BTreeMap<String, String>>;

/// Lets people sign up, `AT_ONCE` at a time, until `then` is done.
fn under_load<T>(server: &Server, next: &AtomicUsize, answered: &Answered, then: impl FnOnce() -> T) -> T {
    let enough = AtomicBool::new(false);
    thread::scope(|scope| {
        let _ending = Ending(&enough);
        for _ in 0..AT_ONCE {
            let (client, enough) = (server.client(), &enough);
            scope.spawn(move || {
                while !enough.load(Ordering::Relaxed) {
                    let email = format!("personne{}@essai.example", next.fetch_add(1, Ordering::Relaxed));
                    let answer = Form::of(&email).try_json(&client).expect("an answer");
                    assert!(matches!(answer.status(), 201 | 202), "{}", answer.text());
                    let page = answer.json()["suivi"].as_str().expect("a page").to_owned();
                    answered.lock().expect("the answers").insert(email, page);
                }
            });
        }
        then()
    })
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it is there").permissions().mode() & 0o777
}

fn erase(server: &Server, page: &str) {
    let form = server.get(page).send().is(200).form("J’efface mes informations");
    let _ = form.check("confirmation", "oui").submit().is(200);
    let _ = server.get(page).send().is(404);
}

/// Which files of a folder hold this text.
fn holding(folder: &Path, text: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for file in fs::read_dir(folder).into_iter().flatten().flatten() {
        if file.path().is_dir() {
            found.extend(holding(&file.path(), text));
        } else if memchr::memmem::find(&fs::read(file.path()).unwrap_or_default(), text.as_bytes()).is_some() {
            found.push(file.path());
        }
    }
    found
}

/// Backs up again and again while people sign up, and goes on. Who was answered before each.
fn back_up_under_load(
    base: &Base,
    project: &Project,
    server: &Server,
    answered: &Answered,
) -> Vec<BTreeMap<String, String>> {
    let next = AtomicUsize::new(0);
    let count = || answered.lock().expect("the answers").len();
    let enough = times("ENTREPARENTAISE_EXERCICE", 300);
    under_load(server, &next, answered, || {
        let backups = (0..BACKUPS).map(|nth| {
            until("some more sign-ups", PATIENCE, || (count() >= enough * (nth + 1) / (BACKUPS + 1)).then_some(()));
            let before = answered.lock().expect("the answers").clone();
            let said = base.run(project, NOW, &["backup", &format!("sauvegardes/{nth}.zip")]).success();
            assert!(said.stdout().contains("Sauvegarde faite et relue"), "{}", said.stdout());
            before
        });
        let before = backups.collect();
        until("others after the last backup", PATIENCE, || (count() >= enough).then_some(()));
        before
    })
}

/// Each of the backups is whole, though it was made while people signed up.
fn assert_each_is_whole(base: &Base, project: &Project, before: &[BTreeMap<String, String>]) {
    for (nth, before) in before.iter().enumerate() {
        let backup = project.path(&format!("sauvegardes/{nth}.zip"));
        assert_eq!(mode(&backup), 0o600);
        let other = Project::new();
        let elsewhere = Base { postgres: None, address: base.another(&format!("autre{nth}")) };
        elsewhere.run(&other, NOW, &["restore", &backup.display().to_string()]).success();
        let there = elsewhere.emails(&other);
        let lost: Vec<_> = before.keys().filter(|email| !there.contains(*email)).collect();
        assert!(lost.is_empty(), "answered before backup {nth}, and not in it: {lost:?}");
        println!("backup {nth}: {} answered before, {} in it", before.len() + 1, there.len());
    }
}

/// The first life after the restoration: letters wait until they are told to leave, and whatever
/// else goes on.
fn letters_wait(base: &Base, project: &Project, server: &Server) {
    until("the host is told", PATIENCE, || server.output().contains("aucun courriel ne part").then_some(()));
    let new = Form::of("neuve@essai.example").follow_up(server);
    settled(project, server, SESSION);
    let asked = base.run(project, LATER, &["letters"]).success();
    assert!(asked.stdout().contains("Écrits avant la sauvegarde") && asked.stdout().contains("letters send"));
    let checked = base.run(project, LATER, &["check"]).fails(1);
    let told = "ERREUR : Depuis une restauration, aucun courriel ne part";
    assert!(checked.stdout().contains(told), "{}", checked.stdout());
    assert_eq!(all_letters(project).len(), 0, "nothing leaves until it is told to");
    let told = base.run(project, LATER, &["letters", "discard"]).success();
    assert!(told.stdout().contains("Les courriels partent de nouveau"), "{}", told.stdout());
    let letter = |to_whom: &str| (!to(&all_letters(project), to_whom).is_empty()).then_some(());
    until("the new letter", PATIENCE, || letter("neuve@essai.example"));
    // But to whoever has the place of the one who was erased, who may read it twice.
    let former = all_letters(project).into_iter().filter(|letter| letter.to.starts_with("personne")).count();
    assert!(former <= 1, "{former}: what left does not leave twice");
    assert_eq!(base.run(project, LATER, &["letters"]).success().stdout(), "Aucun courriel n’est retenu.");
    // And serving goes on.
    let _ = press(server, &new, "J’ai besoin d’un code").is(200);
    Form::of("suivante@essai.example").follow_up(server);
    until("its letter", PATIENCE, || letter("suivante@essai.example"));
}

/// What is there is replaced only on demand, and kept.
fn assert_replaced_on_demand_alone(base: &Base, project: &Project, backup: &str) {
    let refused = base.run(project, LATER, &["restore", backup]).fails(1);
    for part in ["--force", "Rien n’a été changé"] {
        assert!(refused.stderr().contains(part), "{}", refused.stderr());
    }
    assert!(base.emails(project).contains("suivante@essai.example"));
    let aside = "var/avant-restauration-20270110T173000Z";
    let said = base.run(project, LATER, &["restore", backup, "--force"]).success();
    assert!(said.stdout().contains(aside), "{}", said.stdout());
    assert!(!base.emails(project).contains("suivante@essai.example"));
    assert!(!base.emails(project).contains(ERASED), "erased, again and again");
    let aside = project.path(aside);
    assert_eq!(mode(&aside), 0o700);
    for file in fs::read_dir(&aside).expect("what was there").flatten().filter(|file| file.path().is_file()) {
        assert_eq!(mode(&file.path()), 0o600, "{}", file.path().display());
    }
}

/// Serve under load, back up, go on, erase somebody, lose everything, restore, compare.
fn drill(base: &Base) {
    let project = Project::new();
    session(&project, SESSION, "places_max = 60");
    let server = base.launch(&project).start();
    let answered = Answered::default();
    let erased = Form::of(ERASED).follow_up(&server);
    let before = back_up_under_load(base, &project, &server, &answered);
    assert_each_is_whole(base, &project, &before);
    erase(&server, &erased);
    let effacees = project.path("sauvegardes/effacees");
    until("the erasure is noted outside", PATIENCE, || {
        fs::read_to_string(&effacees).ok().filter(|text| text.contains(" demande "))
    });
    assert_eq!(mode(&effacees), 0o600);
    server.kill();
    base.destroy(&project);

    let backup = format!("sauvegardes/{}.zip", BACKUPS - 1);
    let said = base.run(&project, LATER, &["restore", &backup]).success();
    println!("{}", said.stdout());
    let told = said.stdout().replace('\u{202f}', "\u{a0}");
    for part in
        ["est restaurée", "10 janvier 2027 à 10\u{a0}h n’y sont pas", "1 inscription effacée", "letters discard"]
    {
        assert!(told.contains(part), "{part}: {told}");
    }
    let there = base.emails(&project);
    let before = &before[BACKUPS - 1];
    assert!(before.keys().all(|email| there.contains(email)), "everybody who was answered before is there");
    assert!(!there.contains(ERASED), "who was erased is not");
    assert_eq!(holding(&project.path("var"), "partie@marqueur"), Vec::<PathBuf>::new());
    if let Some(postgres) = &base.postgres {
        let left = postgres.query("base", "SELECT count(*) FROM outbox WHERE recipient LIKE 'partie@marqueur%'");
        assert_eq!(left, "0");
    }
    project.at(LATER);
    let server = base.launch(&project).start();
    for page in before.values().take(20) {
        let _ = server.get(page).send().is(200);
    }
    let _ = server.get(&erased).send().is(404);
    letters_wait(base, &project, &server);
    assert_eq!(server.stop(), Some(0));
    assert_replaced_on_demand_alone(base, &project, &backup);
}

#[test]
fn after_a_disaster_a_file_is_restored_and_everybody_answered_before_the_backup_is_there() {
    drill(&Base::file());
}

#[test]
fn after_a_disaster_a_server_is_restored_and_everybody_answered_before_the_backup_is_there() {
    let test = "after_a_disaster_a_server_is_restored_and_everybody_answered_before_the_backup_is_there";
    if let Some(base) = Base::server(test) {
        drill(&base);
    }
}

/// A project with one person and a backup; the person's page. The server has stopped.
fn backed_up(name: &str) -> (Project, String) {
    let project = Project::new();
    let server = serve(&project);
    let person = Form::of("ana@essai.example").follow_up(&server);
    assert_eq!(server.stop(), Some(0));
    project.form_handler(&["backup", name, "--now", NOW]).success();
    (project, person)
}

fn restore(project: &Project, rest: &[&str]) -> Run {
    project.form_handler(&[&["restore", "sauvegarde.zip", "--now", LATER], rest].concat())
}

#[test]
fn a_full_disk_leaves_the_former_backup() {
    let Some(disks) = Disks::for_test("backup::a_full_disk_leaves_the_former_backup") else { return };
    let (project, _) = backed_up("sauvegardes/avant.zip");
    let folder = project.path("sauvegardes");
    let disk = disks.small(&folder, "1m");
    project.form_handler(&["backup", "sauvegardes/base.zip"]).success();
    let former = project.bytes("sauvegardes/base.zip");
    let rest = disk.fill("reste");
    let said = project.form_handler(&["backup", "sauvegardes/base.zip"]).fails(1);
    assert!(said.stderr().contains("sauvegardes/"), "{}", said.stderr());
    assert_eq!(project.bytes("sauvegardes/base.zip"), former);
    fs::remove_file(rest).expect("it is ours");
    let left: Vec<_> = fs::read_dir(&folder).expect("a folder").flatten().map(|file| file.file_name()).collect();
    assert_eq!(left, ["base.zip"], "no draft is left");
    project.form_handler(&["backup", "sauvegardes/base.zip"]).success();
    let copy = project.path("var/sauvegarde-en-cours");
    assert!(!copy.exists(), "nor a copy of the database");
}

#[test]
fn a_damaged_backup_is_refused_and_changes_nothing() {
    let (project, person) = backed_up("sauvegarde.zip");
    let whole = project.bytes("sauvegarde.zip");
    let mut hit = whole.clone();
    // In the middle of the database.
    hit[whole.len() / 2] ^= 0xff;
    for damaged in [hit, whole[..whole.len() / 2].to_vec(), b"autre chose".to_vec(), Vec::new()] {
        project.file("sauvegarde.zip", damaged);
        let said = restore(&project, &["--force"]).fails(1);
        assert!(said.stderr().contains("abîmée") && said.stderr().contains("Rien n’a été changé"), "{}", said.stderr());
    }
    project.remove("sauvegarde.zip");
    assert!(restore(&project, &["--force"]).fails(1).stderr().contains("n’a pas pu être lue"));
    let _ = serve(&project).get(&person).send().is(200);
}

#[test]
fn an_encrypted_backup_is_opened_by_its_own_key_alone() {
    let project = Project::new();
    let server = serve(&project);
    let person = Form::of("marqueur@essai.example").follow_up(&server);
    let [ours, other] = [x25519::Identity::generate(), x25519::Identity::generate()];
    let public = ours.to_public().to_string();
    project.form_handler(&["backup", "sauvegarde.zip", "--backup-key", &public]).success();
    assert_eq!(server.stop(), Some(0));
    let bytes = project.bytes("sauvegarde.zip");
    assert!(bytes.starts_with(b"age-encryption.org/v1"), "anybody's age opens it, with the key");
    for clear in ["marqueur", "manifeste.json", "SQLite format"] {
        assert!(memchr::memmem::find(&bytes, clear.as_bytes()).is_none(), "{clear} is in clear");
    }
    project.remove("var");
    for (name, key) in [("la-mienne", &ours), ("une-autre", &other)] {
        // As `age-keygen` writes it.
        let text =
            format!("# created: 2027-01-10\n# public key: {}\n{}\n", key.to_public(), key.to_string().expose_secret());
        project.file(name, text);
    }
    let said = restore(&project, &["--without-erased"]).fails(1);
    assert!(said.stderr().contains("--identity"), "{}", said.stderr());
    let said = restore(&project, &["--without-erased", "--identity", "une-autre"]).fails(1);
    assert!(said.stderr().contains("n’a pas été chiffrée pour cette clé"), "{}", said.stderr());
    assert!(!project.path("var/inscriptions.db").exists());
    restore(&project, &["--without-erased", "--identity", "la-mienne"]).success();
    let _ = serve(&project).get(&person).send().is(200);
    // A private key where a public one belongs is refused, and not shown.
    let secret = ours.to_string().expose_secret().to_owned();
    let said = project.form_handler(&["backup", "x.zip", "--backup-key", &secret]).fails(2);
    assert!(said.stderr().contains("age1") && !said.stderr().contains(&secret), "{}", said.stderr());
}

#[test]
fn nothing_is_restored_under_a_server_that_runs_nor_without_the_list_of_erasures() {
    let (project, person) = backed_up("sauvegarde.zip");
    let server = serve(&project);
    let said = restore(&project, &["--force"]).fails(1);
    assert!(said.stderr().contains("Arrêtez-le"), "{}", said.stderr());
    let _ = server.get(&person).send().is(200);
    assert_eq!(server.stop(), Some(0));
    project.remove("var");
    let said = restore(&project, &[]).fails(1);
    assert!(said.stderr().contains("effacees") && said.stderr().contains("--without-erased"), "{}", said.stderr());
    project.file("ailleurs/effacees", "ceci n’en est pas une\n");
    let said = restore(&project, &["--erased", "ailleurs/effacees"]).fails(1);
    assert!(said.stderr().contains("ligne 1"), "{}", said.stderr());
    restore(&project, &["--erased", "ailleurs/nulle-part"]).fails(1);
    assert!(!project.path("var/inscriptions.db").exists());
    // What is left of another database is not taken for this one's.
    project.file("var/inscriptions.db-wal", vec![7; 40_000]);
    let said = restore(&project, &["--without-erased"]).success();
    assert!(said.stdout().contains("est peut-être revenu"), "{}", said.stdout());
    let _ = serve(&project).get(&person).send().is(200);
}

#[test]
fn a_key_that_was_given_up_since_does_not_come_back() {
    let (project, person) = backed_up("sauvegarde.zip");
    project.form_handler(&["renew-key"]).success();
    let key = project.bytes("var/cle");
    let server = serve(&project);
    let _ = server.get(&person).send().is(404);
    assert_eq!(server.stop(), Some(0));
    let said = restore(&project, &["--force"]).success();
    assert!(said.stdout().contains("abandonnée depuis"), "{}", said.stdout());
    assert!(project.bytes("var/cle") == key, "the one that took its place stays");
    let server = serve(&project);
    let _ = server.get(&person).send().is(404);
    assert_eq!(export(&project, SESSION).len(), 1, "nobody is lost");
    // Nor where nothing but the list and the backup is left.
    assert_eq!(server.stop(), Some(0));
    let list = project.bytes("var/effacees");
    project.remove("var").file("effacees", list);
    restore(&project, &[]).success();
    let _ = serve(&project).get(&person).send().is(404);
}

#[test]
fn a_database_that_was_put_back_by_hand_brings_nobody_back() {
    let project = Project::new();
    let server = serve(&project);
    let person = Form::of(ERASED).follow_up(&server);
    Form::of("ana@essai.example").follow_up(&server);
    assert_eq!(server.stop(), Some(0));
    let base = project.path("var/inscriptions.db");
    drop(rusqlite::Connection::open(&base).and_then(|db| db.query_row("SELECT COUNT(*) FROM demands", [], |_| Ok(()))));
    let before = project.bytes("var/inscriptions.db");
    let server = serve(&project);
    erase(&server, &person);
    assert_eq!(server.stop(), Some(0));
    for companion in ["var/inscriptions.db-wal", "var/inscriptions.db-shm"] {
        let _ = fs::remove_file(project.path(companion));
    }
    project.file("var/inscriptions.db", before);
    let server = serve(&project);
    let _ = server.get(&person).send().is(404);
    until("it is told", PATIENCE, || server.output().contains("1 inscription l’est").then_some(()));
    assert_eq!(export(&project, SESSION).len(), 1);
}

#[test]
fn an_erasure_is_noted_outside_after_a_crash_too() {
    let project = Project::new();
    let server = serve(&project);
    let person = Form::of(ERASED).follow_up(&server);
    erase(&server, &person);
    server.kill();
    let _ = fs::remove_file(project.path("var/effacees"));
    let server = serve(&project);
    let noted = || fs::read_to_string(project.path("var/effacees")).ok().filter(|text| text.contains(" demande "));
    let text = until("it is noted", PATIENCE, noted);
    assert!(!text.contains("partie") && !text.contains('@'), "nobody is in it: {text}");
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn what_time_erased_since_a_backup_is_erased_again_and_counted_once() {
    let (project, _) = backed_up("sauvegarde.zip");
    let after = "2028-01-10T10:00:00+01:00";
    let seen = |project: &Project| {
        let db = rusqlite::Connection::open(project.path("var/inscriptions.db")).expect("the database");
        let sql = "INSERT INTO sightings (session, ends, days, last, announced) \
                   SELECT key, ends, 9, '2028-01-09', '2028-01-07' FROM sessions";
        db.execute(sql, []).expect("as a server notes that ran for days");
    };
    seen(&project);
    project.form_handler(&["purge", "--now", after]).success();
    let report = || project.form_handler(&["report", "2027", "--now", after]).success().stdout().to_owned();
    let counted = report();
    assert_eq!(export(&project, SESSION).len(), 0);
    let said = project.form_handler(&["restore", "sauvegarde.zip", "--force", "--now", after]).success();
    assert!(said.stdout().contains("1 inscription effacée"), "{}", said.stdout());
    assert_eq!(export(&project, SESSION).len(), 0);
    assert_eq!(report(), counted);
}

#[test]
fn the_server_makes_its_backups_by_itself_and_lets_none_live_too_long() {
    let project = Project::new();
    let old = ["inscriptions-20200101T020000Z.zip", "inscriptions-20200102T020000Z.zip.age"];
    for name in old.iter().chain(&["autre.zip", "inscriptions-hier.zip"]) {
        project.file(&format!("sauvegardes/{name}"), "rien");
    }
    project.file("var/avant-migration-2-20200101T020000Z.zip", "rien");
    project.file("var/avant-restauration-20200101T020000Z/inscriptions.db", "rien");
    let launch =
        || project.server().with_a_running_clock().arg("--backup-to", "sauvegardes").arg("--backup-every", "6");
    let names = || {
        let files = fs::read_dir(project.path("sauvegardes")).expect("a folder").flatten();
        let names: BTreeSet<_> = files.map(|file| file.file_name().into_string().expect("a name")).collect();
        names
    };
    let server = launch().start();
    until("the first backup, and the old ones gone", PATIENCE, || {
        let names = names();
        let new = names.iter().filter(|name| name.starts_with("inscriptions-2") && name.ends_with("Z.zip")).count();
        (new == 1 && old.iter().all(|old| !names.contains(*old))).then_some(())
    });
    until("what was set aside is gone", PATIENCE, || {
        let left = ["var/avant-migration-2-20200101T020000Z.zip", "var/avant-restauration-20200101T020000Z"];
        left.iter().all(|path| !project.path(path).exists()).then_some(())
    });
    assert!(names().contains("autre.zip") && names().contains("inscriptions-hier.zip"), "what is not ours stays");
    until("it is told", PATIENCE, || server.output().contains("Sauvegarde faite et relue").then_some(()));
    assert_eq!(server.stop(), Some(0));
    let made = names();
    // It is not due again.
    let server = launch().start();
    let _ = server.get("/").send().is(200);
    assert_eq!(server.stop(), Some(0));
    assert_eq!(names(), made);
    // A folder that is none.
    project.remove("sauvegardes").file("sauvegardes", "un fichier");
    project.remove("var/derniere-sauvegarde.json");
    let server = launch().start();
    until("it is told", PATIENCE, || server.output().contains("La sauvegarde n’a pas été faite").then_some(()));
    let person = Form::of("ana@essai.example").at("2027-05-26").follow_up(&server);
    let _ = server.get(&person).send().is(200);
    assert_eq!(server.stop(), Some(0));
    let checked = project.form_handler(&["check", "--backup-to", "sauvegardes"]).fails(1);
    assert!(checked.stdout().contains("ERREUR : La dernière sauvegarde"), "{}", checked.stdout());
}

/// The first release's schema, and what people had entered there.
const FIRST: &str = include_str!("../../form-handler/migrations/sqlite/V1__enrolment.sql");
const FIRST_ROWS: &str = include_str!("../../form-handler/src/store/tests/first_release.sqlite.sql");
const FIRST_OF_A_SERVER: &str = include_str!("../../form-handler/migrations/postgres/V1__enrolment.sql");
const FIRST_ROWS_OF_A_SERVER: &str = include_str!("../../form-handler/src/store/tests/first_release.postgres.sql");

/// A project with a database of the first release.
fn of_the_first_release() -> Project {
    let project = Project::new();
    fs::create_dir(project.path("var")).expect("a folder");
    let mut db = rusqlite::Connection::open(project.path("var/inscriptions.db")).expect("a database");
    let first = refinery::Migration::unapplied("V1__enrolment", FIRST).expect("the first migration");
    refinery::Runner::new(&[first]).run(&mut db).expect("the first schema");
    db.execute_batch(FIRST_ROWS).expect("its rows");
    // The key of those rows is nobody's.
    db.execute("DELETE FROM settings", []).expect("no key");
    project
}

fn names_of(project: &Project) -> Vec<String> {
    export(project, "s1").into_iter().map(|row| row["Prénom"].clone()).collect()
}

#[test]
fn before_a_new_version_changes_the_tables_they_are_backed_up() {
    let project = of_the_first_release();
    let before = project.bytes("var/inscriptions.db");
    let server = serve(&project);
    let said = until("it is told", PATIENCE, || {
        Some(server.output()).filter(|said| said.contains("Ce qui y était est d’abord sauvegardé"))
    });
    let name = said.split("avant-migration-").nth(1).and_then(|rest| rest.split_whitespace().next()).expect("its name");
    let backup = format!("var/avant-migration-{name}");
    assert_eq!(mode(&project.path(&backup)), 0o600);
    assert_eq!(server.stop(), Some(0));
    // Back to the former version: the file in it is the database as that version left it.
    let mut zip = zip::ZipArchive::new(fs::File::open(project.path(&backup)).expect("a file")).expect("an archive");
    let mut former = Vec::new();
    std::io::copy(&mut zip.by_name("inscriptions.db").expect("the database"), &mut former).expect("it is whole");
    project.file("ancienne.db", &former);
    let db = rusqlite::Connection::open(project.path("ancienne.db")).expect("the database");
    let version: i64 =
        db.query_row("SELECT MAX(version) FROM refinery_schema_history", [], |row| row.get(0)).expect("a version");
    assert_eq!(version, 1);
    assert!(before.len() > 1_000);
    // Restored by this version, it is brought up to date again.
    let said = project.form_handler(&["restore", &backup, "--force", "--now", LATER]).success();
    assert!(said.stdout().contains("est restaurée"), "{}", said.stdout());
    assert_eq!(names_of(&project), ["Marie", "Zoé"]);
    assert!(!serve(&project).output().contains("d’abord sauvegardé"), "once");
}

#[test]
fn a_backup_of_a_newer_version_is_refused() {
    let (project, _) = backed_up("avant.zip");
    let db = rusqlite::Connection::open(project.path("var/inscriptions.db")).expect("the database");
    let sql = "INSERT INTO refinery_schema_history VALUES (99, 'later', '2031-01-01T00:00:00Z', '1')";
    db.execute(sql, []).expect("a later version");
    drop(db);
    project.form_handler(&["backup", "sauvegarde.zip"]).success();
    project.remove("var");
    let said = restore(&project, &["--without-erased"]).fails(1);
    assert!(said.stderr().contains("version plus récente"), "{}", said.stderr());
    assert!(!project.path("var/inscriptions.db").exists());
}

#[test]
fn without_pg_dump_nothing_is_migrated_unless_somebody_says_so() {
    let Some(postgres) = Postgres::for_test("without_pg_dump_nothing_is_migrated_unless_somebody_says_so") else {
        return;
    };
    let address = postgres.database("base");
    postgres.query("base", FIRST_OF_A_SERVER);
    postgres.query("base", FIRST_ROWS_OF_A_SERVER);
    let first = refinery::Migration::unapplied("V1__enrolment", FIRST_OF_A_SERVER).expect("the first migration");
    let history = "CREATE TABLE refinery_schema_history (version INT4 PRIMARY KEY, name VARCHAR(255), applied_on VARCHAR(255), checksum VARCHAR(255))";
    postgres.query("base", history);
    let row = format!(
        "INSERT INTO refinery_schema_history VALUES (1, 'enrolment', '2026-01-01T00:00:00Z', '{}')",
        first.checksum()
    );
    postgres.query("base", &row);
    postgres.query("base", "DELETE FROM settings");
    let version = || postgres.query("base", "SELECT max(version) FROM refinery_schema_history");
    let project = Project::new();
    fs::create_dir(project.path("vide")).expect("a folder");
    let refused = project.server().arg("--database", &address).arg("--pg-bin", "vide").refuses().fails(1);
    for part in ["pg_dump n’est pas là", "postgresql-client", "Rien n’a été changé", "--without-backup"] {
        assert!(refused.stderr().contains(part), "{part}: {}", refused.stderr());
    }
    assert_eq!(version(), "1");
    let server = project.server().arg("--database", &address).arg("--pg-bin", "vide");
    let server = server.env("FORM_HANDLER_WITHOUT_BACKUP", "oui").start();
    assert_ne!(version(), "1");
    drop(server);
    let said = project.form_handler(&["backup", "x.zip", "--database", &address, "--pg-bin", "vide"]).fails(1);
    assert!(said.stderr().contains("pg_dump n’est pas là"), "{}", said.stderr());
    // Tables that are not ours are nobody's to remove.
    project.form_handler(&["backup", "x.zip", "--database", &address]).success();
    postgres.query("base", "CREATE TABLE a_nous (x INT)");
    let restore = ["restore", "x.zip", "--force", "--without-erased", "--database", &address];
    let said = project.form_handler(&restore).fails(1);
    assert!(said.stderr().contains("a_nous"), "{}", said.stderr());
    assert_eq!(postgres.query("base", "SELECT count(*) FROM a_nous"), "0");
}

/// A program of this name in a folder of the project, which does as this line of shell says.
fn pretend(project: &Project, path: &str, line: &str) {
    project.file(path, format!("#!/bin/sh\n{line}\n"));
    fs::set_permissions(project.path(path), fs::Permissions::from_mode(0o755)).expect("it is ours");
}

#[test]
fn a_pg_dump_that_is_too_old_is_told_and_a_password_is_on_no_command_line() {
    let test = "a_pg_dump_that_is_too_old_is_told_and_a_password_is_on_no_command_line";
    let Some(postgres) = Postgres::for_test(test) else { return };
    let address = postgres.database("base").replace('@', ":tresor@");
    let project = Project::new();
    assert_eq!(project.server().arg("--database", &address).start().stop(), Some(0));
    let backup = |programs: &str| {
        project.form_handler(&["backup", "x.zip", "--database", &address, "--pg-bin", programs]).fails(1)
    };
    pretend(&project, "vieux/pg_dump", "echo 'pg_dump (PostgreSQL) 9.6.24'");
    let said = backup("vieux");
    assert!(said.stderr().contains("version 9") && said.stderr().contains("--pg-bin"), "{}", said.stderr());
    pretend(
        &project,
        "curieux/pg_dump",
        "[ \"$1\" = --version ] && echo 'pg_dump (PostgreSQL) 99.0' && exit\n\
         echo \"$@\" > arguments; echo \"$PGPASSWORD\" > secret; echo 'pg_dump: error: as it pleases' >&2; exit 3",
    );
    let said = backup("curieux");
    assert!(said.stderr().contains("as it pleases") && !said.stderr().contains("tresor"), "{}", said.stderr());
    assert_eq!(project.read("secret").trim(), "tresor");
    let arguments = project.read("arguments");
    assert!(arguments.contains("--format=custom") && !arguments.contains("tresor"), "{arguments}");
    assert!(!project.path("x.zip").exists());
}
