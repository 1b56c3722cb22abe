//! Every letter as a mail program shows it, on a small telephone, by day and in the evening. The
//! pictures are kept, to be looked at.

use std::{fs, path::Path, sync::Arc};

use entreparentaise::{diagnostics::text::Texts, model::Former};
use form_handler::{
    enrolment::{Channel, Departure, MessageKind, TeamMessage},
    messages::{Letters, Sender},
    store::{
        Counted, Digest, DoubtfulDate, FoundDemand, Outgoing, Previous, SessionRecord, ToPerson, ToTeam, ToWrite,
        VenueRecord,
    },
    token::{DemandId, Key},
};
use harness::{
    browser::{Browser, Screen},
    tools::Tools,
};
use jiff::{Timestamp, tz::TimeZone};
use mail_parser::MessageParser;

/// A small telephone.
const TELEPHONE: Screen = Screen { width: 360, height: 740, dark: false };

/// The least contrast of a text with what is behind it, of all texts of the page; and what text
/// that is.
const CONTRAST: &str = r#"
const channel = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
const numbers = color => color.match(/[\d.]+/g).map(Number);
const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
const behind = element => {
  for (; element; element = element.parentElement) {
    const color = numbers(getComputedStyle(element).backgroundColor);
    if (color.length === 3 || color[3] > 0) return color;
  }
  return [255, 255, 255];
};
let least = [99, ""];
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (texts.nextNode()) {
  const text = texts.currentNode.data.trim(), element = texts.currentNode.parentElement;
  if (!text) continue;
  const [a, b] = [light(numbers(getComputedStyle(element).color)), light(behind(element))];
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  if (ratio < least[0]) least = [ratio, text];
}
return least;
"#;

/// The smallest text, in pixels, and the lowest link.
const SIZES: &str = "
const sizes = [...document.querySelectorAll('p, a, strong')].map(element => parseFloat(getComputedStyle(element).fontSize));
const heights = [...document.querySelectorAll('p > a')].map(link => link.getBoundingClientRect().height);
return [Math.min(...sizes), Math.min(99, ...heights)];
";

fn letters() -> Letters {
    let sender = Sender {
        name: "l’équipe de l’Espace Famille".to_owned(),
        email: Some("equipe@essai.example".to_owned()),
        phone: Some("05 00 00 00 00".to_owned()),
        public_url: "https://inscription.entreparentaise.exemple.fr".to_owned(),
        site_url: "https://entreparentaise.exemple.fr".to_owned(),
        questionnaire: Some("https://questionnaire.exemple.fr/apres".to_owned()),
        zone: TimeZone::get("Europe/Paris").expect("a zone"),
    };
    Letters::new([], sender, Key::from_bytes([1; 32]), Arc::new(Texts::embedded())).expect("our own templates")
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn session() -> SessionRecord {
    let (starts, ends) = (at("2027-03-17T17:00:00Z"), at("2027-03-17T19:00:00Z"));
    SessionRecord {
        id: "2027-03-17".to_owned(),
        group: "parents-solos".to_owned(),
        title: None,
        date: "2027-03-17".parse().expect("a day"),
        start: "18:00".parse().expect("an hour"),
        end: "20:00".parse().expect("an hour"),
        place: "Salle d’animation de l’Espace Famille".to_owned(),
        venue: VenueRecord {
            street: Some("12 bis avenue des Marronniers".to_owned()),
            town: Some("31700 Blagnac".to_owned()),
            door: Some("La porte verte, à gauche de l’entrée. Sonnez.".to_owned()),
            position: None,
        },
        path: "/seances/2027-03-17/".to_owned(),
        schedule: entreparentaise::model::Schedule { starts, ends, opens: None, closes: starts, cancelled: false },
        places_min: 3,
        places_max: 12,
        places_per_demand: 2,
        revision: 0,
    }
}

/// Every letter, with all that it may say.
fn rows() -> Vec<Outgoing> {
    let counted = || Counted {
        key: 1,
        session: session(),
        occupied: 2,
        waiting: 3,
        to_confirm: 1,
        held: 30,
        new: 2,
        decision: None,
        doubtful: Some(DoubtfulDate { date: "2026-03-17".parse().expect("a day"), starts: at("2026-03-17T17:00:00Z") }),
    };
    let found =
        || FoundDemand { id: DemandId([4; 16]), session: session(), offered_until: Some(at("2027-03-16T20:00:00Z")) };
    let to_person = |kind: &MessageKind| {
        ToWrite::Person(Box::new(ToPerson {
            kind: *kind,
            by: Channel::Mail,
            recipient: "ana@essai.example".to_owned(),
            demand: Some(DemandId([4; 16])),
            lang: "fr".to_owned(),
            places: 1,
            waits: false,
            to_confirm: false,
            offered_until: Some(at("2027-03-16T20:00:00Z")),
            calendar: None,
            session: session(),
            changed_at: None,
            previous: Some(Previous {
                date: "2027-03-10".parse().expect("a day"),
                departure: Some(Departure::Cancelled),
            }),
            former: Some(Former {
                date: "2027-03-10".parse().expect("a day"),
                start: "18:30".parse().expect("an hour"),
                end: "20:00".parse().expect("an hour"),
                place: "Salle du parc".to_owned(),
                until: at("2027-03-01T12:00:00Z"),
            }),
            found: vec![found(), found()],
        }))
    };
    let to_team = |kind: &TeamMessage| {
        let notices = vec![("repeated", 1), ("session-conflict", 1)];
        let erasures = vec!["2027-01-20".parse().expect("a day")];
        let digest =
            Digest { sessions: vec![counted(), counted()], calls: 2, unreachable: 1, erasures, notices, presses: true };
        ToWrite::Team(Box::new(ToTeam { kind: *kind, session: Some(counted()), digest: Some(digest) }))
    };
    let letters = MessageKind::ALL.iter().map(to_person).chain(TeamMessage::ALL.iter().map(to_team));
    let written_at = at("2027-03-01T12:00:00Z");
    letters.map(|letter| Outgoing { key: 1, letter, attempts: 0, written_at }).collect()
}

#[test]
fn every_letter_reads_well_on_a_telephone_by_day_and_in_the_evening() {
    let Some(tools) = Tools::for_test("every_letter_reads_well_on_a_telephone_by_day_and_in_the_evening") else {
        return;
    };
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("courriels");
    fs::create_dir_all(&pictures).expect("a folder for pictures");
    let browser = Browser::start(&tools);
    let letters = letters();
    for row in rows() {
        let name = row.name();
        let bytes = letters.write(&row).expect("a letter").expect("for somebody").message.formatted();
        let message = MessageParser::default().parse(&bytes).expect("a well-formed message");
        let html = message.html_part(0).and_then(|part| part.text_contents()).expect("an HTML part");
        let page = pictures.join(format!("{name}.html"));
        fs::write(&page, html).expect("a page");
        for screen in [Screen::PHONE, Screen::DESK, TELEPHONE, TELEPHONE.dark()] {
            browser.screen(screen).open(&format!("file://{}", page.display()));
            let shown = format!("{name}, {screen}");
            let [width, height] = ["scrollWidth", "scrollHeight"].map(|side| {
                let side = browser.script(&format!("return document.documentElement.{side}"), &[]);
                u32::try_from(side.as_u64().expect("pixels")).expect("a screen")
            });
            assert!(width <= screen.width, "{shown}: {width} px wide");
            let least = browser.script(CONTRAST, &[]);
            assert!(least[0].as_f64().is_some_and(|ratio| ratio >= 4.5), "{shown}: {least}");
            let sizes = browser.script(SIZES, &[]);
            assert!(sizes[0].as_f64() >= Some(16.0) && sizes[1].as_f64() >= Some(44.0), "{shown}: {sizes}");
            browser.screen(Screen { height, ..screen });
            let evening = if screen.dark { "-soir" } else { "" };
            let picture = format!("{name}-{}{evening}.png", screen.width);
            fs::write(pictures.join(picture), browser.screenshot()).expect("a picture");
        }
        assert_eq!(browser.complaints(), Vec::<String>::new());
    }
}
