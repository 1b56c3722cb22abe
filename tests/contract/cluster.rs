//! Several handlers side by side on one `PostgreSQL` server: what is promised of one is promised of
//! all, and a server that dies takes nothing with it that was answered.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use harness::{Project, Server, postgres::Postgres};

use crate::support::{
    Form, PATIENCE, Random, Row, SESSION, press, result, shown, standing, state, stopwatch, table, times, until,
    with_places,
};

/// Connections that send at the same time.
const AT_ONCE: usize = 64;

/// A handler of the cluster, on a root and a published site of its own, with the cluster's one key.
fn handler(project: &Project, address: &str) -> Server {
    project.server().arg("--limit", "0").arg("--database", address).start()
}

/// So many roots with the same content and the same key.
fn roots(count: usize, places: u32) -> Vec<Project> {
    let roots: Vec<Project> = (0..count).map(|_| Project::new()).collect();
    for root in &roots {
        with_places(root, places);
        root.file("var/cle", "0123456789abcdef0123456789abcdef");
    }
    roots
}

/// The team's list, from the server.
fn list(project: &Project, address: &str) -> Vec<Row> {
    table(&project.form_handler(&["export", SESSION, "--database", address]).success())
}

#[test]
fn a_thousand_at_once_through_three_handlers_fill_twelve_places_in_order() {
    let Some(server) = Postgres::for_test("a_thousand_at_once_through_three_handlers_fill_twelve_places_in_order")
    else {
        return;
    };
    let address = server.database("base");
    let all = times("ENTREPARENTAISE_DEMANDES", 1_000);
    let roots = roots(3, 12);
    let handlers: Vec<Server> = roots.iter().map(|root| handler(root, &address)).collect();
    let (next, answers) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    thread::scope(|scope| {
        for sender in 0..AT_ONCE {
            let client = handlers[sender % handlers.len()].client();
            let (next, answers) = (&next, &answers);
            scope.spawn(move || {
                loop {
                    let person = next.fetch_add(1, Ordering::Relaxed);
                    if person >= all {
                        return;
                    }
                    let email = format!("personne{person}@essai.example");
                    let answer = Form::of(&email).try_json(&client).expect("an answer");
                    assert!(matches!(answer.status(), 201 | 202), "{}", answer.text());
                    answers.lock().expect("the answers").insert(email, result(&answer));
                }
            });
        }
    });
    let answers = answers.into_inner().expect("the answers");
    let rows = list(&roots[0], &address);
    assert_eq!(rows.len(), all);
    let first: BTreeSet<_> = rows.iter().take(12).map(|row| row["Courriel"].clone()).collect();
    let placed = answers.iter().filter(|(_, answer)| *answer == "inscrit").map(|(email, _)| email.clone());
    assert_eq!(placed.collect::<BTreeSet<_>>(), first, "the first twelve that were recorded have the places");
    // Every instance publishes it, whoever gave the last place. (How soon is held elsewhere: three
    // of them share this machine.)
    for root in &roots {
        until("every site says that it is full", PATIENCE, || (shown(root, SESSION) == "complete").then_some(()));
    }
}

#[test]
fn a_person_is_known_to_every_handler() {
    let Some(server) = Postgres::for_test("a_person_is_known_to_every_handler") else { return };
    let address = server.database("base");
    let roots = roots(2, 1);
    let [a, b] = [&roots[0], &roots[1]].map(|root| handler(root, &address));
    let ana = Form::of("ana@essai.example").with("envoi", "k1").follow_up(&a);
    assert_eq!(Form::of("ana@essai.example").with("envoi", "k1").follow_up(&b), ana, "the same form, at another door");
    let bea = Form::of("bea@essai.example").follow_up(&b);
    assert_eq!((standing(&b, &ana), standing(&a, &bea)), ("inscrit".into(), "liste_attente".into()));
    let cancelled = press(&b, &ana, "J’annule ma place").is(303);
    assert_eq!(cancelled.location(), ana);
    assert_eq!((standing(&a, &ana), standing(&a, &bea)), ("annulee".into(), "inscrit".into()));
    assert_eq!(state(&a, SESSION), "complete");
}

#[test]
fn every_handler_tells_of_a_change_of_a_session_alike() {
    let Some(server) = Postgres::for_test("every_handler_tells_of_a_change_of_a_session_alike") else { return };
    let address = server.database("base");
    let roots = roots(2, 12);
    let _first = handler(&roots[0], &address);
    // Its clock is another.
    roots[1].at("2027-01-10T10:20:00+01:00");
    let _second = handler(&roots[1], &address);
    let entry = |root: &Project| root.page("/seances/2027-03-17.ics");
    for root in &roots {
        root.edit("content/seances/2027/2027-03-17.md", "date = 2027-03-17", "date = 2027-03-24");
        until("the new date", PATIENCE, || entry(root).contains("DTSTART:20270324T").then_some(()));
    }
    until("both tell the same", PATIENCE, || (entry(&roots[0]) == entry(&roots[1])).then_some(()));
    let told = entry(&roots[1]);
    assert!(told.contains("SEQUENCE:1\r\n") && told.contains("LAST-MODIFIED:20270110T090000Z\r\n"), "{told}");
    let rows = [&roots[0], &roots[1]].map(|root| {
        let told: serde_json::Value = serde_json::from_str(&root.read("var/disponibilites.json")).expect("JSON");
        let row = told["seances"][SESSION].clone();
        (row["revision"].clone(), row["modifie_le"].clone(), row["avant"].clone())
    });
    assert_eq!(rows[0], rows[1]);
}

/// Sends demands through these handlers, each again until it is answered, until `stop`.
struct Load<'l> {
    next: AtomicUsize,
    answers: Mutex<BTreeMap<String, String>>,
    stop: AtomicBool,
    servers: &'l [Mutex<Server>],
}

impl Load<'_> {
    fn answered(&self) -> usize {
        self.answers.lock().expect("the answers").len()
    }

    fn send(&self, sender: usize) {
        let server = &self.servers[sender % self.servers.len()];
        while !self.stop.load(Ordering::Relaxed) {
            let person = self.next.fetch_add(1, Ordering::Relaxed);
            let email = format!("personne{person}@essai.example");
            let form = Form::of(&email).with("envoi", &format!("k{person}"));
            // A parent whose form was not answered sends it again, with the same key.
            while !self.stop.load(Ordering::Relaxed) {
                let client = server.lock().expect("the server").client();
                match form.try_json(&client) {
                    Ok(answer) if matches!(answer.status(), 201 | 202) => {
                        self.answers.lock().expect("the answers").insert(email, result(&answer));
                        break;
                    }
                    _ => thread::sleep(Duration::from_millis(20)),
                }
            }
        }
    }
}

/// Every answer is in the list, none twice, none changed, and nobody is above the limit.
#[track_caller]
fn assert_all_recorded(rows: &[Row], answers: &BTreeMap<String, String>, limit: usize) {
    let mut stored = BTreeMap::new();
    for row in rows {
        let twice = stored.insert(row["Courriel"].clone(), row["État"].clone());
        assert_eq!(twice, None, "{row:?} is recorded twice");
    }
    for (email, answer) in answers {
        let expected = if answer == "inscrit" { "place" } else { "liste d’attente" };
        assert_eq!(stored.get(email).map(String::as_str), Some(expected), "{email} was answered {answer}");
    }
    let placed = stored.values().filter(|state| *state == "place").count();
    assert_eq!(placed, stored.len().min(limit), "as many places as there are, and none more");
}

#[test]
fn handlers_and_server_killed_in_turn_under_load_lose_nothing() {
    let Some(server) = Postgres::for_test("handlers_and_server_killed_in_turn_under_load_lose_nothing") else { return };
    let address = server.database("base");
    let deaths = times("ENTREPARENTAISE_MORTS_SERVEUR", 8);
    let roots = roots(2, 300);
    let servers: Vec<Mutex<Server>> = roots.iter().map(|root| Mutex::new(handler(root, &address))).collect();
    let load =
        Load { next: AtomicUsize::new(0), answers: Mutex::default(), stop: AtomicBool::new(false), servers: &servers };
    let mut server = server;
    let mut random = Random(7);
    thread::scope(|scope| {
        for sender in 0..8 {
            let load = &load;
            scope.spawn(move || load.send(sender));
        }
        for death in 0..deaths {
            let enough = load.answered() + 10 + random.below(60);
            until("the load goes on", PATIENCE, || (load.answered() >= enough).then_some(()));
            if death % 2 == 0 {
                server.kill();
                server.start();
            } else {
                let which = random.below(servers.len());
                let mut slot = servers[which].lock().expect("the server");
                kill(&slot);
                *slot = handler(&roots[which], &address);
            }
        }
        let enough = load.answered() + 50;
        until("the load goes on", PATIENCE, || (load.answered() >= enough).then_some(()));
        load.stop.store(true, Ordering::Relaxed);
    });
    assert_all_recorded(&list(&roots[0], &address), &load.answers.into_inner().expect("the answers"), 300);
}

fn kill(server: &Server) {
    let killed = std::process::Command::new("kill").args(["-9", &server.id().to_string()]).status();
    assert!(killed.expect("kill").success());
}

#[test]
fn a_primary_killed_under_load_is_followed_by_its_standby_within_ten_seconds() {
    let test = "a_primary_killed_under_load_is_followed_by_its_standby_within_ten_seconds";
    let Some(mut primary) = Postgres::for_test(test) else { return };
    let first = primary.database("base");
    let standby = primary.standby();
    let both = first.replace("/base", &format!(",127.0.0.1:{}/base", standby.port()));
    let roots = roots(2, 60);
    let servers: Vec<Mutex<Server>> = roots.iter().map(|root| Mutex::new(handler(root, &both))).collect();
    let load =
        Load { next: AtomicUsize::new(0), answers: Mutex::default(), stop: AtomicBool::new(false), servers: &servers };
    thread::scope(|scope| {
        for sender in 0..8 {
            let load = &load;
            scope.spawn(move || load.send(sender));
        }
        until("the load goes on", PATIENCE, || (load.answered() >= 100).then_some(()));
        primary.kill();
        let before = load.answered();
        standby.promote();
        // Nobody follows the new primary: it waits for nobody.
        standby.query("postgres", "ALTER SYSTEM SET synchronous_standby_names = ''");
        standby.query("postgres", "SELECT pg_reload_conf()");
        let promoted = stopwatch();
        // As many as were under way when it died, and more: new ones are recorded.
        until("the handlers go on", PATIENCE, || (load.answered() >= before + 30).then_some(()));
        assert!(promoted.elapsed() < Duration::from_secs(10), "after {:?}", promoted.elapsed());
        load.stop.store(true, Ordering::Relaxed);
    });
    assert_all_recorded(&list(&roots[0], &both), &load.answers.into_inner().expect("the answers"), 60);
}
