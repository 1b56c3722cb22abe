//! What stops: the server, when it is asked to, after answering what is under way; a request, in
//! the middle.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpStream},
    thread,
    time::Duration,
};

use harness::{Project, Server};
use rustix::process::{Pid, Signal, kill_process};

use crate::support::{Form, PATIENCE, SESSION, connect, exported_emails, hold, publishes, serve, until};

/// Asks it to stop, and waits until it takes nobody in any more.
fn ask_to_stop(server: &Server) {
    let id = i32::try_from(server.id()).ok().and_then(Pid::from_raw).expect("a process");
    kill_process(id, Signal::TERM).expect("it runs");
    let address = server.address().trim_start_matches("http://").to_owned();
    until("it takes nobody in", PATIENCE, || TcpStream::connect(&address).is_err().then_some(()));
}

#[test]
fn a_request_under_way_is_answered_and_the_status_is_0() {
    let project = Project::new();
    let server = serve(&project);
    let body = "seance=2027-03-17&prenom=Ana&courriel=ana%40essai.example&conditions=oui";
    let (sent, rest) = body.split_at(20);
    let mut stream = connect(&server);
    write!(
        stream,
        "POST /inscription HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{sent}",
        body.len()
    )
    .expect("half a request");
    // Surely read: another connection, opened later, was answered.
    let _ = server.get("/sante").send().is(200);
    ask_to_stop(&server);
    stream.write_all(rest.as_bytes()).expect("the other half");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    assert_eq!(server.stop(), Some(0));
    assert_eq!(exported_emails(&project, SESSION), ["ana@essai.example"]);
}

#[test]
fn idle_connections_hold_nothing_up() {
    let project = Project::new();
    let server = serve(&project);
    let mut kept = connect(&server);
    write!(kept, "GET /sante HTTP/1.1\r\nHost: x\r\n\r\n").expect("a request");
    let mut some = [0; 64];
    assert!(kept.read(&mut some).expect("an answer") > 0);
    let silent = connect(&server);
    assert_eq!(server.stop(), Some(0));
    drop((kept, silent));
}

#[test]
fn whoever_never_finishes_a_request_holds_nothing_up() {
    let project = Project::new();
    let server = serve(&project);
    let mut headers = connect(&server);
    write!(headers, "GET / HTTP/1.1\r\nHost:").expect("half of the headers");
    let mut body = connect(&server);
    write!(
        body,
        "POST /inscription HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nx"
    )
    .expect("a part of the body");
    let _ = server.get("/sante").send().is(200);
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn stopping_amid_sign_ups_loses_none_that_was_answered() {
    let project = Project::new();
    let server = serve(&project);
    let client = server.client();
    let answered = thread::scope(|scope| {
        let senders: Vec<_> = (0..8)
            .map(|thread| {
                let client = client.clone();
                scope.spawn(move || {
                    let mut answered = Vec::new();
                    for turn in 0.. {
                        let email = format!("p{thread}-{turn}@essai.example");
                        match Form::of(&email).try_json(&client) {
                            Ok(answer) => {
                                assert!(matches!(answer.status(), 201 | 202), "{}", answer.text());
                                answered.push(email);
                            }
                            Err(_) => break,
                        }
                    }
                    answered
                })
            })
            .collect();
        until("some answers", PATIENCE, || (exported_emails(&project, SESSION).len() > 20).then_some(()));
        assert_eq!(server.stop(), Some(0));
        senders.into_iter().flat_map(|sender| sender.join().expect("answers")).collect::<Vec<_>>()
    });
    let stored = exported_emails(&project, SESSION);
    assert!(answered.iter().all(|email| stored.contains(email)));
    assert!(
        stored.len() <= answered.len(),
        "and whatever was recorded was answered: {} {}",
        stored.len(),
        answered.len()
    );
}

#[test]
fn a_body_that_never_comes_is_not_awaited_for_ever() {
    let project = Project::new();
    let server = serve(&project);
    let mut stream = connect(&server);
    write!(
        stream,
        "POST /inscription HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nseance="
    )
    .expect("half a request");
    let mut answer = [0; 12];
    stream.set_read_timeout(Some(Duration::from_secs(25))).expect("a timeout");
    stream.read_exact(&mut answer).expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 408");
}

#[test]
fn a_publication_under_way_is_finished_before_the_server_leaves() {
    let project = Project::new();
    let server = serve(&project);
    let held = hold(&project);
    project.edit("templates/base.html", "<body", "<body data-neuf");
    until("it publishes", PATIENCE, || publishes(&server).then_some(()));
    ask_to_stop(&server);
    drop(held);
    assert_eq!(server.stop(), Some(0));
    for page in ["/", "/seances/", "/charte/", "/inscription/"] {
        assert!(project.page(page).contains("data-neuf"), "{page}");
    }
}

#[test]
fn half_a_form_is_no_form() {
    let project = Project::new();
    let server = serve(&project);
    // Enough of it to be taken for a demand, with an address that is somebody else's.
    let half = "seance=2027-03-17&prenom=Ana&conditions=oui&courriel=ana%40essai.exam";
    for framing in [
        format!("Content-Length: 200\r\n\r\n{half}"),
        format!("Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{half}\r\n", half.len()),
    ] {
        let mut stream = connect(&server);
        let kind = "Content-Type: application/x-www-form-urlencoded";
        write!(stream, "POST /inscription HTTP/1.1\r\nHost: x\r\n{kind}\r\n{framing}").expect("half a request");
        stream.shutdown(Shutdown::Write).expect("the client is gone");
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        assert!(!answer.starts_with("HTTP/1.1 2") && !answer.starts_with("HTTP/1.1 3"), "{answer}");
    }
    assert_eq!(exported_emails(&project, SESSION).len(), 0);
}
