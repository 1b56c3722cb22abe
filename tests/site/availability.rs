//! What the public is told of a session's places: words, and never a number.

use harness::{Project, html::words};

/// Every state of a session to come, and its words.
const STATES: &[(&str, &str)] = &[
    ("ouverte", "Places disponibles"),
    ("dernieres_places", "Dernières places"),
    ("complete", "Complet"),
    ("close", "Inscriptions closes"),
    ("a_venir", "Inscriptions pas encore ouvertes"),
    ("annulee", "Annulée"),
];

/// The small root, with its next session in this state: the handler tells how full it is, time
/// tells whether it is open.
fn with_a_session_in(state: &str) -> Project {
    let project = Project::new();
    let moment = match state {
        "close" => "\ninscription_ferme = 2027-01-05T12:00:00",
        "a_venir" => "\ninscription_ouvre = 2027-02-01T08:00:00",
        _ => "",
    };
    project.edit("content/seances/2027/2027-03-17.md", "date = 2027-03-17", &format!("date = 2027-03-17{moment}"));
    project.availability(&[("2027-03-17", state)]).build().success();
    project
}

/// What a page says of the sessions, lists and session pages alike.
fn told(project: &Project) -> String {
    ["/", "/seances/", "/seances/2027-03-17/"].map(|url| words(&project.page(url))).join("\n")
}

#[test]
fn each_state_is_said_in_its_words() {
    for (state, said) in STATES {
        let project = with_a_session_in(state);
        for url in ["/", "/seances/", "/seances/2027-03-17/"] {
            assert!(
                words(&project.page(url)).contains(said),
                "{url} must say {said:?}:\n{}",
                words(&project.page(url))
            );
        }
        let others = STATES.iter().filter(|(_, words)| words != said);
        let page = words(&project.page("/seances/2027-03-17/"));
        let main = page.split("Les autres dates").next().unwrap_or_default();
        for (_, other) in others {
            assert!(!main.contains(other), "{state} also says {other:?}:\n{main}");
        }
    }
}

#[test]
fn without_the_handler_no_state_is_told() {
    let project = Project::new();
    project.build().success();
    let told = told(&project);
    for (_, said) in STATES {
        assert!(!told.contains(said), "{said:?} is told without knowing:\n{told}");
    }
}

#[test]
fn no_page_counts_places() {
    let project = Project::real();
    for (state, _) in STATES {
        project.availability(&[("2027-03-17", state), ("2027-05-26", "dernieres_places")]).build().success();
        for url in project.pages() {
            let page = words(&project.page(&url));
            let counted = counted_places(&page);
            assert_eq!(counted, None, "{url}, {state}");
            for said in ["places restantes", "place restante", "places libres", "place libre"] {
                assert!(!page.to_lowercase().contains(said), "{url} says {said:?}");
            }
        }
    }
}

/// A number right before "place": "11 places", "3 dernières places".
fn counted_places(text: &str) -> Option<&str> {
    text.match_indices("place").find_map(|(at, _)| {
        let before = text[..at].trim_end();
        let word = before.rsplit(' ').next()?;
        let word = if ["dernières", "dernière"].contains(&word) { before.rsplit(' ').nth(1)? } else { word };
        word.parse::<u32>().ok().map(|_| word)
    })
}

#[test]
fn a_count_would_be_seen() {
    assert_eq!(counted_places("il reste 11 places"), Some("11"));
    assert_eq!(counted_places("les 3 dernières places"), Some("3"));
    assert_eq!(counted_places("de 3 à 12 personnes, il reste de la place"), None);
}

#[test]
fn a_full_session_is_complete_on_paper_too() {
    let project = Project::new();
    project.availability(&[("2027-03-17", "complete")]).build().success();
    assert!(!words(&project.page("/supports/flyer/2027-03-17/")).contains("Complet"), "paper outlives a state");
}

#[test]
fn what_the_team_moved_wins_over_the_content() {
    let project = Project::new();
    let row = r#"{"seances":{"2027-03-17":{"etat":"ouverte","revision":3,"debut":"19:00:00","fin":"21:00:00","lieu":"Salle du parc"}}}"#;
    project.file("var/disponibilites.json", row).build().success();
    let page = words(&project.page("/seances/2027-03-17/"));
    assert!(page.contains("De 19 h à 21 h") && page.contains("Salle du parc"), "{page}");
}

/// The times that a calendar gives for the start of a session, by what its `UID` begins with.
fn starts(calendar: &str, id: &str) -> Vec<String> {
    let events = calendar.split("BEGIN:VEVENT").filter(|event| event.contains(&format!("UID:{id}@")));
    let starts = events.flat_map(str::lines).filter_map(|line| line.strip_prefix("DTSTART:"));
    starts.map(str::to_owned).collect()
}

/// The mistyped year of a file, whose former date the handler keeps, with hours of its own.
const KEPT: &str = r#"{"seances":{"2027-03-17":{"etat":"ouverte","revision":0,"date":"2027-03-17","debut":"18:30:00","fin":"20:30:00"}}}"#;

#[test]
fn the_date_that_the_handler_keeps_is_that_of_everything() {
    const SESSION: &str = "content/seances/2027/2027-03-17.md";
    let project = Project::new();
    // Published as it is to be first, then as the mistake has it.
    project.build().success();
    project.edit(SESSION, "date = 2027-03-17", "date = 2026-03-17");
    project.build().success();
    assert!(words(&project.page("/seances/2026/")).contains("17 mars 2026"), "the mistake is seen without the handler");
    project.file("var/disponibilites.json", KEPT).build().success();

    let said = ["/", "/seances/", "/seances/2027-03-17/", "/inscription/", "/groupes/parents-solos/", "/kit/bloc/"];
    for url in said.into_iter().filter(|url| project.dist(url).exists()) {
        let page = words(&project.page(url));
        assert!(page.contains("17 mars"), "{url}:\n{page}");
    }
    let page = project.page("/seances/2027-03-17/");
    assert!(words(&page).contains("De 18 h 30 à 20 h 30"), "{}", words(&page));
    assert!(page.contains(r#""startDate":"2027-03-17T18:30:00+01:00""#), "JSON-LD:\n{page}");
    assert!(page.contains(r#""endDate":"2027-03-17T20:30:00+01:00""#), "JSON-LD:\n{page}");
    assert!(page.contains("/inscription/?seance=2027-03-17"), "it may still be asked for");
    for calendar in ["/calendrier.ics", "/seances/2027-03-17.ics"] {
        assert_eq!(starts(&project.page(calendar), "2027-03-17"), ["20270317T173000Z"], "{calendar}");
    }
    let feed = project.page("/atom.xml");
    assert!(feed.contains("17 mars 2027"), "{feed}");
    for short in ["/s/2027-03-17/", "/s/2027-03-17/flyer/"] {
        let page = project.page(short);
        assert!(page.contains("/seances/2027-03-17/"), "{short}:\n{page}");
        assert!(!words(&page).contains("passée"), "{short}:\n{page}");
    }
    assert!(words(&project.page("/supports/flyer/2027-03-17/")).contains("17 mars"), "paper");
    assert!(!project.dist("/seances/2026/").exists(), "no year of past sessions is left of the mistake");
    for (path, bytes) in project.published() {
        let text = String::from_utf8_lossy(&bytes);
        let wrong = ["17 mars 2026", "2026-03-17T", "20260317T"].into_iter().find(|wrong| text.contains(wrong));
        assert_eq!(wrong, None, "{path}");
    }
    // The same as if the file had been right, but for the hours that the file leaves to its group.
    let published = project.published();
    project.remove("dist").build().success();
    assert_eq!(project.published(), published);
}

#[test]
fn a_state_file_that_cannot_be_read_stops_the_build() {
    for damaged in ["{", r#"{"seances":{"2027-03-17":{"etat":"ouverte","revision":0,"restantes":4}}}"#] {
        let project = Project::new();
        project.file("var/disponibilites.json", damaged);
        let run = project.build().fails(1);
        assert!(run.stderr().contains("L'état des séances n'a pas pu être lu."), "{}", run.stderr());
        assert!(!project.path("dist").exists());
    }
}

#[test]
fn a_cancelled_session_stays_at_its_address() {
    let project = Project::new();
    project.edit("content/seances/2027/2027-03-17.md", "date = 2027-03-17", "date = 2027-03-17\netat = \"annulee\"");
    project.build().success();
    assert!(words(&project.page("/seances/2027-03-17/")).contains("Annulée"));
    assert!(!project.page("/seances/2027-03-17/").contains("/inscription/?seance=2027-03-17"));
    assert!(!project.tree().contains(&"supports/flyer/2027-03-17/index.html".to_owned()));
}
