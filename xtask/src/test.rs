//! The tests, with every tool: here, a tool that is absent is a failure. What the machine does not
//! allow is left out by name.

use std::{fs, path::Path, process::Command};

use harness::{
    repository,
    tools::{LEFT_OUT, VARIABLE},
};

use crate::{install, run::run};

/// The tests beside the code, and the examples in its documentation: arguments of two `cargo test`.
pub(crate) const UNIT: &[&[&str]] = &[&["--lib", "--bins"], &["--doc"]];

/// The tests of the generator as people run it.
pub(crate) const SITE: &[&[&str]] = &[&["--test", "site"]];

/// The tests of the server as people meet it.
pub(crate) const CONTRACT: &[&[&str]] = &[&["--test", "contract"]];

/// `cargo xtask test`: every test, or those that these arguments of `cargo test` choose.
pub(crate) fn run_tests(arguments: &[&str]) -> Result<(), String> {
    run_some(&[arguments])
}

/// Runs `cargo test` with each of these lists of arguments, and says which tests were left out.
pub(crate) fn run_some(choices: &[&[&str]]) -> Result<(), String> {
    let tools = install::tools()?;
    let left_out = repository().join("target/tests-left-out");
    fs::write(&left_out, "").map_err(|error| format!("{}: {error}", left_out.display()))?;
    let run_one = |choice: &&[&str]| {
        let mut tests = Command::new("cargo");
        // Always the whole workspace: one package alone is compiled in other features, everything
        // once more.
        tests.args(["test", "--workspace", "--no-fail-fast"]).args(*choice);
        tests.env(VARIABLE, &tools).env(LEFT_OUT, &left_out);
        // A snapshot that differs is a failure, never a new file.
        tests.env("INSTA_UPDATE", "no").env_remove("INSTA_FORCE_PASS");
        if has_room(Path::new(IN_MEMORY)) {
            tests.env("TMPDIR", IN_MEMORY);
        }
        run(tests.current_dir(repository()))
    };
    let done: Vec<_> = choices.iter().map(run_one).collect();
    let names = fs::read_to_string(&left_out).map_err(|error| format!("{}: {error}", left_out.display()))?;
    if !names.is_empty() {
        eprint!("Tests left out, {}:\n{names}", names.lines().count());
    }
    done.into_iter().collect()
}

/// Where the sites of the tests are written, where there is room: some hundred thousand small files
/// come and go, and ext4 takes longer to find a place for the next one than the builds themselves
/// (ext4 passes over what was just removed).
const IN_MEMORY: &str = "/dev/shm";

/// Bytes that must be free there: some twenty times what was seen to be held at once.
const ROOM: u64 = 8 << 30;

fn has_room(folder: &Path) -> bool {
    rustix::fs::statvfs(folder).is_ok_and(|disk| disk.f_bavail * disk.f_frsize >= ROOM)
}
