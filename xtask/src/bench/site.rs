//! `cargo xtask bench site`: the generator on thousands of sessions, beside what the machine allows for the same files in the same run.
//! `--peer COMMAND --peer-site DIR` times another generator too: `{out}` in the command is where it writes; it runs in its own site.

use std::{
    fmt::Write,
    fs,
    io::{BufRead, BufReader, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use harness::NOW;

use super::{
    machine::{self, Bench, Took},
    program,
};
use crate::corpus;

/// How often each thing is timed; the median is told.
const TIMES: usize = 5;
const SIZES: [usize; 4] = [100, 1_000, 10_000, 50_000];
/// Saves told to a browser.
const SAVES: usize = 12;

pub(crate) struct Peer {
    pub(crate) command: String,
    pub(crate) site: PathBuf,
}

pub(crate) fn run_all(peer: Option<&Peer>) -> Result<(), String> {
    program()?;
    let bench = Bench::open()?;
    let folder = bench.path();
    let mut report = format!(
        "# Thousands of sessions\n\nWritten by `cargo xtask bench site`: release build, as a process, in {}; medians of {TIMES}, milliseconds.\n\
         \"write\" is the machine's own time to write the same files from memory with two threads, \"stat\" to look once at every file read\n\
         and written; both in the same run. Supports and pictures left out.\n\n\
         | sessions | files | full | write | full ÷ write | unchanged | one text edited | one partner renamed | stat | unchanged ÷ stat | edit ÷ stat | peak MB |\n\
         |---|---|---|---|---|---|---|---|---|---|---|---|\n",
        bench.describe()
    );
    let mut full = Vec::new();
    for size in SIZES {
        let root = folder.join(format!("racine-{size}"));
        corpus::write(size, &root)?;
        remove(&root.join("content/supports"))?;
        let (line, took) = measure(size, &root, &folder)?;
        print!("{line}");
        report.push_str(&line);
        full.push(took);
    }
    let (ten, fifty) = (&full[2], &full[3]);
    let _ = writeln!(
        report,
        "\nFrom 10,000 to 50,000 sessions: {:.1} times the time of a full build, {:.1} times its memory, {:.1} times an unchanged build.",
        ratio(fifty.full.time, ten.full.time),
        fifty.full.memory as f64 / ten.full.memory as f64,
        ratio(fifty.unchanged, ten.unchanged),
    );
    if let Some(peer) = peer {
        let out = folder.join("pair");
        let took = median(TIMES, || {
            remove(&out)?;
            let words: Vec<String> =
                peer.command.split_whitespace().map(|word| word.replace("{out}", &out.to_string_lossy())).collect();
            machine::time(Command::new(&words[0]).args(&words[1..]).current_dir(&peer.site))
        })?;
        let _ = writeln!(
            report,
            "\nThe peer, on 10,000 sessions of the same length, in the same run: {:.0} ms, {:.0} MB: {:.1} times our time, {:.1} times our memory.",
            milliseconds(took.time),
            took.memory as f64 / 1024.0,
            ratio(took.time, ten.full.time),
            took.memory as f64 / ten.full.memory as f64,
        );
    }
    report.push_str("\n| `serve`: file saved → browser told | median | slowest |\n|---|---|---|\n");
    for size in [1_000, 10_000] {
        let (median, slowest) = saves(&folder.join(format!("racine-{size}")))?;
        let _ = writeln!(report, "| {size} sessions | {:.0} | {:.0} |", milliseconds(median), milliseconds(slowest));
    }
    print!("{report}");
    super::keep("site", &report)
}

struct Measured {
    full: Took,
    unchanged: Duration,
}

fn measure(size: usize, root: &Path, folder: &Path) -> Result<(String, Measured), String> {
    let (out, copy) = (folder.join("construit"), folder.join("copie"));
    let build = || {
        machine::time(
            Command::new(program_path()).args(["build", "--now", NOW, "--root"]).arg(root).arg("--output").arg(&out),
        )
    };
    let mut write = Vec::new();
    let full = median(TIMES, || {
        remove(&out)?;
        let took = build()?;
        let tree = machine::load(&out);
        remove(&copy)?;
        write.push(machine::write(&tree, &copy)?);
        Ok(took)
    })?;
    remove(&copy)?;
    write.sort_unstable();
    let write = write[write.len() / 2];
    let files = machine::load(&out).iter().filter(|(_, bytes)| bytes.is_some()).count();
    build()?;
    let unchanged = median(TIMES, build)?.time;
    let session = first_session(root)?;
    let text = fs::read_to_string(&session).map_err(|error| error.to_string())?;
    let mut edits = 0;
    let edited = median(TIMES, || {
        edits += 1;
        fs::write(&session, format!("{text}\nMise à jour {edits}.\n")).map_err(|error| error.to_string())?;
        build()
    })?;
    fs::write(&session, &text).map_err(|error| error.to_string())?;
    let partner = root.join("content/partenaires/medialudo.md");
    let text = fs::read_to_string(&partner).map_err(|error| error.to_string())?;
    let renamed = median(TIMES, || {
        edits += 1;
        fs::write(&partner, text.replace("nom = \"", &format!("nom = \"{edits} ")))
            .map_err(|error| error.to_string())?;
        build()
    })?;
    fs::write(&partner, &text).map_err(|error| error.to_string())?;
    let mut stats: Vec<_> = (0..TIMES).map(|_| machine::stat(&[&root.join("content"), &out])).collect();
    stats.sort_unstable();
    let stat = stats[TIMES / 2];
    remove(&out)?;
    let line = format!(
        "| {size} | {files} | {:.0} | {:.0} | {:.1} | {:.0} | {:.0} | {:.0} | {:.0} | {:.1} | {:.1} | {:.0} |\n",
        milliseconds(full.time),
        milliseconds(write),
        ratio(full.time, write),
        milliseconds(unchanged),
        milliseconds(edited.time),
        milliseconds(renamed.time),
        milliseconds(stat),
        ratio(unchanged, stat),
        ratio(edited.time, stat),
        full.memory as f64 / 1024.0,
    );
    Ok((line, Measured { full, unchanged }))
}

/// How long a browser waits after a file was saved: the middle one, and the slowest.
fn saves(root: &Path) -> Result<(Duration, Duration), String> {
    let told = |error: std::io::Error| error.to_string();
    let mut command = Command::new(program_path());
    command.args(["serve", "--listen", "127.0.0.1:0", "--now", NOW, "--root"]).arg(root);
    let server = Server(command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().map_err(told)?);
    let mut server = server;
    let stdout = server.0.stdout.take().ok_or("no output")?;
    let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
    let address = lines.find_map(|line| Some(line.split_once("http://")?.1.split('/').next()?.to_owned()));
    let mut stream = TcpStream::connect(address.ok_or("no address")?).map_err(told)?;
    stream.write_all(b"GET /_apercu/evenements HTTP/1.1\r\nHost: localhost\r\n\r\n").map_err(told)?;
    let mut events = BufReader::new(stream).lines().map_while(Result::ok).filter(|line| line.starts_with("data:"));
    events.next().ok_or("no news")?;
    let session = first_session(root)?;
    let text = fs::read_to_string(&session).map_err(told)?;
    // The first look at everything is over when it says so.
    lines.next();
    let mut waits = Vec::new();
    for save in 0..SAVES {
        std::thread::sleep(Duration::from_secs(1));
        let start = machine::now();
        fs::write(&session, format!("{text}\nEssai {save}.\n")).map_err(told)?;
        events.next().ok_or("no news")?;
        waits.push(start.elapsed());
    }
    fs::write(&session, &text).map_err(told)?;
    waits.sort_unstable();
    Ok((waits[SAVES / 2], waits[SAVES - 1]))
}

/// Ended with the measure, whatever it comes to.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn first_session(root: &Path) -> Result<PathBuf, String> {
    let sessions = walkdir::WalkDir::new(root.join("content/seances")).sort_by_file_name().into_iter();
    let session = sessions.filter_map(Result::ok).find(|entry| entry.file_type().is_file());
    session.map(walkdir::DirEntry::into_path).ok_or_else(|| "no session".to_owned())
}

fn program_path() -> PathBuf {
    super::target().join("release/entreparentaise")
}

fn median(times: usize, mut once: impl FnMut() -> Result<Took, String>) -> Result<Took, String> {
    let mut took = (0..times).map(|_| once()).collect::<Result<Vec<_>, _>>()?;
    took.sort_by_key(|took| took.time);
    let memory = took.iter().map(|took| took.memory).max().unwrap_or(0);
    Ok(Took { time: took[times / 2].time, memory })
}

fn remove(folder: &Path) -> Result<(), String> {
    if folder.exists() { fs::remove_dir_all(folder).map_err(|error| error.to_string()) } else { Ok(()) }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64()
}
