//! What comes in a burst: one visitor fills no session and has no stranger written to, a library
//! passes, and the team lets in or drops what is held.

use std::collections::BTreeMap;

use harness::{Answer, Project, Server, html};

use crate::support::{
    Form, Letter, OTHER, PATIENCE, SESSION, TEAM, all_letters, assert_error, assert_page, awaited, export, letters,
    own_page, press, result, serve, session, standing, state, to, until, with_places,
};

const BURST: &str = "/equipe/rafale/";

/// A visitor, as a proxy of ours tells them.
const VISITOR: &str = "198.51.100.7";
const ANOTHER: &str = "203.0.113.9";

/// A server that holds everything but the first demand: that one is for another session.
fn after_the_first(project: &Project) -> Server {
    let server = project.server().arg("--limit", "1000").arg("--hourly", "1").start();
    Form::of("premier@temoin.example").at(OTHER).json(&server).is(201);
    server
}

/// A server behind a proxy of ours, where a minute's limit is never met.
fn behind_a_proxy(project: &Project, hourly: &str) -> Server {
    project.file("form-handler.toml", "trusted_proxies = [\"127.0.0.1\"]\nlimit = 1000\n");
    project.server().arg("--hourly", hourly).start()
}

/// What this form is answered, from this visitor.
fn from(server: &Server, visitor: &str, form: &Form) -> Answer {
    form.fill(server.post("/inscription").header("X-Forwarded-For", visitor).as_json()).send()
}

/// How often each of these was answered.
fn counted(results: impl IntoIterator<Item = String>) -> BTreeMap<String, usize> {
    results.into_iter().fold(BTreeMap::new(), |mut counts, result| {
        *counts.entry(result).or_default() += 1;
        counts
    })
}

/// Every letter that was decided until now: a server without limits writes down the last ones.
fn written(project: &Project, server: Server) -> Vec<Letter> {
    drop(server);
    letters(project, &serve(project))
}

fn person(n: usize) -> String {
    format!("p{n}@essai.example")
}

#[test]
fn one_visitor_no_longer_fills_four_sessions() {
    let project = Project::new();
    let rooms = [SESSION, OTHER, "2027-06-30", "2027-09-22"];
    for room in rooms {
        session(&project, room, "places_min = 1\nplaces_max = 12");
    }
    // As it is installed: sixty in a minute pass the other limit.
    let server = project.server().start();
    let send = |n: usize| {
        let form = Form::of(&person(n)).at(rooms[n % 4]);
        // By a browser, and by a machine.
        if n.is_multiple_of(2) {
            result(&form.json(&server))
        } else {
            standing(&server, form.post(&server).is(303).location())
        }
    };
    let answered = counted((0..60).map(send));
    assert_eq!(answered, BTreeMap::from([("a_confirmer".to_owned(), 54), ("inscrit".to_owned(), 6)]));
    for room in rooms {
        assert_eq!(state(&server, room), "ouverte", "{room} is open to others");
        let held = export(&project, room).iter().filter(|row| row["État"] == "retenue").count();
        assert!((13..=14).contains(&held), "{held} are held");
    }
    let log = server.output();
    let lines = log.lines().filter(|line| line.contains("form-handler held")).count();
    assert_eq!(lines, 4, "once for each session: {log}");
    assert!(!log.contains("@essai.example"), "{log}");
    let (team, people): (Vec<_>, Vec<_>) = written(&project, server).into_iter().partition(|letter| letter.to == TEAM);
    assert_eq!(team.iter().filter(|letter| letter.text.contains(BURST)).count(), 4, "once for each session");
    assert_eq!(people.len(), 6, "nobody else is written to: {people:?}");
}

#[test]
fn six_parents_pass_in_a_library_and_nobody_is_refused() {
    let project = Project::new();
    let server = behind_a_proxy(&project, "6");
    let library = (0..9).map(|n| result(&from(&server, VISITOR, &Form::of(&person(n)))));
    let answered = counted(library);
    assert_eq!(answered, BTreeMap::from([("a_confirmer".to_owned(), 3), ("inscrit".to_owned(), 6)]));
    assert_eq!(result(&from(&server, ANOTHER, &Form::of(&person(9)))), "inscrit", "another has their own");
    // A line of IPv6 is one visitor.
    let line = |n: usize| from(&server, &format!("2001:db8:0:1::{n:x}"), &Form::of(&person(10 + n)).at(OTHER));
    let answered = counted((1..9).map(|n| result(&line(n))));
    assert_eq!(answered["inscrit"], 6);
}

#[test]
fn a_session_takes_so_many_in_an_hour_and_the_rest_waits_for_the_team() {
    let project = Project::new();
    let server = behind_a_proxy(with_places(&project, 60), "6");
    let answered = counted((0..30).map(|n| result(&from(&server, &format!("192.0.2.{n}"), &Form::of(&person(n))))));
    assert_eq!(answered, BTreeMap::from([("a_confirmer".to_owned(), 10), ("inscrit".to_owned(), 20)]));
    assert_eq!(result(&from(&server, "192.0.2.99", &Form::of(&person(99)).at(OTHER))), "inscrit");
}

#[test]
fn one_visitor_has_three_letters_in_an_hour_written_to_one_stranger() {
    let project = Project::new();
    for n in 0..20 {
        project.file(
            &format!("content/seances/2027/soir{n}.md"),
            format!("+++\ndate = 2027-06-{:02}\n+++\n\nVenez.\n", n + 1),
        );
    }
    // Whatever one visitor may send.
    let server = behind_a_proxy(&project, "0");
    let stranger = |n: usize| Form::of("zoe@inconnue.example").at(&format!("soir{}", n % 20));
    let answered = counted((0..60).map(|n| result(&from(&server, VISITOR, &stranger(n)))));
    assert_eq!(answered["inscrit"], 3, "{answered:?}");
    // Never by recipient alone: Zoé herself is not held by what others sent.
    let zoe = from(&server, ANOTHER, &stranger(5)).is(201);
    let page = zoe.json()["suivi"].as_str().expect("a page").to_owned();
    let to_zoe = |project: &Project| to(&all_letters(project), "zoe@inconnue.example").len();
    until("her letters", PATIENCE, || (to_zoe(&project) >= 4).then_some(()));
    assert_eq!(letters_to(&project, &server, "zoe@inconnue.example").len(), 4);
    // Nor are they written from the page of a demand: a change of date is a letter.
    let moved = (0..40).map(|n| {
        let there = format!("soir{}", 10 + n % 10);
        let post = server.post(&page).header("X-Forwarded-For", ANOTHER).as_json();
        post.field("action", "deplacer").field("seance", &there).send().status()
    });
    let moved: Vec<u16> = moved.collect();
    assert!(moved.contains(&429) && moved.iter().filter(|status| **status == 200).count() <= 10, "{moved:?}");
    let coded = server.post(&page).header("X-Forwarded-For", ANOTHER).as_json().field("action", "code").send();
    assert_error(&coded, 429, "trop_de_demandes");
    let written = letters_to(&project, &server, "zoe@inconnue.example").len();
    assert!(written <= 14, "{written} letters");
    // Whoever it is about may always cancel.
    let cancel = server.post(&page).header("X-Forwarded-For", ANOTHER).as_json().field("action", "annuler");
    cancel.send().is(200);
}

/// The letters to this address, once all that was decided has left.
fn letters_to(project: &Project, server: &Server, address: &str) -> Vec<Letter> {
    // Somebody else, elsewhere, asks last.
    let known = all_letters(project).len();
    let witness = format!("temoin{known}@temoin.example");
    from(server, &format!("192.0.2.{}", known % 250), &Form::of(&witness).at(OTHER)).is(201);
    until("the last letter", PATIENCE, || {
        let letters = all_letters(project);
        let there = letters.iter().any(|letter| letter.to == witness);
        there.then(|| to(&letters, address).into_iter().cloned().collect())
    })
}

/// Ana has a place; Bea, Chloé and Dora are held, for two places in all.
fn held(project: &Project) -> (Server, [String; 3]) {
    let server = project.server().arg("--limit", "1000").arg("--hourly", "1").start();
    Form::of("ana@essai.example").json(&server).is(201);
    let bea = own_page(&Form::of("bea@essai.example").press(&server));
    let chloe = Form::of("chloe@essai.example").follow_up(&server);
    let dora = Form::of("dora@essai.example").with("autre_parent", "oui").follow_up(&server);
    (server, [bea, chloe, dora])
}

#[test]
fn the_team_lets_a_burst_in_by_the_link_of_its_letter_in_the_order_of_arrival() {
    let project = Project::new();
    let (server, people) = held(with_places(&project, 2));
    assert_eq!(state(&server, SESSION), "dernieres_places", "one place is left");
    for page in &people {
        assert_eq!(standing(&server, page), "a_confirmer");
        let words = html::words(server.get(page).send().is(200).text());
        assert!(words.contains("L’équipe va confirmer votre date"), "{words}");
    }
    let (letter, link) = awaited(&project, TEAM, BURST);
    for named in ["Ana", "ana@", "bea@", "chloe", "essai.example/inscription"] {
        assert!(!letter.text.contains(named) && !letter.subject.contains(named), "{named}: {}", letter.text);
    }
    let page = server.get(&link).send().is(200);
    assert_eq!(page.header("Cache-Control"), Some("no-store"));
    let words = html::words(page.text());
    for shown in ["Ces demandes sont-elles vraies ?", "1 sur 2", "Demandes retenues 3"] {
        assert!(words.contains(shown), "{shown} in {words}");
    }
    assert!(!words.contains("bea@") && !words.contains("Ana"), "{words}");
    assert_eq!(page.buttons(), ["J’accepte", "J’écarte"]);
    assert_eq!(standing(&server, &people[0]), "a_confirmer", "looking changes nothing");
    // One more comes while the page is read.
    let late = Form::of("eva@essai.example").follow_up(&server);
    let after = page.form("J’accepte").submit().is(200);
    let words = html::words(after.text());
    assert!(words.contains("C’est fait") && words.contains("Demande retenue 1"), "{words}");
    let told: Vec<_> = people.iter().map(|page| standing(&server, page)).collect();
    assert_eq!(told, ["inscrit", "liste_attente", "a_confirmer"]);
    assert_eq!(standing(&server, &late), "a_confirmer", "the team has not seen it");
    assert_eq!(state(&server, SESSION), "complete");
    for (address, link) in [("bea@essai.example", &people[0]), ("chloe@essai.example", &people[1])] {
        assert_eq!(&awaited(&project, address, "/inscription/suivi/").1, link);
    }
    assert!(
        awaited(&project, "dora@essai.example", "/inscription/suivi/")
            .0
            .text
            .contains("Attendez sa réponse avant de venir")
    );
    awaited(&project, TEAM, "/equipe/a-confirmer/");
    // Pressed again, or the other one, by somebody who had the page before.
    for button in ["J’accepte", "J’écarte"] {
        let words = html::words(page.form(button).submit().is(409).text());
        assert!(words.contains("Rien n’a changé"), "{words}");
    }
    assert_eq!(standing(&server, &late), "a_confirmer");
    server.post(&link).field("action", "accepter").send().is(422);
    server.post(&link).field("action", "tout").field("derniere", "9").send().is(422);
    let foreign = server.post(&link).header("Origin", "https://ailleurs.example");
    foreign.field("action", "accepter").field("derniere", "9").send().is(403);
    assert!(to(&written(&project, server), "eva@essai.example").is_empty());
}

#[test]
fn what_the_team_drops_says_whom_to_call_and_nobody_is_written_to() {
    let project = Project::new();
    let (server, people) = held(with_places(&project, 2));
    let (_, link) = awaited(&project, TEAM, BURST);
    let words = html::words(press(&server, &link, "J’écarte").is(200).text());
    assert!(words.contains("Les demandes sont écartées"), "{words}");
    for page in &people {
        assert_eq!(standing(&server, page), "non_gardee");
        let page = server.get(page).send().is(200);
        let words = assert_page(&page, 200);
        assert!(words.contains("Votre demande n’est pas gardée") && words.contains("Appelez-nous"), "{words}");
        assert!(!page.buttons().iter().any(|button| button.starts_with("J’annule")), "{:?}", page.buttons());
    }
    // What is recorded of them goes when they say so, without a letter either.
    let page = server.get(&people[0]).send().is(200);
    page.form("J’efface mes informations").check("confirmation", "oui").submit().is(200);
    server.get(&people[0]).send().is(404);
    assert_eq!(state(&server, SESSION), "dernieres_places");
    assert_eq!(export(&project, SESSION).len(), 1);
    let written = written(&project, server);
    for address in ["bea@essai.example", "chloe@essai.example", "dora@essai.example"] {
        assert!(to(&written, address).is_empty(), "{address}");
    }
    let review = project.form_handler(&["report", "2027"]).success();
    assert!(!review.stdout().contains("  4 |"), "they asked for nothing: {}", review.stdout());
}

#[test]
fn the_team_answers_a_burst_in_a_terminal_too() {
    let project = Project::new();
    let (server, people) = held(with_places(&project, 2));
    let now = ["--now", "2027-01-10T10:00:00+01:00"];
    let run = |arguments: &[&str]| project.form_handler(&[arguments, &now[..]].concat());
    let list = run(&["held"]).success();
    assert!(list.stdout().contains(&format!("{SESSION}  3 demandes retenues")), "{}", list.stdout());
    assert!(!list.stdout().contains("Ana") && !list.stdout().contains("bea@"), "{}", list.stdout());
    assert!(run(&["check"]).stdout().contains(&format!("held {SESSION} --release")));
    assert!(run(&["held", OTHER]).success().stdout().contains("Aucune demande retenue"));
    run(&["held", "--release"]).fails(2);
    run(&["held", SESSION, "--release", "--drop"]).fails(2);
    assert!(run(&["held", OTHER, "--drop"]).fails(1).stderr().contains(OTHER));
    assert_eq!(standing(&server, &people[0]), "a_confirmer");
    let done = run(&["held", SESSION, "--release"]).success();
    assert!(done.stdout().contains("3 demandes acceptées"), "{}", done.stdout());
    assert_eq!(standing(&server, &people[0]), "inscrit");
    assert!(run(&["held"]).success().stdout().contains("Aucune demande retenue"));
    let late = Form::of("eva@essai.example").follow_up(&server);
    project.speaking("en");
    assert!(run(&["held", SESSION, "--drop"]).success().stdout().contains("1 demand dropped"));
    assert_eq!(standing(&server, &late), "non_gardee");
}

#[test]
fn who_is_held_may_cancel_or_erase_and_is_sent_no_letter() {
    let project = Project::new();
    let server = after_the_first(&project);
    let person = own_page(&Form::of("bea@essai.example").press(&server));
    let page = server.get(&person).send().is(200);
    assert_eq!(page.buttons(), ["J’annule ma demande", "J’efface mes informations"]);
    let post = |action: &str| server.post(&person).as_json().field("action", action).field("seance", OTHER);
    assert_error(&post("code").send(), 409, "code_impossible");
    for action in ["deplacer", "accepter", "agenda"] {
        post(action).send().is(409);
    }
    post("donnees").field("code", "2222-2222").send().is(422);
    assert_eq!(standing(&server, &person), "a_confirmer");
    page.form("J’annule ma demande").submit().is(303);
    assert_eq!(standing(&server, &person), "annulee");
    let again = Form::of("bea@essai.example").follow_up(&server);
    let erase = server.get(&again).send().is(200).form("J’efface mes informations");
    erase.check("confirmation", "oui").submit().is(200);
    let written = written(&project, server);
    assert!(to(&written, "bea@essai.example").is_empty());
    assert_eq!(written.iter().filter(|letter| letter.text.contains(BURST)).count(), 1, "nor is the team, once more");
}

#[test]
fn the_same_form_has_its_first_answer_whatever_the_budgets_say() {
    let project = Project::new();
    let server = behind_a_proxy(&project, "2");
    let form = |n: usize| Form::of(&person(n)).with("envoi", &format!("k{n}"));
    let first: Vec<_> = (0..4).map(|n| from(&server, VISITOR, &form(n)).json()).collect();
    let given: Vec<_> = first.iter().map(|answer| answer["resultat"].as_str().expect("a word")).collect();
    assert_eq!(given, ["inscrit", "inscrit", "a_confirmer", "a_confirmer"]);
    // From here and from elsewhere, again and again: each is what it was, and counts once.
    for visitor in [VISITOR, ANOTHER] {
        for (n, answer) in first.iter().enumerate() {
            assert_eq!(from(&server, visitor, &form(n)).json(), *answer);
        }
    }
    assert_eq!(export(&project, SESSION).len(), 4);
    // Without a key, each post is a demand.
    let keyless = Form::of("zoe@essai.example").at(OTHER);
    let pages: std::collections::BTreeSet<_> =
        (0..3).map(|n| from(&server, &format!("192.0.2.{n}"), &keyless).json()["suivi"].to_string()).collect();
    assert_eq!((pages.len(), export(&project, OTHER).len()), (3, 3));
}

#[test]
fn nothing_is_held_where_there_is_no_limit() {
    let project = Project::new();
    let server = serve(with_places(&project, 60));
    let answered = counted((0..40).map(|_| result(&Form::of("ana@essai.example").json(&server))));
    assert_eq!(answered, BTreeMap::from([("inscrit".to_owned(), 40)]));
}

/// Promise 3, for what is held: whoever else is enrolled changes nothing of it.
#[test]
fn what_is_held_tells_nothing_of_who_is_enrolled() {
    let told = ["marie@essai.example", "zoe@essai.example"].map(|enrolled| {
        let project = Project::new();
        let server = behind_a_proxy(with_places(&project, 3), "4");
        let first = Form::of(enrolled).with("prenom", "Marie").with("telephone", "06 12 34 56 78");
        from(&server, ANOTHER, &first).is(201);
        let mut seen = Vec::new();
        let mut pages = Vec::new();
        for n in 0..8 {
            // Marie's address, then her name with an address of the observer's.
            let form = Form::of("marie@essai.example").with("prenom", "Marie");
            let form = if n % 2 == 0 { form } else { form.with("courriel", &format!("moi{n}@observateur.example")) };
            let answer = from(&server, VISITOR, &form);
            seen.push(format!("{} {}", answer.status(), result(&answer)));
            pages.push(answer.json()["suivi"].as_str().expect("a page").to_owned());
        }
        seen.push(state(&server, SESSION));
        let look = |pages: &[String], seen: &mut Vec<String>| {
            for page in pages {
                let answer = server.get(page).send().is(200);
                seen.push(answer.text().replace(page.as_str(), "PAGE").replace(server.address(), "ADRESSE"));
            }
        };
        look(&pages, &mut seen);
        server.post(&pages[7]).field("action", "annuler").send().is(303);
        let (_, link) = awaited(&project, TEAM, BURST);
        press(&server, &link, "J’accepte").is(200);
        look(&pages, &mut seen);
        let mine = letters_to(&project, &server, "moi5@observateur.example");
        seen.extend(mine.iter().map(|letter| {
            let path = letter.link("suivi").expect("a link");
            format!("{}\n{}", letter.subject, letter.text.replace(&path, "PAGE").replace(server.address(), "ADRESSE"))
        }));
        assert!(!mine.is_empty(), "it was let in, and hears of it");
        seen
    });
    let [marie, zoe] = told;
    for (one, other) in marie.iter().zip(&zoe) {
        assert_eq!(one, other);
    }
    assert_eq!(marie.len(), zoe.len());
}
