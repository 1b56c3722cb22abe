//! Who asks, behind a proxy of ours: what it appended counts, and what a client wrote before it
//! counts for nothing.

use std::time::Duration;

use harness::{Project, Server};

use crate::support::{Form, PATIENCE, assert_error, stopwatch, until};

/// Sign-ups a minute in these tests: one more comes back in twenty seconds.
const LIMIT: u32 = 3;

const ATTACKER: &str = "203.0.113.9";
const VICTIM: &str = "198.51.100.7";

/// The header that most proxies write.
const COMMON: &str = "X-Forwarded-For";

/// The header of RFC 7239.
const STANDARD: &str = "Forwarded";

/// An address as a proxy writes it, of a client that came from this port.
type Address = fn(u32) -> String;

/// A server that listens to a proxy on its own machine.
fn behind_a_proxy(project: &Project) -> Server {
    project.file("form-handler.toml", format!("trusted_proxies = [\"127.0.0.1\"]\nlimit = {LIMIT}\n"));
    project.server().start()
}

/// Whether a form that came with these headers was looked at: it is wrong, so nothing is recorded.
fn is_let_in(server: &Server, headers: &[(&str, &str)]) -> bool {
    let request = headers.iter().fold(server.post("/inscription"), |r, (name, value)| r.header(name, value));
    let answer = Form::of("ana@essai.example").without("prenom").fill(request.as_json()).send();
    match answer.status() {
        422 => true,
        429 => false,
        other => panic!("{other}: {}", answer.text()),
    }
}

/// How many of these were let in, and how many one address may send in the time that it took.
fn let_in(server: &Server, posts: impl IntoIterator<Item = Vec<(&'static str, String)>>) -> (u32, u32) {
    let start = stopwatch();
    let mut passed = 0;
    for headers in posts {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        passed += u32::from(is_let_in(server, &headers));
    }
    let refilled = start.elapsed().as_secs() / Duration::from_mins(1).as_secs().div_euclid(LIMIT.into()) + 1;
    (passed, LIMIT + u32::try_from(refilled).expect("a short test"))
}

#[test]
fn three_hundred_posts_with_forged_addresses_are_one_clients() {
    let project = Project::new();
    let server = behind_a_proxy(&project);
    // As a proxy sends it on, that appends to what it was told; in turn, all the ways to begin a
    // chain.
    let forged = (0..300).map(|n| {
        let first = format!("9.9.{}.{n}", n % 7, n = n % 250);
        match n % 6 {
            0 => vec![(COMMON, format!("{first}, x, {ATTACKER}"))],
            1 => vec![(COMMON, format!("{first}, {ATTACKER}"))],
            2 => vec![(COMMON, format!("{first}, x")), (COMMON, ATTACKER.to_owned())],
            3 => vec![(COMMON, format!("\"{first}, é, {ATTACKER}"))],
            4 => vec![(COMMON, ATTACKER.to_owned()), (STANDARD, format!("for={ATTACKER}, for=127.0.0.1"))],
            _ => vec![(COMMON, format!("{first}, {ATTACKER}, 127.0.0.1"))],
        }
    });
    let (passed, most) = let_in(&server, forged);
    assert!((1..=most).contains(&passed), "{passed} of 300 passed, {most} at most should");
}

#[test]
fn nobody_spends_what_is_anothers() {
    let project = Project::new();
    let server = behind_a_proxy(&project);
    let forged = (0..60).map(|n| match n % 3 {
        0 => vec![(COMMON, format!("{VICTIM}, x, {ATTACKER}"))],
        1 => vec![(COMMON, format!("{VICTIM}, {ATTACKER}"))],
        // The other header, which this proxy sends on as it came.
        _ => vec![(COMMON, ATTACKER.to_owned()), (STANDARD, format!("for={VICTIM}"))],
    });
    let_in(&server, forged);
    for _ in 0..LIMIT {
        assert!(is_let_in(&server, &[(COMMON, VICTIM)]), "the victim has all of theirs");
    }
}

#[test]
fn a_port_makes_nobody_another_and_nobody_the_same() {
    let project = Project::new();
    let server = behind_a_proxy(&project);
    let addresses: [(&str, Address, &str); 6] = [
        (COMMON, |port| format!("192.0.2.1:{port}"), "192.0.2.2:40000"),
        (COMMON, |port| format!("[2001:db8:0:1::1]:{port}"), "[2001:db8:0:2::1]:40000"),
        (COMMON, |_| "[2001:db8:0:3::1]".to_owned(), "[2001:db8:0:4::1]"),
        (STANDARD, |port| format!("for=\"192.0.2.3:{port}\";proto=https"), "for=192.0.2.4"),
        (STANDARD, |port| format!("For=\"[2001:db8:0:5::1]:{port}\""), "for=\"[2001:db8:0:6::1]\""),
        (STANDARD, |port| format!("for=unknown, proto=https;for=\"192.0.2.5:{port}\""), "for=\"192.0.2.6\""),
    ];
    for (header, one, other) in addresses {
        let (passed, most) = let_in(&server, (40_000..40_030).map(|port| vec![(header, one(port))]));
        assert!((LIMIT..=most).contains(&passed), "{}: {passed} of 30, {most} at most", one(1));
        assert!(is_let_in(&server, &[(header, other)]), "{other} has a limit of its own");
    }
}

#[test]
fn two_headers_that_name_different_clients_name_nobody() {
    let project = Project::new();
    let server = behind_a_proxy(&project);
    // Whichever of the two our proxy writes, the other is the client's own word.
    let forged = (0..60).flat_map(|n| {
        let victim = format!("198.51.100.{n}");
        [
            vec![(COMMON, victim.clone()), (STANDARD, format!("for={ATTACKER}"))],
            vec![(COMMON, ATTACKER.to_owned()), (STANDARD, format!("for={victim}"))],
        ]
    });
    let (passed, most) = let_in(&server, forged);
    assert!((1..=most).contains(&passed), "{passed} of 120 passed, {most} at most should");
    assert!(is_let_in(&server, &[(COMMON, "198.51.100.3"), (STANDARD, "for=198.51.100.3")]), "both say so");
}

#[test]
fn a_page_of_the_same_origin_is_ours_whatever_it_is_called() {
    let project = Project::new();
    let server = project.server().arg("--limit", "0").start();
    for origin in ["null", "https://www.essai.example", "https://formulaire.interne:8443", ""] {
        let request = server.post("/inscription").header("Origin", origin).header("Sec-Fetch-Site", "same-origin");
        Form::of("ana@essai.example").fill(request.as_json()).send().is(201);
    }
    assert!(!server.output().contains("www.essai.example"), "nothing was refused: {}", server.output());
}

#[test]
fn a_refused_origin_is_told_once_with_what_to_set() {
    let project = Project::new();
    let server = project.server().arg("--limit", "0").start();
    let refuse = |origin: &str| {
        let request = server.post("/inscription").header("Origin", origin).as_json();
        assert_error(&Form::of("ana@essai.example").fill(request).send(), 403, "origine_refusee");
    };
    for _ in 0..5 {
        refuse("https://www.essai.example");
        refuse("null");
    }
    refuse("https://mal.example\t\u{9b}2J\u{202e}");
    // What is written to the log arrives by a way of its own.
    let said = until("the last is told", PATIENCE, || {
        Some(server.output()).filter(|output| output.contains("https://mal.example"))
    });
    let about = |text: &str| said.lines().filter(|line| line.contains(text)).count();
    assert_eq!(about("https://www.essai.example"), 1, "{said}");
    let line = said.lines().find(|line| line.contains("https://www.essai.example")).expect("it is told");
    assert!(line.contains("content/site.toml") && line.contains("adresse") && line.contains("inscription"), "{line}");
    assert_eq!(about("Referrer-Policy"), 1, "a page without an origin: {said}");
    assert_eq!(about("https://mal.example"), 1, "{said}");
    assert!(!said.contains(['\t', '\u{9b}', '\u{202e}']), "{said:?}");
    // Whoever invents origins fills no log.
    for n in 0..500 {
        refuse(&format!("https://invente{n}.example"));
    }
    let told = server.output().lines().filter(|line| line.contains("invente")).count();
    assert!((1..200).contains(&told), "{told} lines");
}
