//! `cargo xtask bench site`: the generator on thousands of sessions, beside what the machine allows
//! for the same files in the same run. `--peer COMMAND --peer-site DIR` times another generator
//! too: `{out}` in the command is where it writes; it runs in its own site.

use std::{
    fmt::Write,
    fs,
    io::{BufRead, BufReader, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use harness::NOW;

use super::{
    build, entreparentaise,
    machine::{self, Bench, Took},
    median, milliseconds, program, ratio, remove,
    server::Server,
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
    program("entreparentaise")?;
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
        "\nFrom 10,000 to 50,000 sessions: {:.1} times the time of a full build (the machine's own time to write its files: {:.1} times), {:.1} times its memory, {:.1} times an unchanged build.",
        ratio(fifty.full.time, ten.full.time),
        ratio(fifty.write, ten.write),
        fifty.full.memory as f64 / ten.full.memory as f64,
        ratio(fifty.unchanged, ten.unchanged),
    );
    if let Some(peer) = peer {
        let root = folder.join("racine-10000");
        report.push_str("\n| 10,000 sessions of the same length, one after the other | ours | the peer | times our time | times our memory |\n|---|---|---|---|---|\n");
        for (place, folder) in
            [(bench.describe(), folder.clone()), ("a folder in memory, without a journal", bench.bare())]
        {
            report.push_str(&beside(peer, &root, &folder, place)?);
        }
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
    write: Duration,
}

fn measure(size: usize, root: &Path, folder: &Path) -> Result<(String, Measured), String> {
    let (out, copy) = (folder.join("construit"), folder.join("copie"));
    let build = || machine::time(&mut build(root, &out));
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
    Ok((line, Measured { full, unchanged, write }))
}

/// The peer and ours in turn, in one folder.
fn beside(peer: &Peer, root: &Path, folder: &Path, place: &str) -> Result<String, String> {
    let (out, theirs) = (folder.join("notre"), folder.join("pair"));
    let mut took = Vec::new();
    let ours = median(TIMES, || {
        remove(&theirs)?;
        let words: Vec<String> =
            peer.command.split_whitespace().map(|word| word.replace("{out}", &theirs.to_string_lossy())).collect();
        took.push(machine::time(Command::new(&words[0]).args(&words[1..]).current_dir(&peer.site))?);
        remove(&out)?;
        machine::time(&mut build(root, &out))
    })?;
    let mut took = took.into_iter();
    let theirs = median(TIMES, || took.next().ok_or_else(|| "the peer was not timed".to_owned()))?;
    Ok(format!(
        "| {place} | {:.0} | {:.0} | {:.1} | {:.1} |\n",
        milliseconds(ours.time),
        milliseconds(theirs.time),
        ratio(theirs.time, ours.time),
        theirs.memory as f64 / ours.memory as f64,
    ))
}

/// How long a browser waits after a file was saved: the middle one, and the slowest.
fn saves(root: &Path) -> Result<(Duration, Duration), String> {
    let told = |error: std::io::Error| error.to_string();
    let mut command = entreparentaise();
    command.args(["serve", "--listen", "127.0.0.1:0", "--now", NOW, "--root"]).arg(root);
    let (_server, address, lines) = Server::telling(&mut command)?;
    let mut lines = lines.map_while(Result::ok);
    let mut stream = TcpStream::connect(address).map_err(told)?;
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

fn first_session(root: &Path) -> Result<PathBuf, String> {
    let sessions = walkdir::WalkDir::new(root.join("content/seances")).sort_by_file_name().into_iter();
    let session = sessions.filter_map(Result::ok).find(|entry| entry.file_type().is_file());
    session.map(walkdir::DirEntry::into_path).ok_or_else(|| "no session".to_owned())
}
