//! Letters as they are read, and mail servers that answer in every way.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    path::Path,
    sync::{Arc, mpsc},
};

use entreparentaise::diagnostics::text::Texts;
use harness::html;
use mail_parser::{MessageParser, MimeHeaders};

use tokio::sync::watch;

use super::*;
use crate::{
    enrolment::{MessageKind, Notice, TeamMessage, Terms},
    store::{
        ContentStore, Counted, Digest, DoubtfulDate, Outgoing, Recipients, ToPerson, ToTeam, ToWrite,
        sqlite::SqliteStore, tests::conformance::*,
    },
    system::{Clock, SeededEntropy, SetClock},
    token::{DemandId, Key, Purpose},
};

fn sender() -> Sender {
    Sender {
        name: "l’équipe de l’Espace Famille".to_owned(),
        email: None,
        phone: Some("05 00 00 00 00".to_owned()),
        public_url: "https://inscription.exemple.fr".to_owned(),
        site_url: "https://exemple.fr".to_owned(),
        questionnaire: None,
        zone: jiff::tz::TimeZone::get("Europe/Paris").unwrap(),
    }
}

fn letters() -> Letters {
    Letters::new([], sender(), Key::from_bytes([1; 32]), Arc::new(Texts::embedded())).unwrap()
}

fn to_person(kind: MessageKind) -> ToPerson {
    ToPerson {
        kind,
        recipient: "marie@exemple.fr".to_owned(),
        demand: Some(DemandId([4; 16])),
        lang: "fr".to_owned(),
        places: 1,
        waits: false,
        to_confirm: false,
        offered_until: None,
        calendar: None,
        session: record("s1", 12),
        changed_at: None,
        previous: None,
    }
}

fn row(letter: ToWrite) -> Outgoing {
    Outgoing { key: 1, letter, attempts: 0, written_at: now() }
}

fn outgoing(kind: MessageKind) -> Outgoing {
    row(ToWrite::Person(Box::new(to_person(kind))))
}

fn bytes_of(kind: MessageKind) -> Vec<u8> {
    letters().write(&outgoing(kind)).unwrap().unwrap().message.formatted()
}

/// The text of a letter and its HTML, as a mail program reads them.
fn parts_of(kind: MessageKind) -> (String, String) {
    let bytes = bytes_of(kind);
    let message = MessageParser::default().parse(&bytes).unwrap();
    assert!(message.content_type().unwrap().c_subtype.as_deref() == Some("alternative"), "{message:?}");
    assert_eq!((message.text_body_count(), message.html_body_count(), message.attachment_count()), (1, 1, 0));
    let html = message.html_part(0).unwrap().text_contents().unwrap().to_owned();
    (message.body_text(0).unwrap().into_owned(), html)
}

#[test]
fn every_kind_has_its_letter_with_its_link_and_no_other() {
    let key = Key::from_bytes([1; 32]);
    for kind in MessageKind::ALL {
        let (text, _) = parts_of(*kind);
        for (purpose, kinds) in [
            (Purpose::Merge, &[MessageKind::AskIfSame][..]),
            (Purpose::CancelOthers, &[MessageKind::CancelledOthersRemain]),
        ] {
            let token = key.token(purpose, DemandId([4; 16]));
            assert_eq!(text.contains(&token), kinds.contains(kind), "{kind:?} {purpose:?}");
        }
        assert!(!text.contains("{{") && !text.contains("{%"), "{text}");
        // Those are about what is recorded, or about what is over.
        let dateless = [MessageKind::Code, MessageKind::Thanks, MessageKind::Erased];
        assert_eq!(text.contains("mercredi 17 mars 2027"), !dateless.contains(kind), "{text}");
    }
}

/// Words alone: where lines break, and the colon before an address that became a button, are the
/// layout's affair.
fn words(text: &str) -> String {
    let said = text.split_whitespace().filter(|word| !word.starts_with("http") && !matches!(*word, ":" | "--"));
    said.map(|word| word.trim_end_matches(':')).collect::<Vec<_>>().join(" ")
}

#[test]
fn both_parts_say_the_same_words_and_lead_to_the_same_places() {
    for kind in MessageKind::ALL {
        let (text, page) = parts_of(*kind);
        let (_, body) = page.split_once("</title>").unwrap();
        assert_eq!(words(&html::words(body)), words(&text), "{kind:?}");
        let elements = html::elements(&page);
        let links: Vec<_> = elements.iter().filter_map(|element| element.get("href")).collect();
        let told: Vec<_> = text.split_whitespace().filter(|word| word.starts_with("http")).collect();
        assert_eq!(links, told, "{kind:?}");
    }
}

#[test]
fn the_html_part_needs_nothing_from_elsewhere_and_tells_no_more_on_a_locked_screen() {
    for kind in MessageKind::ALL {
        let bytes = bytes_of(*kind);
        let message = MessageParser::default().parse(&bytes).unwrap();
        let (_, page) = parts_of(*kind);
        assert!(page.starts_with("<!doctype html>"), "{page}");
        assert_eq!(html::mistakes(&page), Vec::<String>::new(), "{page}");
        let elements = html::elements(&page);
        let find = |name: &str| elements.iter().find(|element| element.name == name).unwrap();
        assert_eq!(find("html").get("lang"), Some("fr"));
        assert_eq!(find("title").text, message.subject().unwrap());
        for element in &elements {
            let known = ["html", "head", "meta", "title", "body", "div", "p", "br", "strong", "a"];
            assert!(known.contains(&&*element.name), "{element:?}");
            assert!(!element.get("style").unwrap_or_default().contains("url("), "{element:?}");
        }
        let shown = html::words(page.split_once("</title>").unwrap().1);
        let openings =
            ["Bonjour, Vous nous avez écrit : voici notre réponse.", "Bonjour, Voici un mot de l’Espace Famille."];
        assert!(openings.iter().any(|opening| shown.starts_with(opening)), "{shown}");
    }
}

/// What a person in each situation reads, word for word.
#[test]
fn every_letter_is_worded_as_it_was_agreed() {
    let until = Some(at("2027-03-16T20:00:00Z"));
    let carried = ToPerson { previous: Some("2027-01-20".parse().unwrap()), ..to_person(MessageKind::NextSession) };
    let situations = [
        ("place-pour-deux", ToPerson { places: 2, ..to_person(MessageKind::Place) }),
        ("place-proposee-jusqu-a", ToPerson { offered_until: until, ..to_person(MessageKind::PlaceOffered) }),
        ("prochaine-seance-proposee", ToPerson { offered_until: until, ..carried.clone() }),
        ("prochaine-seance-complete", ToPerson { waits: true, ..carried.clone() }),
        ("prochaine-seance-a-confirmer", ToPerson { to_confirm: true, ..carried.clone() }),
    ];
    let kinds = MessageKind::ALL.iter().map(|kind| (kind.name(), to_person(*kind)));
    for (name, letter) in kinds.chain(situations) {
        let text = letters().render_for_tests(&row(ToWrite::Person(Box::new(letter))));
        insta::assert_snapshot!(name, without_tokens(&text));
    }
}

fn counted() -> Counted {
    Counted {
        key: 7,
        session: record("s1", 12),
        occupied: 2,
        waiting: 3,
        to_confirm: 1,
        held: 30,
        new: 2,
        decision: None,
        doubtful: None,
    }
}

#[test]
fn the_team_reads_counts_and_nobodys_name() {
    let sender = Sender { email: Some("equipe@exemple.fr".to_owned()), ..sender() };
    let letters = Letters::new([], sender, Key::from_bytes([1; 32]), Arc::new(Texts::embedded())).unwrap();
    let notices = [
        "repeated",
        "others-remain",
        "to-confirm",
        "session-conflict",
        "session-doubtful",
        "session-overfull",
        "session-removed",
    ];
    let digest = Digest {
        sessions: vec![counted(), Counted { waiting: 0, to_confirm: 0, held: 0, new: 1, occupied: 1, ..counted() }],
        calls: 2,
        erasures: vec!["2027-03-17".parse().unwrap()],
        notices: notices.map(|kind| (kind, 1)).to_vec(),
        presses: true,
    };
    for kind in TeamMessage::ALL {
        let doubtful = DoubtfulDate { date: "2026-03-17".parse().unwrap(), starts: now() };
        let doubtful = (*kind == TeamMessage::DoubtfulDate).then_some(doubtful);
        let session = Some(Counted { doubtful, ..counted() });
        let letter = ToTeam { kind: *kind, session, digest: Some(digest.clone()) };
        let row = row(ToWrite::Team(Box::new(letter)));
        insta::assert_snapshot!(kind.name(), without_tokens(&letters.render_for_tests(&row)));
        let letter = String::from_utf8(letters.write(&row).unwrap().unwrap().message.formatted()).unwrap();
        assert!(letter.contains("To: equipe@exemple.fr"), "{letter}");
        // Nobody told where the team reads: nothing is written.
        assert!(self::letters().write(&row).unwrap().is_none());
    }
}

/// Tokens are the key's affair.
fn without_tokens(text: &str) -> String {
    let shorten = |line: &str| match line.rsplit_once('/') {
        Some((path, token)) if line.starts_with("http") && token.len() == 43 => format!("{path}/…"),
        _ => line.to_owned(),
    };
    text.lines().map(shorten).collect::<Vec<_>>().join("\n")
}

/// Only for those who asked for it: a family's calendar is shared.
#[test]
fn a_calendar_is_kept_true_and_tells_nothing() {
    for kind in MessageKind::ALL {
        let write = |calendar, session| {
            let letter = ToPerson { calendar, session, ..to_person(*kind) };
            let bytes = letters().write(&row(ToWrite::Person(Box::new(letter)))).unwrap().unwrap().message.formatted();
            let message = MessageParser::default().parse(&bytes).unwrap().into_owned();
            let entry = message.attachment(0).map(|part| String::from_utf8(part.contents().to_vec()).unwrap());
            assert_eq!((message.text_body_count(), message.html_body_count()), (1, 1), "{kind:?}");
            entry
        };
        assert_eq!(write(None, record("s1", 12)), None, "nobody asked");
        let Some(entry) = write(Some([9; 16]), record("s1", 12)) else { continue };
        let cancels = kind.tells_of_an_end();
        let read = ical::IcalParser::new(entry.as_bytes()).next().unwrap().unwrap();
        assert_eq!(read.events.len(), 1);
        let value = |name: &str| {
            let found = read.events[0].properties.iter().find(|property| property.name == name);
            found.and_then(|property| property.value.clone()).unwrap_or_default()
        };
        assert_eq!(value("UID"), Key::from_bytes([1; 32]).calendar([9; 16]));
        assert_eq!(value("STATUS"), if cancels { "CANCELLED" } else { "CONFIRMED" }, "{kind:?}");
        assert_eq!(value("SUMMARY"), "l’équipe de l’Espace Famille");
        assert_eq!(value("DTSTART"), "20270317T180000");
        assert!(value("SEQUENCE").parse::<u32>().unwrap() > 0);
        assert_eq!(read.timezones.len(), 1, "{entry}");
        for word in [
            "ATTENDEE",
            "ORGANIZER",
            "URL",
            "DESCRIPTION",
            "@",
            "exemple.fr",
            "arent'aise",
            "marie",
            "solo",
            "parole",
            "séance",
        ] {
            assert!(!entry.contains(word), "{word} in {entry}");
        }
        assert!(entry.contains("METHOD:PUBLISH"), "{entry}");
        let mut cancelled = record("s1", 12);
        cancelled.schedule.cancelled = true;
        assert!(write(Some([9; 16]), cancelled).unwrap().contains("STATUS:CANCELLED"));
    }
}

#[test]
fn a_letter_written_twice_is_the_same_to_the_byte() {
    for kind in MessageKind::ALL {
        assert_eq!(bytes_of(*kind), bytes_of(*kind));
    }
}

#[test]
fn what_a_root_writes_is_laid_out_too_and_in_its_own_language() {
    let place = "Objet & co\n\nA <b> & c\n\nSee it:\n{{ follow_up }}\n";
    let overrides =
        [("courriels/place.en.txt", place), ("courriels/_lettre.html", "{{ lang }}|{{ subject }}|{{ blocks }}")];
    let texts = Arc::new(Texts::embedded());
    let english = ToPerson { lang: "en".to_owned(), ..to_person(MessageKind::Place) };
    let english = row(ToWrite::Person(Box::new(english)));
    let write = |overrides: &[(&'static str, &'static str)]| {
        let letters = Letters::new(overrides.to_vec(), sender(), Key::from_bytes([1; 32]), Arc::clone(&texts)).unwrap();
        let bytes = letters.write(&english).unwrap().unwrap().message.formatted();
        let message = MessageParser::default().parse(&bytes).unwrap();
        message.html_part(0).unwrap().text_contents().unwrap().to_owned()
    };
    let ours = write(&overrides[..1]);
    assert!(ours.contains("<html lang=\"en\"") && ours.contains("A &lt;b&gt; &amp; c"), "{ours}");
    assert!(write(&overrides).starts_with("en|Objet &amp; co|"));
}

#[test]
fn nothing_that_shows_on_a_locked_screen_tells_what_it_is_about() {
    for kind in MessageKind::ALL {
        let letter = letters().render_for_tests(&outgoing(*kind));
        let shows: String = letter.chars().take(140).collect();
        for word in ["solo", "parent", "groupe", "parole", "séance", "annul", "attente", "place", "Marie", "inscri"] {
            assert!(!shows.to_lowercase().contains(&word.to_lowercase()), "{kind:?}: {word} in {shows}");
        }
        assert!(!letter.contains("\n\n\n"), "{letter}");
    }
}

#[test]
fn headers_come_from_the_row_and_the_clock() {
    let text = String::from_utf8(bytes_of(MessageKind::Place)).unwrap();
    let id = format!("Message-ID: <{}@exemple.fr>", Key::from_bytes([1; 32]).letter(DemandId([4; 16]), 1));
    for line in [
        "Date: Mon, 01 Mar 2027 12:00:00 +0000",
        id.as_str(),
        "Auto-Submitted: auto-generated",
        "To: marie@exemple.fr",
        "MIME-Version: 1.0",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    assert!(text.contains("<ne-pas-repondre@exemple.fr>"), "{text}");
    assert!(text.to_lowercase().contains("charset=utf-8"), "{text}");
}

#[test]
fn a_broken_template_is_told_at_the_start() {
    let sender = Sender {
        name: String::new(),
        email: Some("equipe@exemple.fr".to_owned()),
        phone: None,
        public_url: String::new(),
        site_url: "http://127.0.0.1:8080".to_owned(),
        questionnaire: None,
        zone: jiff::tz::TimeZone::UTC,
    };
    let texts = Arc::new(Texts::embedded());
    let new = |text| {
        Letters::new([("courriels/place.txt", text)], sender.clone(), Key::from_bytes([1; 32]), Arc::clone(&texts))
    };
    assert_eq!(new("{% if %}").unwrap_err().id, "courriel-modele");
    assert!(new("Objet\n\nTexte").is_ok());
}

#[test]
fn pauses_grow_to_six_hours() {
    let minutes: Vec<_> = (1..=11).map(|attempts| pause(attempts).as_mins()).collect();
    assert_eq!(minutes, [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360]);
}

/// A mail server at this address.
fn smtp(address: &str) -> Mail {
    Mail::parse(address, Path::new("")).unwrap()
}

/// A store with two messages to write, and a worker for them.
async fn worker(folder: &Path, mail: &Mail) -> (Worker<Letters>, Arc<SetClock>) {
    let store = SqliteStore::open(&folder.join("base.db"), Terms::default(), Arc::new(SeededEntropy::new(1))).unwrap();
    store.sync_sessions(vec![record("s1", 12)], now()).await.unwrap();
    submit(&store, &[("courriel", "a@exemple.fr")]).await;
    submit(&store, &[("courriel", "b@exemple.fr"), ("prenom", "Éloïse")]).await;
    submit(
        &store,
        &[("courriel", "c@exemple.fr"), ("contact_prudent", "pas_de_courriel"), ("telephone", "0612345678")],
    )
    .await;
    let clock = Arc::new(SetClock::new(now()));
    let transport = Transport::open(mail);
    let shared: Arc<dyn Clock> = Arc::<SetClock>::clone(&clock);
    (
        Worker { store: Arc::new(store), published: watch::channel(Arc::new(letters())).1, transport, clock: shared },
        clock,
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_reach_a_folder_whole_and_private() {
    let folder = tempfile::tempdir().unwrap();
    let mails = folder.path().join("courriels");
    let (worker, _) = worker(folder.path(), &Mail::Folder(mails.clone())).await;
    assert_eq!(
        worker.pass(&watch::channel(false).1).await.unwrap().sent,
        2,
        "nothing to somebody who asked for no e-mail"
    );
    assert_eq!(worker.pass(&watch::channel(false).1).await.unwrap().sent, 0);
    let files: Vec<_> = std::fs::read_dir(&mails).unwrap().map(|entry| entry.unwrap()).collect();
    assert_eq!(files.len(), 2);
    for file in files {
        let name = file.file_name().into_string().unwrap();
        assert!(name.starts_with("20270301T120000Z-") && name.contains("-place-"), "{name}");
        #[cfg(unix)]
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&file.metadata().unwrap().permissions()) & 0o777, 0o600);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_worker_sends_what_is_submitted_and_stops_when_told() {
    let folder = tempfile::tempdir().unwrap();
    let (worker, _) = worker(folder.path(), &Mail::Folder(folder.path().join("courriels"))).await;
    let store = Arc::clone(&worker.store);
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(worker.run(stopped));
    let mut changes = store.changes();
    while store.next_message(Recipients::All).await.unwrap().is_some() {
        changes.changed().await.unwrap();
    }
    submit(&*store, &[("courriel", "d@exemple.fr")]).await;
    while store.next_message(Recipients::All).await.unwrap().is_some() {
        changes.changed().await.unwrap();
    }
    stop.send(true).unwrap();
    running.await.unwrap();
    assert_eq!(std::fs::read_dir(folder.path().join("courriels")).unwrap().count(), 3);
}

/// A mail server of the least kind: `answer` is what it says to each recipient. Gives its port and
/// what it was sent.
fn mail_server(answer: fn(&str) -> &'static str) -> (u16, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (send, received) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut out = stream.unwrap();
            let mut lines = BufReader::new(out.try_clone().unwrap()).lines();
            let send = send.clone();
            std::thread::spawn(move || {
                let mut say = move |text: &str| out.write_all(format!("{text}\r\n").as_bytes()).is_ok();
                say("220 test");
                while let Some(Ok(line)) = lines.next() {
                    let verb = line.split([' ', ':']).next().unwrap_or_default().to_uppercase();
                    let going = match verb.as_str() {
                        "EHLO" => say("250-test\r\n250 8BITMIME"),
                        "RCPT" => say(answer(&line)),
                        "DATA" => {
                            say("354 go on");
                            let text: Vec<_> =
                                lines.by_ref().map_while(Result::ok).take_while(|line| line != ".").collect();
                            send.send(text.join("\n")).is_ok() && say("250 taken")
                        }
                        "QUIT" => false,
                        _ => say("250 fine"),
                    };
                    if !going {
                        break;
                    }
                }
            });
        }
    });
    (port, received)
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_reach_a_mail_server_which_may_refuse_one() {
    let (port, received) = mail_server(|line| if line.contains("a@exemple.fr") { "550 nobody" } else { "250 fine" });
    let folder = tempfile::tempdir().unwrap();
    let (worker, _) = worker(folder.path(), &smtp(&format!("smtp://127.0.0.1:{port}"))).await;
    assert_eq!(worker.pass(&watch::channel(false).1).await.unwrap().sent, 1);
    assert!(received.recv().unwrap().contains("To: b@exemple.fr"));
    assert_eq!(
        worker.pass(&watch::channel(false).1).await.unwrap().sent,
        0,
        "the refused one is for the team, who gave no address"
    );
    assert_eq!(worker.store.next_message(Recipients::People).await.unwrap(), None);
    assert_eq!(worker.store.letters_to_team().await.unwrap(), 1, "it waits for one");
}

#[test]
fn pauses_of_a_server_that_is_down_grow_to_five_minutes() {
    let seconds: Vec<_> = (1..=10).map(|passes| outage(passes).as_secs()).collect();
    assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_defers_is_tried_again_for_two_days() {
    let (port, _received) = mail_server(|_| "451 later");
    let folder = tempfile::tempdir().unwrap();
    let (worker, clock) = worker(folder.path(), &smtp(&format!("smtp://127.0.0.1:{port}"))).await;
    let mut passes = 0;
    while let Some(next) = worker.store.next_message(Recipients::People).await.unwrap() {
        clock.set(next);
        assert_eq!(worker.pass(&watch::channel(false).1).await.unwrap().sent, 0);
        passes += 1;
        assert!(passes < 50, "it ends");
    }
    assert_eq!(passes, 17, "nine that double, then every six hours");
    let last = clock.now().duration_since(now());
    assert!(last.as_hours() >= 48 && last.as_hours() < 54, "{last}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_down_costs_no_row_an_attempt_and_none_is_given_up_untried() {
    let folder = tempfile::tempdir().unwrap();
    let down = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (worker, clock) = worker(folder.path(), &smtp(&format!("smtp://127.0.0.1:{down}"))).await;
    let stop = watch::channel(false).1;
    clock.set(now().saturating_add(jiff::SignedDuration::from_hours(100)).unwrap());
    for _ in 0..20 {
        assert_eq!(worker.pass(&stop).await.unwrap().sent, 0);
    }
    let (port, _received) = mail_server(|line| if line.contains("a@exemple.fr") { "451 later" } else { "250 fine" });
    let worker = Worker { transport: Transport::open(&smtp(&format!("smtp://127.0.0.1:{port}"))), ..worker };
    assert_eq!(worker.pass(&stop).await.unwrap().sent, 1, "days later, each is tried");
    assert_eq!(worker.pass(&stop).await.unwrap().sent, 0, "and what was then refused is too old");
    assert_eq!(worker.store.next_message(Recipients::People).await.unwrap(), None);
    let notices = worker.store.notices().await.unwrap();
    let calls = notices.iter().filter(|notice| notice.notice == Notice::Undeliverable);
    assert_eq!(calls.count(), 1, "somebody calls");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_says_nothing_is_waited_for_so_long_and_no_longer() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("smtp://{}", listener.local_addr().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let (worker, _) = worker(folder.path(), &smtp(&address)).await;
    let Mail::Smtp(address) = smtp(&address) else { panic!("a server") };
    let quick = Smtp::new(*address).within(std::time::Duration::from_millis(50));
    let worker = Worker { transport: Transport::Smtp(Box::new(quick)), ..worker };
    assert_eq!(worker.pass(&watch::channel(false).1).await.unwrap().sent, 0);
    let due = worker.store.claim_messages(9, Recipients::All, now(), now()).await.unwrap();
    assert!(due.len() == 2 && due.iter().all(|row| row.attempts == 0), "{due:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_earlier_life_had_claimed_leaves_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let (worker, _) = worker(folder.path(), &Mail::Folder(folder.path().join("courriels"))).await;
    let store = Arc::clone(&worker.store);
    let until = now().saturating_add(jiff::SignedDuration::from_mins(10)).unwrap();
    assert_eq!(store.claim_messages(9, Recipients::All, now(), until).await.unwrap().len(), 2);
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(worker.run(stopped));
    let mut changes = store.changes();
    while store.next_message(Recipients::All).await.unwrap().is_some() {
        changes.changed().await.unwrap();
    }
    stop.send(true).unwrap();
    running.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_to_the_team_waits_for_an_address_and_leaves_when_there_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let mails = folder.path().join("courriels");
    let (worker, _) = worker(folder.path(), &Mail::Folder(mails.clone())).await;
    let (published, read) = watch::channel(Arc::new(letters()));
    let worker = Worker { published: read, ..worker };
    submit(&*worker.store, &[("courriel", "d@exemple.fr"), ("autre_parent", "oui")]).await;
    let store = Arc::clone(&worker.store);
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(worker.run(stopped));
    let mut changes = store.changes();
    while store.next_message(Recipients::People).await.unwrap().is_some() {
        changes.changed().await.unwrap();
    }
    assert_eq!(store.letters_to_team().await.unwrap(), 1);
    submit(&*store, &[("courriel", "e@exemple.fr"), ("autre_parent", "oui")]).await;
    while store.next_message(Recipients::People).await.unwrap().is_some() {
        changes.changed().await.unwrap();
    }
    let sender = Sender { email: Some("equipe@exemple.fr".to_owned()), ..sender() };
    let reached = Letters::new([], sender, Key::from_bytes([1; 32]), Arc::new(Texts::embedded())).unwrap();
    published.send_replace(Arc::new(reached));
    while store.letters_to_team().await.unwrap() > 0 {
        changes.changed().await.unwrap();
    }
    stop.send(true).unwrap();
    running.await.unwrap();
    let files = std::fs::read_dir(mails).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    assert_eq!(files.filter(|name| name.contains("-equipe-a-confirmer-")).count(), 1);
}
