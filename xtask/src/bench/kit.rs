//! `cargo xtask bench kit`: what supports add to a build, what a share picture takes on one core,
//! what a printed sheet takes.

use std::{fmt::Write, fs, path::Path, time::Duration};

use harness::repository;

use super::{build, entreparentaise, keep, machine, median, milliseconds, program, remove, verdict};
use crate::corpus::copy;

/// How often each thing is timed; the median is told.
const TIMES: usize = 9;
/// The sessions of the real content that are to come.
const SESSIONS: usize = 5;
/// Of which each has as many supports.
const RECORDS: usize = 20;

const HTML_LIMIT: f64 = 100.0;
const PICTURE_LIMIT: f64 = 30.0;
const PICTURE_WEIGHT: u64 = 150_000;
const PDF_LIMIT: f64 = 300.0;

pub(crate) fn run_all() -> Result<(), String> {
    program("entreparentaise")?;
    let bench = machine::Bench::open()?;
    let folder = bench.path();
    let (bare, sheets, pictures) = (folder.join("nu"), folder.join("feuilles"), folder.join("images"));
    for root in [&bare, &sheets, &pictures] {
        root_without_supports(root)?;
    }
    for number in 0..RECORDS {
        let record = format!(
            "titre = \"Flyer {number}\"\nformat = \"A5\"\nportee = \"seance\"\ngroupe = \"parents-solos\"\n\
             accroche = \"On élève nos enfants en solo. On en parle ensemble.\"\nimprimeur = \"Imprimé par nos soins\"\n"
        );
        put(&sheets.join(format!("content/supports/flyer-{number}.toml")), &record)?;
    }
    let records = repository().join("content/supports");
    for entry in fs::read_dir(&records).map_err(|error| error.to_string())?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("partage-") {
            fs::copy(entry.path(), pictures.join("content/supports").join(name)).map_err(|error| error.to_string())?;
        }
    }
    let out = folder.join("dist");
    let [without, with] = [&bare, &sheets].map(|root| cold(root, &out, &[]));
    let html = milliseconds(with?) - milliseconds(without?);
    let [without, with] = [&bare, &pictures].map(|root| cold(root, &out, &["--jobs", "1"]));
    let weights = weights(&out)?;
    let picture = (milliseconds(with?) - milliseconds(without?)) / weights.len() as f64;
    let heaviest = weights.iter().copied().max().unwrap_or_default();
    let (sheet, count) = printed(&folder)?;
    let mut report = format!(
        "# The communication kit\n\nWritten by `cargo xtask bench kit`: release build, as a process, in {}; medians of {TIMES}.\n\n\
         | | measured | limit | |\n|---|---|---|---|\n",
        bench.describe()
    );
    let mut row = |what: String, measured: String, limit: String, within: bool| {
        let _ = writeln!(report, "| {what} | {measured} | {limit} | {} |", verdict(within));
    };
    row(
        format!("{} sheets of HTML and their printed addresses, over a build without supports", RECORDS * SESSIONS),
        format!("{html:.0} ms"),
        format!("{HTML_LIMIT:.0} ms"),
        html <= HTML_LIMIT,
    );
    row(
        format!("a share picture, on one core (over {} of them, and of the archive that holds them)", weights.len()),
        format!("{picture:.1} ms"),
        format!("{PICTURE_LIMIT:.0} ms"),
        picture <= PICTURE_LIMIT,
    );
    row(
        "the heaviest share picture".to_owned(),
        format!("{} KB", heaviest.div_ceil(1_000)),
        format!("{} KB", PICTURE_WEIGHT / 1_000),
        heaviest <= PICTURE_WEIGHT,
    );
    row(
        format!("a printed document, once the browser runs (over {count} of them)"),
        format!("{sheet:.0} ms"),
        format!("{PDF_LIMIT:.0} ms"),
        sheet <= PDF_LIMIT,
    );
    print!("{report}");
    keep("kit", &report)
}

/// The real content, ready to be printed, and no support.
fn root_without_supports(root: &Path) -> Result<(), String> {
    for folder in ["content", "templates"] {
        copy(&repository().join(folder), &root.join(folder))?;
    }
    let supports = root.join("content/supports");
    remove(&supports)?;
    fs::create_dir_all(&supports).map_err(|error| error.to_string())?;
    // A page leads to the programme.
    let page = root.join("content/pages/professionnels.md");
    let text = fs::read_to_string(&page).map_err(|error| error.to_string())?;
    put(&page, &text.replace("/supports/programme/", "/kit/"))
}

fn cold(root: &Path, out: &Path, options: &[&str]) -> Result<Duration, String> {
    median(TIMES, || {
        remove(out)?;
        machine::time(build(root, out).args(options))
    })
    .map(|took| took.time)
}

fn weights(dist: &Path) -> Result<Vec<u64>, String> {
    let mut weights = Vec::new();
    for entry in walkdir::WalkDir::new(dist.join("supports")) {
        let entry = entry.map_err(|error| error.to_string())?;
        if entry.path().extension().is_some_and(|extension| extension == "png") {
            weights.push(entry.metadata().map_err(|error| error.to_string())?.len());
        }
    }
    Ok(weights)
}

/// What one more document takes, in milliseconds, and over how many that was measured: all of them,
/// less a run of one support.
fn printed(folder: &Path) -> Result<(f64, usize), String> {
    let root = folder.join("imprime");
    for part in ["content", "templates"] {
        copy(&repository().join(part), &root.join(part))?;
    }
    let site = root.join("content/site.toml");
    let text = fs::read_to_string(&site).map_err(|error| error.to_string())?;
    put(&site, &text.replace("http://127.0.0.1:8080", "https://essai.example"))?;
    for entry in walkdir::WalkDir::new(root.join("content/seances")) {
        let entry = entry.map_err(|error| error.to_string())?;
        if entry.file_type().is_file() {
            let text = fs::read_to_string(entry.path()).map_err(|error| error.to_string())?;
            put(entry.path(), &text.replace("exemple = true\n", ""))?;
        }
    }
    let print = |options: &[&str]| -> Result<(Duration, usize), String> {
        remove(&root.join("var"))?;
        let mut command = entreparentaise();
        command.args(["pdf", "--now", harness::NOW, "--root"]).arg(&root).args(options);
        let took = machine::time(&mut command)?.time;
        Ok((took, files(&root.join("var/impressions"))))
    };
    let (all, count) = print(&[])?;
    let (one, few) = print(&["--support", "carte"])?;
    let more = count.saturating_sub(few).max(1);
    Ok(((milliseconds(all) - milliseconds(one)) / more as f64, more))
}

fn files(folder: &Path) -> usize {
    fs::read_dir(folder).map(|entries| entries.flatten().filter(|e| is_document(&e.path())).count()).unwrap_or_default()
}

fn is_document(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension != "json")
}

fn put(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}
