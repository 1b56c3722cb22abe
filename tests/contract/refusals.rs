//! What a demand is answered when it cannot be recorded as a whole: origin, size, type, rate,
//! database, and the session's state.

use std::{thread, time::Duration};

use harness::{Client, Project, Request, Server};

use crate::support::{
    Form, OTHER, PAST, SESSION, assert_error, assert_page, export, give_up, serve, session, stopwatch,
};

#[track_caller]
fn refused(form: &Form, server: &Server, status: u16, code: &str) -> String {
    assert_error(&form.json(server), status, code);
    assert_page(&form.post(server), status)
}

#[test]
fn only_the_two_own_origins_may_post() {
    let project = Project::new();
    project.edit("content/site.toml", "[contact]", "inscription = \"https://formulaire.example\"\n\n[contact]");
    let server = serve(&project);
    let form = Form::of("ana@essai.example").at("inconnue");
    let ask = |headers: &[(&str, &str)], json: bool| {
        let request = headers.iter().fold(server.post("/inscription"), |r, (name, value)| r.header(name, value));
        form.fill(if json { request.as_json() } else { request }).send()
    };
    for headers in [
        &[("Origin", "https://ailleurs.example")][..],
        &[("Origin", "null")],
        &[("Origin", "https://essai.example.ailleurs.example")],
        &[("Origin", "http://essai.example")],
        &[("Origin", "https://essai.example:8443")],
        &[("Origin", "")],
        &[("Origin", "null"), ("Sec-Fetch-Site", "same-site")],
        &[("Origin", "https://ailleurs.example"), ("Sec-Fetch-Site", "cross-site")],
        &[("Sec-Fetch-Site", "cross-site")],
    ] {
        assert_error(&ask(headers, true), 403, "origine_refusee");
        assert_page(&ask(headers, false), 403);
    }
    let own = server.address().to_owned();
    for headers in [
        &[][..],
        &[("Origin", "https://essai.example")],
        &[("Origin", "https://formulaire.example")],
        &[("Origin", &own)],
        &[("Origin", &own), ("Sec-Fetch-Site", "same-origin")],
        &[("Origin", "null"), ("Sec-Fetch-Site", "same-origin")],
        &[("Sec-Fetch-Site", "same-origin")],
        &[("Sec-Fetch-Site", "none")],
    ] {
        // Let in: the session alone is wrong.
        assert_error(&ask(headers, true), 404, "seance_inconnue");
        assert_page(&ask(headers, false), 404);
    }
}

#[test]
fn an_unknown_session_is_not_found() {
    let project = Project::new();
    project.file("content/seances/2027/2027-06-30.md", "+++\ndate = 2027-06-30\netat = \"brouillon\"\n+++\n");
    let server = serve(&project);
    for id in ["inconnue", "2027-03-18", "2027-06-30", "../2027-03-17", "2027-03-17'--", "é", &"x".repeat(300)] {
        refused(&Form::of("ana@essai.example").at(id), &server, 404, "seance_inconnue");
    }
    assert_eq!(export(&project, SESSION).len(), 0);
}

#[test]
fn a_session_that_takes_no_demand_says_what_can_be_done_instead() {
    let project = Project::new();
    session(&project, "2027-02-03", "inscription_ferme = 2027-01-09T12:00:00");
    session(&project, "2027-02-10", "etat = \"annulee\"\nrevision = 1");
    session(&project, "2027-06-30", "inscription_ouvre = 2027-02-01T09:00:00");
    let server = serve(&project);
    for (id, state, words) in [
        ("2027-02-03", "close", "Les inscriptions sont closes"),
        ("2027-02-10", "annulee", "Cette séance est annulée"),
        (PAST, "passee", "Cette séance est passée"),
        ("2027-06-30", "a_venir", "Les inscriptions ne sont pas encore ouvertes"),
    ] {
        let page = refused(&Form::of("ana@essai.example").at(id), &server, 409, state);
        assert!(page.contains(words), "{page}");
        assert!(page.contains("17 mars 2027"), "the dates that are open: {page}");
        assert_eq!(export(&project, id).len(), 0);
    }
}

#[test]
fn time_alone_closes_a_session() {
    let project = Project::new();
    let server = serve(project.at("2027-03-17T18:00:00+01:00"));
    refused(&Form::of("ana@essai.example"), &server, 409, "close");
    drop(server);
    let server = serve(project.at("2027-03-17T20:00:00+01:00"));
    refused(&Form::of("ana@essai.example"), &server, 409, "passee");
}

#[test]
fn a_closed_session_is_said_before_a_wrong_field() {
    // A form that cannot be corrected is not shown again: nothing on it could be sent.
    let project = Project::new();
    let server = serve(project.at("2027-06-01T10:00:00+02:00"));
    for id in [SESSION, OTHER] {
        refused(&Form::of("ana@essai.example").at(id).without("prenom"), &server, 409, "passee");
    }
    refused(&Form::of("ana@essai.example").at("inconnue").without("prenom"), &server, 404, "seance_inconnue");
}

#[test]
fn ten_megabytes_are_too_large() {
    let project = Project::new();
    let server = serve(&project);
    let body = || [b"theme=".to_vec(), vec![b'a'; 10_000_000]].concat();
    let post = |request: Request<'_>| request.body("application/x-www-form-urlencoded", body()).send();
    assert_error(&post(server.post("/inscription").as_json()), 413, "trop_long");
    assert_page(&post(server.post("/inscription")), 413);
    let person = Form::of("ana@essai.example").follow_up(&server);
    assert_error(&post(server.post(&person).as_json()), 413, "trop_long");
    // And it still answers others.
    Form::of("bea@essai.example").json(&server).is(201);
}

#[test]
fn only_a_form_is_read() {
    let project = Project::new();
    let server = serve(&project);
    for kind in [
        "application/json",
        "multipart/form-data; boundary=x",
        "text/plain",
        "application/x-www-form-urlencodedx",
        "n'importe quoi",
    ] {
        let post = |request: Request<'_>| request.body(kind, "seance=2027-03-17&prenom=Ana").send();
        assert_error(&post(server.post("/inscription").as_json()), 415, "mauvais_type");
        assert_page(&post(server.post("/inscription")), 415);
    }
    // A body without a type, too.
    assert_error(&server.post("/inscription").as_json().send(), 415, "mauvais_type");
    let body = "seance=2027-03-17&prenom=Ana&courriel=ana%40essai.example&conditions=oui";
    let accepted = "Application/X-WWW-Form-Urlencoded; charset=utf-8";
    let _ = server.post("/inscription").as_json().body(accepted, body).send().is(201);
}

#[test]
fn too_many_from_one_address_are_told_when_to_come_back() {
    let project = Project::new();
    let server = project.server().arg("--limit", "3").start();
    for name in ["ana", "bea", "chloe"] {
        Form::of(&format!("{name}@essai.example")).json(&server).is(201);
    }
    for form in [Form::of("dora@essai.example"), Form::empty()] {
        let answer = form.json(&server);
        assert_error(&answer, 429, "trop_de_demandes");
        assert!(answer.header("Retry-After").is_some_and(|seconds| seconds.parse::<u32>().is_ok_and(|s| s > 0)));
        let answer = form.post(&server);
        assert_page(&answer, 429);
        assert!(answer.header("Retry-After").is_some());
    }
    // A word from whoever is no proxy of ours changes nothing.
    let forged = server.post("/inscription").header("X-Forwarded-For", "198.51.100.7").as_json();
    assert_error(&Form::of("dora@essai.example").fill(forged).send(), 429, "trop_de_demandes");
    // Reading is not signing up.
    let _ = server.get("/inscription/").send().is(200);
    assert_eq!(export(&project, SESSION).len(), 3);
}

#[test]
fn a_client_behind_a_trusted_proxy_has_a_limit_of_its_own() {
    let project = Project::new();
    project.file("form-handler.toml", "trusted_proxies = [\"127.0.0.1\"]\nlimit = 1\n");
    let server = project.server().start();
    let from = |address: &str, email: &str| {
        let request = server.post("/inscription").header("X-Forwarded-For", address).as_json();
        Form::of(email).fill(request).send().status()
    };
    assert_eq!(from("198.51.100.7", "ana@essai.example"), 201);
    assert_eq!(from("198.51.100.7", "bea@essai.example"), 429);
    assert_eq!(from("198.51.100.8", "bea@essai.example"), 201);
    // What stands before the last address is the client's own word.
    assert_eq!(from("192.0.2.1, 198.51.100.8", "chloe@essai.example"), 429);
}

#[test]
fn a_database_that_does_not_answer_is_said_with_the_phone_number() {
    let project = Project::new();
    let server = serve(&project);
    let person = Form::of("ana@essai.example").follow_up(&server);
    // A backup that never ends, say.
    let other = rusqlite::Connection::open(project.path("var/inscriptions.db")).expect("the database");
    other.execute_batch("BEGIN IMMEDIATE").expect("the lock");
    let client = server.client();
    let form = Form::of("bea@essai.example");
    let start = stopwatch();
    let (json, page, ready) = thread::scope(|scope| {
        let (client, form) = (&client, &form);
        let page = scope.spawn(move || form.fill(client.post("/inscription")).send());
        let ready = scope.spawn(move || client.get("/sante?pret").send());
        let json = form.fill(client.post("/inscription").as_json()).send();
        (json, page.join().expect("an answer"), ready.join().expect("an answer"))
    });
    assert!(start.elapsed() < Duration::from_secs(25), "nobody waits that long");
    assert_error(&json, 503, "indisponible");
    assert!(
        json.header("Retry-After").is_some()
            && json.json()["message"].to_string().contains("05\u{a0}61\u{a0}00\u{a0}00\u{a0}00")
    );
    assert_page(&page, 503);
    assert!(page.header("Retry-After").is_some());
    assert_page(&ready, 503);
    assert!(ready.header("Retry-After").is_some());
    // What needs no writing goes on, and the process lives.
    assert_eq!(server.get("/sante").send().is(200).text(), "ok");
    let _ = server.get(&person).send().is(200);
    let _ = server.get("/").send().is(200);
    other.execute_batch("ROLLBACK").expect("the lock");
    Form::of("bea@essai.example").json(&server).is(201);
    assert_eq!(export(&project, SESSION).len(), 2);
}

#[test]
fn it_is_ready_when_a_write_succeeds_and_that_is_all_that_is_told() {
    let project = Project::new();
    let server = serve(&project);
    let written = || {
        let base = rusqlite::Connection::open(project.path("var/inscriptions.db")).expect("the database");
        let count = "SELECT COUNT(*) FROM settings WHERE name = 'proved_writable_at'";
        base.query_row(count, [], |row| row.get::<_, i64>(0)).expect("a table of the database")
    };
    assert_eq!(server.get("/sante").send().is(200).text(), "ok");
    assert_eq!(server.get("/sante?autre").send().is(200).text(), "ok");
    assert_eq!(written(), 0, "to live is not to write");
    for address in ["/sante?pret", "/sante?pret=1", "/sante?pret"] {
        let answer = server.get(address).send().is(200);
        assert_eq!(answer.text(), "ok");
        assert_eq!(answer.header("Cache-Control"), Some("no-store"));
    }
    assert_eq!(written(), 1);
    // Nobody loads the disk by asking: what was found is kept for some seconds.
    let other = rusqlite::Connection::open(project.path("var/inscriptions.db")).expect("the database");
    let version = || other.query_row("PRAGMA data_version", [], |row| row.get::<_, i64>(0)).expect("a version");
    let before = version();
    for _ in 0..50 {
        let _ = server.get("/sante?pret").send().is(200);
    }
    assert!(version() - before <= 2, "{} writes", version() - before);
}

#[test]
fn what_betrays_that_somebody_signed_up_is_told_to_this_machine_alone() {
    let project = Project::new();
    for open in ["0.0.0.0:0", "192.0.2.1:8081", "partout"] {
        let said = project.server().arg("--monitor", open).refuses().fails(2);
        assert!(said.stderr().contains("--monitor"), "{said:?}");
    }
    // A mail server that is not there.
    let server = project.server().arg("--mail", "smtp://127.0.0.1:1").arg("--monitor", "127.0.0.1:0").start();
    server.says("Surveillance");
    let said = server.output();
    let address = said.split("machine seule : ").nth(1).and_then(|rest| rest.lines().next()).expect("an address");
    let monitor = Client::new(address);
    let told = || monitor.get("/").send().is(200).json();
    let before = told();
    assert_eq!((&before["pret"], &before["message_en_attente_s"]), (&true.into(), &serde_json::Value::Null));
    assert!(before["disque_libre_octets"]["var"].is_u64() && before["disque_libre_octets"]["site"].is_u64());
    Form::of("ana@essai.example").json(&server).is(201);
    assert_eq!(told()["message_en_attente_s"], 0, "the clock stands still");
    assert!(told()["publication_s"].is_i64() || told()["publication_s"].is_u64());
    // A proxy on this machine lets nobody see it.
    for path in ["/sante/details", "/surveillance", "/sante?details"] {
        let answer = server.get(path).send();
        assert!(!answer.text().contains("publication_s"), "{path}");
    }
}

#[test]
fn whom_a_browser_gave_up_on_is_answered_the_same_at_the_next_try() {
    let project = Project::new();
    let server = serve(&project);
    let other = rusqlite::Connection::open(project.path("var/inscriptions.db")).expect("the database");
    for (email, waits) in [("ana@essai.example", true), ("bea@essai.example", false)] {
        if waits {
            other.execute_batch("BEGIN IMMEDIATE").expect("the lock");
        }
        let form = Form::of(email).with("envoi", email.split('@').next().unwrap_or_default());
        give_up(&server, &form);
        if waits {
            other.execute_batch("ROLLBACK").expect("the lock");
        }
        let first = form.json(&server).is(201).json();
        assert_eq!(form.json(&server).is(201).json(), first);
    }
    assert_eq!(export(&project, SESSION).len(), 2, "once each");
}
