//! The command line: where settings come from, what is refused, what is said.

use harness::Project;

use crate::support::{Form, SESSION, export, serve};

#[test]
fn the_command_line_wins_over_the_environment_which_wins_over_the_file() {
    let project = Project::new();
    let allowed = |server: harness::Server| {
        let send = |n: usize| Form::of(&format!("p{n}@essai.example")).json(&server).status();
        (0..6).map(send).filter(|status| *status != 429).count()
    };
    project.file("form-handler.toml", "limit = 2\n");
    assert_eq!(allowed(project.server().start()), 2);
    assert_eq!(allowed(project.server().env("FORM_HANDLER_LIMIT", "3").start()), 3);
    assert_eq!(allowed(project.server().env("FORM_HANDLER_LIMIT", "3").arg("--limit", "4").start()), 4);
}

#[test]
fn every_option_is_a_variable_and_a_key_too() {
    let project = Project::new();
    project
        .file("form-handler.toml", "database = \"sqlite:base/ici.db\"\nmail = \"file:lettres\"\nsite = \"public\"\n");
    let server = serve(&project);
    Form::of("ana@essai.example").json(&server).is(201);
    assert!(project.path("base/ici.db").is_file() && project.path("public/index.html").is_file());
    assert_eq!(export(&project, SESSION).len(), 1);
    drop(server);
    let there = project.path("ailleurs.db");
    let server = project.server().env("FORM_HANDLER_DATABASE", &format!("sqlite:{}", there.display())).start();
    Form::of("bea@essai.example").json(&server).is(201);
    assert!(there.is_file());
    assert_eq!(export(&project, SESSION).len(), 1, "the other database knows nothing of it");
}

#[test]
fn wrong_usage_leaves_with_2_and_says_everything_that_is_wrong() {
    let project = Project::new();
    for arguments in [
        &["--inconnue"][..],
        &["danser"],
        &["export"],
        &["--limit", "beaucoup"],
        &["--now", "demain"],
        &["--listen", "partout"],
        &["--database", "mysql://u:motdepasse@h/b"],
        &["--mail", "pigeon:x"],
    ] {
        let run = project.form_handler(arguments).fails(2);
        assert!(!run.stderr().is_empty() && !run.stderr().contains("motdepasse"), "{}", run.stderr());
    }
    project.file("form-handler.toml", "limit = \"x\"\nlisten = \"y\"\nlimite = 3\n");
    let run = project.form_handler(&["export", SESSION]).fails(2);
    for part in ["limite", "limit", "« x »", "« y »"] {
        assert!(run.stderr().contains(part), "{part}: {}", run.stderr());
    }
}

#[test]
fn a_postgres_server_that_is_not_there_is_said_and_its_password_kept() {
    let project = Project::new();
    let wrong = project.server().arg("--database", "postgres://u:tresor@127.0.0.1:x/base").refuses().fails(2);
    assert!(wrong.stderr().contains("postgres://utilisateur"), "it says what is possible: {}", wrong.stderr());
    // Nobody listens on port 1.
    let absent = project.server().arg("--database", "postgres://u:tresor@127.0.0.1:1/base").refuses().fails(1);
    assert!(absent.stderr().contains("PostgreSQL"), "{}", absent.stderr());
    for said in [wrong, absent] {
        assert!(!said.stderr().contains("tresor"), "{}", said.stderr());
    }
}

#[test]
fn a_frozen_clock_is_said_loudly() {
    let project = Project::new();
    let server = serve(&project);
    let said = server.output();
    assert!(said.contains("ATTENTION") && said.contains("--now"), "{said}");
}

#[test]
fn the_list_of_an_unknown_session_is_an_error() {
    let project = Project::new();
    let server = serve(&project);
    drop(server);
    let run = project.form_handler(&["export", "inconnue"]).fails(1);
    assert!(run.stderr().contains("inconnue") && run.stdout().is_empty(), "{}", run.stderr());
}

#[test]
fn the_list_is_a_table_in_the_order_of_arrival_that_runs_nothing() {
    let project = Project::new();
    let server = serve(&project);
    Form::of("ana@essai.example")
        .with("prenom", "Ana, dite \"A\"")
        .with("telephone", "0612345678")
        .json(&server)
        .is(201);
    let parents = Form::of("bea@essai.example").with("prenom", "=1+1").with("autre_parent", "oui");
    parents.with("autre_parent_prenom", "@Sam").with("connu_par", "flyer").json(&server).is(202);
    let rows = export(&project, SESSION);
    assert_eq!(rows[0]["Prénom"], "Ana, dite \"A\"");
    assert_eq!(rows[0]["Téléphone"], "06 12 34 56 78");
    assert_eq!(rows[0]["Demandé le"], "2027-01-10 10:00");
    assert_eq!(rows[1]["Prénom"], "'=1+1");
    assert_eq!(rows[1]["Prénom de l’autre parent"], "'@Sam");
    assert_eq!((rows[1]["À confirmer"].as_str(), rows[1]["Connu par"].as_str()), ("oui", "flyer"));
}

#[test]
fn a_port_that_is_taken_is_said() {
    let project = Project::new();
    let server = serve(&project);
    let taken = server.address().trim_start_matches("http://").to_owned();
    let other = Project::new();
    let said = other.server().arg("--listen", &taken).refuses().fails(1);
    assert!(said.stderr().contains(&taken), "{}", said.stderr());
}

#[test]
fn a_fresh_root_needs_nothing_prepared() {
    let project = Project::real();
    let server = project.server().start();
    let _ = server.get("/").send().is(200);
    let pages = project.tree();
    assert!(pages.iter().any(|path| path.starts_with("supports/")), "the flyers too: {pages:?}");
    Form::of("ana@essai.example").json(&server).is(201);
}
