//! The key of the links: lost, it is missed, and never replaced behind anybody's back; and `var/`,
//! which holds it, is its owner's alone.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
};

use harness::{Project, Run, postgres::Postgres};

use crate::support::{Form, SESSION, export, exported_emails, serve};

const KEY: &str = "var/cle";

/// A project with one person, and the path of their page. The server has stopped.
fn with_a_person() -> (Project, String) {
    let project = Project::new();
    let person = Form::of("ana@essai.example").follow_up(&serve(&project));
    (project, person)
}

/// The rights of a file or folder of the root.
fn mode(project: &Project, path: &str) -> u32 {
    fs::metadata(project.path(path)).expect("it is there").permissions().mode() & 0o777
}

fn set_mode(project: &Project, path: &str, mode: u32) {
    fs::set_permissions(project.path(path), fs::Permissions::from_mode(mode)).expect("it is ours");
}

/// The refusal must name the file and both ways out.
#[track_caller]
fn tells_what_to_do(run: &Run) {
    for part in ["./var/cle", "sauvegarde", "form-handler renew-key", "ne s’ouvriront plus"] {
        assert!(run.stderr().contains(part), "{part}: {}", run.stderr());
    }
    assert!(run.stdout().is_empty(), "nothing was served: {}", run.stdout());
}

#[test]
fn a_missing_key_is_refused_until_it_is_put_back() {
    let (project, person) = with_a_person();
    let key = project.bytes(KEY);
    project.remove(KEY).remove("dist");
    tells_what_to_do(&project.server().refuses().fails(1));
    assert!(!project.path(KEY).exists() && !project.path("dist").exists(), "nothing was made");
    // What signs and opens no link needs no key.
    assert_eq!(exported_emails(&project, SESSION), ["ana@essai.example"]);
    assert!(project.form_handler(&["report", "2027"]).success().stdout().contains("2027"));
    project.form_handler(&["purge"]).success();
    assert!(!project.path(KEY).exists(), "none was made");
    project.file(KEY, key);
    let server = serve(&project);
    let _ = server.get(&person).send().is(200);
}

#[test]
fn another_key_is_refused() {
    let (project, person) = with_a_person();
    let key = project.bytes(KEY);
    project.file(KEY, [7; 32]);
    let said = project.server().refuses().fails(1);
    tells_what_to_do(&said);
    assert_eq!(project.bytes(KEY), [7; 32], "it is left where it was");
    project.file(KEY, key);
    let _ = serve(&project).get(&person).send().is(200);
}

#[test]
fn a_new_key_is_made_on_demand_and_ends_every_link() {
    let (project, person) = with_a_person();
    let first = project.bytes(KEY);
    project.remove(KEY);
    for _ in 0..2 {
        let before = fs::read(project.path(KEY)).ok();
        let said = project.form_handler(&["renew-key"]).success();
        assert!(said.stdout().contains("./var/cle"), "{}", said.stdout());
        assert!(said.stdout().contains("ne s’ouvrent plus"), "{}", said.stdout());
        assert_ne!(Some(project.bytes(KEY)), before, "lost, or known to somebody who should not");
        assert_eq!((mode(&project, KEY), project.bytes(KEY).len()), (0o600, 32));
    }
    let server = serve(&project);
    let _ = server.get(&person).send().is(404);
    let other = Form::of("bea@essai.example").follow_up(&server);
    let _ = server.get(&other).send().is(200);
    drop(server);
    let _ = serve(&project).get(&other).send().is(200);
    assert_eq!(export(&project, SESSION).len(), 2, "nobody is lost");
    project.file(KEY, first);
    tells_what_to_do(&project.server().refuses().fails(1));
}

#[test]
fn a_key_that_cannot_be_remembered_replaces_none() {
    let (project, _) = with_a_person();
    let key = project.bytes(KEY);
    let base = rusqlite::Connection::open(project.path("var/inscriptions.db")).expect("the database");
    base.execute_batch("BEGIN IMMEDIATE").expect("the lock");
    project.form_handler(&["renew-key"]).fails(1);
    assert!(project.bytes(KEY) == key, "the key that the database knows is there");
    let left: Vec<_> = fs::read_dir(project.path("var")).expect("a folder").filter_map(Result::ok).collect();
    assert!(left.iter().all(|file| !file.file_name().to_string_lossy().contains("nouveau")), "{left:?}");
    drop(base);
    drop(serve(&project));
}

#[test]
fn instances_with_different_keys_find_out() {
    let Some(postgres) = Postgres::for_test("instances_with_different_keys_find_out") else { return };
    let address = postgres.database("base");
    let [first, second] = [Project::new(), Project::new()];
    let launch = |project: &Project| project.server().arg("--limit", "0").arg("--database", &address).start();
    let server = launch(&first);
    let person = Form::of("ana@essai.example").follow_up(&server);
    // A second instance that was given none, then one of its own.
    let refuse = || second.server().arg("--database", &address).refuses().fails(1);
    tells_what_to_do(&refuse());
    assert!(!second.path(KEY).exists(), "none was made");
    second.file(KEY, [7; 32]);
    tells_what_to_do(&refuse());
    second.file(KEY, first.bytes(KEY));
    let _ = launch(&second).get(&person).send().is(200);
}

#[test]
fn what_others_may_read_is_told_at_start() {
    let (project, person) = with_a_person();
    let server = serve(&project);
    assert!(!server.output().contains("chmod"), "{}", server.output());
    drop(server);
    set_mode(&project, KEY, 0o644);
    set_mode(&project, "var", 0o750);
    let server = serve(&project);
    let _ = server.get(&person).send().is(200);
    let said = server.output();
    assert!(said.contains("chmod 600 ./var/cle") && said.contains("chmod 700 ./var"), "{said}");
    assert_eq!((mode(&project, KEY), mode(&project, "var")), (0o644, 0o750), "told, not changed");
}

#[test]
fn whatever_is_made_for_people_is_its_owners_alone() {
    let project = Project::new();
    let others = project.path("autres");
    fs::create_dir(&others).expect("a folder");
    set_mode(&project, "autres", 0o755);
    let server = project
        .server()
        .arg("--database", "sqlite:autres/bases/ici/base.db")
        .arg("--mail", "file:autres/lettres")
        .start();
    Form::of("ana@essai.example").json(&server).is(201);
    crate::support::until("a letter", crate::support::PATIENCE, || others.join("lettres").is_dir().then_some(()));
    for made in ["var", "autres/bases", "autres/bases/ici", "autres/lettres"] {
        assert_eq!(mode(&project, made), 0o700, "{made}");
    }
    assert_eq!(mode(&project, "autres"), 0o755, "a folder of others is theirs");
    assert_eq!(fs::metadata(project.path(KEY)).expect("the key").nlink(), 1, "no draft is left");
    drop(server);
    // Whoever only reads makes no other folder.
    let fresh = Project::new();
    fresh.form_handler(&["export", SESSION]).fails(1);
    assert_eq!(mode(&fresh, "var"), 0o700);
}
