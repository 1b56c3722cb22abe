use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    path::Path,
    sync::{Arc, mpsc},
};

use entreparentaise::text::Texts;

use super::*;
use crate::{
    config::Mail,
    enrolment::{MessageKind, Terms},
    store::{Outgoing, Store, ToPerson, ToWrite, conformance::*, sqlite::SqliteStore},
    system::{Clock, SeededEntropy, SetClock},
    token::{DemandId, Key, Purpose},
};

fn letters() -> Letters {
    let sender = Sender {
        name: "l’équipe de l’Espace Famille".to_owned(),
        email: None,
        phone: Some("05 00 00 00 00".to_owned()),
        public_url: "https://inscription.exemple.fr".to_owned(),
        site_url: "https://exemple.fr".to_owned(),
        questionnaire: None,
        zone: jiff::tz::TimeZone::get("Europe/Paris").unwrap(),
    };
    Letters::new([], sender, Key::from_bytes([1; 32]), Arc::new(Texts::embedded())).unwrap()
}

fn outgoing(kind: MessageKind) -> Outgoing {
    let letter = ToPerson {
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
        previous: None,
    };
    Outgoing { key: 1, letter: ToWrite::Person(Box::new(letter)), attempts: 0, written_at: now() }
}

fn text_of(kind: MessageKind) -> String {
    String::from_utf8(letters().write(&outgoing(kind)).unwrap().unwrap().message.formatted()).unwrap()
}

#[test]
fn every_kind_has_its_letter_with_its_link_and_no_other() {
    let key = Key::from_bytes([1; 32]);
    for kind in MessageKind::ALL {
        // Quoted-printable, undone as far as the links need it.
        let text = text_of(*kind).replace("=\r\n", "").replace("=3D", "=");
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
    let text = text_of(MessageKind::Place);
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

/// A store with two messages to write, and a worker for them.
async fn worker(folder: &Path, mail: &Mail) -> (Worker, Arc<SetClock>) {
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
    let transport = Transport::open(mail).unwrap();
    let shared: Arc<dyn Clock> = Arc::<SetClock>::clone(&clock);
    (Worker { store: Arc::new(store), letters: letters(), transport, clock: shared, report: |_| {} }, clock)
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_reach_a_folder_whole_and_private() {
    let folder = tempfile::tempdir().unwrap();
    let mails = folder.path().join("courriels");
    let (worker, _) = worker(folder.path(), &Mail::Folder(mails.clone())).await;
    assert_eq!(
        worker.send_due(&tokio::sync::watch::channel(false).1).await,
        Ok(2),
        "nothing to somebody who asked for no e-mail"
    );
    assert_eq!(worker.send_due(&tokio::sync::watch::channel(false).1).await, Ok(0));
    let files: Vec<_> = std::fs::read_dir(&mails).unwrap().map(|entry| entry.unwrap()).collect();
    assert_eq!(files.len(), 2);
    for file in files {
        assert!(file.file_name().to_str().unwrap().starts_with("20270301T120000Z-place-"));
        #[cfg(unix)]
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&file.metadata().unwrap().permissions()) & 0o777, 0o600);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_worker_sends_what_is_submitted_and_stops_when_told() {
    let folder = tempfile::tempdir().unwrap();
    let (worker, _) = worker(folder.path(), &Mail::Folder(folder.path().join("courriels"))).await;
    let store = Arc::clone(&worker.store);
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let running = tokio::spawn(worker.run(stopped));
    let mut changes = store.changes();
    while store.next_message().await.unwrap().is_some() {
        changes.changed().await.unwrap();
    }
    submit(&*store, &[("courriel", "d@exemple.fr")]).await;
    while store.next_message().await.unwrap().is_some() {
        changes.changed().await.unwrap();
    }
    stop.send(true).unwrap();
    running.await.unwrap();
    assert_eq!(std::fs::read_dir(folder.path().join("courriels")).unwrap().count(), 3);
}

/// A mail server of the least kind: `answer` is what it says to each recipient. Gives its port and what it was sent.
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
    let (worker, _) = worker(folder.path(), &Mail::Smtp(format!("smtp://127.0.0.1:{port}"))).await;
    assert_eq!(worker.send_due(&tokio::sync::watch::channel(false).1).await, Ok(1));
    assert!(received.recv().unwrap().contains("To: b@exemple.fr"));
    assert_eq!(worker.store.next_message().await.unwrap(), None, "the refused one is for the team");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_defers_is_tried_again_for_two_days() {
    let (port, _received) = mail_server(|_| "451 later");
    let folder = tempfile::tempdir().unwrap();
    let (worker, clock) = worker(folder.path(), &Mail::Smtp(format!("smtp://127.0.0.1:{port}"))).await;
    let mut passes = 0;
    while let Some(next) = worker.store.next_message().await.unwrap() {
        clock.set(next);
        assert_eq!(worker.send_due(&tokio::sync::watch::channel(false).1).await, Ok(0));
        passes += 1;
        assert!(passes < 50, "it ends");
    }
    assert_eq!(passes, 16, "nine that double, then every six hours");
    let last = clock.now().duration_since(now());
    assert!(last.as_hours() >= 36 && last.as_hours() < 48, "{last}");
}
