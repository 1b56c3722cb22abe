//! What a person may change of their own demand, from their own page: another date, another
//! contact, a place on offer, what is recorded.

use harness::{Project, Server, html};

use crate::support::{
    Form, Letter, OTHER, PATIENCE, SESSION, assert_error, cancel, export, exported_emails, letters, press, result,
    serve, session, standing, to, until, with_places,
};

/// Posts an action of the person's page, as a machine does.
fn act(server: &Server, person: &str, fields: &[(&str, &str)]) -> harness::Answer {
    fields.iter().fold(server.post(person).as_json(), |request, (name, value)| request.field(name, value)).send()
}

/// The code of the last letter to this address.
fn code(letters: &[Letter], address: &str) -> String {
    let letter =
        to(letters, address).into_iter().rfind(|letter| letter.text.contains("Voici le code")).expect("a code");
    let line = letter.text.lines().find(|line| line.starts_with("    ")).expect("a line of its own");
    line.trim().to_owned()
}

#[test]
fn a_demand_is_moved_and_its_link_goes_with_it() {
    let project = Project::new();
    let server = serve(with_places(&project, 1));
    let ana = Form::of("ana@essai.example").follow_up(&server);
    let bea = Form::of("bea@essai.example").follow_up(&server);
    let page = server.get(&ana).send().is(200);
    assert!(page.text().contains(&format!("<option value=\"{OTHER}\">")), "the other date is offered");
    let button = page.form("Je change de date");
    assert_eq!(button.choose("seance", OTHER).submit().is(303).location(), ana);
    assert_eq!(exported_emails(&project, OTHER), ["ana@essai.example"]);
    assert_eq!((standing(&server, &ana), standing(&server, &bea)), ("inscrit".into(), "inscrit".into()));
    assert_eq!(server.get(&ana).as_json().send().json()["seance"], OTHER);
    // Back, where there is no place any more: nothing changes.
    assert_error(&act(&server, &ana, &[("action", "deplacer"), ("seance", SESSION)]), 409, "complete");
    let page = server.post(&ana).field("action", "deplacer").field("seance", SESSION).send().is(409);
    assert!(html::words(page.text()).contains("Rien n’a été changé"), "{}", page.text());
    assert_eq!(exported_emails(&project, OTHER), ["ana@essai.example"]);
    assert_error(&act(&server, &ana, &[("action", "deplacer")]), 422, "seance_absente");
    assert_error(&act(&server, &ana, &[("action", "deplacer"), ("seance", "nulle-part")]), 404, "seance_inconnue");
    cancel(&server, &ana);
    assert_eq!(exported_emails(&project, OTHER), Vec::<String>::new());
    assert_error(&act(&server, &ana, &[("action", "deplacer"), ("seance", OTHER)]), 409, "trop_tard");
}

#[test]
fn a_cancelled_session_lets_its_people_move() {
    let project = Project::new();
    let server = serve(&project);
    let ana = Form::of("ana@essai.example").follow_up(&server);
    session(&project, SESSION, "etat = \"annulee\"\nrevision = 1");
    let page = until("the person's page says it", PATIENCE, || {
        Some(server.get(&ana).send()).filter(|page| page.text().contains("Cette séance est annulée"))
    });
    let moved = page.form("Je change de date").choose("seance", OTHER).submit().redirected().is(200);
    assert!(moved.text().contains("26 mai 2027"), "{}", moved.text());
    assert_eq!(exported_emails(&project, OTHER), ["ana@essai.example"]);
    let words = html::words(moved.text());
    assert!(words.contains("Vous aviez demandé le mercredi 17 mars : cette séance n’a pas lieu."), "{words}");
    until("the log tells it", PATIENCE, || server.output().contains(SESSION).then_some(()));
}

#[test]
fn what_is_recorded_is_shown_and_corrected_with_a_code_alone() {
    let project = Project::new();
    let server = serve(&project);
    let ana = Form::of("ana@essai.example").with("prenom", "Zéphyrine").with("theme", "Le sommeil").follow_up(&server);
    for action in ["donnees", "telecharger", "contact"] {
        assert_error(&act(&server, &ana, &[("action", action)]), 422, "code_faux");
        let wrong = act(&server, &ana, &[("action", action), ("code", "2222-2222"), ("courriel", "x@essai.example")]);
        assert_error(&wrong, 422, "code_faux");
    }
    assert_eq!(result(&act(&server, &ana, &[("action", "code")])), "code_envoye");
    let opened = press(&server, &ana, "J’ai besoin d’un code").is(200);
    assert!(html::words(opened.text()).contains("Un code part vers votre courriel"));
    let code = code(&letters(&project, &server), "ana@essai.example");
    let page = opened.form("Je vois mes informations").fill("code", &code).submit().is(200);
    for recorded in ["Zéphyrine", "ana@essai.example"] {
        assert!(page.text().contains(recorded), "{recorded}: {}", page.text());
    }
    assert!(!page.text().contains("Le sommeil"), "a topic is nobody's");
    assert_eq!(page.header("Cache-Control"), Some("no-store"));
    let file = page.form("Je garde une copie (fichier)").submit().is(200);
    assert!(file.header("Content-Disposition").is_some_and(|value| value.starts_with("attachment")));
    assert_eq!((&file.json()["prenom"], &file.json()["seance"]), (&"Zéphyrine".into(), &SESSION.into()));
    // Another's code opens nothing here.
    let bea = Form::of("bea@essai.example").follow_up(&server);
    assert_error(&act(&server, &bea, &[("action", "donnees"), ("code", &code)]), 422, "code_faux");
    // A mistake keeps what was typed; then it is corrected.
    let wrong = [("action", "contact"), ("code", &code), ("courriel", "x"), ("telephone", "06 12 34 56 42")];
    assert_error(&act(&server, &ana, &wrong), 422, "champs_invalides");
    let typed = page.form("Je corrige").fill("courriel", "x").fill("telephone", "06 12 34 56 42");
    let page = typed.submit().is(422);
    assert!(page.text().contains("06 12 34 56 42"));
    let right = page.form("Je corrige").fill("courriel", "neuve@essai.example").fill("telephone", "");
    let right = right.check("contact_prudent", "soir").submit();
    assert_eq!(right.redirected().is(200).path(), ana);
    assert_eq!(page.follow("Revenir à ma demande").is(200).path(), ana);
    // However it is typed.
    let typed = server.get(&ana).send().form("Je vois mes informations").fill("code", &code.to_lowercase());
    assert!(typed.submit().is(200).text().contains("neuve@essai.example"));
    assert_eq!(exported_emails(&project, SESSION)[0], "neuve@essai.example");
    let mails = letters(&project, &server);
    assert_eq!(to(&mails, "neuve@essai.example").len(), 1, "the new mailbox hears where it stands: {mails:?}");
}

#[test]
fn whoever_asked_for_no_letter_is_sent_no_code() {
    let project = Project::new();
    let server = serve(&project);
    let ana =
        Form::of("ana@essai.example").with("telephone", "06 12 34 56 42").with("contact_prudent", "pas_de_courriel");
    let ana = ana.follow_up(&server);
    assert_error(&act(&server, &ana, &[("action", "code")]), 409, "code_impossible");
    let words = html::words(server.get(&ana).send().text());
    assert!(words.contains("nous n’écrivons ni courriel ni texto pour cette demande"), "{words}");
    assert!(!server.get(&ana).send().buttons().contains(&"J’ai besoin d’un code".to_owned()));
    assert_eq!(to(&letters(&project, &server), "ana@essai.example").len(), 0);
}

#[test]
fn what_is_erased_is_gone() {
    let project = Project::new();
    let server = serve(with_places(&project, 1));
    let ana = Form::of("ana@essai.example").follow_up(&server);
    let bea = Form::of("bea@essai.example").follow_up(&server);
    assert_error(&act(&server, &ana, &[("action", "effacer")]), 422, "effacer_confirmer");
    let button = server.get(&ana).send().is(200).form("J’efface mes informations");
    let page = button.check("confirmation", "oui").submit().is(200);
    assert!(html::words(page.text()).contains("Vos informations sont effacées"));
    let unknown = server.get("/inscription/suivi/inconnu").send().is(404);
    assert!(server.get(&ana).send().is(404).bytes() == unknown.bytes());
    assert_eq!(standing(&server, &bea), "inscrit");
    assert_eq!(export(&project, SESSION).len(), 1);
}

#[test]
fn a_place_freed_on_the_day_is_offered_and_accepted() {
    let project = Project::new();
    with_places(&project, 1);
    let now = "2027-03-17T08:00:00+01:00";
    let server = project.server().arg("--limit", "0").arg("--now", now).start();
    let [ana, bea, chloe] =
        ["ana", "bea", "chloe"].map(|name| Form::of(&format!("{name}@essai.example")).follow_up(&server));
    cancel(&server, &ana);
    assert_eq!(standing(&server, &bea), "proposee");
    let page = server.get(&bea).send().is(200);
    let words = html::words(page.text());
    assert!(words.contains("Une place vous attend") && words.contains("Oui, je viens"), "{words}");
    let mails = letters(&project, &server);
    let offer = to(&mails, "bea@essai.example").into_iter().find(|letter| letter.text.contains("Vous venez\u{202f}?"));
    let offer = offer.expect("the place is offered in writing");
    assert!(offer.text.replace('\u{a0}', " ").contains("jusqu’au mercredi 17 mars à 12 h"), "{}", offer.text);
    assert_error(&act(&server, &chloe, &[("action", "accepter")]), 409, "trop_tard");
    assert!(!server.get(&chloe).send().buttons().contains(&"Oui, je viens".to_owned()));
    let accepted = page.form("Oui, je viens").submit().redirected().is(200);
    assert!(html::words(accepted.text()).contains("Votre place est gardée"), "{}", accepted.text());
    assert_eq!((standing(&server, &bea), standing(&server, &chloe)), ("inscrit".into(), "liste_attente".into()));
    drop(server);
    // Later that day, nobody answers in time: the place goes on by itself.
    let server = project.server().arg("--limit", "0").arg("--now", now).start();
    cancel(&server, &bea);
    assert_eq!(standing(&server, &chloe), "proposee");
    drop(server);
    let server = project.server().arg("--limit", "0").arg("--now", "2027-03-17T13:00:00+01:00").start();
    until("the offer ends", PATIENCE, || (standing(&server, &chloe) == "expiree").then_some(()));
    let page = html::words(server.get(&chloe).send().is(200).text());
    assert!(page.contains("La place est allée à une autre personne"), "{page}");
}
