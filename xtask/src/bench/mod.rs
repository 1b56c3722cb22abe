//! What the generator takes, as a process, beside what the machine takes to write the same files:
//! the numbers of one run may be compared with each other, and their ratio with those of another
//! machine.

pub(crate) mod form;
pub(crate) mod kit;
mod machine;
pub(crate) mod mail;
mod server;
pub(crate) mod site;
pub(crate) mod timing;

use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use harness::{NOW, repository, weight};

use self::machine::{Bench, Took, Tree};
use crate::{corpus, run::run};

/// How often each thing is timed; the median is told.
const TIMES: usize = 15;

/// A build to measure.
struct Case {
    name: &'static str,
    root: PathBuf,
    /// What the issue asks for.
    limit: Duration,
}

pub(crate) fn run_all() -> Result<(), String> {
    program("entreparentaise")?;
    let bench = Bench::open()?;
    let folder = bench.path();
    let thousand = folder.join("mille");
    corpus::write(1_000, &thousand)?;
    let real = folder.join("reel");
    real_without_pictures(&real)?;
    let cases = [
        // Share pictures have a limit of their own: `bench kit`.
        Case { name: "real content, without share pictures", root: real, limit: Duration::from_millis(150) },
        Case { name: "1,000 sessions", root: thousand, limit: Duration::from_secs(1) },
    ];
    let mut report = format!(
        "# Measured\n\nWritten by `cargo xtask bench`: release build, as a process, in {}; medians of {TIMES}, milliseconds.\n\
         \"write\" is the machine's own time to write the same files from memory with two threads, in the same run.\n\n\
         | cold build | files | build | write | build ÷ write | limit | |\n|---|---|---|---|---|---|---|\n",
        bench.describe()
    );
    for case in &cases {
        report.push_str(&measure(case, &folder)?);
    }
    report.push_str("\n| page | requests | bytes, everything | HTML + CSS, gzip | |\n|---|---|---|---|---|\n");
    let dist = folder.join("poids");
    machine::time(&mut build(repository(), &dist))?;
    for (name, url) in [("home", "/"), ("sign-up form", "/inscription/")] {
        let weight = weight::of(&dist, url);
        let within = weight.requests <= 10 && weight.bytes < 100_000 && weight.compressed < 14_000;
        let _ = writeln!(
            report,
            "| {name} | {} | {} | {} | {} |",
            weight.requests,
            weight.bytes,
            weight.compressed,
            verdict(within)
        );
    }
    report.push_str("\nLimits: 10 requests, 100,000 bytes, 14,000 bytes.\n");
    print!("{report}");
    keep("cold", &report)
}

/// The real content, without the supports that are pictures.
fn real_without_pictures(root: &Path) -> Result<(), String> {
    for part in ["content", "templates"] {
        corpus::copy(&repository().join(part), &root.join(part))?;
    }
    for entry in fs::read_dir(root.join("content/supports")).map_err(|error| error.to_string())?.flatten() {
        if entry.file_name().to_string_lossy().starts_with("partage-") {
            fs::remove_file(entry.path()).map_err(|error| error.to_string())?;
        }
    }
    Ok(())
}

/// Builds the program that is measured.
fn program(package: &str) -> Result<(), String> {
    let mut build = Command::new("cargo");
    run(build.args(["build", "--release", "--package", package]).current_dir(repository()))
}

/// Where cargo builds.
fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| repository().join("target"), PathBuf::from)
}

/// Keeps the last results of one bench, beside those of the others.
fn keep(part: &str, report: &str) -> Result<(), String> {
    let path = repository().join("benches/RESULTS.md");
    let (open, close) = (format!("<!-- {part} -->\n"), format!("<!-- /{part} -->\n"));
    let kept = fs::read_to_string(&path).unwrap_or_default();
    let fresh = format!("{open}{report}{close}");
    let text = match (kept.find(&open), kept.find(&close)) {
        (Some(from), Some(to)) => format!("{}{fresh}{}", &kept[..from], &kept[to + close.len()..]),
        _ if kept.contains("<!-- ") => format!("{kept}\n{fresh}"),
        _ => fresh,
    };
    fs::create_dir_all(repository().join("benches")).and_then(|()| fs::write(path, text)).map_err(|e| e.to_string())
}

fn measure(case: &Case, folder: &Path) -> Result<String, String> {
    let (built, copied) = (folder.join("construit"), folder.join("copie"));
    let mut writes = Vec::new();
    let mut files = Tree::new();
    let ours = median(TIMES, || {
        remove(&built)?;
        let took = machine::time(&mut build(&case.root, &built))?;
        if files.is_empty() {
            files = machine::load(&built);
        }
        remove(&copied)?;
        writes.push(machine::write(&files, &copied)?);
        Ok(took)
    })?;
    writes.sort_unstable();
    let limit = writes[TIMES / 2];
    Ok(format!(
        "| {} | {} | {:.1} | {:.1} | {:.1} | {:.0} | {} |\n",
        case.name,
        files.iter().filter(|(_, bytes)| bytes.is_some()).count(),
        milliseconds(ours.time),
        milliseconds(limit),
        ratio(ours.time, limit),
        milliseconds(case.limit),
        verdict(ours.time <= case.limit)
    ))
}

fn verdict(within: bool) -> &'static str {
    if within { "within" } else { "**over**" }
}

/// The program that is measured.
fn entreparentaise() -> Command {
    Command::new(target().join("release/entreparentaise"))
}

fn build(root: &Path, output: &Path) -> Command {
    let mut command = entreparentaise();
    command.args(["build", "--now", NOW, "--root"]).arg(root).arg("--output").arg(output);
    command
}

/// The middle time, and the most memory.
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
