//! `cargo xtask bench timing [--program PROGRAM]`: whether how long an answer takes tells that a
//! contact is enrolled. One client, one connection, sign-ups of contacts that the session knows and
//! of contacts that it does not, in random order, on both databases. Then whoever lost a link asks
//! for it by an address, enrolled or not.
//!
//! The two populations differ in nothing else: the same session as full as chance has it, fields of
//! the same lengths, the same name, and each known contact is repeated once, so that no demand
//! meets more of its like than another.

use std::{
    fmt::Write as _,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::Command,
};

use harness::postgres::Postgres;

use super::{
    keep, machine, program, remove,
    server::{Server, fresh},
    target, verdict,
};
use crate::corpus::{self, Random};

/// Sessions that are asked for; each anew, so that none grows with the measure.
const SESSIONS: usize = 100;
/// Sign-ups of each kind in a session: a thousand in all.
const EACH: usize = 10;
/// More than all that a session is asked for: every answer is a place.
const PLACES: u16 = 100;
/// Sessions that warm up what is measured.
const FIRST: usize = 3;
/// Addresses of each kind whose links are looked for: fewer, together, than may wait.
const LOST: usize = 500;
/// How many standard errors a difference may be: one in four hundred is further by chance alone.
const LIMIT: f64 = 3.0;

/// Measures the handler that is given, and prints. Without one, builds it, and keeps the results.
pub(crate) fn run_all(given: Option<&Path>) -> Result<(), String> {
    let built = target().join("release/form-handler");
    if given.is_none() {
        program("form-handler")?;
    }
    let handler = given.unwrap_or(&built);
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let root = folder.path().join("racine");
    corpus::write_open(FIRST + SESSIONS, PLACES, &root)?;
    let mut report = format!(
        "# What the time of an answer tells\n\nWritten by `cargo xtask bench timing`: {}, client and server on this machine, one client, one connection; \
         {} sign-ups of each kind in random order,\nthen {LOST} lost links of each kind; milliseconds. \"Known\": the contact is enrolled in that session. z: the difference of the means by its standard error; ranks: the same of Mann and Whitney's U.\n\n\
         | | known, median | new, median | difference of medians | of means | standard error | z | z of ranks | |\n|---|---|---|---|---|---|---|---|---|\n",
        if given.is_some() { "a program that was given" } else { "release build" },
        SESSIONS * EACH
    );
    let mut report_on = |name: &str, [sign_ups, lost_links]: [Times; 2]| {
        report.push_str(&row(name, &sign_ups));
        report.push_str(&row(&format!("{name}, a lost link"), &lost_links));
    };
    report_on("SQLite", measure(handler, &root, None)?);
    if let Some(postgres) = Postgres::for_test("bench timing") {
        let address = fresh(&postgres, "temps");
        report_on("PostgreSQL", measure(handler, &root, Some(&address))?);
    }
    let _ = write!(report, "\nLimit: {LIMIT} standard errors, by means and by ranks.\n");
    print!("{report}");
    if given.is_some() { Ok(()) } else { keep("timing", &report) }
}

/// How long the answers took, in milliseconds.
#[derive(Default)]
struct Times {
    known: Vec<f64>,
    new: Vec<f64>,
}

/// Somebody who signs up: their fields are as long as anybody's.
fn person(number: usize) -> String {
    format!("prenom=Camille&courriel=p{number:06}%40essai.example&telephone=%2B336{}", 10_000_000 + number)
}

fn measure(handler: &Path, root: &Path, database: Option<&str>) -> Result<[Times; 2], String> {
    remove(&root.join("var"))?;
    let mut command = Command::new(handler);
    command.args(["serve", "--listen", "127.0.0.1:0", "--limit", "0", "--root"]).arg(root);
    command.args(database.map(|address| ["--database", address]).into_iter().flatten());
    let (_server, address, _) = Server::telling(&mut command)?;
    let mut client = Client::of(&address)?;
    let mut random = Random::new(1);
    let (mut times, mut people, mut forms) = (Times::default(), 0, 0);
    for session in 0..FIRST + SESSIONS {
        let mut sign_up = |who: usize| {
            forms += 1;
            client.sign_up(&format!("seance=s{session}&{}&conditions=oui&envoi=temps-{forms:06}", person(who)))
        };
        let newcomers = people + EACH..people + 2 * EACH;
        for who in people..people + EACH {
            sign_up(who)?;
        }
        let known = (people..people + EACH).map(|who| (who, true));
        let mut asked: Vec<_> = known.chain(newcomers.map(|who| (who, false))).collect();
        random.shuffle(&mut asked);
        for (who, known) in asked {
            let took = sign_up(who)?;
            if session >= FIRST {
                if known { &mut times.known } else { &mut times.new }.push(took);
            }
        }
        people += 2 * EACH;
    }
    // The last who signed up, and as many who never did.
    let known = (people - LOST..people).map(|who| (who, true));
    let mut asked: Vec<_> = known.chain((people..people + LOST).map(|who| (who, false))).collect();
    random.shuffle(&mut asked);
    let mut lost = Times::default();
    for (who, known) in asked {
        let took = client.find_again(who)?;
        if known { &mut lost.known } else { &mut lost.new }.push(took);
    }
    Ok([times, lost])
}

/// One connection that is kept.
struct Client {
    address: String,
    stream: BufReader<TcpStream>,
}

impl Client {
    fn of(address: &str) -> Result<Self, String> {
        let stream = TcpStream::connect(address).map_err(|error| error.to_string())?;
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        Ok(Self { address: address.to_owned(), stream: BufReader::new(stream) })
    }

    /// Milliseconds from the form's first byte to the answer's last, which must be a place.
    fn sign_up(&mut self, form: &str) -> Result<f64, String> {
        self.post("/inscription", form, "HTTP/1.1 201")
    }

    /// The same, for somebody who lost their link.
    fn find_again(&mut self, who: usize) -> Result<f64, String> {
        self.post("/inscription/retrouver/", &format!("courriel=p{who:06}%40essai.example"), "HTTP/1.1 202")
    }

    fn post(&mut self, path: &str, form: &str, expected: &str) -> Result<f64, String> {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nAccept: application/json\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            self.address,
            form.len()
        );
        let start = machine::now();
        self.stream.get_mut().write_all(request.as_bytes()).map_err(|error| error.to_string())?;
        let answer = self.answer().map_err(|error| error.to_string())?;
        let took = super::milliseconds(start.elapsed());
        if answer.starts_with(expected) { Ok(took) } else { Err(format!("{form}: {answer}")) }
    }

    /// The head of an answer, once its body was read.
    fn answer(&mut self) -> std::io::Result<String> {
        let mut head = String::new();
        while self.stream.read_line(&mut head)? > 2 {}
        let told = head.lines().filter_map(|line| line.split_once(':'));
        let mut lengths = told.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        let length = lengths.find_map(|(_, value)| value.trim().parse().ok()).unwrap_or(0);
        self.stream.read_exact(&mut vec![0; length])?;
        Ok(head)
    }
}

fn row(name: &str, times: &Times) -> String {
    let (known, new) = (&times.known, &times.new);
    let error = (variance(known) / known.len() as f64 + variance(new) / new.len() as f64).sqrt();
    let difference = mean(known) - mean(new);
    let (z, ranks) = (difference / error, rank_z(known, new));
    format!(
        "| {name} | {:.3} | {:.3} | {:+.3} | {difference:+.3} | {error:.3} | {z:+.1} | {ranks:+.1} | {} |\n",
        median(known),
        median(new),
        median(known) - median(new),
        verdict(z.abs() < LIMIT && ranks.abs() < LIMIT)
    )
}

fn mean(times: &[f64]) -> f64 {
    times.iter().sum::<f64>() / times.len() as f64
}

fn variance(times: &[f64]) -> f64 {
    let mean = mean(times);
    times.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / (times.len() as f64 - 1.0)
}

fn median(times: &[f64]) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

/// Mann and Whitney's U, in standard errors: a few slow answers hide a shift from means, not from
/// it.
fn rank_z(ours: &[f64], theirs: &[f64]) -> f64 {
    let ours_told = ours.iter().map(|time| (*time, true));
    let mut all: Vec<(f64, bool)> = ours_told.chain(theirs.iter().map(|time| (*time, false))).collect();
    all.sort_by(|one, other| one.0.total_cmp(&other.0));
    let ranks = all.iter().enumerate().filter(|(_, (_, is_ours))| *is_ours).map(|(at, _)| at as f64 + 1.0);
    let (count, others) = (ours.len() as f64, theirs.len() as f64);
    let later = ranks.sum::<f64>() - count * (count + 1.0) / 2.0;
    (later - count * others / 2.0) / (count * others * (count + others + 1.0) / 12.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A thousand times about a millisecond, later by so much; one in fifty waits for the disk.
    fn times(seed: u64, later: f64) -> Vec<f64> {
        let mut random = Random::new(seed);
        let mut one =
            || 1.0 + later + random.below(1_000) as f64 / 1_000.0 + if random.below(50) == 0 { 20.0 } else { 0.0 };
        (0..1_000).map(|_| one()).collect()
    }

    #[test]
    fn the_same_times_are_within_and_a_shift_is_not() {
        for seed in 0..20 {
            let same = Times { known: times(seed, 0.0), new: times(seed + 100, 0.0) };
            assert!(row("", &same).contains("| within |"), "{seed}: {}", row("", &same));
            // Hidden from the means by those that waited, and yet told by the ranks.
            let shifted = Times { known: times(seed, 0.1), new: times(seed + 100, 0.0) };
            assert!(row("", &shifted).contains("**over**"), "{seed}: {}", row("", &shifted));
        }
    }

    #[test]
    fn a_difference_is_counted_in_standard_errors() {
        let (a, b) = ([1.0, 2.0, 3.0, 4.0], [3.0, 4.0, 5.0, 6.0]);
        assert!((mean(&b) - mean(&a) - 2.0).abs() < 1e-12 && (variance(&a) - 5.0 / 3.0).abs() < 1e-12);
        let apart = rank_z(&[1.0, 2.0, 3.0, 4.0], &[5.0, 6.0, 7.0, 8.0]);
        assert!((apart + 8.0 / 12.0_f64.sqrt()).abs() < 1e-12, "{apart}");
    }

    #[test]
    fn everybody_fills_in_as_many_bytes() {
        let lengths: std::collections::BTreeSet<_> = [0, 7, 2_059].map(|number| person(number).len()).into();
        assert_eq!(lengths.len(), 1);
    }
}
