//! Promise 3, in writing: who is told what, when a contact comes twice.

use harness::Project;

use crate::support::{Form, Letter, SESSION, cancel, export, letters, result, serve, standing, state, to, with_places};

const EMAIL: &str = "marie@essai.example";
const PHONE: &str = "06 12 34 56 78";

/// Marie, who is enrolled.
fn marie() -> Form {
    Form::of(EMAIL).with("prenom", "Marie").with("telephone", PHONE)
}

fn questions(letters: &[Letter]) -> Vec<&Letter> {
    letters.iter().filter(|letter| letter.link("fusion").is_some()).collect()
}

#[test]
fn a_place_is_confirmed_in_writing_without_anything_that_was_typed() {
    let project = Project::new();
    let server = serve(&project);
    let person = marie().with("prenom", "TU VAS VOIR").with("theme", "menaces").follow_up(&server);
    let mails = letters(&project, &server);
    let [letter] = to(&mails, EMAIL)[..] else { panic!("one letter: {mails:?}") };
    assert_eq!(letter.link("suivi").as_deref(), Some(&*person));
    assert!(letter.text.contains("17 mars 2027"), "{}", letter.text);
    for typed in ["TU VAS VOIR", "menaces", "06 12"] {
        assert!(!letter.text.contains(typed) && !letter.subject.contains(typed), "{}", letter.text);
    }
    assert!(!letter.subject.contains("parent"), "a subject shows on a locked screen: {}", letter.subject);
}

#[test]
fn a_repeated_demand_is_outwardly_an_ordinary_one() {
    let project = Project::new();
    let server = serve(with_places(&project, 3));
    marie().follow_up(&server);
    let again = Form::of(EMAIL).with("prenom", "Marie").json(&server).is(201);
    assert_eq!(result(&again), "inscrit");
    let by_phone = Form::of("x@ailleurs.example").with("telephone", "+33 6 12 34 56 78").json(&server).is(201);
    assert_eq!(result(&by_phone), "inscrit");
    // They hold real places, and the team sees the mark.
    assert_eq!(state(&server, SESSION), "complete");
    let marks: Vec<_> = export(&project, SESSION).into_iter().map(|row| row["Contact déjà inscrit"].clone()).collect();
    assert_eq!(marks, ["", "oui", "oui"]);
    // Waiting and promoted like any other.
    let waiting = Form::of(EMAIL).with("prenom", "Marie").with("envoi", "c").follow_up(&server);
    assert_eq!(standing(&server, &waiting), "liste_attente");
    cancel(&server, again.json()["suivi"].as_str().expect("its page"));
    assert_eq!(standing(&server, &waiting), "inscrit");
}

#[test]
fn is_this_you_again_is_asked_of_a_contact_typed_twice_under_one_first_name_only() {
    for (again, asked) in [
        (Form::of("MARIE@Essai.example").with("prenom", " marie "), true),
        (Form::of(EMAIL).with("prenom", "MARÍE"), true),
        (Form::of(EMAIL).with("prenom", "Paul"), false),
        // The telephone agrees, the address is another's: nothing is written to either.
        (Form::of("ex@ailleurs.example").with("prenom", "Marie").with("telephone", PHONE), false),
        (
            Form::empty()
                .with("seance", SESSION)
                .with("conditions", "oui")
                .with("prenom", "Marie")
                .with("telephone", PHONE),
            false,
        ),
        (Form::of("marie+1@essai.example").with("prenom", "Marie"), false),
        (Form::of("m.arie@essai.example").with("prenom", "Marie"), false),
        (
            Form::of(EMAIL)
                .with("prenom", "Marie")
                .with("telephone", "06 00 00 00 01")
                .with("contact_prudent", "pas_de_courriel"),
            false,
        ),
    ] {
        let project = Project::new();
        let server = serve(&project);
        marie().follow_up(&server);
        again.json(&server).is(201);
        let mails = letters(&project, &server);
        let questions = questions(&mails);
        assert_eq!(questions.len(), usize::from(asked), "{again:?}: {mails:?}");
        assert!(questions.iter().all(|letter| letter.to.eq_ignore_ascii_case(EMAIL)), "{mails:?}");
        // Whoever typed another address gets the ordinary letter there, and no other.
        let theirs = to(&mails, "ex@ailleurs.example");
        assert!(theirs.len() <= 1 && theirs.iter().all(|letter| letter.link("suivi").is_some()), "{mails:?}");
    }
}

#[test]
fn whoever_asked_for_no_letter_gets_none() {
    let project = Project::new();
    let server = serve(&project);
    marie().with("contact_prudent", "pas_de_courriel").follow_up(&server);
    let mails = letters(&project, &server);
    assert!(mails.is_empty(), "{mails:?}");
    // Not even the question, when somebody types both.
    Form::of(EMAIL).with("prenom", "Marie").follow_up(&server);
    let mails = letters(&project, &server);
    assert!(questions(&mails).is_empty(), "{mails:?}");
}

#[test]
fn merging_releases_one_and_leaves_the_repeated_demands_page_as_it_was() {
    let project = Project::new();
    let server = serve(with_places(&project, 2));
    let first = marie().follow_up(&server);
    let second = Form::of(EMAIL).with("prenom", "Marie").follow_up(&server);
    let third = Form::of("bea@essai.example").follow_up(&server);
    let mails = letters(&project, &server);
    let question = questions(&mails)[0];
    let link = question.link("fusion").expect("a link");
    let before = server.get(&second).send().text().to_owned();
    // Opening the link, as a mail program does beforehand, does nothing.
    let asked = server.get(&link).send().is(200).form("Oui, c’est moi");
    assert_eq!(export(&project, SESSION).len(), 3);
    asked.clone().submit().is(200);
    assert_eq!(export(&project, SESSION).len(), 2, "one of the two is released");
    assert_eq!(standing(&server, &first), "inscrit");
    assert_eq!(standing(&server, &third), "inscrit", "the place goes to the head of the list");
    assert_eq!(server.get(&second).send().text(), before, "the repeated demand's own page goes on as before");
    assert_eq!(standing(&server, &second), "inscrit");
    // Again: nothing more.
    asked.submit().is(200);
    assert_eq!(export(&project, SESSION).len(), 2);
    // And its sender may still cancel it, as before.
    cancel(&server, &second);
    assert_eq!(standing(&server, &second), "annulee");
    assert_eq!(export(&project, SESSION).len(), 2);
}

#[test]
fn a_link_of_a_letter_is_followed_from_the_own_site_only() {
    let project = Project::new();
    let server = serve(&project);
    marie().follow_up(&server);
    Form::of(EMAIL).with("prenom", "Marie").follow_up(&server);
    let mails = letters(&project, &server);
    let link = questions(&mails)[0].link("fusion").expect("a link");
    for (name, value) in [("Origin", "null"), ("Origin", "https://ailleurs.example"), ("Sec-Fetch-Site", "cross-site")]
    {
        assert_eq!(server.post(&link).header(name, value).field("action", "fusion").send().status(), 403);
    }
    assert_eq!(export(&project, SESSION).len(), 2);
}

#[test]
fn cancelling_one_of_several_tells_that_address_and_offers_to_cancel_the_others() {
    let project = Project::new();
    let server = serve(&project);
    let first = marie().follow_up(&server);
    Form::of(EMAIL).with("prenom", "Paul").follow_up(&server);
    Form::of("voisin@ailleurs.example").with("telephone", PHONE).follow_up(&server);
    cancel(&server, &first);
    let mails = letters(&project, &server);
    let offers: Vec<_> = mails.iter().filter(|letter| letter.link("annuler-autres").is_some()).collect();
    let [offer] = offers[..] else { panic!("one offer: {mails:?}") };
    assert_eq!(offer.to, EMAIL);
    assert!(to(&mails, "voisin@ailleurs.example").len() == 1, "the telephone alone proves nothing: {mails:?}");
    let link = offer.link("annuler-autres").expect("a link");
    let asked = server.get(&link).send().is(200).form("J’annule les autres");
    assert_eq!(export(&project, SESSION).len(), 2);
    asked.submit().is(200);
    let left: Vec<_> = export(&project, SESSION).into_iter().map(|row| row["Courriel"].clone()).collect();
    assert_eq!(left, ["voisin@ailleurs.example"], "only those of that address");
}

#[test]
fn cancelling_a_demand_that_is_alone_offers_nothing_more() {
    let project = Project::new();
    let server = serve(&project);
    cancel(&server, &marie().follow_up(&server));
    let mails = letters(&project, &server);
    assert_eq!(mails.len(), 2, "{mails:?}");
    assert!(mails.iter().all(|letter| letter.link("annuler-autres").is_none()));
}

#[test]
fn whoever_waited_is_written_to_when_a_place_is_theirs() {
    let project = Project::new();
    let server = serve(with_places(&project, 1));
    let first = marie().follow_up(&server);
    Form::of("bea@essai.example").follow_up(&server);
    cancel(&server, &first);
    let mails = letters(&project, &server);
    assert_eq!(to(&mails, "bea@essai.example").len(), 2, "{mails:?}");
}

#[test]
fn each_in_turn_without_telling() {
    // The other parent is enrolled, waits, is to be confirmed, has cancelled, or never came: one
    // answer.
    let sam = || Form::of("sam@ailleurs.example").with("prenom", "Sam");
    let mut answers = Vec::new();
    for world in 0..5 {
        let project = Project::new();
        let server = serve(with_places(&project, 2));
        let stranger = Form::of("zoe@essai.example").with("prenom", "Zoé");
        match world {
            0 => drop(stranger.follow_up(&server)),
            1 => drop(sam().follow_up(&server)),
            2 => drop(sam().with("autre_parent", "oui").with("autre_parent_prenom", "Marie").follow_up(&server)),
            3 => {
                cancel(&server, &sam().follow_up(&server));
                stranger.follow_up(&server);
            }
            _ => drop(stranger.with("autre_parent", "oui").follow_up(&server)),
        }
        let form = marie().with("autre_parent", "oui").with("autre_parent_prenom", "Sam");
        let answer = form.json(&server).is(202);
        let person = answer.json()["suivi"].as_str().expect("its page").to_owned();
        let token = person.rsplit('/').next().expect("a token");
        let page = server.get(&person).send().is(200).text().replace(token, "JETON");
        let mails: Vec<_> =
            to(&letters(&project, &server), EMAIL).into_iter().map(|l| (l.subject.clone(), hide(&l.text))).collect();
        answers.push((result(&answer), page, mails));
    }
    for answer in &answers {
        assert_eq!(answer, &answers[0]);
    }
    assert_eq!(answers[0].0, "a_confirmer");
}

/// A letter's text without what is its own: its link.
fn hide(text: &str) -> String {
    text.split_whitespace()
        .map(|word| if word.contains("/inscription/") { "LIEN" } else { word })
        .collect::<Vec<_>>()
        .join(" ")
}
