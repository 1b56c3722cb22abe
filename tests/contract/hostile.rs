//! Whoever does not play by the rules harms nobody else: parents who sign up meanwhile are answered
//! as ever.

use std::{
    collections::BTreeSet,
    fs,
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use harness::{Client, Project, Server};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::support::{
    Ending, Form, OTHER, PAST, PATIENCE, SESSION, assert_error, connect, exported_emails, serve, stopwatch, times,
    until,
};

/// Connections that are open and say nothing.
const CONNECTIONS: usize = 1_000;

/// How long a parent may have to wait amid all this, on a busy machine.
const PROMPT: Duration = Duration::from_secs(5);

/// The kind of a form's body.
const FORM: &str = "application/x-www-form-urlencoded";

/// Lets this process, and the servers that it starts from now on, hold so many connections.
fn allow_connections(count: usize) {
    let now = getrlimit(Resource::Nofile);
    let wanted = u64::try_from(count).expect("a number").saturating_add(1_000);
    let current = now.current.map_or(wanted, |current| current.max(wanted).min(now.maximum.unwrap_or(u64::MAX)));
    setrlimit(Resource::Nofile, Rlimit { current: Some(current), ..now }).expect("no more than may be asked for");
}

/// Signs up one person after the other until it is told to stop; returns who was answered.
fn sign_up(client: &Client, name: &str, enough: &AtomicBool) -> Vec<String> {
    let mut answered = Vec::new();
    while !enough.load(Ordering::Relaxed) {
        let email = format!("{name}-{}@essai.example", answered.len());
        let start = stopwatch();
        let answer = Form::of(&email).try_json(client).expect("an answer");
        let took = start.elapsed();
        assert!(matches!(answer.status(), 201 | 202), "{}", answer.text());
        assert!(took < PROMPT, "{email} was answered after {took:?}");
        answered.push(email);
    }
    answered
}

/// Sends, again and again, bodies that no browser sends.
fn send_nonsense(client: &Client) {
    let form = "seance=2027-03-17&prenom=Ana&conditions=oui&courriel=intrus%40essai.example";
    let bodies = [
        ("%zz=%&prenom=%ff%fe&seance=2027-03-17&courriel=%&conditions=oui%0".to_owned(), 422, "champs_invalides"),
        (format!("{form}&{form}"), 422, "champs_invalides"),
        ("x=&".repeat(10_000), 422, "champs_invalides"),
        (format!("{form}{}", "&theme=a".repeat(8_000)), 422, "champs_invalides"),
        (format!("{form}{}", "&x=".repeat(100_000)), 413, "trop_long"),
    ];
    for _ in 0..20 {
        for (body, status, code) in &bodies {
            assert_error(&client.post("/inscription").as_json().body(FORM, body.as_str()).send(), *status, code);
        }
    }
}

/// A request as it goes over the wire; the last one of its connection, or not.
fn raw(body: &str, last: bool) -> String {
    format!(
        "POST /inscription HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\nContent-Type: {FORM}\r\n\
         Content-Length: {}\r\nConnection: {}\r\n\r\n{body}",
        body.len(),
        if last { "close" } else { "keep-alive" }
    )
}

/// Writes several forms at once, without waiting for an answer: each is answered, in order.
fn pipeline(mut stream: TcpStream) {
    let form = |name: &str, session: &str| {
        format!("seance={session}&prenom=Ana&conditions=oui&courriel={name}%40essai.example&envoi={name}")
    };
    let forms = [
        (form("dora", OTHER), "201", "\"inscrit\""),
        ("seance=2027-05-26&prenom=Ana".into(), "422", "champs_invalides"),
        (form("elsa", "nulle-part"), "404", "seance_inconnue"),
        (form("fanny", OTHER), "201", "\"inscrit\""),
        (form("gina", PAST), "409", "passee"),
        (form("dora", OTHER), "201", "\"inscrit\""),
        (form("hana", OTHER), "201", "\"inscrit\""),
    ];
    let requests: String = forms.iter().enumerate().map(|(at, (body, ..))| raw(body, at + 1 == forms.len())).collect();
    stream.write_all(requests.as_bytes()).expect("the server reads");
    let mut answers = String::new();
    stream.read_to_string(&mut answers).expect("answers");
    let answers: Vec<_> = answers.split("HTTP/1.1 ").skip(1).collect();
    assert_eq!(answers.len(), forms.len(), "{answers:?}");
    for (answer, (body, status, word)) in answers.iter().zip(&forms) {
        assert!(answer.starts_with(status) && answer.contains(word), "{body}: {answer}");
    }
    let link = |answer: &str| answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
    assert_eq!(link(answers[5]), link(answers[0]), "the same form gets its first answer");
}

/// Sends a form one byte after the other; returns the beginning of the answer, and when it came.
fn drip(mut stream: TcpStream) -> (String, Duration) {
    let request = raw(&"x".repeat(10_000), true);
    let head = request.len() - 10_000;
    stream.write_all(&request.as_bytes()[..head]).expect("the head of a request");
    stream.set_read_timeout(Some(Duration::from_millis(50))).expect("a timeout");
    let mut answer = [0; 12];
    let start = stopwatch();
    for byte in request.as_bytes()[head..].chunks(1) {
        stream.write_all(byte).expect("the server reads");
        // An answer, or the time for another byte.
        match stream.read_exact(&mut answer) {
            Ok(()) => break,
            Err(error) => assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}"),
        }
    }
    (String::from_utf8_lossy(&answer).into_owned(), start.elapsed())
}

/// Connections that hold on: some never said a word, some stopped amid their headers, some were
/// answered and stay.
fn idle(server: &Server, count: usize) -> Vec<TcpStream> {
    let connections = (0..count).map(|at| {
        let mut stream = connect(server);
        match at % 3 {
            0 => {}
            1 => stream.write_all(b"POST /inscription HTTP/1.1\r\nHost: x\r\nAccept").expect("half a head"),
            _ => {
                stream.write_all(b"GET /sante HTTP/1.1\r\nHost: x\r\n\r\n").expect("a request");
                let mut answer = [0; 12];
                stream.read_exact(&mut answer).expect("an answer");
                assert_eq!(&answer, b"HTTP/1.1 200");
            }
        }
        stream
    });
    connections.collect()
}

#[test]
fn parents_are_answered_promptly_whatever_others_send_meanwhile() {
    let connections = times("ENTREPARENTAISE_CONNEXIONS", CONNECTIONS);
    allow_connections(connections);
    let project = Project::new();
    let server = serve(&project);
    let enough = AtomicBool::new(false);
    let held = idle(&server, connections);
    let slow = connect(&server);
    let (answered, cut) = thread::scope(|scope| {
        let ending = Ending(&enough);
        let drip = scope.spawn(move || drip(slow));
        let parents: Vec<_> = (0..8)
            .map(|parent| {
                let (client, enough) = (server.client(), &enough);
                scope.spawn(move || sign_up(&client, &format!("parent{parent}"), enough))
            })
            .collect();
        let client = server.client();
        let nonsense = scope.spawn(move || send_nonsense(&client));
        pipeline(connect(&server));
        // With everything held open, nonsense on its way, and a body still dripping in.
        let start = exported_emails(&project, SESSION).len();
        until("others still sign up", PATIENCE, || {
            (exported_emails(&project, SESSION).len() > start + 100).then_some(())
        });
        nonsense.join().expect("answers");
        drop(ending);
        let answered: BTreeSet<_> = parents.into_iter().flat_map(|parent| parent.join().expect("answers")).collect();
        let cut = drip.join().expect("an answer");
        (answered, cut)
    });
    drop(held);
    let (cut, after) = cut;
    assert_eq!(cut, "HTTP/1.1 408");
    assert!(after < Duration::from_secs(25), "ten seconds are for the whole of a body, not for each byte: {after:?}");
    let listed = exported_emails(&project, SESSION);
    let recorded: BTreeSet<_> = listed.iter().cloned().collect();
    assert_eq!(recorded, answered, "whoever was answered, and nobody else");
    assert_eq!(listed.len(), recorded.len(), "nobody twice");
    let pipelined = ["dora", "fanny", "hana"].map(|name| format!("{name}@essai.example"));
    assert_eq!(exported_emails(&project, OTHER), pipelined, "in the order in which they were sent");
}

/// Opens connections that say nothing, one after the other, until it is told to stop; they stay.
fn keep_opening(address: &str, count: usize, enough: &AtomicBool) -> Vec<TcpStream> {
    let mut held = Vec::new();
    while held.len() < count && !enough.load(Ordering::Relaxed) {
        let mut stream = TcpStream::connect(address).expect("nobody is refused");
        if held.len() % 2 == 0 {
            // It may have been let go by then.
            let _ = stream.write_all(b"POST /inscription HTTP/1.1\r\nHost: x\r\nAccept");
        }
        held.push(stream);
    }
    held
}

#[test]
fn a_parent_gets_through_while_ten_thousand_connections_are_opened_that_say_nothing() {
    let connections = times("ENTREPARENTAISE_CONNEXIONS", 10_000);
    allow_connections(connections);
    let project = Project::new();
    // Room for 64 connections.
    let server = project.server().arg("--limit", "0").with_files(256).start();
    let address = server.address().trim_start_matches("http://");
    let enough = AtomicBool::new(false);
    let (held, answered) = thread::scope(|scope| {
        let ending = Ending(&enough);
        let open = || keep_opening(address, connections / 4, &enough);
        let openers: Vec<_> = (0..4).map(|_| scope.spawn(open)).collect();
        let mut answered = Vec::new();
        // Each on a connection of their own, for as long as others come.
        while answered.len() < 20 || openers.iter().any(|opener| !opener.is_finished()) {
            let email = format!("parent{}@essai.example", answered.len());
            let start = stopwatch();
            Form::of(&email).try_json(&server.client()).expect("an answer");
            assert!(start.elapsed() < PROMPT, "{email} was answered after {:?}", start.elapsed());
            answered.push(email);
        }
        let held: Vec<_> = openers.into_iter().flat_map(|opener| opener.join().expect("connections")).collect();
        drop(ending);
        (held, answered)
    });
    assert_eq!(held.len(), connections / 4 * 4);
    let files = fs::read_dir(format!("/proc/{}/fd", server.id())).expect("it runs").count();
    assert!(files < 256, "{files}");
    assert_eq!(exported_emails(&project, SESSION), answered);
    drop(held);
    assert_eq!(server.stop(), Some(0));
}

/// Reads until the other side hangs up; how long that took.
fn hung_up(mut stream: &TcpStream) -> Duration {
    let start = stopwatch();
    let mut rest = [0; 4_096];
    while stream.read(&mut rest).is_ok_and(|count| count > 0) {}
    start.elapsed()
}

#[test]
fn whoever_does_not_get_on_is_let_go() {
    let project = Project::new();
    project.file("dist/gros.bin", vec![0_u8; 40_000_000]);
    let server = serve(&project);
    let silent = connect(&server);
    let mut head = connect(&server);
    head.write_all(b"GET / HTTP/1.1\r\nHost:").expect("half a head");
    let mut deaf = connect(&server);
    deaf.write_all(b"GET /gros.bin HTTP/1.1\r\nHost: x\r\n\r\n").expect("a request");
    let mut kept = connect(&server);
    let asks = |kept: &mut TcpStream| {
        kept.write_all(b"GET /sante HTTP/1.1\r\nHost: x\r\n\r\n").expect("a request");
        let mut answer = [0; 12];
        kept.read_exact(&mut answer).expect("an answer");
        assert_eq!(&answer, b"HTTP/1.1 200");
    };
    asks(&mut kept);
    let (silent, head, taken) = thread::scope(|scope| {
        let silent = scope.spawn(|| hung_up(&silent));
        let head = scope.spawn(|| hung_up(&head));
        let (silent, head) = (silent.join().expect("it ends"), head.join().expect("it ends"));
        // By then, its answer was given up too: what was on its way is all there is.
        let mut taken = Vec::new();
        let _ = deaf.read_to_end(&mut taken);
        (silent, head, taken.len())
    });
    assert!((9..20).contains(&head.as_secs()), "ten seconds for a head: {head:?}");
    assert!((19..30).contains(&silent.as_secs()), "twenty for a first word: {silent:?}");
    assert!(taken < 40_000_000, "and fifteen to take something of an answer");
    // Whoever was answered may ask again.
    let mut rest = [0; 4_096];
    let _ = kept.read(&mut rest).expect("the rest of the answer");
    asks(&mut kept);
}
