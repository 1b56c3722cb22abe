//! Every message that the code names has words.

use std::{collections::BTreeSet, fs};

use entreparentaise::diagnostics::text::Texts;
use harness::repository;
use walkdir::WalkDir;

/// The calls whose text argument is the id of a message: what stands before the id, and which
/// literal of the call it is.
const CALLS: &[(&str, Which)] = &[
    ("Diagnostic::error(", Which::All),
    ("Diagnostic::warning(", Which::All),
    (".help(\"", Which::First),
    (".problem(", Which::Last),
    (" problem(\"", Which::First),
    ("(problem(\"", Which::First),
    ("located(", Which::All),
    ("explain(&error, ", Which::All),
];

#[derive(Clone, Copy)]
enum Which {
    First,
    Last,
    All,
}

#[test]
fn every_problem_has_words_in_french() {
    let texts = Texts::embedded();
    let ids = named_in_code();
    assert!(ids.len() > 60, "the search finds what it used to: {ids:?}");
    let mute: Vec<_> = ids.iter().filter(|id| texts.get("fr", id, &[]) == **id).collect();
    assert!(mute.is_empty(), "no words in locales/fr for {mute:?}");
}

#[test]
fn every_problem_of_the_locale_is_told_by_the_code() {
    let source = fs::read_to_string(repository().join("locales/fr/diagnostics.ftl")).expect("the French messages");
    let code: String = sources().into_iter().collect();
    let ids = source.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()));
    let ids = ids.filter_map(|line| line.split_once(" =").map(|(id, _)| id));
    let unused: Vec<_> = ids
        .map(|id| id.strip_suffix("-aide").unwrap_or(id))
        .filter(|id| !code.contains(&format!("\"{id}\"")))
        .collect();
    assert!(unused.is_empty(), "nothing says {unused:?}");
}

#[test]
fn no_message_takes_the_place_of_another() {
    for lang in ["fr", "en"] {
        let mut ids = BTreeSet::new();
        let files = WalkDir::new(repository().join("locales").join(lang)).into_iter().flatten();
        for file in files.filter(|file| file.file_type().is_file()) {
            let text = fs::read_to_string(file.path()).expect("messages");
            let lines = text.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_alphabetic()));
            for id in lines.filter_map(|line| line.split_once(" =")).map(|(id, _)| id.to_owned()) {
                assert!(
                    ids.insert(id.clone()),
                    "{id} stands twice in locales/{lang}, at last in {}",
                    file.path().display()
                );
            }
        }
    }
}

fn named_in_code() -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for source in sources() {
        let source = source.split("#[cfg(test)]").next().unwrap_or_default();
        for (call, which) in CALLS {
            for (at, _) in source.match_indices(call) {
                let start = at + call.len() - usize::from(call.ends_with('"'));
                let literals = literals(&source[start..]);
                match which {
                    Which::First => ids.extend(literals.into_iter().take(1)),
                    Which::Last => ids.extend(literals.into_iter().next_back()),
                    Which::All => {
                        ids.extend(literals.into_iter().filter(|text| text.contains('-') && !text.contains('/')));
                    }
                }
            }
        }
    }
    // A closure's own name is no id.
    ids.retain(|id| id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') && !id.is_empty());
    ids
}

/// The text literals of a call's arguments: up to its closing parenthesis.
fn literals(arguments: &str) -> Vec<String> {
    let mut found = Vec::new();
    let (mut depth, mut inside) = (1, None::<usize>);
    for (at, c) in arguments.char_indices() {
        match (c, inside) {
            ('"', None) => inside = Some(at + 1),
            ('"', Some(start)) => {
                found.push(arguments[start..at].to_owned());
                inside = None;
            }
            ('(', None) => depth += 1,
            (')', None) => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    found
}

fn sources() -> Vec<String> {
    let rust = |entry: &walkdir::DirEntry| entry.path().extension().is_some_and(|extension| extension == "rs");
    let entries = WalkDir::new(repository().join("src")).sort_by_file_name().into_iter().filter_map(Result::ok);
    entries.filter(rust).map(|entry| fs::read_to_string(entry.path()).expect("a source file")).collect()
}
