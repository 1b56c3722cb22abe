//! `cargo xtask bench mail --load PROGRAM`: letters a second through a mail server that takes
//! everything, which is part of this program, and what they cost whoever signs up meanwhile.
//! `PROGRAM`: a load generator for posted forms that prints one JSON object.

use std::{
    io::{BufRead, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use super::{
    form::{Case, PLACES, SESSIONS, Served, middle, serve, served, sign_up, start_load},
    keep, machine, program, remove,
    server::Server,
    verdict,
};
use crate::corpus;

/// Letters that wait when the mail server comes back.
const LETTERS: usize = 10_000;
/// Rounds of each case; the median is told.
const ROUNDS: usize = 5;
/// What the issue asks for: letters a second, at least.
const RATE: f64 = 500.0;
/// The p99 of sign-ups while letters go out, over theirs alone, at most.
const SLOWER: f64 = 1.5;
/// The rate of sign-ups with a mail server that is down, over theirs with one that is up, at least.
const DOWN: f64 = 0.9;
/// Longer than the letters may ever take.
const PATIENCE: Duration = Duration::from_mins(5);

const SIGN_UPS: Case = Case::new("sign-ups", 64, LETTERS, 0.0);

pub(crate) fn run_all(load: &Path) -> Result<(), String> {
    program("form-handler")?;
    // On a disk: each letter's commit is durable there.
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let bench = Bench { load, folder: folder.path().to_owned(), root: folder.path().join("racine") };
    corpus::write_open(SESSIONS, PLACES, &bench.root)?;
    let (mut rates, mut down, mut up, mut beside) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        // In turns: what a machine does meanwhile then falls on all of them alike.
        down.push(bench.fill()?);
        rates.push(bench.letters_alone()?);
        bench.fill()?;
        beside.push(bench.sign_ups_while_letters_go_out()?);
        up.push(bench.sign_ups_with_their_letters()?);
    }
    rates.sort_by(f64::total_cmp);
    let rate = rates[ROUNDS / 2];
    let (down, up, beside) = (middle(&mut down), middle(&mut up), middle(&mut beside));
    let (slower, share) = (beside.p99 / down.p99, down.rate / up.rate);
    let report = format!(
        "# Letters\n\nWritten by `cargo xtask bench mail`: release builds, client, server and mail server on this machine, durable commits; medians of {ROUNDS}.\n\
         One letter at a time, each settled on the disk before the next leaves.\n\n\
         | {LETTERS} letters that waited | measured | limit | |\n|---|---|---|---|\n\
         | letters a second | {rate:.0} | {RATE:.0} | {} |\n\
         | p99 of sign-ups at 64 connections while they go out, ms (alone: {:.1}) | {:.1}, {slower:.2} times | {SLOWER} times | {} |\n\
         | sign-ups a second with the mail server down ({:.0}) ÷ up ({:.0}) | {share:.2} | {DOWN} | {} |\n",
        verdict(rate >= RATE),
        down.p99,
        beside.p99,
        verdict(slower <= SLOWER),
        down.rate,
        up.rate,
        verdict(share >= DOWN),
    );
    print!("{report}");
    keep("mail", &report)
}

struct Bench<'l> {
    load: &'l Path,
    folder: PathBuf,
    /// The root that is served.
    root: PathBuf,
}

impl Bench<'_> {
    /// Signs people up on an empty database while nobody takes their letters, which wait.
    fn fill(&self) -> Result<Served, String> {
        remove(&self.root.join("var"))?;
        let nobody = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let (_server, address) = self.start(&format!("smtp://{}", nobody.map_err(|error| error.to_string())?))?;
        self.sign_ups(&address, "attente")
    }

    /// Letters a second, from the first of those that waited to the last.
    fn letters_alone(&self) -> Result<f64, String> {
        let sink = Sink::start()?;
        let (_server, _) = self.start(&sink.url())?;
        sink.wait(1)?;
        let (known, start) = (sink.taken(), machine::now());
        sink.wait(LETTERS)?;
        Ok((LETTERS - known) as f64 / start.elapsed().as_secs_f64())
    }

    /// More people sign up while the letters that waited go out.
    fn sign_ups_while_letters_go_out(&self) -> Result<Served, String> {
        let sink = Sink::start()?;
        let (_server, address) = self.start(&sink.url())?;
        sink.wait(1)?;
        let done = self.sign_ups(&address, "pendant")?;
        if sink.taken() > LETTERS {
            return Err("the letters that waited did not last as long as the sign-ups".to_owned());
        }
        Ok(done)
    }

    /// Sign-ups on an empty database, each letter leaving as it may.
    fn sign_ups_with_their_letters(&self) -> Result<Served, String> {
        remove(&self.root.join("var"))?;
        let sink = Sink::start()?;
        let (_server, address) = self.start(&sink.url())?;
        self.sign_ups(&address, "apres")
    }

    fn start(&self, mail: &str) -> Result<(Server, String), String> {
        let mut command: Command = serve(&self.root, None);
        let (server, address, _) = Server::telling(command.args(["--mail", mail]))?;
        Ok((server, address))
    }

    fn sign_ups(&self, address: &str, run: &str) -> Result<Served, String> {
        let path = self.folder.join("formulaire.json");
        let load = start_load(self.load, &path, &SIGN_UPS, &sign_up(address, SESSIONS), run, &[])?;
        served(load, SIGN_UPS.demands, SIGN_UPS.name)
    }
}

/// A mail server that takes everything.
struct Sink {
    port: u16,
    taken: Arc<AtomicUsize>,
}

impl Sink {
    fn start() -> Result<Self, String> {
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
        let port = listener.local_addr().map_err(|error| error.to_string())?.port();
        let taken = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&taken);
        thread::spawn(move || {
            for stream in listener.incoming().filter_map(Result::ok) {
                let count = Arc::clone(&count);
                thread::spawn(move || drop(take(&stream, &count)));
            }
        });
        Ok(Self { port, taken })
    }

    fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    fn taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }

    fn wait(&self, count: usize) -> Result<(), String> {
        let start: Instant = machine::now();
        while self.taken() < count {
            if start.elapsed() > PATIENCE {
                return Err(format!("only {} of {count} letters came", self.taken()));
            }
            thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }
}

/// RFC 5321, as far as one client needs it.
fn take(stream: &TcpStream, taken: &AtomicUsize) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut lines, mut out) = (BufReader::new(stream), stream);
    out.write_all(b"220 sink ESMTP\r\n")?;
    let (mut line, mut inside) = (Vec::new(), false);
    while lines.read_until(b'\n', &mut line)? > 0 {
        let answer: &[u8] = match line.get(..4).unwrap_or_default() {
            _ if inside => {
                inside = line != b".\r\n";
                if inside { b"" } else { b"250 taken\r\n" }
            }
            b"EHLO" => b"250-sink\r\n250 8BITMIME\r\n",
            b"DATA" => {
                inside = true;
                b"354 go on\r\n"
            }
            b"QUIT" => b"221 bye\r\n",
            _ => b"250 fine\r\n",
        };
        if answer == b"250 taken\r\n" {
            taken.fetch_add(1, Ordering::Relaxed);
        }
        if !answer.is_empty() {
            out.write_all(answer)?;
        }
        line.clear();
    }
    Ok(())
}
