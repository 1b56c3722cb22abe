//! The log: a line an event, with its instant and level, that tells what to do and names nobody.

use std::collections::BTreeSet;

use harness::{Project, Server};
use serde_json::Value;

use crate::support::{Form, PATIENCE, SESSION, assert_error, assert_page, cancel, until};

const BASE: &str = "var/inscriptions.db";

/// Whoever else writes into the database, until it is dropped.
fn hold_database(project: &Project) -> rusqlite::Connection {
    let other = rusqlite::Connection::open(project.path(BASE)).expect("the database");
    other.execute_batch("BEGIN IMMEDIATE").expect("nobody writes now");
    other
}

/// The lines that tell of a request.
fn of_requests(server: &Server) -> Vec<String> {
    let said = server.output();
    said.lines().filter(|line| line.contains("requete")).map(str::to_owned).collect()
}

#[test]
fn a_failed_request_is_one_line_with_its_instant_its_route_and_its_cause() {
    let project = Project::new();
    let server = project.server().start();
    let person = Form::of("ana.secrete@essai.example").follow_up(&server);
    let held = hold_database(&project);
    let words = assert_page(&Form::of("bea.secrete@essai.example").post(&server), 503);
    assert!(words.contains("n’a pas été enregistrée"), "{words}");
    assert_page(&server.post(&person).field("action", "annuler").send(), 503);
    drop(held);
    let lines = of_requests(&server);
    assert_eq!(lines.len(), 2, "{lines:?}");
    for (line, route) in lines.iter().zip(["\"/inscription\"", "\"/inscription/suivi/{token}\""]) {
        let instant = line.split_whitespace().next().unwrap_or_default();
        assert!(instant.ends_with('Z') && instant.contains('T'), "{line}");
        for part in ["ERROR", "POST", route, "La base de données ne répond pas", "base-indisponible", "locked"] {
            assert!(line.contains(part), "{part} in {line}");
        }
    }
    assert_error(
        &server.get("/inscription/suivi/inconnue").header("Accept", "application/json").send(),
        404,
        "introuvable",
    );
    assert_eq!(of_requests(&server).len(), 2, "what a person does wrong is not the server's failure");
}

#[test]
fn a_program_reads_each_line_as_json() {
    let project = Project::new();
    let server = project.server().arg("--log", "json").arg("--now", "2027-01-10T10:00:00+01:00").start();
    let held = hold_database(&project);
    assert_page(&Form::of("bea.secrete@essai.example").post(&server), 503);
    drop(held);
    project.file("content/charte.md", "+++\nbanane = 1\n+++\n");
    let all_told = || server.output().contains("site-contenu-precedent").then_some(());
    until("the mistake is told", PATIENCE, all_told);
    let said = server.output();
    let lines = said.lines().filter(|line| !line.contains("Le site est servi sur"));
    let events: Vec<Value> = lines.map(|line| serde_json::from_str(line).expect(line)).collect();
    for event in &events {
        for key in ["timestamp", "level", "message", "id"] {
            assert!(event[key].is_string(), "{key} of {event}");
        }
    }
    let ids: BTreeSet<_> = events.iter().filter_map(|event| event["id"].as_str()).collect();
    for id in ["serveur-horloge-arretee", "base-indisponible", "site-probleme", "site-contenu-precedent"] {
        assert!(ids.contains(id), "{id} in {ids:?}");
    }
    // Whatever else writes in the background says so too.
    let mut failures = events.iter().filter(|event| event["id"] == "base-indisponible");
    let failed = failures.find(|event| event["span"].is_object()).expect("the request's");
    assert_eq!((&failed["span"]["route"], &failed["span"]["methode"]), (&"/inscription".into(), &"POST".into()));
}

#[test]
fn nobody_is_in_the_log_of_a_whole_season() {
    let project = Project::new();
    let server = project.server().arg("--trusted-proxies", "127.0.0.1").start();
    let ana = Form::of("ana.secrete@essai.example")
        .with("prenom", "Zéphyrine")
        .with("telephone", "06 12 34 56 42")
        .with("theme", "Lesujetquejenedispas")
        .with("autre_parent", "oui")
        .with("autre_parent_prenom", "Barnabé");
    let person = ana.follow_up(&server);
    // Repeated, wrong, elsewhere, from another site, through a proxy.
    ana.clone().with("telephone", "06 99 99 99 42").follow_up(&server);
    ana.clone().without("conditions").post(&server).is(422);
    ana.clone().with("courriel", "ana.secrete").json(&server).is(422);
    ana.clone().at("zephyrine").json(&server).is(404);
    ana.fill(server.post("/inscription")).header("Origin", "https://ailleurs.example").send().is(403);
    ana.fill(server.post("/inscription")).header("X-Forwarded-For", "203.0.113.77").send().is(303);
    server.get(&format!("{person}x")).send().is(404);
    server.get("/inscription/?prenom=Zéphyrine").send().is(200);
    let held = hold_database(&project);
    ana.json(&server).is(503);
    let _ = server.get(&person).send();
    drop(held);
    project.file("content/charte.md", "+++\nbanane = 1\n+++\n");
    until("the mistake is told", PATIENCE, || server.output().contains("charte.md").then_some(()));
    cancel(&server, &person);
    let session = project.form_handler(&["export", SESSION]);
    assert!(session.stdout().contains("Zéphyrine"), "it was recorded: {}", session.stdout());
    // Where it listens is nobody's address.
    let said = server.output().replace(server.address(), "").to_lowercase();
    let token = person.rsplit('/').next().unwrap_or_default();
    for secret in
        ["secrete", "zéphyrine", "barnabé", "612345642", "34 56", "lesujet", "203.0.113", "127.0.0.1:4", token]
    {
        assert!(!said.contains(&secret.to_lowercase()), "{secret} in\n{said}");
    }
    assert!(said.contains("base-indisponible") && said.contains("origine-refusee"), "{said}");
}
