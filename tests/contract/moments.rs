//! What a person meets at each moment of their demand, as they read it: their page, the answer on a
//! shared device, the form that is refused. Tables that a person reads, from the pages as served.

use std::collections::BTreeMap;

use harness::{Answer, Project, Server, outline};

use crate::support::{
    Form, OTHER, PATIENCE, SESSION, TEAM, awaited, export, press, serve, session, settled, standing, state, until,
};

/// When everybody asks, when sessions are called off and places come free, and when pages are
/// looked at: while one of the sessions takes place.
const ASKED: &str = "2027-03-01T12:00:00+01:00";
const CALLED_OFF: &str = "2027-03-08T12:00:00+01:00";
const FREED: &str = "2027-03-17T17:00:00+01:00";
const NOW: &str = "2027-03-17T19:00:00+01:00";

/// A session: its id, its day, and what becomes of it.
const SESSIONS: &[(&str, &str, &str)] = &[
    ("a-venir", "2027-04-21", "à venir"),
    ("deplacee", "2027-04-28", "déplacée au 5 mai"),
    ("annulee", "2027-04-14", "annulée"),
    ("annulee-passee", "2027-03-10", "annulée, le jour passé"),
    ("en-cours", "2027-03-17", "en cours"),
    ("passee", "2027-03-16", "passée"),
    ("retiree", "2027-04-07", "retirée du site"),
    ("retiree-passee", "2027-03-11", "retirée du site, le jour passé"),
];

/// Where a place comes free: after a session is called off, or just before the pages are looked at.
const EXPIRES: &str = "a-venir";
const IS_OFFERED: &[&str] = &["a-venir", "deplacee"];

fn write(project: &Project, id: &str, group: &str, day: &str, places: u32, more: &str) {
    let keys = format!("groupe = \"{group}\"\nplaces_min = 1\nplaces_max = {places}\n{more}");
    session(project, id, &keys).edit(
        &format!("content/seances/2027/{id}.md"),
        &format!("date = {id}"),
        &format!("date = {day}"),
    );
}

/// A session of each kind, each with a group of its own, so that nobody is carried anywhere; a full
/// one beside each, and two where a place comes free.
fn site() -> Project {
    let project = Project::new();
    project.remove("content/seances/2027");
    project.edit("content/seances/2023/2023-11-22.md", "+++\ndate", "+++\ngroupe = \"parents-solos\"\ndate");
    let group = project.read("content/groupes/parents-solos.toml");
    let add = |id: &str, day: &str, places: u32| {
        project.file(&format!("content/groupes/g-{id}.toml"), group.replace("Parents solos", id));
        write(&project, id, &format!("g-{id}"), day, places, "");
    };
    for (id, day, _) in SESSIONS {
        add(id, day, 12);
        add(&format!("{id}-pleine"), day, 1);
    }
    for id in IS_OFFERED {
        add(&format!("{id}-liberee"), "2027-04-22", 1);
    }
    add(&format!("{EXPIRES}-perdue"), "2027-04-23", 1);
    add("reportee", "2027-04-15", 12);
    write(&project, "reportee-apres", "g-reportee", "2027-05-12", 12, "");
    write(&project, "reportee-suite", "g-reportee", "2027-06-09", 12, "");
    project
}

fn serve_at(project: &Project, now: &str, more: &[(&str, &str)]) -> Server {
    let server = project.server().arg("--now", now).arg("--offer-within", "2000");
    more.iter().fold(server, |server, (option, value)| server.arg(option, value)).start()
}

fn file(id: &str) -> String {
    format!("content/seances/2027/{id}.md")
}

fn call_off(project: &Project, id: &str) {
    project.edit(&file(id), "places_min", "etat = \"annulee\"\nrevision = 1\nplaces_min");
}

/// A demand: what it is, of which session, and its page.
type Case = (String, String);

/// Everybody asks.
fn ask(server: &Server) -> (Vec<Case>, BTreeMap<String, String>) {
    let (mut cases, mut holders) = (Vec::new(), BTreeMap::new());
    let mut person = 0;
    let mut asks = |id: &str, form: fn(Form) -> Form| {
        person += 1;
        form(Form::of(&format!("p{person}@essai.example"))).at(id).follow_up(server)
    };
    for (id, _, name) in SESSIONS {
        cases.push((format!("une place × {name}"), asks(id, |form| form)));
        cases.push((format!("à confirmer × {name}"), asks(id, |form| form.with("autre_parent", "oui"))));
        let cancelled = asks(id, |form| form);
        let _ = press(server, &cancelled, "J’annule ma place").is(303);
        cases.push((format!("annulée par la personne × {name}"), cancelled));
        asks(&format!("{id}-pleine"), |form| form);
        cases.push((format!("liste d’attente × {name}"), asks(&format!("{id}-pleine"), |form| form)));
    }
    let freed = IS_OFFERED.iter().map(|id| (format!("{id}-liberee"), "place proposée"));
    for (id, what) in freed.chain([(format!("{EXPIRES}-perdue"), "proposition sans réponse")]) {
        holders.insert(id.clone(), asks(&id, |form| form));
        let name = if id.starts_with("deplacee") { "déplacée" } else { "à venir" };
        cases.push((format!("{what} × {name}"), asks(&id, |form| form)));
    }
    cases.push(("reportée après une annulation".to_owned(), asks("reportee", |form| form)));
    let moved = asks("reportee", |form| form);
    let form = server.get(&moved).send().is(200).form("Je change de date");
    let _ = form.choose("seance", "reportee-apres").submit().is(303);
    cases.push(("la personne a changé de date".to_owned(), moved));
    (cases, holders)
}

/// Those that come in a burst, of every session; and those that the team does not let in.
fn hold(project: &Project) -> Vec<Case> {
    let server = serve_at(project, ASKED, &[("--limit", "1000"), ("--hourly", "1")]);
    Form::of("premier@tient.example").at("a-venir").follow_up(&server);
    let mut cases = Vec::new();
    for (id, _, name) in SESSIONS {
        let page = Form::of(&format!("{id}@rafale.example")).at(id).follow_up(&server);
        cases.push((format!("retenue × {name}"), page));
    }
    let page = Form::of("ecartee@rafale.example").at("reportee-apres").follow_up(&server);
    let _ = project.form_handler(&["held", "reportee-apres", "--drop", "--now", ASKED]).success();
    cases.push(("écartée × à venir".to_owned(), page));
    cases
}

/// The main part of a page, without what differs from run to run.
fn read(page: &Answer, secrets: &[&str]) -> String {
    let read = secrets.iter().fold(outline(page.text()), |read, secret| read.replace(secret, "…"));
    // Of the form, what stands before its fields; of a person's page, what stands before what is
    // recorded.
    let mut lines = read.lines().take_while(|line| !line.contains("[prenom:") && !line.starts_with("## Mes info"));
    let masked =
        |line: &str| if line.contains("•••@") { "(le contact, masqué)".to_owned() } else { line.to_owned() };
    lines.by_ref().map(masked).collect::<Vec<_>>().join("\n")
}

/// A table: what is read, under all that it is read in.
fn table(seen: Vec<(String, String)>) -> String {
    let mut told: Vec<(String, Vec<String>)> = Vec::new();
    for (case, said) in seen {
        match told.iter_mut().find(|(known, _)| *known == said) {
            Some((_, cases)) => cases.push(case),
            None => told.push((said, vec![case])),
        }
    }
    let block = |(said, cases): &(String, Vec<String>)| {
        let said = said.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n");
        format!("{}\n{said}", cases.join("\n"))
    };
    told.iter().map(block).collect::<Vec<_>>().join("\n\n")
}

#[test]
fn a_persons_page_is_true_whatever_became_of_the_demand_and_of_its_session() {
    let project = site();
    let server = serve_at(&project, ASKED, &[("--limit", "0")]);
    let (mut cases, holders) = ask(&server);
    let team = Form::of("equipe@essai2.example").at("reportee").with("autre_parent", "oui").follow_up(&server);
    let (_, link) = awaited(&project, TEAM, "/equipe/a-confirmer/");
    let page = server.get(&link).send().is(200);
    // The one whose session has another after it.
    page.form("Je propose la séance suivante").submit().is(200);
    let token = team.rsplit('/').next().unwrap_or_default();
    let offered = read(&server.get(&team).send().is(200), &[token, server.address()]);
    let mut seen = vec![("l’équipe propose une autre date".to_owned(), offered)];
    drop(server);
    cases.extend(hold(&project));
    for id in ["annulee", "annulee-pleine", "annulee-passee", "annulee-passee-pleine"] {
        call_off(&project, id);
    }
    let server = serve_at(&project, CALLED_OFF, &[("--limit", "0")]);
    let _ = press(&server, &holders[&format!("{EXPIRES}-perdue")], "J’annule ma place").is(303);
    drop(server);
    for id in ["deplacee", "deplacee-pleine", "deplacee-liberee"] {
        let day = if id == "deplacee-liberee" { "2027-04-22" } else { "2027-04-28" };
        project.edit(&file(id), &format!("date = {day}"), "date = 2027-05-05\ndebut = 18:30:00");
    }
    for id in ["retiree", "retiree-passee"] {
        project.remove(&file(id)).remove(&file(&format!("{id}-pleine")));
    }
    call_off(&project, "reportee");
    let server = serve_at(&project, FREED, &[("--limit", "0"), ("--answer-within", "12")]);
    settled(&project, &server, "deplacee");
    for id in IS_OFFERED {
        let _ = press(&server, &holders[&format!("{id}-liberee")], "J’annule ma place").is(303);
    }
    until("what is not held goes on at the next one", PATIENCE, || {
        let (_, page) = cases.iter().find(|(case, _)| case.starts_with("reportée")).expect("a case");
        (standing(&server, page) == "proposee").then_some(())
    });
    drop(server);
    let server = serve_at(&project, NOW, &[("--limit", "0")]);
    settled(&project, &server, "en-cours");
    seen.extend(cases.into_iter().map(|(case, page)| {
        let token = page.rsplit('/').next().unwrap_or_default().to_owned();
        let answer = server.get(&page).send().is(200);
        (case, read(&answer, &[&token, server.address()]))
    }));
    insta::assert_snapshot!("suivi", table(seen));
}

/// Dates that take no demand, beside the two of the small site that do.
fn with_dates_that_take_none(project: &Project) {
    session(project, "2027-02-03", "inscription_ferme = 2027-01-09T12:00:00");
    session(project, "2027-02-10", "etat = \"annulee\"\nrevision = 1");
    session(project, "2027-06-30", "inscription_ouvre = 2027-02-01T09:00:00");
}

const REFUSED: &[(&str, &str, u16)] = &[
    ("close", "2027-02-03", 409),
    ("annulée", "2027-02-10", 409),
    ("passée", "2023-11-22", 409),
    ("pas encore ouverte", "2027-06-30", 409),
    ("inconnue", "2020-01-01", 404),
];

#[test]
fn a_form_that_is_refused_says_why_and_what_can_be_done_instead() {
    let project = Project::new();
    with_dates_that_take_none(&project);
    let server = serve(&project);
    let mut seen = Vec::new();
    for (name, id, status) in REFUSED {
        let form = Form::of("ana@essai.example").at(id);
        seen.push((format!("formulaire envoyé × {name}"), read(&form.post(&server).is(*status), &[])));
        let opened = server.get(&format!("/inscription/?seance={id}")).send().is(200);
        seen.push((format!("formulaire ouvert pour cette date × {name}"), read(&opened, &[])));
    }
    let wrong = Form::of("ana@essai.example").at("2027-02-10").without("prenom");
    seen.push((
        "formulaire envoyé × annulée, et un champ est faux".to_owned(),
        read(&wrong.post(&server).is(409), &[]),
    ));
    drop(server);
    // The next one is full: it is chosen all the same, and that is said.
    project.remove(&format!("content/seances/2027/{OTHER}.md"));
    session(&project, SESSION, "places_min = 1\nplaces_max = 1");
    let server = serve(&project);
    Form::of("bea@essai.example").follow_up(&server);
    settled(&project, &server, SESSION);
    let form = Form::of("ana@essai.example").at("2027-02-10");
    seen.push(("formulaire envoyé × annulée, la suivante complète".to_owned(), read(&form.post(&server).is(409), &[])));
    drop(server);
    // No date is open.
    project.remove("content/seances/2027/2027-06-30.md");
    let server = serve(project.at("2027-03-17T19:00:00+01:00"));
    until("no date is open", PATIENCE, || {
        server.get("/inscription/").send().text().contains("Aucune date n’est ouverte").then_some(())
    });
    for (name, id, status) in [("close", SESSION, 409), ("passée", "2027-02-03", 409), ("inconnue", "2020-01-01", 404)]
    {
        let form = Form::of("ana@essai.example").at(id);
        let answer = form.post(&server).is(status);
        seen.push((format!("formulaire envoyé × {name}, aucune date ouverte"), read(&answer, &[])));
    }
    insta::assert_snapshot!("refus", table(seen));
}

#[test]
fn a_date_that_is_called_off_while_the_form_is_open_keeps_what_was_typed() {
    let project = Project::new();
    let server = serve(&project);
    let form = server.get(&format!("/inscription/?seance={SESSION}")).send().is(200).form("Je m’inscris");
    let form = form.fill("prenom", "Zéphyrine").fill("courriel", "ana@essai.example").fill("theme", "Le sommeil");
    let form = form.check("contact_prudent", "soir").check("conditions", "oui");
    session(&project, SESSION, "etat = \"annulee\"\nrevision = 1");
    until("it is called off", PATIENCE, || (state(&server, SESSION) == "annulee").then_some(()));
    let refused = form.submit().is(409);
    assert_eq!(refused.header("Cache-Control"), Some("no-store"));
    let said = outline(refused.text());
    let (first, _) = said.split_once("Quelle date ?").expect("the form again");
    for words in ["Cette séance est annulée", "n’est pas enregistrée", "mercredi 26 mai 2027, de 18 h à 20 h"] {
        assert!(first.contains(words), "{words}: {first}");
    }
    assert!(refused.text().contains("Le sommeil"), "{said}");
    // What was typed, for the next date, is sent by one press.
    let recorded = refused.form("Je m’inscris").submit().redirected().is(200);
    assert!(outline(recorded.text()).contains("Venez le mercredi 26 mai"), "{}", recorded.text());
    let rows = export(&project, OTHER);
    assert_eq!((rows.len(), rows[0]["Prénom"].as_str()), (1, "Zéphyrine"));
    assert!(rows[0].values().any(|value| value.contains("soir")), "{rows:?}");
    assert_eq!(export(&project, SESSION).len(), 0);
    // One that fills up meanwhile is no refusal: the demand waits, and may go to another date.
    let project = Project::new();
    let server = serve(session(&project, SESSION, "places_min = 1\nplaces_max = 1"));
    let form = server.get(&format!("/inscription/?seance={SESSION}")).send().is(200).form("Je m’inscris");
    let form = form.fill("prenom", "Ana").fill("courriel", "ana@essai.example").check("conditions", "oui");
    Form::of("bea@essai.example").follow_up(&server);
    let waits = form.submit().redirected().is(200);
    let moved = waits.form("Je change de date").choose("seance", OTHER).submit().redirected().is(200);
    assert!(outline(moved.text()).contains("# Nous vous attendons"), "{}", moved.text());
}

#[test]
fn an_answer_on_a_shared_device_and_a_link_of_a_letter_are_true_later_too() {
    let project = Project::new();
    let server = serve(session(&project, SESSION, "places_min = 1\nplaces_max = 2"));
    let shared = |email: &str, envoi: &str| Form::of(email).with("appareil_partage", "oui").with("envoi", envoi);
    let (place, waits) = (shared("ana@essai.example", "a"), shared("bea@essai.example", "b"));
    let confirms = shared("cyr@essai.example", "c").with("autre_parent", "oui");
    let mut seen = Vec::new();
    let mut answers = |server: &Server, when: &str| {
        for (name, form) in [("une place", &place), ("à confirmer", &confirms), ("liste d’attente", &waits)] {
            seen.push((format!("{name} × {when}"), read(&form.post(server).is(200), &[])));
        }
    };
    answers(&server, "à l’envoi");
    let first = Form::of("dan@essai.example").at(OTHER).follow_up(&server);
    Form::of("dan@essai.example").at(OTHER).with("prenom", "Éva").follow_up(&server);
    let _ = press(&server, &first, "J’annule ma place").is(303);
    let (_, link) = awaited(&project, "dan@essai.example", "/inscription/annuler-autres/");
    let link = link.replace(server.address(), "");
    session(&project, SESSION, "places_min = 1\nplaces_max = 2\netat = \"annulee\"\nrevision = 1");
    until("it is called off", PATIENCE, || (server.get("/s/2027-03-17").send().status() == 200).then_some(()));
    answers(&server, "renvoyé, la séance annulée entre-temps");
    let others = |server: &Server| read(&server.get(&link).send().is(200), &[]);
    let now = others(&server);
    drop(server);
    project.remove(&format!("content/seances/2027/{SESSION}.md"));
    let server = serve(project.at("2027-05-27T10:00:00+02:00"));
    until("it left the site", PATIENCE, || (server.get("/s/2027-03-17").send().status() == 404).then_some(()));
    answers(&server, "renvoyé, la séance retirée entre-temps");
    seen.push(("lien « annuler les autres » × à venir".to_owned(), now));
    seen.push(("lien « annuler les autres » × le lendemain".to_owned(), others(&server)));
    insta::assert_snapshot!("reponses", table(seen));
}
