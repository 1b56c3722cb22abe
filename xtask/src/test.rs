//! Every test, with every tool: here, a tool that is absent is a failure.

use std::{path::Path, process::Command};

use harness::{repository, tools::VARIABLE};

use crate::{install, run::run};

pub(crate) fn run_tests(arguments: &[&str]) -> Result<(), String> {
    let tools = install::tools()?;
    let mut tests = Command::new("cargo");
    tests.args(["test", "--workspace", "--no-fail-fast"]).args(arguments).env(VARIABLE, tools);
    // A snapshot that differs is a failure, never a new file.
    tests.env("INSTA_UPDATE", "no").env_remove("INSTA_FORCE_PASS");
    if has_room(Path::new(IN_MEMORY)) {
        tests.env("TMPDIR", IN_MEMORY);
    }
    run(tests.current_dir(repository()))
}

/// Where the sites of the tests are written, where there is room: some hundred thousand small files come and go, and ext4 takes longer
/// to find a place for the next one than the builds themselves (ext4 passes over what was just removed).
const IN_MEMORY: &str = "/dev/shm";

/// Bytes that must be free there: some twenty times what was seen to be held at once.
const ROOM: u64 = 8 << 30;

fn has_room(folder: &Path) -> bool {
    rustix::fs::statvfs(folder).is_ok_and(|disk| disk.f_bavail * disk.f_frsize >= ROOM)
}
