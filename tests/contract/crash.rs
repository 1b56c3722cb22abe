//! Promise 1: what was answered is on disk, whatever happens next.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use harness::{Project, Server};

use crate::support::{Form, PATIENCE, SESSION, export, letters, result, serve, session, state, to, until};

/// Sign-ups sent, and the places there are for them.
const ALL: usize = 500;
const PLACES: usize = 200;

/// Those that come at the same time.
const AT_ONCE: usize = 16;

/// What each person was answered.
type Answers = Mutex<BTreeMap<String, String>>;

/// Sends demands until none is left or the server is gone.
fn send(server: &Server, next: &AtomicUsize, answers: &Answers, then: impl FnOnce()) {
    let client = server.client();
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            let client = client.clone();
            scope.spawn(move || {
                loop {
                    let person = next.fetch_add(1, Ordering::Relaxed);
                    if person >= ALL {
                        return;
                    }
                    let email = format!("personne{person}@essai.example");
                    let Ok(answer) = Form::of(&email).try_json(&client) else { return };
                    assert!(matches!(answer.status(), 201 | 202), "{}", answer.text());
                    answers.lock().expect("the answers").insert(email, result(&answer));
                }
            });
        }
        then();
    });
}

#[test]
fn killed_in_the_middle_of_five_hundred_sign_ups_it_loses_none_that_it_answered() {
    let project = Project::new();
    session(&project, SESSION, &format!("places_max = {PLACES}"));
    let next = AtomicUsize::new(0);
    let answers = Answers::default();
    let answered = || answers.lock().expect("the answers").len();
    // Three deaths, each at another moment, then a life that ends well.
    for deadly in [60, 150, 290] {
        let server = serve(&project);
        let id = server.id().to_string();
        send(&server, &next, &answers, || {
            until("enough answers", PATIENCE, || (answered() >= deadly).then_some(()));
            let killed = std::process::Command::new("kill").args(["-9", &id]).status();
            assert!(killed.expect("kill").success());
        });
        assert!(answered() < ALL, "it died in the middle");
        assert_all_recorded(&project, &answers);
    }
    let server = serve(&project);
    send(&server, &next, &answers, || {});
    assert_all_recorded(&project, &answers);
    assert_eq!(state(&server, SESSION), "complete");
}

#[track_caller]
fn assert_all_recorded(project: &Project, answers: &Answers) {
    let answers = answers.lock().expect("the answers");
    let rows = export(project, SESSION);
    let mut stored: BTreeMap<_, _> = BTreeMap::new();
    for row in &rows {
        let twice = stored.insert(row["Courriel"].clone(), row["État"].clone());
        assert_eq!(twice, None, "{row:?} is recorded twice");
    }
    let lost: Vec<_> = answers.keys().filter(|email| !stored.contains_key(*email)).collect();
    assert!(lost.is_empty(), "answered, and lost: {lost:?}");
    for (email, answer) in answers.iter() {
        let expected = if answer == "inscrit" { "place" } else { "liste d’attente" };
        assert_eq!(stored[email], expected, "{email}");
    }
    let placed = stored.values().filter(|state| *state == "place").count();
    assert_eq!(placed, stored.len().min(PLACES), "as many places as there are, and none more");
}

#[test]
fn after_a_kill_every_persons_link_still_opens_and_letters_still_leave() {
    let project = Project::new();
    let server = serve(&project);
    let person = Form::of("ana@essai.example").follow_up(&server);
    server.kill();
    let server = serve(&project);
    let _ = server.get(&person).send().is(200);
    // A letter that was claimed at the moment of the crash waits for its claim to end; the others leave.
    let mails = letters(&project, &server);
    assert!(to(&mails, "ana@essai.example").len() <= 1, "{mails:?}");
}
