//! The live join: content that changes while people sign up.

use std::{fs, os::unix::fs::symlink};

use harness::{Project, Server, html};

use crate::support::{
    Form, LIVE, OTHER, PATIENCE, SESSION, awaited, cancel, export, hold, press, serve, session, state, until,
    with_places,
};

const CHARTER: &str = "content/charte.md";

#[test]
fn broken_content_stops_neither_the_site_nor_sign_up() {
    let project = Project::new();
    let server = serve(with_places(&project, 1));
    let before = project.page("/charte/");
    let good = project.read(CHARTER);
    project.file(CHARTER, "+++\ntitre = \n+++\n");
    until("the problem is told", PATIENCE, || server.output().contains("charte.md").then_some(()));
    // The site stays, people sign up, and the states go on being true.
    assert_eq!(server.get("/charte/").send().is(200).text(), before);
    let person = Form::of("ana@essai.example").follow_up(&server);
    until("full", LIVE, || project.page("/seances/2027-03-17/").contains("Complet").then_some(()));
    cancel(&server, &person);
    until("open again", LIVE, || (!project.page("/seances/2027-03-17/").contains("Complet")).then_some(()));
    assert_eq!(server.get("/charte/").send().is(200).text(), before);
    // Mended, it is published.
    project.file(CHARTER, good.replace("+++\n\n", "+++\n\nUne phrase toute neuve.\n\n"));
    until("the mended page", PATIENCE, || project.page("/charte/").contains("toute neuve").then_some(()));
}

#[test]
fn a_broken_template_is_no_better_and_no_worse() {
    let project = Project::new();
    let server = serve(&project);
    let good = project.read("templates/seance.html");
    project.file("templates/seance.html", "{% if %}");
    until("the problem is told", PATIENCE, || server.output().contains("seance.html").then_some(()));
    Form::of("ana@essai.example").json(&server).is(201);
    let _ = server.get("/seances/2027-03-17/").send().is(200);
    project.file("templates/seance.html", good.replace("<h1>", "<h1 data-neuf>"));
    until("the mended page", PATIENCE, || project.page("/seances/2027-03-17/").contains("data-neuf").then_some(()));
}

#[test]
fn a_restart_with_broken_content_serves_the_last_good_one() {
    let project = Project::new();
    let server = serve(&project);
    let person = Form::of("ana@essai.example").follow_up(&server);
    let before = project.page("/charte/");
    drop(server);
    project.file(CHARTER, "n'importe quoi");
    project.file("content/site.toml", "nom = ");
    let server = serve(&project);
    assert_eq!(server.get("/charte/").send().is(200).text(), before);
    let _ = server.get(&person).send().is(200);
    Form::of("bea@essai.example").json(&server).is(201);
    assert_eq!(export(&project, SESSION).len(), 2);
}

#[test]
fn the_first_start_with_broken_content_says_what_is_wrong_and_writes_nothing() {
    let project = Project::new();
    project.file(CHARTER, "+++\ntitre = \n+++\n");
    let said = project.server().refuses().fails(1);
    assert!(said.stderr().contains("content/charte.md:2"), "{}", said.stderr());
    assert_eq!(project.tree(), Vec::<String>::new());
}

#[test]
fn a_new_session_appears_and_takes_sign_ups() {
    let project = Project::new();
    let server = serve(&project);
    let new = "2027-06-30";
    assert_eq!(Form::of("ana@essai.example").at(new).json(&server).status(), 404);
    session(&project, new, "places_min = 1\nplaces_max = 1");
    until("its page", PATIENCE, || (server.get("/seances/2027-06-30/").send().status() == 200).then_some(()));
    Form::of("ana@essai.example").at(new).json(&server).is(201);
    assert_eq!(state(&server, new), "complete");
    until("full", LIVE, || project.page("/seances/2027-06-30/").contains("Complet").then_some(()));
    assert_eq!(export(&project, new).len(), 1);
}

#[test]
fn a_session_that_is_cancelled_says_so_within_two_seconds_everywhere() {
    let project = Project::new();
    let server = serve(&project);
    let person = Form::of("ana@essai.example").follow_up(&server);
    session(&project, SESSION, "etat = \"annulee\"\nrevision = 1");
    for path in ["/seances/2027-03-17/", "/seances/", &person] {
        until(&format!("{path} says so"), LIVE, || server.get(path).send().text().contains("nnulée").then_some(()));
    }
    assert_eq!(state(&server, SESSION), "annulee");
    assert_eq!(Form::of("bea@essai.example").json(&server).status(), 409);
    let calendar = server.get("/calendrier.ics").send();
    assert!(calendar.text().contains("CANCELLED"), "{}", calendar.text());
    // Held after all: nobody was dropped, whether or not she had gone on to the next one by then.
    session(&project, SESSION, "revision = 2");
    until("open again", LIVE, || (state(&server, SESSION) == "ouverte").then_some(()));
    assert_eq!(export(&project, SESSION).len() + export(&project, OTHER).len(), 1);
}

#[test]
fn a_session_that_moves_keeps_its_people_and_its_address() {
    let project = Project::new();
    let server = serve(&project);
    let person = Form::of("ana@essai.example").follow_up(&server);
    project.file("content/seances/2027/2027-03-17.md", "+++\ndate = 2027-03-24\nrevision = 1\n+++\n");
    until("the new date", LIVE, || server.get(&person).send().text().contains("24 mars 2027").then_some(()));
    let _ = server.get("/s/2027-03-17").send().is(302);
    assert_eq!(export(&project, SESSION).len(), 1);
}

#[test]
fn a_session_whose_file_is_gone_drops_nobody() {
    let project = Project::new();
    let server = serve(&project);
    let person = Form::of("ana@essai.example").at(OTHER).follow_up(&server);
    project.remove("content/seances/2027/2027-05-26.md");
    until("it is gone", PATIENCE, || (server.get("/seances/2027-05-26/").send().status() == 404).then_some(()));
    assert_eq!(Form::of("bea@essai.example").at(OTHER).json(&server).status(), 404);
    assert_eq!(export(&project, OTHER).len(), 1);
    // Its short address, printed on paper, says what comes next… once the content says where.
    assert!(server.get(&person).send().status() < 500);
}

#[test]
fn whoever_asked_for_a_session_that_left_the_content_still_sees_it_and_may_cancel() {
    let project = Project::new();
    let server = serve(&project);
    let person = Form::of("ana@essai.example").follow_up(&server);
    project.remove("content/seances/2027/2027-03-17.md");
    until("the session is gone", PATIENCE, || server.output().contains("2027-03-17").then_some(()));
    until("its page is gone", PATIENCE, || (server.get("/seances/2027-03-17/").send().status() == 404).then_some(()));
    let page = server.get(&person).send().is(200);
    assert!(page.text().contains("plus au programme"), "{}", page.text());
    cancel(&server, &person);
    assert!(server.get(&person).send().is(200).text().contains("annulée"));
}

#[test]
fn a_server_that_starts_again_answers_as_the_site_was_left_and_publishes_meanwhile() {
    let project = Project::new();
    for id in ["s7", "s8"] {
        let text = "+++\ndate = 2028-03-15\nplaces_min = 1\nplaces_max = 1\n+++\n";
        project.file(&format!("content/seances/2028/{id}.md"), text);
    }
    let server = serve(&project);
    let person = Form::of("ana@essai.example").at("s7").follow_up(&server);
    until("full", PATIENCE, || project.page("/seances/s7/").contains("Complet").then_some(()));
    drop(server);
    let new = "2028-06-28";
    session(&project, new, "");
    // Nobody can publish: another process holds the folder.
    let held = hold(&project);
    let server = serve(&project);
    let _ = server.get("/sante").send().is(200);
    assert!(server.get("/seances/s7/").send().is(200).text().contains("Complet"));
    assert!(server.get(&person).send().is(200).text().contains("15 mars 2028"));
    assert!(server.get("/inscription/?seance=s8").send().is(200).text().contains("value=\"s8\""));
    Form::of("bea@essai.example").at("s8").json(&server).is(201);
    assert_eq!(Form::of("bea@essai.example").at("s7").json(&server).is(202).json()["resultat"], "liste_attente");
    // What was written while the server was not there to see it is waited for.
    let let_go = std::thread::spawn(move || held.unlock());
    Form::of("cleo@essai.example").at(new).json(&server).is(201);
    let_go.join().expect("a thread that ends").expect("it was held");
    assert_eq!(state(&server, new), "ouverte");
    until("its page", PATIENCE, || (server.get("/seances/2028-06-28/").send().status() == 200).then_some(()));
    until("full too", PATIENCE, || project.page("/seances/s8/").contains("Complet").then_some(()));
}

#[test]
fn new_settings_and_new_letters_need_no_restart() {
    let project = Project::new();
    let large = "2027-06-30";
    let server = serve(session(&project, large, "places_max = 500"));
    let (address, place) = ("https://ailleurs.example", "templates/courriels/place.txt");
    let from = |origin: &str| server.post("/inscription").header("Origin", origin).field("seance", SESSION).send();
    assert_eq!(from(address).status(), 403);
    project.edit("content/site.toml", "https://essai.example", address);
    until("its forms are taken", PATIENCE, || (from(address).status() == 422).then_some(()));
    assert_eq!(from("https://essai.example").status(), 403);
    let text = project.read(place);
    let (subject, rest) = text.split_once('\n').expect("a subject");
    project.file(place, format!("{subject}\n\nDes mots tout neufs.\n{rest}"));
    let mut people = (0..).map(|number| format!("personne{number}@essai.example"));
    until("a letter has the new words", PATIENCE, || {
        let person = people.next()?;
        Form::of(&person).at(large).json(&server).is(201);
        let (letter, _) = awaited(&project, &person, "/inscription/suivi/");
        letter.text.contains("Des mots tout neufs.").then_some(())
    });
}

#[test]
fn the_mirror_goes_back_to_the_content_that_is_published() {
    let project = Project::new();
    let server = serve(&project);
    let told = || server.output().matches("templates/seance.html").count();
    // Understood, but no page can be made with it: the content as it was goes on serving, whatever
    // is written meanwhile.
    let good = project.read("templates/seance.html");
    project.file("templates/seance.html", "{{ inconnu.x }}");
    until("the problem is told", PATIENCE, || (told() > 0).then_some(()));
    let (new, before) = ("2027-06-30", told());
    session(&project, new, "");
    until("the problem is told again", PATIENCE, || (told() > before).then_some(()));
    until("it cannot be asked for", PATIENCE, || {
        (Form::of("ana@essai.example").at(new).json(&server).status() == 404).then_some(())
    });
    Form::of("ana@essai.example").json(&server).is(201);
    project.file("templates/seance.html", good);
    until("its page", PATIENCE, || (server.get("/seances/2027-06-30/").send().status() == 200).then_some(()));
    Form::of("ana@essai.example").at(new).json(&server).is(201);
}

#[test]
fn what_was_kept_to_answer_with_may_be_damaged() {
    let project = Project::new();
    let server = serve(&project);
    let person = Form::of("ana@essai.example").follow_up(&server);
    drop(server);
    let kept = "var/dernier-contenu.json";
    let whole = project.read(kept);
    // Its first bytes say that nothing changed. A half: what it takes to answer, or not even that.
    for length in [whole.find('\n').expect("a first line") / 2, whole.len() - 100] {
        project.file(kept, &whole[..length]);
        let server = serve(&project);
        let _ = server.get(&person).send().is(200);
        until("it is whole again", PATIENCE, || (project.read(kept) == whole).then_some(()));
    }
}

const SETTINGS: &str = "content/site.toml";
const PLACE: &str = "templates/courriels/place.txt";
const BEFORE: &str = "https://essai.example";
const ELSEWHERE: &str = "https://ailleurs.example";
const HANDLER: &str = "https://inscription.ailleurs.example";

/// The site moves to other addresses, and the team to another office.
fn moved_settings(project: &Project) -> String {
    let settings = project.read(SETTINGS);
    let addresses = format!("{ELSEWHERE}\"\ninscription = \"{HANDLER}");
    let edits = [(BEFORE, &*addresses), ("05 61 00 00 00", "05 62 11 11 11"), ("equipe@essai", "bureau@ailleurs")];
    edits.iter().fold(settings, |settings, (from, to)| {
        assert_eq!(settings.matches(from).count(), 1, "{from}");
        settings.replace(from, to)
    })
}

/// The status of a form without a name, posted from a page of this origin.
fn from(server: &Server, origin: &str) -> u16 {
    server.post("/inscription").header("Origin", origin).field("seance", SESSION).send().status()
}

#[test]
fn what_the_settings_say_changes_whole_for_answers_letters_and_origins() {
    let project = Project::new();
    let server = serve(&project);
    assert_eq!((from(&server, BEFORE), from(&server, ELSEWHERE)), (422, 403));
    project.file(SETTINGS, moved_settings(&project));
    until("its forms are taken", PATIENCE, || (from(&server, ELSEWHERE) == 422).then_some(()));
    // From that very moment, everything is of the new settings.
    assert_eq!((from(&server, HANDLER), from(&server, BEFORE)), (422, 403));
    let refused = server.post("/inscription").header("Origin", BEFORE).send().is(403);
    let words = html::words(refused.text());
    assert!(words.contains("05 62 11 11 11"), "the number to call: {words}");
    let policy = refused.header("Content-Security-Policy").unwrap_or_default();
    assert!(policy.contains(&format!("form-action 'self' {HANDLER};")), "{policy}");
    let form = server.get("/inscription/").send().is(200);
    assert!(form.text().contains(&format!("action=\"{HANDLER}/inscription\"")), "{}", form.text());
    let person = Form::of("ana@essai.example").follow_up(&server);
    let (letter, link) = awaited(&project, "ana@essai.example", "/inscription/suivi/");
    assert_eq!((letter.from.as_str(), link), ("bureau@ailleurs.example", person));
    assert!(letter.text.contains(&format!("{HANDLER}/inscription/suivi/")), "{}", letter.text);
    assert!(letter.text.replace('\u{a0}', " ").contains("05 62 11 11 11"), "{}", letter.text);
    assert!(project.page("/seances/2027-03-17/").contains(ELSEWHERE));
}

#[test]
fn settings_whose_letters_cannot_be_written_leave_everything_as_it_was() {
    let project = Project::new();
    let server = serve(&project);
    let good = project.read(PLACE);
    // A function that pages know, and letters do not.
    project.file(PLACE, "Objet\n\n{{ asset(path=\"site.css\") }}\n");
    until("the problem is told", PATIENCE, || server.output().contains("Un modèle de courriel").then_some(()));
    project.file(SETTINGS, moved_settings(&project));
    session(&project, "2027-06-30", "");
    let told = server.output().matches("Un modèle de courriel").count();
    until("it is told again", PATIENCE, || {
        (server.output().matches("Un modèle de courriel").count() > told).then_some(())
    });
    assert_eq!((from(&server, BEFORE), from(&server, ELSEWHERE)), (422, 403));
    assert!(!project.page("/seances/2027-03-17/").contains(ELSEWHERE), "no page is half new");
    assert_eq!(server.get("/seances/2027-06-30/").send().status(), 404);
    let _ = Form::of("ana@essai.example").follow_up(&server);
    let (letter, _) = awaited(&project, "ana@essai.example", "/inscription/suivi/");
    assert_eq!(letter.from, "equipe@essai.example");
    project.file(PLACE, good);
    until("all of it is taken", PATIENCE, || (from(&server, ELSEWHERE) == 422).then_some(()));
    let _ = server.get("/seances/2027-06-30/").send().is(200);
}

#[test]
fn a_letter_to_the_team_waits_until_somebody_says_where_it_reads() {
    let project = Project::new();
    project.edit(SETTINGS, "equipe@essai.example", "à compléter");
    let server = serve(&project);
    let check = || project.form_handler(&["check"]).stdout().to_owned();
    assert!(!check().contains("attend"), "nothing waits yet: {}", check());
    let _ = Form::of("ana@essai.example").with("autre_parent", "oui").follow_up(&server);
    until("it is told", PATIENCE, || {
        server.output().contains("1 courriel à l’équipe attend une adresse").then_some(())
    });
    assert!(check().contains("1 courriel à l’équipe attend une adresse"), "{}", check());
    let _ = Form::of("bea@essai.example").with("autre_parent", "oui").follow_up(&server);
    project.edit(SETTINGS, "à compléter", "equipe@essai.example");
    let (letter, _) = awaited(&project, "equipe@essai.example", "/equipe/a-confirmer/");
    assert_eq!(letter.from, "equipe@essai.example");
    assert_eq!(server.output().matches("attend une adresse").count(), 1, "once: {}", server.output());
    until("nothing waits any more", PATIENCE, || (!check().contains("attend")).then_some(()));
}

#[test]
fn a_folder_or_a_link_that_is_replaced_is_followed() {
    let project = Project::new();
    let release = |number: u32, words: &str| {
        for (path, bytes) in project.content_of("content") {
            project.file(&format!("versions/{number}/{path}"), bytes);
        }
        project.edit(&format!("versions/{number}/charte.md"), "On ne juge pas.", words);
    };
    release(42, "On ne juge pas.");
    release(43, "On ne juge personne.");
    release(44, "On ne juge rien.");
    let says = |words: &str| until(words, PATIENCE, || project.page("/charte/").contains(words).then_some(()));
    let replace = |path: &str, with: &dyn Fn(&std::path::Path)| {
        let aside = project.path("a-cote");
        with(&aside);
        fs::rename(aside, project.path(path)).expect("it takes its place");
    };
    // By a link that is switched.
    project.remove("content");
    replace("content", &|aside| symlink("versions/42", aside).expect("a link"));
    let server = serve(&project);
    says("On ne juge pas.");
    replace("content", &|aside| symlink("versions/43", aside).expect("a link"));
    says("On ne juge personne.");
    project.edit("versions/43/charte.md", "On ne juge personne.", "On ne juge jamais.");
    says("On ne juge jamais.");
    // By a folder that takes the place of another.
    fs::remove_file(project.path("content")).expect("a link");
    fs::rename(project.path("versions/44"), project.path("content")).expect("a folder");
    says("On ne juge rien.");
    // Gone, and put back: what was published stays meanwhile.
    fs::rename(project.path("content"), project.path("versions/44")).expect("a folder");
    until("that is told", PATIENCE, || server.output().contains("content/site.toml").then_some(()));
    assert!(server.get("/charte/").send().is(200).text().contains("On ne juge rien."));
    fs::rename(project.path("versions/44"), project.path("content")).expect("a folder");
    project.edit("content/charte.md", "On ne juge rien.", "On ne juge pas.");
    says("On ne juge pas.");
}

/// A line of a calendar's one entry, e.g. `SEQUENCE`.
fn entry(text: &str, name: &str) -> String {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.unwrap_or_else(|| panic!("no {name} in {text}")).to_owned()
}

#[test]
fn a_date_that_moves_is_told_to_calendars_and_feeds_without_a_key() {
    let project = Project::new();
    let server = serve(&project);
    let person = Form::of("ana@essai.example").follow_up(&server);
    let own = press(&server, &person, "J’ajoute la date à mon agenda").is(303).location().to_owned();
    let calendar = || project.page("/seances/2027-03-17.ics");
    let first = calendar();
    assert_eq!(entry(&first, "SEQUENCE"), "0");
    drop(server);
    project.at("2027-01-11T09:30:00+01:00");
    let server = serve(project.file("content/seances/2027/2027-03-17.md", "+++\ndate = 2027-03-24\n+++\n"));
    until("the new date", PATIENCE, || calendar().contains("DTSTART:20270324T170000Z").then_some(()));
    let moved = calendar();
    assert_eq!((entry(&moved, "SEQUENCE"), entry(&moved, "LAST-MODIFIED")), ("1".into(), "20270111T083000Z".into()));
    assert_eq!(entry(&moved, "UID"), entry(&first, "UID"), "the same entry");
    let feed = project.page("/atom.xml");
    assert!(feed.contains("2027-03-17#deplacee-") && feed.contains("c’était le mercredi 17 mars 2027"), "{feed}");
    assert!(feed.contains("<updated>2027-01-11T08:30:00Z</updated>"), "{feed}");
    let told: serde_json::Value = serde_json::from_str(&project.read("var/disponibilites.json")).expect("JSON");
    let row = &told["seances"][SESSION];
    assert_eq!(row["modifie_le"], "2027-01-11T08:30:00Z");
    assert_eq!((&row["avant"]["date"], &row["avant"]["jusqu_a"]), (&"2027-03-17".into(), &row["modifie_le"]));
    // A person's own entry is no older than that, whatever the clock says.
    drop(server);
    project.at("2027-01-10T10:00:00+01:00");
    let server = serve(&project);
    let mine = server.get(&own).send().is(200).text().to_owned();
    assert_eq!(entry(&mine, "LAST-MODIFIED"), "20270111T083000Z");
    // Cancelled, then held again: calendars hear of both, and the former date stays what it was.
    for (number, keys, status) in [("2", "etat = \"annulee\"", "CANCELLED"), ("3", "", "CONFIRMED")] {
        project.file("content/seances/2027/2027-03-17.md", format!("+++\ndate = 2027-03-24\n{keys}\n+++\n"));
        until(status, PATIENCE, || calendar().contains(&format!("STATUS:{status}")).then_some(()));
        assert_eq!(entry(&calendar(), "SEQUENCE"), number);
    }
    assert!(project.page("/atom.xml").contains("c’était le mercredi 17 mars 2027"));
}
