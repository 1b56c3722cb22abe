//! Letters through a real mail server: a small one, here.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use harness::Project;

use crate::support::{Form, Letter, PATIENCE, SESSION, cancel, export, until};

/// A mail server that refuses the first letters, then takes them.
struct MailServer {
    port: u16,
    letters: Arc<Mutex<Vec<Letter>>>,
    refused: Arc<AtomicUsize>,
}

impl MailServer {
    /// Answers `DATA` of the first `refusals` letters with `refusal`.
    fn start(refusals: usize, refusal: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("a bound port").port();
        let server = Self { port, letters: Arc::default(), refused: Arc::default() };
        let (letters, refused) = (Arc::clone(&server.letters), Arc::clone(&server.refused));
        thread::spawn(move || {
            for stream in listener.incoming().filter_map(Result::ok) {
                let (letters, refused) = (Arc::clone(&letters), Arc::clone(&refused));
                let refuse = move || (refused.fetch_add(1, Ordering::SeqCst) < refusals).then_some(refusal);
                thread::spawn(move || drop(talk(&stream, &letters, &refuse)));
            }
        });
        server
    }

    fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    fn letters(&self) -> Vec<Letter> {
        self.letters.lock().expect("the letters").clone()
    }
}

/// RFC 5321, as far as one client needs it.
fn talk(
    stream: &TcpStream,
    letters: &Mutex<Vec<Letter>>,
    refuse: &dyn Fn() -> Option<&'static str>,
) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let mut out = stream;
    out.write_all(b"220 essai.example ESMTP\r\n")?;
    while let Some(Ok(line)) = lines.next() {
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let answer = match verb.as_str() {
            "EHLO" => "250-essai.example\r\n250 8BITMIME".to_owned(),
            "DATA" => {
                out.write_all(b"354 go on\r\n")?;
                let message: Vec<_> = lines.by_ref().map_while(Result::ok).take_while(|line| line != ".").collect();
                let unstuffed: Vec<_> = message.iter().map(|line| line.strip_prefix('.').unwrap_or(line)).collect();
                match refuse() {
                    Some(refusal) => refusal.to_owned(),
                    None => {
                        let letter = Letter::parse(unstuffed.join("\r\n").as_bytes());
                        letters.lock().expect("the letters").push(letter);
                        "250 taken".to_owned()
                    }
                }
            }
            "QUIT" => return out.write_all(b"221 bye\r\n"),
            _ => "250 ok".to_owned(),
        };
        out.write_all(format!("{answer}\r\n").as_bytes())?;
    }
    Ok(())
}

#[test]
fn letters_leave_through_the_mail_server_that_was_named() {
    let project = Project::new();
    let mail = MailServer::start(0, "");
    let server = project.server().arg("--mail", &mail.url()).start();
    let person = Form::of("ana@essai.example").follow_up(&server);
    cancel(&server, &person);
    let letters = until("two letters", PATIENCE, || Some(mail.letters()).filter(|letters| letters.len() == 2));
    assert!(letters.iter().all(|letter| letter.to == "ana@essai.example"));
    assert_eq!(letters[0].link("suivi").as_deref(), Some(&*person));
    assert!(!project.path("var/courriels").exists(), "and not into the folder");
}

#[test]
fn a_mail_server_that_defers_is_tried_again_and_holds_up_nobody() {
    let project = Project::new();
    let mail = MailServer::start(1, "451 later");
    let server = project.server().arg("--mail", &mail.url()).start();
    Form::of("ana@essai.example").json(&server).is(201);
    until("it was refused", PATIENCE, || (mail.refused.load(Ordering::SeqCst) > 0).then_some(()));
    // Enrolled all the same, and the next letter does not wait behind the first.
    assert_eq!(export(&project, SESSION).len(), 1);
    Form::of("bea@essai.example").json(&server).is(201);
    until("Bea's letter", PATIENCE, || {
        mail.letters().iter().any(|letter| letter.to == "bea@essai.example").then_some(())
    });
    assert_eq!(server.stop(), Some(0));
    // An hour later, the first one leaves too: once.
    project.at("2027-01-10T11:00:00+01:00");
    let server = project.server().arg("--mail", &mail.url()).start();
    until("Ana's letter", PATIENCE, || {
        mail.letters().iter().any(|letter| letter.to == "ana@essai.example").then_some(())
    });
    assert_eq!(server.stop(), Some(0));
    assert_eq!(mail.letters().len(), 2);
}

#[test]
fn a_mail_server_that_is_down_delays_no_sign_up() {
    let project = Project::new();
    let closed = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("a bound port");
    let server = project.server().arg("--mail", &format!("smtp://{closed}")).start();
    Form::of("ana@essai.example").json(&server).is(201);
    Form::of("bea@essai.example").post(&server).is(303);
    assert_eq!(server.stop(), Some(0));
    assert_eq!(export(&project, SESSION).len(), 2);
}

#[test]
fn nobodys_contact_or_name_is_ever_in_the_log() {
    let project = Project::new();
    let mail = MailServer::start(1, "550 5.1.1 <Ana.Secrete@essai.example>: no such user (ana.secrete@essai.example)");
    let server = project.server().arg("--mail", &mail.url()).start();
    let ana = Form::of("Ana.Secrete@essai.example").with("prenom", "Zéphyrine").with("telephone", "06 12 34 56 42");
    let person = ana.follow_up(&server);
    until("it was refused", PATIENCE, || (mail.refused.load(Ordering::SeqCst) > 0).then_some(()));
    until("it is told", PATIENCE, || server.output().contains("place").then_some(()));
    ana.clone().without("conditions").json(&server).is(422);
    ana.at("inconnue").json(&server).is(404);
    cancel(&server, &person);
    let said = server.output().to_lowercase();
    for secret in ["secrete", "zéphyrine", "612345642", "06 12", person.rsplit('/').next().unwrap_or_default()] {
        assert!(!said.contains(&secret.to_lowercase()), "{secret} in\n{said}");
    }
}
