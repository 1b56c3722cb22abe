//! Every test, with every tool: here, a tool that is absent is a failure.

use std::process::Command;

use harness::{repository, tools::VARIABLE};

use crate::{install, run::run};

pub(crate) fn run_tests(arguments: &[&str]) -> Result<(), String> {
    let tools = install::tools()?;
    let mut tests = Command::new("cargo");
    tests.args(["test", "--workspace", "--no-fail-fast"]).args(arguments).env(VARIABLE, tools);
    // A snapshot that differs is a failure, never a new file.
    tests.env("INSTA_UPDATE", "no").env_remove("INSTA_FORCE_PASS");
    run(tests.current_dir(repository()))
}
