//! What the generator takes, as a process, beside what the machine takes to write the same files: the numbers of one run may be
//! compared with each other, and their ratio with those of another machine.

mod machine;
pub(crate) mod site;

use std::{
    collections::BTreeMap,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use harness::{NOW, repository, weight};
use tempfile::TempDir;
use walkdir::WalkDir;

use crate::{corpus, run::run};

/// How often each thing is timed; the median is told.
const TIMES: usize = 15;

/// In memory where the machine has such a folder: what a disk shared with others takes says nothing of the generator.
const IN_MEMORY: &str = "/dev/shm";

/// A build to measure.
struct Case {
    name: &'static str,
    root: PathBuf,
    /// What the issue asks for.
    limit: Duration,
}

pub(crate) fn run_all() -> Result<(), String> {
    program()?;
    let (folder, place) = folder()?;
    let thousand = folder.path().join("mille");
    corpus::write(1_000, &thousand)?;
    let cases = [
        Case { name: "real content", root: repository().to_owned(), limit: Duration::from_millis(150) },
        Case { name: "1,000 sessions", root: thousand, limit: Duration::from_secs(1) },
    ];
    let mut report = format!(
        "# Measured\n\nWritten by `cargo xtask bench`: release build, as a process, into an empty folder {place}; medians of {TIMES},\n\
         milliseconds.\n\
         \"write\" is the machine's own time to write the same files from memory on one thread, in the same run.\n\n\
         | cold build | files | build | write | build ÷ write | limit | |\n|---|---|---|---|---|---|---|\n",
    );
    for case in &cases {
        report.push_str(&measure(case, &folder)?);
    }
    report.push_str("\n| page | requests | bytes, everything | HTML + CSS, gzip | |\n|---|---|---|---|---|\n");
    let dist = folder.path().join("poids");
    entreparentaise(repository(), &dist)?;
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

/// Builds the program that is measured.
fn program() -> Result<(), String> {
    let mut build = Command::new("cargo");
    run(build.args(["build", "--release", "--package", "entreparentaise"]).current_dir(repository()))
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

/// A folder to measure in, and what it is.
fn folder() -> Result<(TempDir, &'static str), String> {
    if let Ok(folder) = TempDir::new_in(IN_MEMORY) {
        return Ok((folder, "in memory"));
    }
    tempfile::tempdir().map(|folder| (folder, "on disk")).map_err(|error| error.to_string())
}

fn measure(case: &Case, folder: &TempDir) -> Result<String, String> {
    let (built, copied) = (folder.path().join("construit"), folder.path().join("copie"));
    let mut builds = Vec::new();
    let mut writes = Vec::new();
    let mut files = BTreeMap::new();
    for _ in 0..TIMES {
        clear(&built)?;
        let start = now();
        entreparentaise(&case.root, &built)?;
        builds.push(start.elapsed());
        if files.is_empty() {
            files = tree(&built);
        }
        clear(&copied)?;
        let start = now();
        write(&copied, &files)?;
        writes.push(start.elapsed());
    }
    let (ours, limit) = (median(&mut builds), median(&mut writes));
    let milliseconds = |time: Duration| time.as_secs_f64() * 1_000.0;
    Ok(format!(
        "| {} | {} | {:.1} | {:.1} | {:.1} | {:.0} | {} |\n",
        case.name,
        files.len(),
        milliseconds(ours),
        milliseconds(limit),
        ours.as_secs_f64() / limit.as_secs_f64(),
        milliseconds(case.limit),
        verdict(ours <= case.limit)
    ))
}

fn verdict(within: bool) -> &'static str {
    if within { "within" } else { "**over**" }
}

fn entreparentaise(root: &Path, output: &Path) -> Result<(), String> {
    let mut command = Command::new(target().join("release/entreparentaise"));
    command.arg("build").arg("--root").arg(root).arg("--output").arg(output).args(["--now", NOW]);
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{}: {status}", root.display())),
        Err(error) => Err(format!("entreparentaise: {error}")),
    }
}

fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = WalkDir::new(folder).into_iter().filter_map(Result::ok);
    let files = entries.filter(|entry| entry.file_type().is_file());
    files
        .filter_map(|entry| {
            let path = entry.path().strip_prefix(folder).ok()?.to_owned();
            Some((path, fs::read(entry.path()).ok()?))
        })
        .collect()
}

fn write(folder: &Path, files: &BTreeMap<PathBuf, Vec<u8>>) -> Result<(), String> {
    for (path, bytes) in files {
        let path = folder.join(path);
        let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, bytes));
        written.map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

fn clear(folder: &Path) -> Result<(), String> {
    if folder.exists() { fs::remove_dir_all(folder).map_err(|error| error.to_string()) } else { Ok(()) }
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

#[allow(clippy::disallowed_methods, reason = "the tool box measures time")]
fn now() -> Instant {
    Instant::now()
}
