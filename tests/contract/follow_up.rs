//! Promise 5: the person's own page, and the links that open nothing.

use harness::{Project, Server, html};

use crate::support::{
    CANCELS, Form, Letter, OTHER, PATIENCE, SESSION, assert_error, cancel, export, letters, serve, session, standing,
    to, until, with_places,
};

#[test]
fn the_page_masks_what_it_shows_and_hides_the_rest() {
    let project = Project::new();
    let server = serve(&project);
    let person = Form::of("zigomar@essai.example")
        .with("prenom", "Zéphyrine")
        .with("telephone", "06 12 34 56 42")
        .with("theme", "Le sommeil des petits")
        .with("connu_par", "flyer")
        .with("autre_parent_prenom", "Sam")
        .follow_up(&server);
    let page = server.get(&person).send().is(200);
    let words = html::words(page.text());
    assert!(words.contains("z•••@essai.example"), "{words}");
    assert!(words.contains("•• •• •• •• 42"), "{words}");
    for secret in ["zigomar", "Zéphyrine", "06 12", "612345642", "sommeil", "Sam"] {
        assert!(!page.text().contains(secret), "{secret}");
    }
    assert_eq!(page.header("Cache-Control"), Some("no-store"));
    assert!(page.text().contains("noindex"));
    assert_eq!(page.header("Referrer-Policy"), Some("same-origin"), "the address is told to nobody else");
    let json = server.get(&person).as_json().send().is(200);
    assert!(!json.text().contains("zigomar") && !json.text().contains("phyrine"), "{}", json.text());
}

#[test]
fn a_contact_that_is_not_to_be_used_is_not_shown_even_masked() {
    let project = Project::new();
    let server = serve(&project);
    let both = || Form::of("zigomar@essai.example").with("telephone", "06 12 34 56 42");
    let shown = |form: Form| html::words(server.get(&form.follow_up(&server)).send().is(200).text());
    let page = shown(both().with("contact_prudent", "pas_de_courriel"));
    assert!(!page.contains("•••@") && page.contains("•• 42"), "{page}");
    let page = shown(both().with("contact_prudent", "pas_d_appel"));
    assert!(page.contains("z•••@essai.example") && !page.contains("•• 42"), "{page}");
}

#[test]
fn the_form_is_compressed_and_what_is_somebodys_is_not() {
    let project = Project::new();
    let server = serve(&project);
    let coding = |path: &str| {
        let answer = server.get(path).header("Accept-Encoding", "gzip, br").send();
        answer.header("Content-Encoding").map(str::to_owned)
    };
    assert!(coding("/inscription/").is_some());
    let person = Form::of("ana@essai.example").follow_up(&server);
    assert_eq!(coding(&person), None);
    assert_eq!(coding("/inscription/suivi/inconnu"), None);
    assert_eq!(coding("/equipe/appels/inconnu"), None);
    // Nor is the form that repeats what was typed.
    let wrong = server.post("/inscription").header("Accept-Encoding", "gzip, br").field("prenom", "Ana").send().is(422);
    assert_eq!(wrong.header("Content-Encoding"), None);
}

#[test]
fn a_link_that_opens_nothing_says_that_it_may_have_expired() {
    let project = Project::new();
    let server = serve(&project);
    let page = html::words(server.get("/inscription/suivi/inconnu").send().is(404).text());
    assert!(page.contains("Ce lien ne s’ouvre pas") && page.contains("expiré"), "{page}");
    let unknown = Form::of("ana@essai.example").at("inconnue").post(&server).is(404);
    assert!(!html::words(unknown.text()).contains("expiré"), "a session that is unknown is no link");
}

#[test]
fn links_that_open_nothing_are_all_answered_alike() {
    let project = Project::new();
    let server = serve(&project);
    let person = Form::of("ana@essai.example").follow_up(&server);
    Form::of("ana@essai.example").with("envoi", "b").follow_up(&server);
    let token = person.rsplit('/').next().expect("a token");
    let flip = |at: usize| {
        let mut bytes = token.as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).expect("ASCII")
    };
    // A true link of another kind is no link of this one.
    let letters = letters(&project, &server);
    let merge = letters.iter().find_map(|letter| letter.link("fusion")).expect("the question");
    let merge = merge.rsplit('/').next().expect("a token").to_owned();
    let wrong = [
        flip(0),
        flip(10),
        flip(token.len() - 5),
        token[..token.len() - 1].to_owned(),
        format!("{token}A"),
        format!("{token}="),
        token.to_lowercase(),
        "x".into(),
        "A".repeat(43),
        "A".repeat(5_000),
        "%00".into(),
        "%ff%fe".into(),
        "%2e%2e".into(),
        "é".into(),
        merge.clone(),
    ];
    for kind in ["suivi", "fusion", "annuler-autres"] {
        let path = |token: &str| format!("/inscription/{kind}/{}", token.replace('é', "%C3%A9"));
        let page = |token: &str, json: bool| {
            let request = server.get(&path(token));
            if json { request.as_json() } else { request }.send()
        };
        let reference = page("inconnu", false).is(404);
        let machine = page("inconnu", true);
        assert_error(&machine, 404, "introuvable");
        for token in wrong.iter().filter(|token| kind != "fusion" || **token != merge) {
            let answer = page(token, false);
            assert_eq!(answer.status(), 404, "{kind} {token}");
            assert!(answer.bytes() == reference.bytes(), "{kind} {token}: {}", answer.text());
            assert_eq!(page(token, true).bytes(), machine.bytes(), "{kind} {token}");
            let posted = server.post(&path(token)).field("action", "annuler").send();
            assert_eq!((posted.status(), posted.bytes()), (404, reference.bytes()), "{kind} {token}");
        }
    }
    // A key of another house opens nothing either.
    let elsewhere = Project::new();
    let other = serve(&elsewhere);
    assert!(other.get(&person).send().is(404).bytes() == server.get("/inscription/suivi/inconnu").send().bytes());
    // And all this changed nothing.
    assert_eq!(export(&project, SESSION).len(), 2);
}

#[test]
fn a_link_outlives_a_restart_and_its_key_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let project = Project::new();
    let server = serve(&project);
    let person = Form::of("ana@essai.example").follow_up(&server);
    drop(server);
    let server = serve(&project);
    let _ = server.get(&person).send().is(200);
    let mode = |path: &str| std::fs::metadata(project.path(path)).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode("var/cle"), 0o600);
    assert_eq!(mode("var/inscriptions.db") & 0o077, 0, "who is enrolled is for the owner alone");
    assert_eq!(mode("var") & 0o077, 0);
}

#[test]
fn a_get_never_changes_anything() {
    let project = Project::new();
    let server = serve(with_places(&project, 1));
    let person = Form::of("ana@essai.example").follow_up(&server);
    Form::of("ana@essai.example").with("envoi", "b").follow_up(&server);
    let waiting = Form::of("bea@essai.example").follow_up(&server);
    let letters = letters(&project, &server);
    let merge = letters.iter().find_map(|letter| letter.link("fusion")).expect("the question");
    cancel(&server, &waiting);
    let before = (export(&project, SESSION), server.get("/api/seances").send().text().to_owned());
    for path in [&person, &merge] {
        for suffix in ["", "?action=annuler", "?action=fusion&done=true"] {
            for method in ["GET", "HEAD"] {
                let answer = server.request(method, &format!("{path}{suffix}")).send();
                assert_eq!(answer.status(), 200, "{method} {path}{suffix}");
            }
        }
        for method in ["PUT", "DELETE", "PATCH"] {
            assert_eq!(server.request(method, path).send().status(), 405, "{method}");
        }
    }
    for path in [
        "/inscription?seance=2027-03-17&prenom=Ana&courriel=x%40y.example&conditions=oui",
        "/inscription/?action=annuler",
    ] {
        assert!(server.get(path).send().status() < 400, "{path}");
    }
    let after = (export(&project, SESSION), server.get("/api/seances").send().text().to_owned());
    assert_eq!(before, after);
}

#[test]
fn cancelling_twice_is_cancelling_once() {
    let project = Project::new();
    let server = serve(with_places(&project, 1));
    let person = Form::of("ana@essai.example").follow_up(&server);
    let bea = Form::of("bea@essai.example").follow_up(&server);
    Form::of("chloe@essai.example").follow_up(&server);
    // Pressed twice before the first answer came.
    let button = server.get(&person).send().is(200).form("J’annule ma place");
    for press in [button.clone(), button] {
        assert_eq!(press.submit().is(303).location(), person);
    }
    let told = server.post(&person).as_json().field("action", "annuler").send().is(200).json();
    assert_eq!(told["resultat"], "annulee");
    assert_eq!(standing(&server, &bea), "inscrit");
    assert_eq!(export(&project, SESSION).len(), 2, "one place was freed, not three");
    let page = server.get(&person).send().is(200);
    assert!(html::words(page.text()).contains("Votre demande est annulée"));
    assert_eq!(page.buttons(), ["J’ai besoin d’un code", "Je vois mes informations", "J’efface mes informations"]);
    let mails = letters(&project, &server);
    assert_eq!(to(&mails, "ana@essai.example").len(), 2, "the place, then its cancellation, once: {mails:?}");
}

#[test]
fn the_buttons_are_answered_like_the_form() {
    let project = Project::new();
    let server = serve(&project);
    let person = Form::of("ana@essai.example").follow_up(&server);
    let post = || server.post(&person).as_json();
    assert_error(&post().header("Origin", "null").field("action", "annuler").send(), 403, "origine_refusee");
    assert_error(
        &post().header("Sec-Fetch-Site", "cross-site").field("action", "annuler").send(),
        403,
        "origine_refusee",
    );
    assert_error(&post().body("application/json", "{\"action\":\"annuler\"}").send(), 415, "mauvais_type");
    assert_error(&post().field("action", "tout").send(), 422, "action_inconnue");
    assert_error(&post().field("autre", "annuler").send(), 422, "action_inconnue");
    assert_eq!(standing(&server, &person), "inscrit");
    let foreign = server.post(&person).header("Origin", "https://ailleurs.example").field("action", "annuler").send();
    assert_eq!(foreign.status(), 403);
    assert_eq!(standing(&server, &person), "inscrit");
    cancel(&server, &person);
}

#[test]
fn what_is_over_is_not_cancelled_any_more() {
    let project = Project::new();
    let server = serve(&project);
    let person = Form::of("ana@essai.example").follow_up(&server);
    drop(server);
    // Sign-up is closed, but whoever cannot come may still say so.
    let server = serve(project.at("2027-03-17T18:30:00+01:00"));
    let page = server.get(&person).send().is(200);
    assert!(page.buttons().iter().any(|button| button == "J’annule ma place"), "{:?}", page.buttons());
    drop(server);
    let server = serve(project.at("2027-03-18T10:00:00+01:00"));
    let page = server.get(&person).send().is(200);
    assert!(!page.buttons().iter().any(|button| CANCELS.contains(&button.as_str())), "{:?}", page.buttons());
    assert_error(&server.post(&person).as_json().field("action", "annuler").send(), 409, "passee");
    assert_eq!(server.post(&person).field("action", "annuler").send().status(), 409);
    assert_eq!(export(&project, SESSION).len(), 1);
}

#[test]
fn a_cancelled_session_is_said_on_the_persons_page() {
    let project = Project::new();
    let server = serve(&project);
    let person = Form::of("ana@essai.example").follow_up(&server);
    let by_telephone = Form::of("").without("courriel").with("telephone", "06 12 34 56 42").follow_up(&server);
    let words = |server: &Server, page: &str| html::words(server.get(page).send().is(200).text());
    let note_it = "Nous n’envoyons pas de message : notez la date.";
    assert!(words(&server, &by_telephone).contains(note_it) && !words(&server, &person).contains(note_it));
    drop(server);
    // Without a next date, there is nowhere to go on.
    project.remove("content/seances/2027/2027-05-26.md");
    let server = serve(session(&project, SESSION, "etat = \"annulee\"\nrevision = 1"));
    until("the cancellation is said", PATIENCE, || {
        words(&server, &person).contains("Cette séance est annulée").then_some(())
    });
    assert!(!words(&server, &by_telephone).contains(note_it), "there is no date to note");
}

#[test]
fn demands_for_two_sessions_do_not_know_each_other() {
    let project = Project::new();
    let server = serve(&project);
    let form = Form::of("ana@essai.example");
    form.follow_up(&server);
    form.at(OTHER).follow_up(&server);
    let mails = letters(&project, &server);
    assert!(mails.iter().all(|letter: &Letter| letter.link("fusion").is_none()), "{mails:?}");
    assert_eq!(export(&project, SESSION)[0]["Contact déjà inscrit"], "");
    assert_eq!(export(&project, OTHER)[0]["Contact déjà inscrit"], "");
}
