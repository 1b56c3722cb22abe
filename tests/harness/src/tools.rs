//! The tools that are no crates: a browser, a PDF printer's tools, the checkers of npm. `cargo
//! xtask test` installs them and says so with [`VARIABLE`]; a plain `cargo test` uses none and says
//! what it left out.

use std::{
    fs::File,
    io::Write,
    path::PathBuf,
    process::{Command, Stdio},
};

/// The environment variable that holds the folder of the npm tools. Set: a tool that is absent is a
/// failure.
pub const VARIABLE: &str = "ENTREPARENTAISE_TOOLS";

/// The environment variable that holds the file where tests that are left out write their names, a
/// line each: `cargo xtask test` says them at its end.
pub const LEFT_OUT: &str = "ENTREPARENTAISE_TESTS_LEFT_OUT";

/// Says that a test was left out, and why.
pub(crate) fn leave_out(test: &str, why: &str) {
    // Written past the test runner's capture: what was not tested must show.
    let _ = writeln!(std::io::stderr(), "left out: {test} ({why})");
    if let Some(file) = std::env::var_os(LEFT_OUT) {
        let file = File::options().create(true).append(true).open(file);
        // One write a line: tests run side by side, in several processes.
        let written = file.and_then(|mut file| file.write_all(format!("{test} ({why})\n").as_bytes()));
        written.expect("the list of tests that were left out");
    }
}

/// The tools, when this run has them.
#[derive(Debug, Clone)]
pub struct Tools {
    folder: PathBuf,
}

impl Tools {
    /// The tools, or `None` after saying on standard error that `test` was left out.
    #[must_use]
    pub fn for_test(test: &str) -> Option<Self> {
        let Some(folder) = std::env::var_os(VARIABLE) else {
            leave_out(test, "tools are missing: cargo xtask test");
            return None;
        };
        Some(Self { folder: folder.into() })
    }

    /// A file of the npm tools.
    #[track_caller]
    #[must_use]
    pub fn file(&self, path: &str) -> PathBuf {
        let path = self.folder.join("node_modules").join(path);
        assert!(path.is_file(), "{} must be installed: cargo xtask test", path.display());
        path
    }

    /// Runs a program to its end; returns its status, standard output and standard error.
    #[track_caller]
    pub fn run<'a>(&self, program: &str, arguments: impl IntoIterator<Item = &'a std::ffi::OsStr>) -> Done {
        let output = Command::new(program).args(arguments).stdin(Stdio::null()).output();
        let output = output.unwrap_or_else(|error| panic!("{program} must be installed ({error}): cargo xtask test"));
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Done { success: output.status.success(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

/// What a tool did.
#[derive(Debug, Clone)]
pub struct Done {
    /// Whether it left with 0.
    pub success: bool,
    /// What it wrote on standard output.
    pub stdout: String,
    /// What it wrote on standard error.
    pub stderr: String,
}
