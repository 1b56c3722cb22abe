//! What the documents promise to be: short, with one sentence a line, and with a map that names
//! every module.

use super::{Kind, Problem, graph::Package};

/// How many words a document may have, by the beginning of its path: who wants to add some takes
/// others out.
const WORDS: &[(&str, usize)] =
    &[("ARCHITECTURE.md", 1_500), ("CONTRIBUTING.md", 1_200), ("README.md", 700), ("docs/dev/", 900)];

/// Where a line holds one sentence, by the beginning of the path: a change of one is a change of
/// one line.
const ONE_SENTENCE_A_LINE: &[&str] = &["ARCHITECTURE.md", "CONTRIBUTING.md", "docs/dev/"];

/// The document with the map.
pub(super) const MAP: &str = "ARCHITECTURE.md";

/// What is wrong with one document.
pub(super) fn problems(file: &str, text: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    if let Some((_, most)) = WORDS.iter().find(|(path, _)| file.starts_with(path)) {
        let words = text.split_whitespace().count();
        if words > *most {
            problems.push(Problem::new(Kind::Words, file, 1, format!("{words} words, {most} at most")));
        }
    }
    if ONE_SENTENCE_A_LINE.iter().any(|path| file.starts_with(path)) {
        let mut code = false;
        for (at, line) in text.lines().enumerate() {
            code ^= line.trim_start().starts_with("```");
            if !code && holds_more_than_a_sentence(line) {
                let said = "more than one sentence in a line".to_owned();
                problems.push(Problem::new(Kind::Sentences, file, at + 1, said));
            }
        }
    }
    problems
}

/// Whether a sentence ends before the line does. Tables and lists have lines of their own.
fn holds_more_than_a_sentence(line: &str) -> bool {
    let line = line.trim_start();
    if line.starts_with('|') || line.starts_with("- ") || line.starts_with("* ") || starts_with_a_number(line) {
        return false;
    }
    // What stands between backticks is no prose, but may begin a sentence.
    let prose = line.split('`').step_by(2).collect::<Vec<_>>().join("X").replace("e.g.", "").replace("i.e.", "");
    prose.char_indices().any(|(at, sign)| {
        let rest = prose[at + sign.len_utf8()..].trim_start_matches([')', '"', '*', '_', '”', '’']);
        let next = rest.strip_prefix(' ').and_then(|rest| rest.trim_start_matches(['*', '_', '(', '"']).chars().next());
        matches!(sign, '.' | '!' | '?') && next.is_some_and(char::is_uppercase)
    })
}

/// `1. ` begins an item of a list.
fn starts_with_a_number(line: &str) -> bool {
    line.split_once(". ").is_some_and(|(number, _)| number.chars().all(|sign| sign.is_ascii_digit()))
}

/// The top-level modules of a package that the map does not name: in a row of a table or an item of
/// a list, between backticks, or by the path.
pub(super) fn missing_from_the_map(package: &Package, map: &str) -> Vec<Problem> {
    let path = |name: &str| format!("{}/{name}", package.folder);
    let named = |line: &str, name: &str| {
        let line = line.trim_start();
        let row = line.starts_with('|') || line.starts_with("- ");
        let ends = |rest: &str| !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_');
        row && [format!("`{name}`"), format!("`{name}/`")].iter().any(|word| line.contains(word))
            || line.split(&path(name)).skip(1).any(ends)
    };
    let missing = |name: &&str| !map.lines().any(|line| named(line, name));
    let problem = |name| Problem::new(Kind::Map, MAP, 1, format!("the map does not name {}", path(name)));
    package.top_level().into_iter().filter(missing).map(problem).collect()
}
