//! What the tests need besides crates. As root, Debian's packages are installed; otherwise the missing ones are named. The
//! checkers of npm go into `target/tools`, at the versions of `xtask/tools/package-lock.json`.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
};

use harness::{postgres, repository};

use crate::run::{answers, run};

/// A program, an argument that only prints, and the Debian package that brings it.
const PROGRAMS: &[(&str, &str, &str)] = &[
    ("chromium", "--version", "chromium"),
    ("chromedriver", "--version", "chromium-driver"),
    ("pdfinfo", "-v", "poppler-utils"),
    ("pdftoppm", "-v", "poppler-utils"),
    ("pdftotext", "-v", "poppler-utils"),
    ("java", "-version", "default-jre-headless"),
    ("node", "--version", "nodejs"),
    ("npm", "--version", "npm"),
];

/// Installs what is missing, and returns the folder of the npm tools.
pub(crate) fn tools() -> Result<PathBuf, String> {
    packages()?;
    let (source, folder) = (repository().join("xtask/tools"), repository().join("target/tools"));
    let lock = "package-lock.json";
    let installed = fs::read(folder.join(lock)).ok().filter(|_| folder.join("node_modules/.complet").exists());
    let wanted = fs::read(source.join(lock)).map_err(|error| format!("xtask/tools/{lock}: {error}"))?;
    if installed.as_ref() == Some(&wanted) {
        return Ok(folder);
    }
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    for file in ["package.json", lock] {
        fs::copy(source.join(file), folder.join(file)).map_err(|error| format!("{file}: {error}"))?;
    }
    // Nothing of a package runs on being installed: the checkers are plain files.
    run(Command::new("npm").args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&folder))?;
    fs::write(folder.join("node_modules/.complet"), "").map_err(|error| error.to_string())?;
    Ok(folder)
}

fn packages() -> Result<(), String> {
    let mut missing: Vec<&str> = PROGRAMS
        .iter()
        .filter(|(program, print, _)| !answers(program, print))
        .map(|(_, _, package)| *package)
        .collect();
    // Debian keeps the server's programs out of the path.
    if !postgres::installed() {
        missing.push("postgresql");
    }
    missing.dedup();
    if missing.is_empty() {
        return Ok(());
    }
    if !is_root() {
        return Err(format!("sudo apt-get install --no-install-recommends {}", missing.join(" ")));
    }
    run(Command::new("apt-get").args(["update", "--quiet"]))?;
    let install = ["install", "--quiet", "--yes", "--no-install-recommends"];
    run(Command::new("apt-get").args(install).args(&missing).env("DEBIAN_FRONTEND", "noninteractive"))
}

fn is_root() -> bool {
    let told = Command::new("id").arg("-u").stdin(Stdio::null()).output();
    told.is_ok_and(|told| told.stdout.trim_ascii() == b"0")
}
