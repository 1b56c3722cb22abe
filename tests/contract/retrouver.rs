//! A link that was lost is found again: by the address, in one and the same answer, in a letter to
//! that address alone.

use harness::{Answer, Project, Server, html};

use crate::support::{
    Form, Letter, OTHER, PATIENCE, TEAM, all_letters, assert_page, awaited, cancel, letters, press, serve, standing,
    to, until,
};

const PAGE: &str = "/inscription/retrouver/";

/// Types an address, and presses the button.
#[track_caller]
fn look_for(server: &Server, address: &str) -> Answer {
    server.get(PAGE).send().is(200).form("Je cherche ma demande").fill("courriel", address).submit()
}

/// The letter with the lost links to this address, once it is there.
#[track_caller]
fn found(project: &Project, address: &str) -> Letter {
    until(&format!("the links of {address}"), PATIENCE, || {
        let letters = all_letters(project);
        to(&letters, address).into_iter().find(|letter| letter.text.contains("Voici le lien de")).cloned()
    })
}

#[test]
fn a_lost_link_comes_by_letter_to_the_recorded_address_and_opens_the_demand() {
    let project = Project::new();
    let server = serve(&project);
    let first = Form::of("Ana@essai.example").follow_up(&server);
    let second = Form::of("ana@essai.example").at(OTHER).follow_up(&server);
    let answer = look_for(&server, "ANA@essai.example").is(200);
    let words = html::words(answer.text());
    assert!(words.contains("leurs liens partent par courriel") && !words.contains("ANA@"), "{words}");
    let letter = found(&project, "Ana@essai.example");
    assert_eq!(letter.subject, "Votre demande auprès de l’Espace Famille", "a discreet one");
    let at = |path: &String| letter.text.find(path).unwrap_or_else(|| panic!("{path} in {}", letter.text));
    assert!(at(&first) < at(&second), "by their dates");
    assert!(letter.text.contains("mercredi 17 mars 2027"), "{}", letter.text);
    assert!(letter.text.contains("mercredi 26 mai 2027"), "{}", letter.text);
    let link = letter.link("suivi").expect("a link");
    cancel(&server, &link);
    assert_eq!(standing(&server, &first), "annulee");
    assert_eq!(all_letters(&project).iter().filter(|letter| letter.text.contains("Voici le lien")).count(), 1);
}

#[test]
fn whatever_address_is_typed_the_answer_is_one_and_the_same() {
    let project = Project::new();
    let server = serve(&project);
    Form::of("ana@essai.example").follow_up(&server);
    let erased = Form::of("bea@essai.example").follow_up(&server);
    let _ = server.get(&erased).send().form("J’efface mes informations").check("confirmation", "oui").submit().is(200);
    let careful = Form::of("chloe@essai.example").with("telephone", "06 12 34 56 78");
    careful.with("contact_prudent", "pas_de_courriel").follow_up(&server);
    let cancelled = Form::of("dora@essai.example").follow_up(&server);
    cancel(&server, &cancelled);
    let reference = look_for(&server, "inconnue@essai.example").is(200);
    let machine = server.post(PAGE).as_json().field("courriel", "autre@essai.example").send();
    assert_eq!((machine.status(), machine.json()), (202, serde_json::json!({ "resultat": "recherche" })));
    for known in ["ana", "bea", "chloe", "dora"] {
        let address = format!("{known}@essai.example");
        let answer = look_for(&server, &address).is(200);
        assert!(answer.bytes() == reference.bytes(), "{known}: {}", answer.text());
        let told = server.post(PAGE).as_json().field("courriel", &address).send();
        assert_eq!((told.status(), told.bytes()), (202, machine.bytes()), "{known}");
    }
    found(&project, "ana@essai.example");
    // Those who asked after her were looked for by now, too: nobody else is written to.
    look_for(&server, "ana@essai.example");
    let letters = letters(&project, &server);
    let links = letters.iter().filter(|letter| letter.text.contains("Voici le lien"));
    assert!(links.into_iter().all(|letter| letter.to == "ana@essai.example"), "{letters:?}");
    for stranger in ["inconnue", "autre", "chloe"] {
        assert_eq!(to(&letters, &format!("{stranger}@essai.example")).len(), 0, "{stranger}");
    }
    // An erasure takes its letters with it, but for the last.
    assert_eq!(to(&letters, "bea@essai.example").len(), 1);
    assert_eq!(to(&letters, "dora@essai.example").len(), 2);
}

#[test]
fn a_malformed_address_is_told_at_its_field_and_who_gave_a_telephone_is_told_whom_to_call() {
    let project = Project::new();
    let server = serve(&project);
    let words = assert_page(&server.get(PAGE).send(), 200);
    assert!(words.contains("Vous n’aviez donné qu’un téléphone ?"), "{words}");
    for typed in ["ana", "ana@", ""] {
        let answer = look_for(&server, typed);
        let words = assert_page(&answer, 422);
        assert!(words.contains("Il reste 1 point à corriger"), "{words}");
        assert!(answer.text().contains("href=\"#champ-courriel\"") && answer.text().contains("aria-invalid"));
        assert!(answer.text().contains(&format!("value=\"{typed}\"")), "what was typed is kept");
    }
    let told = server.post(PAGE).as_json().field("courriel", "ana").send().is(422).json();
    assert_eq!(told["erreur"], "champs_invalides");
    assert!(told["champs"]["courriel"].is_string(), "{told}");
    assert_page(&look_for(&server, "ana@essai.example"), 200);
    let foreign = server.post(PAGE).header("Origin", "https://ailleurs.example").field("courriel", "a@x.fr").send();
    assert_eq!(foreign.status(), 403);
}

#[test]
fn the_way_there_is_on_the_form_on_the_site_map_and_behind_a_link_that_opens_nothing() {
    let project = Project::new();
    let server = serve(&project);
    for page in ["/inscription/", "/plan-du-site/"] {
        let _ = server.get(page).send().is(200).follow("Retrouver ma demande").is(200).form("Je cherche ma demande");
    }
    let dead = server.get("/inscription/suivi/inconnu").send().is(404);
    let words = html::words(dead.text());
    assert!(words.contains("Il a peut-être expiré, ou un autre l’a remplacé"), "{words}");
    let _ = dead.follow("Retrouver ma demande").is(200).form("Je cherche ma demande");
    assert_eq!(server.get("/inscription/retrouver").send().is(308).location(), PAGE);
    // The published site may be elsewhere than the server.
    let elsewhere = Project::new();
    elsewhere.edit("content/site.toml", "[contact]", "inscription = \"https://inscription.exemple.fr\"\n\n[contact]");
    let _server = serve(&elsewhere);
    let form = elsewhere.page("/inscription/");
    assert!(form.contains("href=\"https://inscription.exemple.fr/inscription/retrouver/\""), "{form}");
}

#[test]
fn an_address_is_written_to_once_in_a_while_whoever_asks() {
    let project = Project::new();
    let server = project.server().arg("--limit", "1000").start();
    Form::of("ana@essai.example").follow_up(&server);
    for _ in 0..3 {
        look_for(&server, "ana@essai.example").is(200);
    }
    found(&project, "ana@essai.example");
    // What was asked later was looked at later.
    Form::of("bea@essai.example").at(OTHER).follow_up(&server);
    look_for(&server, "bea@essai.example").is(200);
    found(&project, "bea@essai.example");
    let letters = all_letters(&project);
    assert_eq!(to(&letters, "ana@essai.example").len(), 2, "the place, and the links once");
    // What codes spend of an address's letters is not seen here: only a demand has codes.
    let mine = Form::of("carl@essai.example").at(OTHER).follow_up(&server);
    while press(&server, &mine, "J’ai besoin d’un code").status() == 200 {}
    assert_eq!(press(&server, &mine, "J’ai besoin d’un code").status(), 429);
    for address in ["carl@essai.example", "dora@essai.example"] {
        let asked: Vec<_> = (0..12).map(|_| look_for(&server, address).status()).collect();
        assert_eq!(asked, [200; 12], "{address}");
    }
}

#[test]
fn a_held_demand_is_written_to_nobody_until_it_is_let_in() {
    let project = Project::new();
    let server = project.server().arg("--limit", "1000").arg("--hourly", "1").start();
    Form::of("ana@essai.example").follow_up(&server);
    let held = Form::of("bea@essai.example").follow_up(&server);
    assert_eq!(standing(&server, &held), "a_confirmer");
    look_for(&server, "bea@essai.example").is(200);
    look_for(&server, "ana@essai.example").is(200);
    found(&project, "ana@essai.example");
    assert_eq!(to(&all_letters(&project), "bea@essai.example").len(), 0);
    let (_, burst) = awaited(&project, TEAM, "/equipe/rafale/");
    drop(press(&server, &burst, "J’accepte"));
    let (_, link) = awaited(&project, "bea@essai.example", "/inscription/suivi/");
    assert!(link.ends_with(&held), "{link}");
}
