//! `cargo xtask ci`: what must hold before anything lands, step by step; each can be asked for by
//! its name.

use std::{process::Command, time::Duration};

use harness::repository;

use crate::{
    install,
    run::{now, run},
    test::{self, CONTRACT, SITE, UNIT},
    tidy,
};

/// A step: its name, and what it does.
type Step = (&'static str, fn() -> Result<(), String>);

const STEPS: &[Step] = &[
    ("fmt", || run(Command::new("cargo").args(["fmt", "--all", "--check"]).current_dir(repository()))),
    ("clippy", clippy),
    ("doc", doc),
    ("tidy", || tidy::check(repository())),
    ("deny", deny),
    ("unit", || test::run_some(UNIT)),
    ("site", || test::run_some(SITE)),
    ("contract", || test::run_some(CONTRACT)),
];

/// Runs the steps of these names in their order, or every step; stops at the first that fails, and
/// says how long each took.
pub(crate) fn run_steps(names: &[&str]) -> Result<(), String> {
    if let Some(name) = names.iter().find(|name| !STEPS.iter().any(|(step, _)| step == *name)) {
        let known: Vec<_> = STEPS.iter().map(|(step, _)| *step).collect();
        return Err(format!("{name} is no step: {}", known.join(" ")));
    }
    let chosen = |step: &str| names.is_empty() || names.contains(&step);
    let mut took: Vec<(&str, Duration)> = Vec::new();
    let mut done = Ok(());
    for (name, step) in STEPS.iter().filter(|(name, _)| chosen(name)) {
        let start = now();
        let result = step();
        took.push((name, start.elapsed()));
        if let Err(message) = result {
            done = Err(format!("{name}: {message}"));
            break;
        }
    }
    for (name, duration) in took {
        eprintln!("{name:>10} {:>6} s", duration.as_secs());
    }
    done
}

fn clippy() -> Result<(), String> {
    let arguments = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];
    run(Command::new("cargo").args(arguments).current_dir(repository()))
}

/// A link of the documentation that leads nowhere is an error. Those to private items are for who
/// reads the source.
fn doc() -> Result<(), String> {
    let mut doc = Command::new("cargo");
    doc.args(["doc", "--workspace", "--no-deps"]).current_dir(repository());
    run(doc.env("RUSTDOCFLAGS", "-D warnings -A rustdoc::private-intra-doc-links"))
}

/// Licences, sources and duplicates of what we depend on (`deny.toml`).
fn deny() -> Result<(), String> {
    let program = install::cargo_deny()?;
    let arguments = ["--workspace", "--all-features", "check", "bans", "licenses", "sources"];
    run(Command::new(program).args(arguments).current_dir(repository()))
}
