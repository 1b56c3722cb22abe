//! Where to go: whoever asked for a place is told the way, and told when it changes.

use harness::{Project, html};

use crate::support::{Form, PATIENCE, SESSION, letters, press, serve, session, to, until};

const VENUE: &str = "content/lieux/espace-famille.toml";

#[test]
fn whoever_may_come_is_told_the_way_and_what_children_may_do() {
    let project = Project::new();
    let server = serve(session(&project, SESSION, "lieu = \"parc\""));
    let ana = Form::of("ana@essai.example").follow_up(&server);
    let shared = Form::of("bea@essai.example").with("appareil_partage", "oui").press(&server).is(200);
    for page in [server.get(&ana).send().is(200), shared] {
        let words = html::words(page.text());
        for told in [
            "Salle du parc",
            "3 allée du Parc",
            "31700 Blagnac",
            "De plain-pied, sans marche.",
            "Les bébés sont les bienvenus.",
        ] {
            assert!(words.contains(told), "{told}: {words}");
        }
        assert!(page.text().contains("https://www.openstreetmap.org/?mlat=43.6345&amp;mlon=1.3931"), "{}", page.text());
    }
    let mails = letters(&project, &server);
    let [letter] = to(&mails, "ana@essai.example")[..] else { panic!("one letter: {mails:?}") };
    let lines: Vec<&str> = letter.text.lines().collect();
    let way = ["Salle du parc", "3 allée du Parc", "31700 Blagnac"];
    assert!(lines.windows(3).any(|lines| lines == way), "{}", letter.text);
    // A calendar is seen by others: it tells where, and nothing else.
    let own = press(&server, &ana, "J’ajoute la date à mon agenda").is(303).location().to_owned();
    let entry = server.get(&own).send().is(200).text().to_owned();
    assert!(entry.contains("LOCATION:Salle du parc\\, 3 allée du Parc\\, 31700 Blagnac\r\n"), "{entry}");
    assert!(entry.contains("GEO:43.6345;1.3931\r\n"), "{entry}");
    for telling in ["DESCRIPTION", "URL", "bébés", "openstreetmap"] {
        assert!(!entry.contains(telling), "{telling}: {entry}");
    }
}

#[test]
fn an_address_that_changes_is_told_and_one_that_is_completed_is_not() {
    let project = Project::new();
    project.edit(VENUE, "1 rue de l'Essai", "à compléter");
    let server = serve(&project);
    let ana = Form::of("ana@essai.example").follow_up(&server);
    let page = || html::words(server.get(&ana).send().is(200).text());
    assert!(page().contains("à compléter"));
    let shows = |text: &str| until(text, PATIENCE, || page().contains(text).then_some(()));
    // Completed, and written in a file of another name: nobody would go to another door.
    project.edit(VENUE, "à compléter", "1 rue de l'Essai");
    shows("1 rue de l’Essai");
    project.file("content/lieux/maison.toml", project.read(VENUE).replace("La porte verte.", "La porte bleue."));
    project.edit("content/groupes/parents-solos.toml", "\"espace-famille\"", "\"maison\"");
    shows("La porte bleue.");
    // The house moves: under the same name, in another street.
    project.edit("content/lieux/maison.toml", "1 rue de l'Essai", "9 place Neuve");
    shows("9 place Neuve");
    let told = until("a letter", PATIENCE, || {
        let mails = letters(&project, &server);
        let changes: Vec<_> = to(&mails, "ana@essai.example").into_iter().skip(1).cloned().collect();
        (!changes.is_empty()).then_some(changes)
    });
    let [letter] = &told[..] else { panic!("one change: {told:?}") };
    assert!(letter.text.contains("change") && letter.text.contains("9 place Neuve"), "{}", letter.text);
    // Calendars are told as well, by a number that is raised.
    let calendar = project.page("/seances/2027-03-17.ics");
    assert!(calendar.contains("SEQUENCE:1\r\n") && calendar.contains("9 place Neuve"), "{calendar}");
}
