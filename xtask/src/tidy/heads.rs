//! What every source file owes its readers: a head that says what it is for, and comments that fit
//! beside another window.

use super::{Kind, Problem};

/// The widest that a line of comment may be.
const COLUMNS: usize = 100;

/// What is wrong with one file of Rust.
pub(super) fn problems(file: &str, text: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    if !text.starts_with("//!") {
        problems.push(Problem::new(Kind::Head, file, 1, "the file says nowhere what it is for: `//!`".to_owned()));
    }
    for (at, line) in text.lines().enumerate() {
        let width = line.chars().count();
        // Addresses cannot be broken.
        if width > COLUMNS && line.trim_start().starts_with("//") && !line.contains("://") {
            let said = format!("{width} columns of comment, {COLUMNS} at most");
            problems.push(Problem::new(Kind::Width, file, at + 1, said));
        }
    }
    problems
}
