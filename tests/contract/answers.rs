//! What a demand is answered when it is well-formed: the outcome table, for people and for
//! machines.

use harness::{Project, html};

use crate::support::{Form, LIVE, OTHER, PAST, SESSION, cancel, result, serve, session, state, until, with_places};

#[test]
fn a_place_is_answered_by_the_persons_own_page() {
    let project = Project::new();
    let server = serve(&project);
    let answer = Form::of("ana@essai.example").press(&server).is(303);
    assert!(answer.location().starts_with("/inscription/suivi/"), "{}", answer.location());
    assert_eq!(answer.header("Cache-Control"), Some("no-store"));
    let page = answer.redirected().is(200);
    assert!(html::words(page.text()).contains("Votre place est gardée"), "{}", html::words(page.text()));

    let answer = Form::of("bea@essai.example").json(&server).is(201);
    let told = answer.json();
    assert_eq!(told["resultat"], "inscrit");
    assert!(told["suivi"].as_str().is_some_and(|path| path.starts_with("/inscription/suivi/")), "{told}");
    assert_eq!(answer.header("Cache-Control"), Some("no-store"));
}

#[test]
fn a_full_session_gives_a_rank_on_the_waiting_list() {
    let project = Project::new();
    let server = serve(with_places(&project, 1));
    Form::of("ana@essai.example").json(&server).is(201);
    let answer = Form::of("bea@essai.example").json(&server).is(202);
    assert_eq!(result(&answer), "liste_attente");
    let page = Form::of("chloe@essai.example").press(&server).redirected().is(200);
    let words = html::words(page.text());
    assert!(words.contains("Vous êtes sur la liste d’attente"), "{words}");
    // Nor the rank, nor how many wait.
    let body = words.split("Et maintenant").nth(1).expect("what comes next");
    let body = body.split("Pour changer de date").next().unwrap_or_default();
    assert!(!body.chars().any(|c| c.is_ascii_digit()), "{body}");
}

#[test]
fn a_demand_whose_other_parent_comes_too_is_confirmed_by_the_team() {
    let project = Project::new();
    let server = serve(with_places(&project, 2));
    let demand = |email: &str| Form::of(email).with("autre_parent", "oui").with("autre_parent_prenom", "Sam");
    let answer = demand("ana@essai.example").json(&server).is(202);
    assert_eq!(result(&answer), "a_confirmer");
    let page = demand("bea@essai.example").press(&server).redirected().is(200);
    assert!(html::words(page.text()).contains("L’équipe va confirmer votre date"));
    assert!(!page.text().contains("Sam"), "the other parent's first name is for the team alone");
    // Both hold their places: the next one waits; and one that waits is answered as one that does
    // not.
    assert_eq!(result(&Form::of("chloe@essai.example").json(&server).is(202)), "liste_attente");
    assert_eq!(result(&demand("dora@essai.example").json(&server).is(202)), "a_confirmer");
}

#[test]
fn on_a_shared_device_no_link_is_left_behind() {
    let project = Project::new();
    let server = serve(with_places(&project, 1));
    let shared = |email: &str| Form::of(email).with("appareil_partage", "oui");
    let answer = shared("ana@essai.example").press(&server).is(200);
    assert_eq!(answer.header("Location"), None);
    assert_eq!(answer.header("Cache-Control"), Some("no-store"));
    assert!(!answer.text().contains("/inscription/suivi/"));
    assert!(html::words(answer.text()).contains("Votre place est gardée"));
    assert!(!answer.text().contains("ana@"), "nor what was typed");
    let answer = shared("bea@essai.example").json(&server).is(202);
    assert_eq!(answer.json().get("suivi"), None);
}

#[test]
fn machines_are_told_each_session_in_words() {
    let project = Project::new();
    let server = serve(session(&project, OTHER, "lieu = \"parc\"\netat = \"annulee\"\nrevision = 1"));
    let answer = server.get("/api/seances").send().is(200);
    assert_eq!(answer.header("Content-Type"), Some("application/json"));
    let list = answer.json();
    let expected = serde_json::json!([
        { "id": PAST, "groupe": "parents-solos", "date": PAST, "debut": "18:00", "fin": "20:00",
          "lieu": "Salle d’animation", "etat": "passee", "places_max": 12, "adresse": "/seances/2023-11-22/" },
        { "id": SESSION, "groupe": "parents-solos", "date": SESSION, "debut": "18:00", "fin": "20:00",
          "lieu": "Salle d’animation", "etat": "ouverte", "places_max": 12, "adresse": "/seances/2027-03-17/" },
        { "id": OTHER, "groupe": "parents-solos", "date": OTHER, "debut": "18:00", "fin": "20:00",
          "lieu": "Salle du parc", "etat": "annulee", "places_max": 12, "adresse": "/seances/2027-05-26/" },
    ]);
    assert_eq!(list, expected);
    assert_eq!(server.get("/sante").send().is(200).text(), "ok");
}

#[test]
fn the_state_is_the_first_that_applies() {
    let project = Project::new();
    let dates = "inscription_ouvre = 2027-02-01T09:00:00\ninscription_ferme = 2027-03-16T12:00:00";
    session(&project, SESSION, dates);
    session(&project, OTHER, "etat = \"annulee\"\nrevision = 1");
    for (now, expected) in [
        ("2027-02-01T08:59:59+01:00", "a_venir"),
        ("2027-02-01T09:00:00+01:00", "ouverte"),
        ("2027-03-16T11:59:59+01:00", "ouverte"),
        ("2027-03-16T12:00:00+01:00", "close"),
        ("2027-03-17T19:59:59+01:00", "close"),
        ("2027-03-17T20:00:00+01:00", "passee"),
    ] {
        project.at(now);
        let server = serve(&project);
        assert_eq!(state(&server, SESSION), expected, "{now}");
        assert_eq!(state(&server, OTHER), "annulee", "{now}");
    }
    // A cancelled session is never "past".
    let server = serve(project.at("2027-06-01T10:00:00+02:00"));
    assert_eq!(state(&server, OTHER), "annulee");
}

#[test]
fn sign_up_closes_at_the_start_unless_said_otherwise() {
    let project = Project::new();
    for (now, expected) in [("2027-03-17T17:59:59+01:00", "ouverte"), ("2027-03-17T18:00:00+01:00", "close")] {
        let server = serve(project.at(now));
        assert_eq!(state(&server, SESSION), expected, "{now}");
    }
}

#[test]
fn three_places_left_are_the_last_and_none_is_full() {
    let project = Project::new();
    let server = serve(with_places(&project, 4));
    let mut states = vec![state(&server, SESSION)];
    let mut last = String::new();
    for name in ["ana", "bea", "chloe", "dora"] {
        last = Form::of(&format!("{name}@essai.example")).follow_up(&server);
        states.push(state(&server, SESSION));
    }
    let last_places = "dernieres_places";
    assert_eq!(states, ["ouverte", last_places, last_places, last_places, "complete"]);
    cancel(&server, &last);
    assert_eq!(state(&server, SESSION), last_places);
    // And the page follows.
    until("the page says so", LIVE, || project.page("/seances/2027-03-17/").contains("Dernières places").then_some(()));
}
