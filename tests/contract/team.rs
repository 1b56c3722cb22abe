//! What the team does from its letters, and what people are told of it.

use harness::{Project, Server, html};

use crate::support::{
    Form, LIVE, OTHER, PATIENCE, SESSION, TEAM, all_letters, awaited, cancel, export, press, serve, session, shown,
    standing, state, to, until,
};

/// The Friday before the session of most tests, at half past nine.
const FRIDAY: &str = "2027-03-12T09:30:00+01:00";

/// The Friday before a session that needs three people and that Ana alone asked for; and her page.
fn friday() -> (Project, Server, String) {
    let project = Project::new();
    session(&project, SESSION, "places_min = 3\nplaces_max = 12");
    let server = serve(&project);
    let person = Form::of("ana@essai.example").follow_up(&server);
    assert_eq!(server.stop(), Some(0));
    project.at(FRIDAY);
    let server = serve(&project);
    (project, server, person)
}

#[test]
fn the_team_is_asked_about_a_session_under_its_minimum_and_its_word_is_everybodys() {
    let (project, server, person) = friday();
    let (letter, link) = awaited(&project, TEAM, "/equipe/seance/");
    assert!(letter.text.contains("1 place prise") && letter.text.contains("il en faut 3"), "{}", letter.text);
    assert!(!letter.text.contains("ana@") && !letter.text.contains("Ana"), "nobody is named: {}", letter.text);
    let asked = server.get(&link).send().is(200);
    let page = html::words(asked.text());
    assert!(page.contains("Cette séance a-t-elle lieu ?") && page.contains("1 (minimum : 3)"), "{page}");
    assert_eq!(state(&server, SESSION), "ouverte", "looking changes nothing");
    server.post(&link).field("action", "autre").send().is(422);
    let page = html::words(asked.form("Elle n’a pas lieu").submit().is(200).text());
    assert!(page.contains("La séance n’a pas lieu"), "{page}");
    assert_eq!(state(&server, SESSION), "annulee");
    until("the page says so", LIVE, || (shown(&project, SESSION) == "annulee").then_some(()));
    // Twice is once, and the other word comes too late.
    asked.form("Elle n’a pas lieu").submit().is(200);
    asked.form("Elle a lieu").submit().is(409);
    // The person goes on at the next session: one letter tells both, without a reason.
    let letter = until("the next session", PATIENCE, || {
        let letters = all_letters(&project);
        let mut theirs = to(&letters, "ana@essai.example").into_iter();
        theirs.find(|letter| letter.text.contains("Voici la suivante")).cloned()
    });
    assert!(letter.text.contains("26 mai 2027"), "{}", letter.text);
    for reason in ["assez", "peu de", "minimum", "annul"] {
        assert!(!letter.text.contains(reason), "{reason}: {}", letter.text);
    }
    assert_eq!(standing(&server, &person), "proposee");
    let follow_up = letter.link("suivi").expect("the link to answer by");
    let page = press(&server, &follow_up, "Oui, je viens").redirected().is(200);
    assert!(html::words(page.text()).contains("Votre place est gardée"), "{}", page.text());
    assert_eq!(standing(&server, &person), "inscrit");
    assert!(server.get(&person).send().is(200).text().contains("26 mai 2027"), "the link that they have follows");
}

#[test]
fn a_session_that_is_held_all_the_same_is_told_without_saying_why() {
    let (project, server, _) = friday();
    let (_, link) = awaited(&project, TEAM, "/equipe/seance/");
    let page = html::words(press(&server, &link, "Elle a lieu").is(200).text());
    assert!(page.contains("La séance est maintenue"), "{page}");
    let held = until("it is told", PATIENCE, || {
        let letters = all_letters(&project);
        to(&letters, "ana@essai.example").into_iter().find(|letter| letter.text.contains("la séance a lieu")).cloned()
    });
    assert!(!held.text.contains("peu de") && !held.text.contains("minimum"), "{}", held.text);
    assert_eq!(state(&server, SESSION), "ouverte");
}

#[test]
fn a_link_of_the_team_ends_and_opens_nothing_else() {
    let (project, server, _) = friday();
    let (_, link) = awaited(&project, TEAM, "/equipe/seance/");
    let token = link.rsplit('/').next().expect("a token");
    server.get(&format!("/equipe/appels/{token}")).send().is(404);
    server.get(&format!("/inscription/suivi/{token}")).send().is(404);
    server.get("/equipe/seance/rien").send().is(404);
    server.post(&link).header("Origin", "https://ailleurs.example").field("action", "annuler").send().is(403);
    assert_eq!(server.stop(), Some(0));
    project.at("2027-03-17T18:00:01+01:00");
    let server = serve(&project);
    server.get(&link).send().is(404);
    server.post(&link).field("action", "annuler").send().is(404);
}

#[test]
fn who_cannot_be_written_to_is_called_and_the_call_is_ticked() {
    let project = Project::new();
    let server = serve(&project);
    let phone = Form::of("").without("courriel").with("prenom", "Zoé").with("telephone", "06 12 34 56 78");
    phone.with("contact_prudent", "pas_de_message_vocal").and("contact_prudent", "soir").follow_up(&server);
    // The digest of the next worked day brings the link.
    assert_eq!(server.stop(), Some(0));
    project.at("2027-01-11T08:00:00+01:00");
    let server = serve(&project);
    let (letter, link) = awaited(&project, TEAM, "/equipe/appels/");
    assert!(letter.subject.contains("1 appel à faire"), "{}", letter.subject);
    assert!(!letter.text.contains("Zoé") && !letter.text.contains("06 12"), "{}", letter.text);
    let page = server.get(&link).send().is(200);
    assert_eq!(page.header("Cache-Control"), Some("no-store"));
    let words = html::words(page.text());
    for expected in ["Zoé", "+33612345678", "Sa place est réservée", "pas de message vocal", "le soir"] {
        assert!(words.contains(expected), "{expected} in {words}");
    }
    for _ in 0..2 {
        // The second from a page that somebody else had before them.
        let words = html::words(page.form("C’est fait").submit().is(200).text());
        assert!(words.contains("Aucun appel à faire"), "{words}");
    }
}

#[test]
fn whoever_came_comes_back_in_one_tap() {
    let project = Project::new();
    let server = serve(&project);
    Form::of("ana@essai.example").with("telephone", "06 12 34 56 78").follow_up(&server);
    assert_eq!(server.stop(), Some(0));
    project.at("2027-03-18T10:00:00+01:00");
    let server = serve(&project);
    let (_, link) = awaited(&project, "ana@essai.example", "/inscription/revenir/");
    let page = server.get(&link).send().is(200);
    assert!(html::words(page.text()).contains("26 mai 2027"), "{}", page.text());
    let back = || page.form("Je reviens").submit().is(303).location().to_owned();
    let first = back();
    assert_eq!(back(), first, "twice is once");
    assert_eq!(standing(&server, &first), "inscrit");
    let came = export(&project, OTHER);
    assert_eq!(came.len(), 1);
    assert_eq!(came[0]["Courriel"], "ana@essai.example");
}

#[test]
fn whoever_came_finds_no_button_where_no_date_is_known() {
    let project = Project::new();
    project.remove(&format!("content/seances/2027/{OTHER}.md"));
    let server = serve(&project);
    Form::of("ana@essai.example").follow_up(&server);
    assert_eq!(server.stop(), Some(0));
    let server = serve(project.at("2027-03-18T10:00:00+01:00"));
    let (letter, link) = awaited(&project, "ana@essai.example", "/inscription/revenir/");
    assert!(letter.text.contains("Dès que la prochaine date est fixée"), "nothing that is not there: {}", letter.text);
    let page = server.get(&link).send().is(200);
    assert!(html::words(page.text()).contains("La prochaine date n’est pas encore fixée"), "{}", page.text());
    assert_eq!(page.buttons(), [""; 0]);
    server.post(&link).send().is(409);
}

#[test]
fn a_date_comes_into_a_calendar_when_it_is_asked_for_and_stays_true() {
    let project = Project::new();
    let server = serve(&project);
    let person = Form::of("ana@essai.example").follow_up(&server);
    let entry = format!("{person}/agenda.ics");
    server.get(&entry).send().is(404);
    let file = press(&server, &person, "J’ajoute la date à mon agenda").redirected().is(200);
    assert_eq!(file.path(), entry);
    assert_eq!(file.header("Content-Type"), Some("text/calendar; charset=utf-8; method=PUBLISH"));
    let read = |text: &str| {
        let calendar = ical::IcalParser::new(text.as_bytes()).next().expect("a calendar").expect("well-formed");
        let properties = calendar.events[0].properties.clone();
        move |name: &str| {
            let found = properties.iter().find(|property| property.name == name);
            found.and_then(|property| property.value.clone()).unwrap_or_default()
        }
    };
    let before = read(file.text());
    assert_eq!(before("DTSTART"), "20270317T180000");
    assert_eq!(before("STATUS"), "CONFIRMED");
    assert!(!file.text().contains("parole") && !file.text().contains("solo"), "{}", file.text());
    cancel(&server, &person);
    let after = read(server.get(&entry).send().is(200).text());
    assert_eq!((after("UID"), after("STATUS")), (before("UID"), "CANCELLED".to_owned()));
}
