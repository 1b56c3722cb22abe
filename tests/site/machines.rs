//! What machines read, read by other libraries than those that wrote it.

use std::io::BufReader;

use atom_syndication::Feed;
use harness::{
    Project,
    html::{elements, words},
};
use ical::{
    IcalParser,
    parser::ical::component::{IcalCalendar, IcalEvent},
};
use serde_json::Value;

const SITE: &str = "https://essai.example";

fn calendar(text: &str) -> IcalCalendar {
    let mut calendars: Vec<_> = IcalParser::new(BufReader::new(text.as_bytes())).collect();
    assert_eq!(calendars.len(), 1, "{text}");
    calendars.remove(0).expect("a well-formed calendar")
}

fn property(event: &IcalEvent, name: &str) -> String {
    let found = event.properties.iter().find(|property| property.name == name);
    found.and_then(|property| property.value.clone()).unwrap_or_else(|| panic!("no {name}: {event:?}"))
}

#[test]
fn the_calendar_holds_every_session_to_come() {
    let project = Project::new();
    project.build().success();
    let calendar = calendar(&project.page("/calendrier.ics"));
    let starts: Vec<_> = calendar.events.iter().map(|event| property(event, "DTSTART")).collect();
    assert_eq!(starts, ["20270317T170000Z", "20270526T160000Z"]);
}

#[test]
fn a_sessions_entry_says_when_where_and_nothing_that_betrays() {
    let project = Project::new();
    project.build().success();
    let text = project.page("/seances/2027-03-17.ics");
    let calendar = calendar(&text);
    let [event] = &calendar.events[..] else { panic!("one event: {text}") };
    assert_eq!(property(event, "UID"), "2027-03-17@essai.example");
    assert_eq!(property(event, "DTEND"), "20270317T190000Z");
    assert_eq!(property(event, "LOCATION"), "Salle d’animation\\, 1 rue de l’Essai\\, 31700 Blagnac");
    assert_eq!(property(event, "URL"), format!("{SITE}/seances/2027-03-17/"));
    let title = property(event, "SUMMARY").to_lowercase();
    assert!(!title.contains("parent") && !title.contains("solo"), "a calendar is read over the shoulder: {title}");
}

#[test]
fn every_line_of_a_calendar_ends_and_folds_as_rfc_5545_says() {
    let project = Project::published_real();
    for path in project.tree().into_iter().filter(|path| path.ends_with(".ics")) {
        let text = project.page(&path);
        assert_eq!(text.matches('\n').count(), text.matches("\r\n").count(), "{path}");
        let longest = text.split("\r\n").map(str::len).max();
        assert!(longest <= Some(75), "{path}: {longest:?} bytes in a line");
        calendar(&text);
    }
}

#[test]
fn a_change_is_an_update_of_the_same_entry() {
    let project = Project::new();
    project.build().success();
    let entry = |project: &Project| {
        let calendar = calendar(&project.page("/seances/2027-03-17.ics"));
        (
            property(&calendar.events[0], "UID"),
            property(&calendar.events[0], "SEQUENCE"),
            property(&calendar.events[0], "STATUS"),
        )
    };
    let (uid, sequence, status) = entry(&project);
    assert_eq!((sequence.as_str(), status.as_str()), ("0", "CONFIRMED"));
    project.edit(
        "content/seances/2027/2027-03-17.md",
        "date = 2027-03-17",
        "date = 2027-03-17\netat = \"annulee\"\nrevision = 1",
    );
    project.build().success();
    assert_eq!(entry(&project), (uid, "1".to_owned(), "CANCELLED".to_owned()));
}

#[test]
fn the_feed_announces_the_sessions_to_come() {
    let project = Project::new();
    project.build().success();
    let feed = Feed::read_from(project.page("/atom.xml").as_bytes()).expect("a well-formed feed");
    let links: Vec<_> = feed.entries().iter().map(|entry| entry.links()[0].href().to_owned()).collect();
    assert_eq!(links, [format!("{SITE}/seances/2027-03-17/"), format!("{SITE}/seances/2027-05-26/")]);
    let ids: std::collections::BTreeSet<_> = feed.entries().iter().map(atom_syndication::Entry::id).collect();
    assert_eq!(ids.len(), 2, "ids are unique");
    assert!(feed.links().iter().any(|link| link.rel() == "self" && link.href() == format!("{SITE}/atom.xml")));
}

/// `(id's end, title)` of each entry.
fn entries(project: &Project) -> Vec<(String, String)> {
    let feed = Feed::read_from(project.page("/atom.xml").as_bytes()).expect("a well-formed feed");
    let about = format!("{SITE}/s/2027-03-17");
    let of_session = feed
        .entries()
        .iter()
        .filter_map(|entry| Some((entry.id().strip_prefix(&about)?.to_owned(), entry.title().as_str().to_owned())));
    of_session.collect()
}

#[test]
fn the_feed_tells_what_happens_to_a_session_once_each() {
    let project = Project::new();
    project.build().success();
    assert_eq!(entries(&project).len(), 1, "announced");

    let told = |state: &str, since: &str| {
        format!(r#"{{"seances":{{"2027-03-17":{{"etat":"{state}","revision":0,"depuis":"{since}"}}}}}}"#)
    };
    project.file("var/disponibilites.json", told("dernieres_places", "2027-01-09T10:00:00Z")).build().success();
    let now = entries(&project);
    assert!(
        now.iter().any(|(id, title)| id.starts_with("#dernieres-places-") && title.contains("Dernières places")),
        "{now:?}"
    );
    assert!(!project.page("/atom.xml").contains(" 3 "), "no number of places");

    project.edit("content/seances/2027/2027-03-17.md", "date = 2027-03-17", "date = 2027-03-24\nrevision = 1");
    project.build().success();
    let now = entries(&project);
    let moved = now.iter().find(|(id, _)| id == "#deplacee-1").expect("an entry of its own");
    assert!(moved.1.contains("24 mars 2027"), "{now:?}");

    project.file("var/disponibilites.json", told("annulee", "2027-01-12T10:00:00Z")).build().success();
    let now = entries(&project);
    assert_eq!(now.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["#annulee"]);
}

/// What the handler noticed of the session: it moved, then it was not held, and is held again.
const NOTICED: &str = r#"{"seances":{"2027-03-17":{"etat":"ouverte","revision":3,"depuis":"2027-01-09T10:00:00Z",
    "modifie_le":"2027-01-09T10:12:00Z","avant":{"date":"2027-03-10","debut":"18:00:00","fin":"20:00:00",
    "lieu":"Salle","jusqu_a":"2027-01-05T08:00:00Z"}}}}"#;

#[test]
fn what_the_handler_noticed_is_told_without_a_key() {
    let project = Project::new();
    project.file("var/disponibilites.json", NOTICED).build().success();
    for path in ["/seances/2027-03-17.ics", "/calendrier.ics"] {
        let event = &calendar(&project.page(path)).events[0];
        assert_eq!(property(event, "SEQUENCE"), "3", "{path}");
        assert_eq!(property(event, "LAST-MODIFIED"), "20270109T101200Z", "{path}");
        assert_eq!(property(event, "DTSTAMP"), "20270109T101200Z", "{path}");
    }
    let feed = Feed::read_from(project.page("/atom.xml").as_bytes()).expect("a well-formed feed");
    let about = format!("{SITE}/s/2027-03-17");
    let mut told: Vec<_> = feed
        .entries()
        .iter()
        .filter_map(|entry| Some((entry.id().strip_prefix(&about)?, entry.updated().to_rfc3339())))
        .collect();
    told.sort_unstable();
    let moved = format!("#deplacee-{}", 1_799_136_000);
    assert_eq!(told, [("", "2027-01-09T10:12:00+00:00".to_owned()), (&moved, "2027-01-05T08:00:00+00:00".to_owned())]);
    assert!(project.page("/atom.xml").contains("c’était le mercredi 10 mars 2027"));
    // The content's own keys count where they say more.
    project.edit(
        "content/seances/2027/2027-03-17.md",
        "date = 2027-03-17",
        "date = 2027-03-17\nrevision = 5\nmodifie_le = 2027-01-10",
    );
    project.build().success();
    let event = &calendar(&project.page("/seances/2027-03-17.ics")).events[0];
    assert_eq!(
        (property(event, "SEQUENCE"), property(event, "LAST-MODIFIED")),
        ("5".into(), "20270110T000000Z".into())
    );
}

#[test]
fn a_session_that_moved_names_its_old_date_to_people_and_to_machines() {
    let project = Project::new();
    let moved = |state: &str, more: &str| {
        let row = format!(
            r#"{{"seances":{{"2027-03-17":{{"etat":"{state}","revision":1,"avant":{{"date":"2027-03-10","debut":"18:00:00",
            "fin":"20:00:00","lieu":"Salle du parc","jusqu_a":"2027-01-05T08:00:00Z"}}{more}}}}}}}"#
        );
        project.file("var/disponibilites.json", row).build().success();
    };
    moved("ouverte", r#","debut":"18:30:00","fin":"20:30:00""#);
    for (url, said) in [
        ("/seances/2027-03-17/", "Le mercredi 10 mars devient le mercredi 17 mars."),
        ("/seances/2027-03-17/", "L’horaire change : de 18 h 30 à 20 h 30. C’était de 18 h à 20 h."),
        ("/seances/2027-03-17/", "Le lieu change : Salle d’animation. C’était Salle du parc."),
        ("/s/2027-03-17/", "Le mercredi 10 mars devient le mercredi 17 mars."),
        ("/s/2027-03-17/flyer/", "Le mercredi 10 mars devient le mercredi 17 mars."),
        ("/atom.xml", "c’était le mercredi 10 mars 2027, de 18 h à 20 h, Salle du parc"),
    ] {
        let page = words(&project.page(url)).replace('\u{a0}', " ");
        assert!(page.contains(said), "{url} must say {said:?}: {page}");
    }
    for path in ["/seances/2027-03-17.ics", "/calendrier.ics"] {
        let event = &calendar(&project.page(path)).events[0];
        assert!(property(event, "DESCRIPTION").starts_with("C’était le mercredi 10 mars 2027"), "{path}");
    }
    let event = linked_data(&project.page("/seances/2027-03-17/")).remove(0);
    assert_eq!(event["eventStatus"], "https://schema.org/EventRescheduled");
    assert_eq!(event["previousStartDate"], "2027-03-10T18:00:00+01:00");
    assert!(!words(&project.page("/supports/flyer/2027-03-17/")).contains("10 mars"), "paper is about what is to come");
    // What is cancelled, or over, moves nobody any more.
    moved("annulee", "");
    project.at("2027-01-11T10:00:00+01:00");
    let said = |project: &Project| words(&project.page("/seances/2027-03-17/"));
    assert!(!said(&project).contains("10 mars"), "{}", said(&project));
    assert_eq!(
        linked_data(&project.page("/seances/2027-03-17/"))[0]["eventStatus"],
        "https://schema.org/EventCancelled"
    );
    project.at("2027-03-18T10:00:00+01:00");
    moved("passee", "");
    assert!(!said(&project).contains("10 mars"), "{}", said(&project));
}

#[test]
fn a_subscription_asks_again_the_same_day() {
    let project = Project::new();
    project.build().success();
    let text = project.page("/calendrier.ics");
    assert!(text.contains("REFRESH-INTERVAL;VALUE=DURATION:PT6H\r\n"), "{text}");
    assert!(text.contains("X-PUBLISHED-TTL:PT6H\r\n"), "{text}");
}

/// The JSON-LD of a page.
pub(crate) fn linked_data(page: &str) -> Vec<Value> {
    let scripts = elements(page).into_iter().filter(|element| element.get("type") == Some("application/ld+json"));
    scripts.map(|script| serde_json::from_str(&script.text).expect("well-formed JSON-LD")).collect()
}

#[test]
fn a_session_is_an_event() {
    let project = Project::new();
    project.build().success();
    let data = linked_data(&project.page("/seances/2027-03-17/"));
    let [event] = &data[..] else { panic!("one event: {data:?}") };
    assert_eq!(event["@context"], "https://schema.org");
    assert_eq!(event["@type"], "Event");
    assert_eq!(event["startDate"], "2027-03-17T18:00:00+01:00");
    assert_eq!(event["endDate"], "2027-03-17T20:00:00+01:00");
    assert_eq!(event["eventStatus"], "https://schema.org/EventScheduled");
    assert_eq!(event["url"], format!("{SITE}/seances/2027-03-17/"));
    assert_eq!(event["isAccessibleForFree"], true);
    for key in ["name", "location", "organizer", "eventAttendanceMode"] {
        assert!(!event[key].is_null(), "{key}: {event}");
    }
    assert!(event.pointer("/offers/inventoryLevel").is_none() && event.get("remainingAttendeeCapacity").is_none());
}

#[test]
fn a_cancelled_event_says_so() {
    let project = Project::new();
    project.availability(&[("2027-03-17", "annulee")]).build().success();
    let data = linked_data(&project.page("/seances/2027-03-17/"));
    assert_eq!(data[0]["eventStatus"], "https://schema.org/EventCancelled");
}

#[test]
pub(crate) fn linked_data_cannot_be_closed_by_a_text() {
    let project = Project::new();
    project.edit("content/seances/2027/2027-03-17.md", "\"Souffler un peu\"", "\"</script><b>Souffler</b>\"");
    project.edit("content/seances/2027/2027-03-17.md", "+++\ndate", "+++\ntitre = \"</script><script>x\"\ndate");
    project.build().success();
    let page = project.page("/seances/2027-03-17/");
    assert!(!page.contains("<script>x"), "{page}");
    assert_eq!(linked_data(&page).len(), 1);
}

#[test]
fn the_site_map_lists_the_pages_that_may_be_found() {
    let project = Project::new();
    project.build().success();
    let text = project.page("/sitemap.xml");
    let document = roxmltree::Document::parse(&text).expect("well-formed XML");
    let mut listed: Vec<&str> = document
        .descendants()
        .filter(|node| node.has_tag_name(("http://www.sitemaps.org/schemas/sitemap/0.9", "loc")))
        .filter_map(|node| node.text()?.strip_prefix(SITE))
        .collect();
    listed.sort_unstable();
    for url in &listed {
        assert!(project.dist(url).is_file(), "{url} is not published");
        assert!(!project.page(url).contains("noindex"), "{url} refuses to be found");
    }
    insta::assert_snapshot!(listed.join("\n"));
}

#[test]
fn robots_are_told_where_the_site_map_is() {
    let project = Project::new();
    project.build().success();
    assert!(project.page("/robots.txt").lines().any(|line| line == format!("Sitemap: {SITE}/sitemap.xml")));
}
