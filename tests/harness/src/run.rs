//! What a program did: its status and its words, with the paths of this machine taken out.

use std::{path::Path, process::Output};

/// A finished run of a program.
#[derive(Debug, Clone)]
pub struct Run {
    status: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Run {
    pub(crate) fn new(output: Output, root: &Path) -> Self {
        let normal = |bytes: Vec<u8>| {
            let text = String::from_utf8(bytes).expect("the programs write UTF-8");
            let lines: Vec<_> = text.lines().map(|line| untimed(line.trim_end())).collect();
            lines.join("\n").replace(&*root.to_string_lossy(), "[RACINE]")
        };
        Self { status: output.status.code(), stdout: normal(output.stdout), stderr: normal(output.stderr) }
    }

    /// It must have left with 0.
    #[track_caller]
    pub fn success(self) -> Self {
        self.leaves(0)
    }

    /// It must have left with this status.
    #[track_caller]
    pub fn fails(self, code: i32) -> Self {
        assert_ne!(code, 0, "0 is a success");
        self.leaves(code)
    }

    #[track_caller]
    fn leaves(self, code: i32) -> Self {
        assert_eq!(self.status, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// What it wrote on standard output; the project's folder reads `[RACINE]`.
    #[must_use]
    pub fn stdout(&self) -> &str {
        &self.stdout
    }

    /// What it wrote on standard error; the project's folder reads `[RACINE]`.
    #[must_use]
    pub fn stderr(&self) -> &str {
        &self.stderr
    }

    /// Standard error as JSON lines: the problems of `--format json`.
    #[must_use]
    pub fn problems(&self) -> Vec<serde_json::Value> {
        json_lines(&self.stderr)
    }

    /// Standard output as JSON lines: the results of `--format json`.
    #[must_use]
    pub fn results(&self) -> Vec<serde_json::Value> {
        json_lines(&self.stdout)
    }
}

/// The line without what the work took: `…, en 33 ms.` becomes `…, en [DURÉE].`
fn untimed(line: &str) -> String {
    for word in [", en ", ", in "] {
        if let Some((before, took)) = line.rsplit_once(word)
            && took.starts_with(|c: char| c.is_ascii_digit())
            && (took.ends_with("ms.") || took.ends_with("s."))
        {
            return format!("{before}{word}[DURÉE].");
        }
    }
    line.to_owned()
}

fn json_lines(text: &str) -> Vec<serde_json::Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("not a JSON line ({error}): {line}")))
        .collect()
}
