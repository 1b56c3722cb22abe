//! The project's tool box: `cargo xtask ci`, `test`, `tidy`, `bench` and `corpus`.

mod bench;
mod ci;
mod corpus;
mod install;
mod run;
mod test;
mod tidy;

use std::{path::PathBuf, process::ExitCode};

use harness::repository;

const USAGE: &str = "cargo xtask test [ARGS…]     installs the tools that the tests need, then runs every test
cargo xtask ci [STEPS…]      what must hold before anything lands: fmt clippy doc tidy deny unit site contract
cargo xtask tidy [--graph]   layers, cycles, heads, comments, documents; with --graph, the modules and figures
cargo xtask bench            measures, prints and writes benches/RESULTS.md
cargo xtask bench site [--peer COMMAND --peer-site DIR]
                             the same on thousands of sessions, and beside another generator
cargo xtask bench form --load PROGRAM --yardstick PROGRAM [--slow-sync LIBRARY]
                             durable sign-ups a second, beside the smallest server and a bare PostgreSQL
cargo xtask bench timing [--program PROGRAM]
                             whether an answer's time tells who is enrolled; with a handler that is built, only printed
cargo xtask bench mail --load PROGRAM
                             letters a second through a mail server that takes everything, and what they cost sign-ups
cargo xtask bench kit        what supports, share pictures and printed sheets take
cargo xtask corpus N DIR     writes a root of N sessions into DIR, the same each time";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["test", ref more @ ..] => test::run_tests(more),
        ["ci", ref steps @ ..] => ci::run_steps(steps),
        ["tidy"] => tidy::check(repository()),
        ["tidy", "--graph"] => tidy::graph(repository()),
        ["bench"] => bench::run_all(),
        ["bench", "site"] => bench::site::run_all(None),
        ["bench", "site", "--peer", command, "--peer-site", site] => {
            bench::site::run_all(Some(&bench::site::Peer { command: command.to_owned(), site: PathBuf::from(site) }))
        }
        ["bench", "form", "--load", load, "--yardstick", yardstick, ref more @ ..] => {
            let slow_sync = if let ["--slow-sync", library] = more { Some(PathBuf::from(library)) } else { None };
            bench::form::run_all(&bench::form::Tools { load: load.into(), yardstick: yardstick.into(), slow_sync })
        }
        ["bench", "timing"] => bench::timing::run_all(None),
        ["bench", "timing", "--program", program] => bench::timing::run_all(Some(program.as_ref())),
        ["bench", "mail", "--load", load] => bench::mail::run_all(load.as_ref()),
        ["bench", "kit"] => bench::kit::run_all(),
        ["corpus", count, folder] => match count.parse() {
            Ok(count) => corpus::write(count, &PathBuf::from(folder)),
            Err(_) => Err(format!("{count} is no number of sessions")),
        },
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
