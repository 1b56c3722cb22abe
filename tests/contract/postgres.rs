//! A `PostgreSQL` server that is not as it should be: told at the start, with what to do; and one
//! that is held up by somebody else, which delays nobody for long.

use std::time::Duration;

use harness::{Project, Server, postgres::Postgres};

use crate::support::{
    Form, OTHER, PATIENCE, Row, SESSION, assert_error, assert_page, give_up, stopwatch, table, until,
};

/// Longer than anybody waits for what somebody else holds, on a busy machine.
const SOME_SECONDS: Duration = Duration::from_secs(10);

/// A handler on this database.
fn serve(project: &Project, address: &str) -> Server {
    project.server().arg("--limit", "0").arg("--database", address).start()
}

/// The team's list.
fn list(project: &Project, address: &str, session: &str) -> Vec<Row> {
    table(&project.form_handler(&["export", session, "--database", address]).success())
}

/// What is said at a start that is refused. No password is in it.
#[track_caller]
fn refused(address: &str) -> String {
    let project = Project::new();
    let said = project.server().arg("--database", address).refuses().fails(1).stderr().to_owned();
    assert!(!said.contains("secret"), "{said}");
    assert!(!said.contains("db error") && !said.contains("DbError"), "{said}");
    said
}

#[test]
fn a_server_that_cannot_be_used_says_why_and_what_to_do() {
    let Some(server) = Postgres::for_test("a_server_that_cannot_be_used_says_why_and_what_to_do") else { return };
    let told = |address: &str, parts: &[&str]| {
        let said = refused(address);
        for part in parts {
            assert!(said.contains(part), "{part} is not in: {said}");
        }
        said
    };
    let at = format!("127.0.0.1:{}", server.port());

    told("postgres://ville:secret@127.0.0.1:1/base", &["n’a pas répondu à 127.0.0.1:1", "--database"]);
    told("postgres://ville:secret@nulle-part.invalid/base?sslmode=disable", &["nulle-part.invalid:5432"]);
    let port = server.port();
    told(&format!("postgres://ville:secret@localhost:{port}/base?sslmode=require"), &["TLS", "sslrootcert"]);
    told(&format!("postgres://inconnu:secret@{at}/postgres"), &["inconnu", "createuser", "pg_hba.conf", "28000"]);
    told(&server.address("nulle_part"), &["nulle_part n’existe pas", "createdb -E UTF8 -T template0", "3D000"]);

    server.query("postgres", "CREATE DATABASE ascii ENCODING 'SQL_ASCII' TEMPLATE template0 LOCALE 'C'");
    told(&server.address("ascii"), &["SQL_ASCII", "createdb -E UTF8 -T template0", "Rien n’a été changé"]);
    server.query("postgres", "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LOCALE 'C'");
    told(&server.address("latin"), &["LATIN1", "UTF8"]);

    let read_only = server.database("figee");
    server.query("postgres", "ALTER DATABASE figee SET default_transaction_read_only = on");
    told(&read_only, &["n’accepte pas d’écriture", "base de secours"]);

    // What it is told to do is enough.
    let _ = server.database("base");
    server.query("postgres", "CREATE ROLE ville LOGIN PASSWORD 'secret'");
    let address = format!("postgres://ville:secret@{at}/base");
    for missing in ["REVOKE CREATE ON SCHEMA public FROM PUBLIC", "REVOKE ALL ON SCHEMA public FROM PUBLIC, ville"] {
        server.query("base", missing);
        let said = told(&address, &["Le rôle \"ville\"", "psql -d base"]);
        let grant = said.split("psql -d base -c '").nth(1).and_then(|rest| rest.split('\'').next());
        server.query("base", grant.expect("the right that is missing"));
        let project = Project::new();
        project.file("var/cle", "0123456789abcdef0123456789abcdef");
        let handler = serve(&project, &address);
        assert_eq!(handler.get("/sante?pret").send().is(200).text(), "ok");
    }

    let standby = server.standby();
    told(&standby.address("base"), &["n’accepte pas d’écriture", "postgres://…@base1,base2/…"]);
}

#[test]
fn a_lock_that_is_held_delays_nobody_for_long() {
    let Some(server) = Postgres::for_test("a_lock_that_is_held_delays_nobody_for_long") else { return };
    let address = server.database("base");
    let project = Project::new();
    let handler = serve(&project, &address);
    let ana = Form::of("ana@essai.example").with("envoi", "ana");
    let bea = Form::of("bea@essai.example").with("envoi", "bea");

    // A session, and those who ask for another.
    let held = server.hold("base", &format!("SELECT key FROM sessions WHERE id = '{SESSION}' FOR UPDATE"));
    let start = stopwatch();
    let answer = ana.json(&handler);
    assert!(start.elapsed() < SOME_SECONDS, "{:?}", start.elapsed());
    assert_error(&answer, 503, "indisponible");
    assert!(answer.header("Retry-After").is_some() && answer.text().contains("05\u{a0}61\u{a0}00\u{a0}00\u{a0}00"));
    let start = stopwatch();
    let others: Vec<u16> = std::thread::scope(|scope| {
        let ask = |person: usize| {
            let (client, session) = (handler.client(), if person.is_multiple_of(2) { SESSION } else { OTHER });
            let form = Form::of(&format!("personne{person}@essai.example")).at(session);
            scope.spawn(move || form.try_json(&client).expect("an answer").status())
        };
        let asked: Vec<_> = (0..20).map(ask).collect();
        asked.into_iter().map(|answer| answer.join().expect("an answer")).collect()
    });
    assert!(start.elapsed() < SOME_SECONDS, "{:?}", start.elapsed());
    for (person, status) in others.iter().enumerate() {
        assert!(
            if person.is_multiple_of(2) { *status == 503 } else { matches!(status, 201 | 202) },
            "{person}: {status}"
        );
    }
    assert_eq!(handler.get("/sante?pret").send().is(200).text(), "ok", "one session is not the database");
    drop(held);
    let first = ana.json(&handler).is(201).json();
    assert_eq!(ana.json(&handler).is(201).json(), first);

    // Everything.
    let held = server.hold("base", "LOCK TABLE demands IN ACCESS EXCLUSIVE MODE");
    let start = stopwatch();
    assert_page(&bea.post(&handler), 503);
    assert!(start.elapsed() < SOME_SECONDS, "{:?}", start.elapsed());
    assert_eq!(handler.get("/sante").send().is(200).text(), "ok");
    until("it is not ready", PATIENCE, || (handler.get("/sante?pret").send().status() == 503).then_some(()));
    drop(held);
    bea.json(&handler).is(201);
    until("it is ready again", PATIENCE, || (handler.get("/sante?pret").send().status() == 200).then_some(()));
    let emails: Vec<_> = list(&project, &address, SESSION).into_iter().map(|row| row["Courriel"].clone()).collect();
    assert_eq!(emails, ["ana@essai.example", "bea@essai.example"], "once each, and nobody who was told no");
}

#[test]
fn whom_a_browser_gave_up_on_is_answered_the_same_at_the_next_try() {
    let name = "postgres::whom_a_browser_gave_up_on_is_answered_the_same_at_the_next_try";
    let Some(server) = Postgres::for_test(name) else { return };
    let address = server.database("base");
    let project = Project::new();
    let handler = serve(&project, &address);
    for (email, waits) in [("ana@essai.example", true), ("bea@essai.example", false)] {
        let form = Form::of(email).with("envoi", email.split('@').next().unwrap_or_default());
        let held = waits.then(|| server.hold("base", "LOCK TABLE demands IN SHARE ROW EXCLUSIVE MODE"));
        give_up(&handler, &form);
        drop(held);
        let first = form.json(&handler).is(201).json();
        assert_eq!(form.json(&handler).is(201).json(), first);
    }
    assert_eq!(list(&project, &address, SESSION).len(), 2, "once each");
}

#[test]
fn what_people_entered_is_in_no_log_when_the_server_refuses_it() {
    let Some(server) = Postgres::for_test("what_people_entered_is_in_no_log_when_the_server_refuses_it") else {
        return;
    };
    let address = server.database("base");
    let project = Project::new();
    let handler = serve(&project, &address);
    server.query("base", "ALTER TABLE demands ADD CONSTRAINT essai CHECK (first_name <> 'Zéphyrine')");
    let form = Form::of("ana.secrete@essai.example").with("prenom", "Zéphyrine").with("telephone", "06 12 34 56 42");
    assert_error(&form.json(&handler), 503, "indisponible");
    // A value that is quoted by the message itself.
    server.query("base", "ALTER TABLE demands DROP CONSTRAINT essai");
    server.query("base", "ALTER TABLE demands ADD CONSTRAINT essai CHECK (first_name::int > 0)");
    assert_error(&form.json(&handler), 503, "indisponible");
    until("it is told", PATIENCE, || handler.output().contains("22P02").then_some(()));
    let said = handler.output();
    assert!(said.contains("23514") && said.contains("essai"), "what whoever runs the server needs: {said}");
    for entered in ["Zéphyrine", "secrete", "612345642", "Failing row"] {
        assert!(!said.contains(entered), "{entered} in {said}");
    }
}
