//! A machine in trouble: a disk that is full, a folder that may not be written, a database that is
//! none. Whoever runs the server is told which file to look at; a parent is told whom to call; what
//! was answered stays.

use std::{
    collections::BTreeSet,
    fs,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use harness::{Client, Disks, Project};

use crate::support::{
    Ending, Form, PATIENCE, SESSION, assert_error, assert_page, exported_emails, serve, table, until,
};

const BASE: &str = "var/inscriptions.db";

/// A project whose server was stopped, with this many people enrolled.
fn with_people(people: usize) -> Project {
    let project = Project::new();
    let server = serve(&project);
    for person in 0..people {
        let form = Form::of(&format!("personne{person}@essai.example")).with("theme", &"x".repeat(500));
        assert!(matches!(form.json(&server).status(), 201 | 202));
    }
    assert_eq!(server.stop(), Some(0));
    // Everything goes into the one file: who opens a database last, and closes it, leaves no
    // journal beside it.
    let base = rusqlite::Connection::open(project.path(BASE)).expect("the database");
    base.query_row("SELECT COUNT(*) FROM demands", [], |_| Ok(())).expect("a table of the database");
    drop(base);
    assert!(!project.path("var/inscriptions.db-wal").exists());
    project
}

/// Forms that were answered, and forms that were told to come again.
#[derive(Debug, Default)]
struct Sent {
    recorded: Vec<String>,
    refused: Vec<String>,
}

impl Sent {
    fn send(sent: &Mutex<Self>, email: String, client: &Client) {
        let form = Form::of(&email).with("envoi", email.split('@').next().unwrap_or_default());
        let answer = form.try_json(client).expect("an answer");
        let mut sent = sent.lock().expect("the forms");
        if matches!(answer.status(), 201 | 202) {
            sent.recorded.push(email);
            return;
        }
        assert_error(&answer, 503, "indisponible");
        assert!(
            answer.header("Retry-After").is_some() && answer.text().contains("05\u{a0}61\u{a0}00\u{a0}00\u{a0}00"),
            "{}",
            answer.text()
        );
        sent.refused.push(email);
    }
}

#[test]
fn a_full_disk_is_said_with_the_phone_number_and_loses_nothing_that_was_answered() {
    let test = "trouble::a_full_disk_is_said_with_the_phone_number_and_loses_nothing_that_was_answered";
    let Some(disks) = Disks::for_test(test) else { return };
    let project = Project::new();
    fs::create_dir(project.path("var")).expect("a folder");
    let disk = disks.small(&project.path("var"), "6m");
    let server = project.server().arg("--limit", "0").start();
    let person = Form::of("ana@essai.example").follow_up(&server);
    let sent = Mutex::new(Sent { recorded: vec!["ana@essai.example".into()], ..Sent::default() });
    let count = || {
        let sent = sent.lock().expect("the forms");
        (sent.recorded.len(), sent.refused.len())
    };
    let list = || {
        let rows = table(&project.form_handler(&["export", SESSION]));
        let emails: BTreeSet<_> = rows.iter().map(|row| row["Courriel"].clone()).collect();
        assert_eq!(emails.len(), rows.len(), "nobody twice");
        emails
    };
    let enough = AtomicBool::new(false);
    thread::scope(|scope| {
        let ending = Ending(&enough);
        for thread in 0..4 {
            let (client, sent, enough) = (server.client(), &sent, &enough);
            scope.spawn(move || {
                let mut turn = 0;
                while !enough.load(Ordering::Relaxed) {
                    turn += 1;
                    Sent::send(sent, format!("p{thread}-{turn}@essai.example"), &client);
                }
            });
        }
        until("some are recorded", PATIENCE, || (count().0 > 20).then_some(()));
        let rest = disk.fill("autre-chose");
        until("the disk is full", PATIENCE, || (count().1 > 20).then_some(()));
        let words = assert_page(&Form::of("bea@essai.example").post(&server), 503);
        assert!(words.contains("n’a pas été enregistrée"), "{words}");
        // What needs no writing goes on.
        let _ = server.get(&person).send().is(200);
        let _ = server.get("/").send().is(200);
        fs::remove_file(&rest).expect("a file that was made");
        let before = count().0;
        until("there is room again", PATIENCE, || (count().0 > before + 20).then_some(()));
        drop(ending);
    });
    let recorded = |sent: &Sent| -> BTreeSet<_> { sent.recorded.iter().cloned().collect() };
    let mut forms = sent.lock().expect("the forms");
    assert_eq!(list(), recorded(&forms), "whoever was told so, and nobody else");
    let again = std::mem::take(&mut forms.refused);
    drop(forms);
    for email in again {
        Sent::send(&sent, email, &server.client());
    }
    let forms = sent.lock().expect("the forms");
    assert_eq!(forms.refused.len(), 0, "there is room");
    assert_eq!(list(), recorded(&forms));
}

#[test]
fn a_folder_that_may_not_be_written_is_told_at_start() {
    let Some(disks) = Disks::for_test("trouble::a_folder_that_may_not_be_written_is_told_at_start") else { return };
    let project = with_people(3);
    let disk = disks.frozen(&project.path("var"));
    let said = project.server().refuses().fails(1);
    assert!(said.stderr().contains("La base de données (./var/inscriptions.db) n’a pas pu être ouverte"), "{said:?}");
    drop(disk);
    // A folder where nothing is yet.
    let disk = disks.read_only(&project.path("var"));
    let said = project.server().refuses().fails(1);
    assert!(said.stderr().contains("La base de données (./var/inscriptions.db) n’a pas pu être ouverte"), "{said:?}");
    drop(disk);
    assert_eq!(exported_emails(&project, SESSION).len(), 3);
}

#[test]
fn a_file_that_is_no_database_is_told_at_start_and_left_alone() {
    let project = with_people(100);
    let whole = project.bytes(BASE);
    let cut = |length: usize| (format!("its first {length} bytes"), whole[..length].to_vec());
    let mut scratched = whole.clone();
    scratched[4_096..40_960].fill(0x5A);
    let broken = [
        ("words".to_owned(), "Ce n’est pas une base.\n".repeat(1_000).into_bytes()),
        ("words behind the right beginning".to_owned(), [b"SQLite format 3\0", &[0xA5; 9_000][..]].concat()),
        ("a scratch in the middle".to_owned(), scratched),
        // A copy that was not finished, an upload that was cut.
        cut(100),
        cut(4_096),
        cut(10_000),
        cut(whole.len() / 2),
        cut(whole.len() - 4_096),
    ];
    for (what, bytes) in broken {
        project.file(BASE, &bytes);
        let said = project.server().refuses().fails(1);
        let told = said.stderr().contains("La base de données (./var/inscriptions.db) n’a pas pu être ouverte");
        assert!(told, "{what}: {said:?}");
        let said = project.form_handler(&["export", SESSION]).fails(1);
        assert!(said.stdout().is_empty() && said.stderr().contains("./var/inscriptions.db"), "{what}: {said:?}");
        assert!(project.bytes(BASE) == bytes, "{what}: whoever can mend it finds it as it was");
    }
    project.file(BASE, &whole);
    assert_eq!(exported_emails(&project, SESSION).len(), 100);
    let server = serve(&project);
    Form::of("apres@essai.example").json(&server).is(202);
}

#[test]
fn a_database_of_a_newer_version_is_told_at_start_and_left_alone() {
    let project = with_people(3);
    let base = rusqlite::Connection::open(project.path(BASE)).expect("the database");
    let newer =
        "INSERT INTO refinery_schema_history SELECT 999, 'apres', applied_on, '0' FROM refinery_schema_history LIMIT 1";
    base.execute_batch(newer).expect("a table of the database");
    drop(base);
    let before = project.bytes(BASE);
    for said in [project.server().refuses(), project.form_handler(&["export", SESSION])] {
        let said = said.fails(1);
        for part in ["./var/inscriptions.db", "version plus récente", "999", "Rien n’a été changé"] {
            assert!(said.stderr().contains(part), "{part}: {said:?}");
        }
    }
    assert!(project.bytes(BASE) == before, "nothing was changed");
}
