//! "The team will confirm": what the team is told, what it answers, and what the person reads of
//! it.

use harness::{Project, Server, html};

use crate::support::{
    Form, Letter, OTHER, PATIENCE, SESSION, TEAM, all_letters, awaited, export, letters, own_page, press, serve,
    standing, to, until, with_places,
};

const CONFIRM: &str = "/equipe/a-confirmer/";

/// Ana, whose other parent wishes to come too.
fn ana() -> Form {
    Form::of("ana@essai.example").with("autre_parent", "oui").with("autre_parent_prenom", "Sam")
}

/// The page of somebody who fills in the form that is served.
fn signed_up(server: &Server, form: &Form) -> String {
    own_page(&form.press(server))
}

/// The letter to Ana that holds these words.
fn told(project: &Project, words: &str) -> Letter {
    until(&format!("a letter with {words:?}"), PATIENCE, || {
        let letters = all_letters(project);
        to(&letters, "ana@essai.example").into_iter().find(|letter| letter.text.contains(words)).cloned()
    })
}

#[test]
fn the_team_confirms_by_the_link_of_its_letter_and_the_person_is_told() {
    let project = Project::new();
    let server = serve(&project);
    let form = ana().with("telephone", "06 12 34 56 78").with("contact_prudent", "soir");
    let person = signed_up(&server, &form);
    assert!(server.get(&person).send().text().contains("L’équipe va confirmer votre date"));
    // At once, and without naming anybody.
    let (letter, link) = awaited(&project, TEAM, CONFIRM);
    for named in ["Ana", "ana@", "Sam", "06 12", "612345678"] {
        assert!(!letter.text.contains(named) && !letter.subject.contains(named), "{named}: {}", letter.text);
    }
    let page = server.get(&link).send().is(200);
    assert_eq!(page.header("Cache-Control"), Some("no-store"));
    let words = html::words(page.text());
    for shown in [
        "Ana",
        "Mercredi 17 mars 2027 : sa place est gardée",
        "Sam : aucune demande pour cette séance ne porte ce prénom",
        "+33612345678",
        "ana@essai.example",
        "plutôt le soir",
    ] {
        assert!(words.contains(shown), "{shown} in {words}");
    }
    assert_eq!(standing(&server, &person), "a_confirmer", "looking changes nothing");
    let after = page.form("Je confirme cette date").submit().is(200);
    assert!(html::words(after.text()).contains("Aucune demande à confirmer"), "{}", after.text());
    let mine = server.get(&person).send().is(200);
    assert!(html::words(mine.text()).contains("Votre place est gardée"), "{}", mine.text());
    let letter = told(&project, "Une place est réservée");
    assert_eq!(letter.link("suivi").as_deref(), Some(&*person));
    // Somebody else had the page before them, too.
    let late = page.form("Je confirme cette date").submit().is(409);
    assert!(html::words(late.text()).contains("Rien n’a changé"), "{}", late.text());
    page.form("Je propose la séance suivante").submit().is(409);
    assert_eq!(standing(&server, &person), "inscrit");
}

#[test]
fn the_team_offers_the_next_session_and_the_person_accepts_it() {
    let project = Project::new();
    let server = serve(with_places(&project, 2));
    Form::of("sam@essai.example").with("prenom", "SÂM").follow_up(&server);
    let person = signed_up(&server, &ana());
    let bea = Form::of("bea@essai.example").follow_up(&server);
    assert_eq!(standing(&server, &bea), "liste_attente");
    let (_, link) = awaited(&project, TEAM, CONFIRM);
    let page = server.get(&link).send().is(200);
    let words = html::words(page.text());
    assert!(words.contains("une demande pour cette séance porte ce prénom") && words.contains("26 mai"), "{words}");
    page.form("Je propose la séance suivante").submit().is(200);
    assert_eq!(standing(&server, &bea), "inscrit", "the place that is left goes on");
    // One letter, which says what becomes of the date that was asked for, and not why.
    let letter = told(&project, "l’équipe vous propose une autre date");
    assert!(letter.text.contains("26 mai 2027"), "{}", letter.text);
    assert!(letter.text.contains("Ne venez pas le mercredi 17 mars."), "{}", letter.text);
    for reason in ["parent", "tour", "Sam", "confirm"] {
        assert!(!letter.text.contains(reason), "{reason}: {}", letter.text);
    }
    let follow_up = letter.link("suivi").expect("the link to answer by");
    let offered = server.get(&follow_up).send().is(200);
    let words = html::words(offered.text());
    assert!(words.contains("Une place vous attend") && words.contains("26 mai 2027"), "{words}");
    assert!(words.contains("Vous aviez demandé le mercredi 17 mars"), "{words}");
    let accepted = offered.form("Oui, je viens").submit().redirected().is(200);
    assert!(html::words(accepted.text()).contains("Votre place est gardée"), "{}", accepted.text());
    let there = export(&project, OTHER);
    assert_eq!((there[0]["Courriel"].as_str(), there[0]["À confirmer"].as_str()), ("ana@essai.example", ""));
    // The link that they had follows.
    assert!(server.get(&person).send().is(200).text().contains("26 mai 2027"));
}

#[test]
fn what_is_not_on_the_page_is_not_answered() {
    let project = Project::new();
    project.remove(&format!("content/seances/2027/{OTHER}.md"));
    let server = serve(&project);
    let person = signed_up(&server, &ana());
    let (_, link) = awaited(&project, TEAM, CONFIRM);
    let page = server.get(&link).send().is(200);
    assert_eq!(page.buttons(), ["Je confirme cette date"], "no session follows");
    let demand = page.text().split("name=\"demande\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let post = |action: &str, session: &str| {
        let post = server.post(&link).field("demande", demand.expect("a demand")).field("action", action);
        post.field("seance", session).send()
    };
    post("suivante", SESSION).is(409);
    post("suivante", "").is(409);
    post("tout", "").is(422);
    server.post(&link).field("demande", "00").field("action", "confirmer").send().is(409);
    server.post(&link).header("Origin", "https://ailleurs.example").field("action", "confirmer").send().is(403);
    assert_eq!(standing(&server, &person), "a_confirmer");
    // The link is of no other page, and another's is none of this one.
    let token = link.rsplit('/').next().expect("a token");
    server.get(&format!("/equipe/appels/{token}")).send().is(404);
    server.get(&format!("{CONFIRM}{}", person.rsplit('/').next().expect("a token"))).send().is(404);
    server.post(&format!("{CONFIRM}rien")).field("action", "confirmer").send().is(404);
    drop(server);
    // It ends by itself; the digest of that morning brings another.
    project.remove("var/courriels").at("2027-01-18T09:00:00+01:00");
    Form::of("bea@essai.example").follow_up(&serve(&project));
    let server = serve(project.at("2027-01-19T09:00:00+01:00"));
    server.get(&link).send().is(404);
    let (letter, link) = awaited(&project, TEAM, CONFIRM);
    assert!(letter.text.contains("1 à confirmer"), "{}", letter.text);
    press(&server, &link, "Je confirme cette date").is(200);
    assert_eq!(standing(&server, &person), "inscrit");
}

#[test]
fn the_team_confirms_in_a_terminal() {
    let project = Project::new();
    let server = serve(&project);
    let first = signed_up(&server, &ana());
    let second = signed_up(&server, &ana().with("prenom", "Zoé").with("courriel", "zoe@essai.example"));
    let last = signed_up(&server, &ana().with("prenom", "Léo").with("courriel", "leo@essai.example").at(OTHER));
    let run =
        |more: &[&str]| project.form_handler(&[&["confirm", "--now", "2027-01-10T10:00:00+01:00"], more].concat());
    let listed = run(&[]).success().stdout().to_owned();
    let rows: Vec<Vec<&str>> = listed.lines().map(|line| line.split_whitespace().collect()).collect();
    let named: Vec<_> = rows.iter().map(|row| (row[1], row[2])).collect();
    assert_eq!(named, [(SESSION, "Ana"), (SESSION, "Zoé"), (OTHER, "Léo")], "{listed}");
    let unknown = run(&["ffffffffff"]).fails(1);
    assert!(unknown.stderr().contains("ffffffffff"), "{}", unknown.stderr());
    let none = run(&[rows[2][0], "--next"]).fails(1);
    assert!(none.stderr().contains("Aucune séance ne suit"), "{}", none.stderr());
    run(&[rows[0][0]]).success();
    run(&[rows[1][0], "--next"]).success();
    run(&[rows[0][0]]).fails(1);
    assert_eq!([&first, &second, &last].map(|page| standing(&server, page)), ["inscrit", "proposee", "a_confirmer"]);
    run(&[rows[2][0]]).success();
    assert!(run(&[]).success().stdout().contains("Aucune demande à confirmer"));
    // Another process answered: the server finds the letter within a minute, and with the next one
    // at the latest.
    let letters = letters(&project, &server);
    let theirs = to(&letters, "ana@essai.example");
    assert!(theirs.iter().any(|letter| letter.text.contains("Une place est réservée")), "{theirs:?}");
}
