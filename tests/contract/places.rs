//! Promise 2: never more places than there are, first come first served; and promise 6: the pages
//! say so.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Barrier,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use harness::{Project, Server};

use crate::support::{
    Form, LIVE, OTHER, Random, Row, SESSION, cancel, export, exported_emails, own_page, result, serve, session,
    standing, state, times, until, with_places,
};

/// Demands that come at once.
const DEMANDS: usize = 1_000;

/// Connections that carry them, each kept from one demand to the next.
const CONNECTIONS: usize = 64;

/// Sends all these forms, as many at the same moment as there are connections, and returns the word
/// that each is answered.
fn all_at_once(server: &Server, forms: &[Form]) -> Vec<String> {
    let barrier = Barrier::new(CONNECTIONS);
    let next = AtomicUsize::new(0);
    let answers = thread::scope(|scope| {
        let connect = |_| {
            let (client, barrier, next) = (server.client(), &barrier, &next);
            scope.spawn(move || {
                // Open before the rush: what is measured against the limit of places is the rush.
                let health = client.get("/sante").try_send();
                barrier.wait();
                let _ = health.expect("an answer").is(200);
                let mut answers = Vec::new();
                loop {
                    let person = next.fetch_add(1, Ordering::Relaxed);
                    let Some(form) = forms.get(person) else { return answers };
                    let answer = form.try_json(&client).expect("an answer");
                    assert!(matches!(answer.status(), 201 | 202), "{}", answer.text());
                    answers.push((person, result(&answer)));
                }
            })
        };
        let connections: Vec<_> = (0..CONNECTIONS).map(connect).collect();
        connections.into_iter().flat_map(|answers| answers.join().expect("answers")).collect::<BTreeMap<_, _>>()
    });
    answers.into_values().collect()
}

#[test]
fn a_thousand_at_once_on_twelve_places_and_every_page_says_full_within_two_seconds() {
    let project = Project::new();
    let server = serve(&project);
    let email = |person| format!("personne{person}@essai.example");
    let demands = times("ENTREPARENTAISE_DEMANDES", DEMANDS);
    let forms: Vec<_> = (0..demands).map(|person| Form::of(&email(person))).collect();
    let answers = all_at_once(&server, &forms);

    // The published pages, as a browser without JavaScript reads them.
    for path in ["/seances/2027-03-17/", "/seances/", "/", "/inscription/"] {
        until(&format!("{path} says full"), LIVE, || server.get(path).send().text().contains("Complet").then_some(()));
    }
    let page = server.get("/seances/2027-03-17/").send();
    assert!(page.text().contains("SoldOut"), "the machine-readable event says so too");
    assert!(page.text().contains("liste d’attente"));
    assert_eq!(state(&server, SESSION), "complete");

    let answered = |word: &str| -> BTreeSet<_> {
        answers.iter().enumerate().filter(|(_, answer)| *answer == word).map(|(person, _)| email(person)).collect()
    };
    let (placed, waiting) = (answered("inscrit"), answered("liste_attente"));
    assert_eq!((placed.len(), waiting.len()), (12, demands - 12));
    // The team's list, in the order of arrival: whoever was promised a place, then whoever was told
    // to wait, each once.
    let rows = export(&project, SESSION);
    let (first, then) = rows.split_at(12);
    let listed = |rows: &[Row]| -> BTreeSet<_> { rows.iter().map(|row| row["Courriel"].clone()).collect() };
    assert_eq!(rows.len(), demands);
    assert_eq!((listed(first), listed(then)), (placed, waiting));
    assert!(first.iter().all(|row| row["État"] == "place") && then.iter().all(|row| row["État"] != "place"));
}

#[test]
fn a_freed_place_goes_to_the_head_of_the_list_and_the_page_opens_again() {
    let project = Project::new();
    let server = serve(with_places(&project, 1));
    let [first, second, third] =
        ["ana", "bea", "chloe"].map(|name| Form::of(&format!("{name}@essai.example")).follow_up(&server));
    assert_eq!(standing(&server, &second), "liste_attente");
    until("the page says full", LIVE, || project.page("/seances/2027-03-17/").contains("Complet").then_some(()));
    cancel(&server, &first);
    assert_eq!(standing(&server, &first), "annulee");
    assert_eq!(standing(&server, &second), "inscrit");
    assert_eq!(standing(&server, &third), "liste_attente");
    assert_eq!(state(&server, SESSION), "complete", "somebody still waits");
    cancel(&server, &second);
    assert_eq!(standing(&server, &third), "inscrit");
    assert_eq!(state(&server, SESSION), "complete");
    cancel(&server, &third);
    until("the page opens", LIVE, || (!project.page("/seances/2027-03-17/").contains("Complet")).then_some(()));
    assert_eq!(state(&server, SESSION), "dernieres_places");
    // Whoever left the list is not promoted.
    assert_eq!(exported_emails(&project, SESSION).len(), 0);
}

#[test]
fn nobody_overtakes_the_waiting_list() {
    let project = Project::new();
    project.edit("content/groupes/parents-solos.toml", "places_max = 12", "places_max = 12\nplaces_par_demande = 2");
    let server = serve(with_places(&project, 3));
    let two = |email: &str| Form::of(email).with("places", "2");
    let ana = two("ana@essai.example").follow_up(&server);
    let bea = two("bea@essai.example").follow_up(&server);
    assert_eq!(standing(&server, &bea), "liste_attente");
    // One place is free, but the head of the list needs two: it is not given away under their nose.
    assert_eq!(result(&Form::of("chloe@essai.example").json(&server)), "liste_attente");
    assert_eq!(state(&server, SESSION), "complete");
    cancel(&server, &ana);
    let states: Vec<_> = export(&project, SESSION).into_iter().map(|row| row["État"].clone()).collect();
    assert_eq!(states, ["place", "place"]);
    let answer = two("dora@essai.example").with("places", "3").json(&server);
    assert_eq!(answer.status(), 422, "no more than the group gives to one demand");
}

#[test]
fn sign_ups_and_cancellations_at_once_never_overbook() {
    let project = Project::new();
    let server = serve(with_places(&project, 5));
    let client = server.client();
    thread::scope(|scope| {
        for thread in 0_u64..8 {
            let client = client.clone();
            scope.spawn(move || {
                let mut random = Random(thread);
                for turn in 0..25 {
                    let form = Form::of(&format!("personne{thread}-{turn}@essai.example"));
                    let answer = form.try_json(&client).expect("an answer");
                    assert!(matches!(answer.status(), 201 | 202), "{}", answer.text());
                    if random.below(3) > 0 {
                        let path = answer.json()["suivi"].as_str().expect("its page").to_owned();
                        let _ = client.post(&path).field("action", "annuler").send().is(303);
                    }
                }
            });
        }
    });
    let rows = export(&project, SESSION);
    let enrolled = rows.iter().filter(|row| row["État"] == "place").count();
    assert_eq!(enrolled, rows.len().min(5), "no place too many, none left empty while somebody waits");
    // In the order of arrival: nobody waits before somebody who has a place.
    let states: Vec<_> = rows.iter().map(|row| row["État"] == "place").collect();
    assert!(states.is_sorted_by(|a, b| a >= b), "{states:?}");
}

#[test]
fn the_limit_then_in_force_counts() {
    let project = Project::new();
    let server = serve(with_places(&project, 3));
    for person in 0..5 {
        Form::of(&format!("personne{person}@essai.example")).json(&server);
    }
    let placed = || export(&project, SESSION).iter().filter(|row| row["État"] == "place").count();
    assert_eq!(placed(), 3);
    // Lowered: nobody is dropped, nobody is added.
    with_places(&project, 1);
    until("the new limit", LIVE, || limit_is(&server, 1));
    assert_eq!(placed(), 3);
    assert_eq!(result(&Form::of("apres@essai.example").json(&server)), "liste_attente");
    // Raised: whoever waits is served, in order.
    with_places(&project, 5);
    until("the new limit", LIVE, || limit_is(&server, 5));
    assert_eq!(placed(), 5);
}

fn limit_is(server: &Server, places: u32) -> Option<()> {
    let list = server.get("/api/seances").send().json();
    let row = list.as_array()?.iter().find(|row| row["id"] == SESSION)?.clone();
    (row["places_max"] == places).then_some(())
}

#[test]
fn the_same_form_sent_again_gets_the_first_answer_and_records_nothing() {
    let project = Project::new();
    let server = serve(&project);
    let form = Form::of("ana@essai.example").with("envoi", "cle-1").with("theme", "Le sommeil");
    let first = form.follow_up(&server);
    assert_eq!(form.follow_up(&server), first);
    assert_eq!(own_page(&form.post(&server)), first);
    // Even when the answer would no longer be the same.
    cancel(&server, &first);
    assert_eq!(result(&form.json(&server).is(201)), "inscrit");
    assert_eq!(export(&project, SESSION).len(), 0);
    // Another body under the same key is a new demand; so is the same body under another key, or
    // none.
    let others = [
        form.clone().with("prenom", "Anna"),
        form.clone().with("theme", "Les repas"),
        form.clone().with("connu_par", "flyer"),
        form.clone().with("envoi", "cle-2"),
        form.clone().without("envoi"),
        form.clone().without("envoi"),
        form.at(OTHER),
    ];
    let mut links: Vec<_> = others.iter().map(|form| form.follow_up(&server)).collect();
    links.push(first);
    links.sort();
    links.dedup();
    assert_eq!(links.len(), 8);
    assert_eq!(export(&project, SESSION).len(), 6);
}

#[test]
fn the_same_form_sent_many_times_at_once_is_one_demand() {
    let project = Project::new();
    let server = serve(&project);
    let form = Form::of("ana@essai.example").with("envoi", "cle-1");
    let client = server.client();
    let links: Vec<_> = thread::scope(|scope| {
        let send = |_| {
            let (client, form) = (client.clone(), &form);
            scope.spawn(move || form.try_json(&client).expect("an answer").json()["suivi"].clone())
        };
        let answers: Vec<_> = (0..20).map(send).collect();
        answers.into_iter().map(|link| link.join().expect("an answer")).collect()
    });
    assert!(links.iter().all(|link| link.is_string() && *link == links[0]), "{links:?}");
    assert_eq!(exported_emails(&project, SESSION), ["ana@essai.example"]);
}

#[test]
fn one_full_session_leaves_the_others_open() {
    let project = Project::new();
    session(&project, OTHER, "places_min = 1\nplaces_max = 1");
    let server = serve(&project);
    Form::of("ana@essai.example").at(OTHER).json(&server).is(201);
    Form::of("ana@essai.example").json(&server).is(201);
    assert_eq!(state(&server, OTHER), "complete");
    assert_eq!(state(&server, SESSION), "ouverte");
}
