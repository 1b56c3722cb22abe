//! What the browser that sent a form may do for a while, and nobody else: correct a mistyped
//! contact without a code, and take back what it had sent before.

use harness::{Answer, Project, Server, html};

use crate::support::{
    Form, Letter, OTHER, PATIENCE, SESSION, all_letters, awaited, cancel, export, exported_emails, letters, serve,
    standing, to, until,
};

/// Half an hour after the tests' own clock, and an hour; and just before.
const HALF_AN_HOUR: [&str; 2] = ["2027-01-10T10:29:59+01:00", "2027-01-10T10:30:00+01:00"];
const AN_HOUR: [&str; 2] = ["2027-01-10T10:59:59+01:00", "2027-01-10T11:00:00+01:00"];

/// Fills in the form with a mistyped address, and is led to its page.
#[track_caller]
fn mistyped(server: &Server) -> Answer {
    Form::of("ana@gmial.example").press(server).redirected().is(200)
}

/// The same form once more, as it comes back by the browser's own button: its key is the same.
#[track_caller]
fn again(server: &Server, key: &str, form: &Form) -> Answer {
    form.clone().with("envoi", key).post(server)
}

fn link_alone(page: &Answer) -> String {
    page.path().split('?').next().unwrap_or_default().to_owned()
}

#[track_caller]
fn says(page: &Answer, words: &str) {
    let said = html::words(page.text());
    assert!(said.contains(words), "{words:?} in {said}");
}

#[test]
fn whoever_mistyped_an_address_corrects_it_and_the_link_that_was_mailed_opens_nothing() {
    let project = Project::new();
    let server = serve(&project);
    let page = mistyped(&server);
    says(&page, "jusqu’à 10 h 30");
    assert_eq!(page.header("Referrer-Policy"), Some("strict-origin"), "not even our own pages are told of it");
    let (_, mailed) = awaited(&project, "ana@gmial.example", "/inscription/suivi/");
    assert!(mailed.ends_with(&link_alone(&page)), "{mailed}");

    // A mistake keeps what was typed; then it is right. Pressed twice, it is done once.
    let wrong = page.form("Je corrige").fill("courriel", "ana@gmail").fill("telephone", "06 12").submit().is(422);
    says(&wrong, "Il reste 2 points à corriger");
    assert!(wrong.text().contains("value=\"ana@gmail\"") && wrong.text().contains("value=\"06 12\""));
    let nothing = wrong.form("Je corrige").fill("courriel", "").fill("telephone", "").submit().is(422);
    let right = nothing.form("Je corrige").fill("courriel", "ana@gmail.example");
    let corrected = right.clone().submit().is(303);
    assert_eq!(right.submit().is(303).location(), corrected.location());
    let page = corrected.redirected().is(200);
    says(&page, "a•••@gmail.example");
    says(&page, "Votre place est gardée");

    let dead = server.get(&mailed).send();
    let unknown = server.get("/inscription/suivi/inconnu").send();
    assert_eq!((dead.status(), dead.bytes()), (404, unknown.bytes()));
    assert_eq!(server.post(&mailed).field("action", "annuler").send().status(), 404);
    let (letter, link) = awaited(&project, "ana@gmail.example", "/inscription/suivi/");
    assert!(letter.text.contains("Une place est réservée") && link.ends_with(&link_alone(&page)), "{letter:?}");
    assert_eq!(exported_emails(&project, SESSION), ["ana@gmail.example"]);
    // Once more, for as long as the half hour lasts: a telephone alone.
    let page = page.form("Je corrige").fill("telephone", "06 12 34 56 78").submit().redirected().is(200);
    says(&page, "•• •• •• •• 78");
    let own = link_alone(&page);
    cancel(&server, &own);
    assert_eq!(standing(&server, &own), "annulee");
    let letters = letters(&project, &server);
    assert_eq!(to(&letters, "ana@gmial.example").len(), 1, "nothing more goes there: {letters:?}");
    assert_eq!(to(&letters, "ana@gmail.example").len(), 1, "{letters:?}");
    for secret in ["preuve", "gmial", "gmail"] {
        assert!(!server.output().contains(secret), "{}", server.output());
    }
}

#[test]
fn nobody_is_flooded_by_corrections_to_their_address() {
    let project = Project::new();
    let server = project.server().arg("--limit", "1000").start();
    let corrected = |n: usize| {
        let page = Form::of(&format!("moi{n}@essai.example")).press(&server).redirected().is(200);
        page.form("Je corrige").fill("courriel", "zoe@essai.example").submit().status()
    };
    assert_eq!((0..5).map(corrected).collect::<Vec<_>>(), [303, 303, 303, 429, 429]);
}

#[test]
fn letters_that_had_yet_to_leave_go_to_the_corrected_address() {
    let project = Project::new();
    // A mail server that nobody reaches.
    let server = project.server().arg("--limit", "0").arg("--mail", "smtp://127.0.0.1:9").start();
    let page = mistyped(&server);
    let _ = page.form("Je corrige").fill("courriel", "ana@gmail.example").submit().is(303);
    drop(server);
    let server = serve(&project);
    let (_, _) = awaited(&project, "ana@gmail.example", "/inscription/suivi/");
    assert_eq!(to(&letters(&project, &server), "ana@gmial.example").len(), 0);
}

#[test]
fn the_proof_ends_and_is_good_for_no_other_demand_and_in_no_letter() {
    let project = Project::new();
    let server = serve(&project);
    let page = mistyped(&server);
    let other = Form::of("bea@essai.example").press(&server).redirected().is(200);
    let proof = |page: &Answer| page.path().split("preuve=").nth(1).expect("a proof").to_owned();
    let correct = |server: &Server, page: &str, proof: &str| {
        let post = server.post(page).as_json().field("action", "corriger").field("preuve", proof);
        post.field("courriel", "x@ailleurs.example").send().status()
    };
    // The link alone, another demand's proof, and none at all.
    for path in [link_alone(&page), format!("{}?preuve={}", link_alone(&page), proof(&other))] {
        let shown = server.get(&path).send().is(200);
        assert!(!shown.buttons().contains(&"Je corrige".to_owned()), "{path}");
    }
    for wrong in [proof(&other), String::new(), "x".repeat(22)] {
        assert_eq!(correct(&server, &link_alone(&page), &wrong), 409, "{wrong}");
    }
    // A machine is given the link, and no proof.
    let plain = Form::of("chloe@essai.example").follow_up(&server);
    assert!(!plain.contains('?'), "{plain}");
    drop(server);

    let path = page.path().to_owned();
    let offered = |now: &str| {
        let server = serve(project.at(now));
        let shown = server.get(&path).send().is(200).buttons().contains(&"Je corrige".to_owned());
        (shown, server)
    };
    assert!(offered(HALF_AN_HOUR[0]).0);
    let (shown, server) = offered(HALF_AN_HOUR[1]);
    assert!(!shown);
    assert_eq!(correct(&server, &link_alone(&page), &proof(&page)), 409, "too late");
    // Nor is it renewed by the same form, sent again.
    assert_eq!(exported_emails(&project, SESSION).len(), 3);
    let letters = all_letters(&project);
    assert!(letters.iter().all(|letter: &Letter| !letter.text.contains("preuve")), "{letters:?}");
    drop(server);
    // A demand that has ended is corrected no more.
    let server = serve(project.at(HALF_AN_HOUR[0]));
    cancel(&server, &link_alone(&page));
    assert!(!server.get(&path).send().is(200).buttons().contains(&"Je corrige".to_owned()));
    assert_eq!(correct(&server, &link_alone(&page), &proof(&page)), 409);
}

#[test]
fn a_form_sent_again_with_another_body_offers_to_take_the_first_back_for_an_hour() {
    let project = Project::new();
    let server = serve(&project);
    let form = Form::of("ana@essai.example");
    let first = again(&server, "cle", &form).redirected().is(200);
    assert!(!first.text().contains("Vous aviez déjà envoyé une demande"));
    let second = again(&server, "cle", &form.clone().at(OTHER)).redirected().is(200);
    says(&second, "Vous aviez déjà envoyé une demande Elle est pour le mercredi 17 mars 2027");
    says(&second, "Ce choix est proposé ici jusqu’à 11 h");
    // The link alone, which is also the letter's, offers nothing.
    let alone = server.get(&link_alone(&second)).send().is(200);
    assert!(!alone.text().contains("Vous aviez déjà envoyé une demande"));
    let by_hand = server.post(&link_alone(&second)).field("action", "annuler_precedente").send();
    assert_eq!(by_hand.status(), 409);
    assert_eq!(standing(&server, &link_alone(&first)), "inscrit");
    drop(server);

    let offered = |now: &str| {
        let server = serve(project.at(now));
        let page = server.get(second.path()).send().is(200);
        (page.buttons().contains(&"J’annule la première demande".to_owned()), server, page)
    };
    assert!(!offered(AN_HOUR[1]).0);
    let (shown, server, page) = offered(AN_HOUR[0]);
    assert!(shown);
    // Pressed twice: one is cancelled, and the other stays.
    let button = page.form("J’annule la première demande");
    for press in [button.clone(), button] {
        let after = press.submit().redirected().is(200);
        assert!(!after.text().contains("Vous aviez déjà envoyé une demande"));
    }
    assert_eq!(standing(&server, &link_alone(&first)), "annulee");
    assert_eq!(standing(&server, &link_alone(&second)), "inscrit");
    assert_eq!((exported_emails(&project, SESSION).len(), exported_emails(&project, OTHER).len()), (0, 1));
}

#[test]
fn of_three_sent_in_a_row_each_press_takes_back_the_one_that_it_names() {
    let project = Project::new();
    let server = serve(&project);
    let form = |name: &str| Form::of("ana@essai.example").with("prenom", name);
    let _ = again(&server, "cle", &form("Ana")).is(303);
    let _ = again(&server, "cle", &form("Anna")).is(303);
    let third = again(&server, "cle", &form("Hannah")).redirected().is(200);
    let button = third.form("J’annule la première demande");
    let _ = button.clone().submit().is(303);
    let _ = button.submit().is(303);
    assert_eq!(export(&project, SESSION).len(), 2, "pressed twice, one is taken back");
    let page = server.get(third.path()).send().is(200);
    let _ = page.form("J’annule la première demande").submit().is(303);
    assert_eq!(export(&project, SESSION).len(), 1);
}

#[test]
fn a_shared_device_is_offered_nothing() {
    let project = Project::new();
    let server = serve(&project);
    let form = Form::of("ana@essai.example");
    let shared = |form: &Form| form.clone().with("appareil_partage", "oui");
    let _ = again(&server, "a", &shared(&form)).is(200);
    let second = again(&server, "a", &form).redirected().is(200);
    assert!(!second.text().contains("Vous aviez déjà envoyé une demande"));
    let _ = again(&server, "b", &form).is(303);
    let second = again(&server, "b", &shared(&form)).is(200);
    assert!(!second.text().contains("Vous aviez déjà") && !second.text().contains("/inscription/suivi/"));
}

/// "It was me again" may have released the second of two; taking the first back leaves one.
#[test]
fn whoever_said_by_letter_that_it_was_them_and_takes_the_first_back_still_comes() {
    let project = Project::new();
    let server = serve(&project);
    let form = Form::of("ana@essai.example");
    let first = again(&server, "cle", &form).redirected();
    let second = again(&server, "cle", &form.with("theme", "Le sommeil")).redirected();
    let (_, merge) = awaited(&project, "ana@essai.example", "/inscription/fusion/");
    let merge = merge.split_once("/inscription/").map(|(_, path)| format!("/inscription/{path}")).expect("a path");
    let _ = server.get(&merge).send().form("Oui, c’est moi").submit().is(200);
    let page = server.get(second.path()).send().is(200);
    let after = page.form("J’annule la première demande").submit().redirected().is(200);
    says(&after, "Votre place est gardée");
    assert_eq!(standing(&server, &link_alone(&first)), "annulee");
    until("one demand is left", PATIENCE, || (exported_emails(&project, SESSION).len() == 1).then_some(()));
}
