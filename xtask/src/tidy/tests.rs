//! Each rule, on a tree of a few files: one wrong file is one problem, and a tree without is none.

use std::{fs, path::Path};

use tempfile::TempDir;

use super::{Kind, Tree};

const LAYERS: &[(&str, &[&str])] = &[("src", &["low", "middle", "high"])];

/// A tree that nothing is wrong with.
const TIDY: &[(&str, &str)] = &[
    ("src/lib.rs", "//! A package.\n\npub mod high;\npub mod low;\npub mod middle;\n"),
    ("src/low.rs", "//! Low.\n\npub struct Item;\npub const A: u8 = 1;\n"),
    ("src/middle/mod.rs", "//! Middle.\n\nmod part;\n\npub use self::part::Part;\n\npub struct Whole;\n"),
    (
        "src/middle/part.rs",
        "//! A part.\n\nuse super::Whole;\nuse crate::low::Item;\n\npub struct Part(Item, Whole);\n",
    ),
    (
        "src/high.rs",
        "//! High.\n\nuse crate::{low, middle::Part};\n\npub fn all(_: Part) -> u8 {\n    low::A\n}\n\n\
         #[cfg(test)]\nmod tests;\n",
    ),
    ("src/high/tests.rs", "//! Tests.\n"),
    ("ARCHITECTURE.md", "# A house\n\nOne sentence, e.g. this.\nThen another.\n\n| `low`, `middle` | `high/` |\n"),
];

/// The problems of the tidy tree with some files changed or added, each as `file:line` and its
/// rule.
fn found(changes: &[(&str, &str)]) -> Vec<(String, Kind)> {
    let folder = TempDir::new().unwrap();
    let write = |(path, text): &(&str, &str)| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    TIDY.iter().chain(changes).for_each(write);
    problems(folder.path())
}

fn problems(root: &Path) -> Vec<(String, Kind)> {
    let problems = Tree::read(root, LAYERS).unwrap().problems();
    problems.into_iter().map(|problem| (format!("{}:{}", problem.file, problem.line), problem.kind)).collect()
}

fn one(place: &str, kind: Kind) -> Vec<(String, Kind)> {
    vec![(place.to_owned(), kind)]
}

#[test]
fn a_tidy_tree_has_no_problem() {
    assert_eq!(found(&[]), []);
}

#[test]
fn a_lower_layer_uses_no_higher_one() {
    let upwards = one("src/low.rs:4", Kind::Upwards);
    let low = |line: &str| format!("//! Low.\n\npub struct Item;\n{line}\npub const A: u8 = 1;\n");
    for line in [
        "use crate::middle::Whole;",
        "pub use super::middle::Whole;",
        "type Far = crate::middle::Whole;",
        "fn far() { println!(\"{}\", crate::middle::FAR) }",
    ] {
        assert_eq!(found(&[("src/low.rs", &low(line))]), upwards, "{line}");
    }
    for line in ["#[cfg(test)]\nuse crate::middle::Whole;", "#[cfg(test)]\nmod tests { use crate::middle::Whole; }"] {
        assert_eq!(found(&[("src/low.rs", &low(line))]), [], "{line}");
    }
    let of_tests = [
        ("src/low.rs", &*low("#[cfg(test)]\nmod tests;")),
        ("src/low/tests.rs", "//! Tests.\n\nuse crate::high::all;\n"),
    ];
    assert_eq!(found(&of_tests), []);
}

#[test]
fn layers_and_modules_are_the_same() {
    let more = "//! A package.\n\npub mod high;\npub mod low;\npub mod middle;\npub mod new;\n";
    let map = "| `low`, `middle` | `high/` | `new` |\n";
    let changes = [("src/lib.rs", more), ("src/new.rs", "//! New.\n"), ("ARCHITECTURE.md", map)];
    assert_eq!(found(&changes), one("src/lib.rs:1", Kind::Unlisted));
    let fewer = "//! A package.\n\npub mod low;\npub mod middle;\n";
    assert_eq!(found(&[("src/lib.rs", fewer)]), one("src/lib.rs:1", Kind::Unlisted));
}

#[test]
fn files_that_need_each_other_are_a_cycle() {
    let cycle = one("src/middle/mod.rs:7", Kind::Cycle);
    let middle =
        |line: &str| format!("//! Middle.\n\nmod part;\n\npub use self::part::Part;\n\n{line}\npub struct Whole;\n");
    for line in ["pub fn part(_: Part) {}", "fn of() { part::of() }", "fn of() { format!(\"{}\", part::of()) }"] {
        assert_eq!(found(&[("src/middle/mod.rs", &middle(line))]), cycle, "{line}");
    }
    // Of three, and through what a module hands on.
    let changes = [
        ("src/middle/mod.rs", "//! Middle.\n\nmod a;\nmod b;\nmod c;\n\npub use self::a::A;\n"),
        ("src/middle/a.rs", "//! A.\n\npub struct A(super::b::B);\n"),
        ("src/middle/b.rs", "//! B.\n\nuse super::c;\n\npub struct B(c::C);\n"),
        ("src/middle/c.rs", "//! C.\n\npub struct C(crate::middle::A);\n"),
        ("src/high.rs", "//! High.\n"),
    ];
    assert_eq!(found(&changes), one("src/middle/a.rs:3", Kind::Cycle));
}

#[test]
fn the_map_names_every_module() {
    assert_eq!(found(&[("ARCHITECTURE.md", "| `low`, `middle` |\n`high`\n")]), one("ARCHITECTURE.md:1", Kind::Map));
    assert_eq!(found(&[("ARCHITECTURE.md", "src/low/  src/middle/  src/high.rs\n")]), []);
    assert_eq!(
        found(&[("ARCHITECTURE.md", "src/low/  src/middle/  src/higher\n")]),
        one("ARCHITECTURE.md:1", Kind::Map)
    );
}

#[test]
fn every_file_has_a_head() {
    assert_eq!(found(&[("tests/site/main.rs", "mod a;\n")]), one("tests/site/main.rs:1", Kind::Head));
    assert_eq!(found(&[("tests/dist/a.rs", "mod a;\n")]), one("tests/dist/a.rs:1", Kind::Head));
    assert_eq!(found(&[("dist/a.rs", "mod a;\n")]), [], "what was made is not ours to write");
    assert_eq!(found(&[("build.rs", "// Not of the file.\nfn main() {}\n")]), one("build.rs:1", Kind::Head));
}

#[test]
fn comments_are_not_wide() {
    let file = |line: &str| format!("//! Tests.\n{line}\n");
    for mark in ["//", "    ///", "//!"] {
        let line = format!("{mark} {}", "é".repeat(100));
        assert_eq!(found(&[("tests/a.rs", &file(&line))]), one("tests/a.rs:2", Kind::Width), "{mark}");
    }
    for line in [format!("// {}", "é".repeat(97)), format!("// https://{}", "e".repeat(100)), "x".repeat(120)] {
        assert_eq!(found(&[("tests/a.rs", &file(&line))]), [], "{line}");
    }
}

#[test]
fn documents_are_short() {
    for (file, words) in [("CONTRIBUTING.md", 1_200), ("README.md", 700), ("docs/dev/testing.md", 900)] {
        assert_eq!(found(&[(file, &"word ".repeat(words))]), []);
        assert_eq!(found(&[(file, &"word ".repeat(words + 1))]), one(&format!("{file}:1"), Kind::Words));
    }
    assert_eq!(found(&[("docs/contenu.md", &"word ".repeat(5_000))]), []);
}

#[test]
fn a_line_holds_one_sentence() {
    for line in ["One. Two.", "Is it? Yes.", "One `a`. `b` is two.", "(One.) *Two.*"] {
        assert_eq!(found(&[("docs/dev/a.md", line)]), one("docs/dev/a.md:1", Kind::Sentences), "{line}");
        assert_eq!(found(&[("README.md", line)]), [], "{line}");
    }
    for line in
        ["One, e.g. `two`.", "`a. B`", "| One. Two. |", "- One. Two.", "1. One. Two.", "```\nOne. Two.\n```", "0.5 A"]
    {
        assert_eq!(found(&[("docs/dev/a.md", line)]), [], "{line}");
    }
}

#[test]
fn what_is_no_rust_is_told() {
    assert_eq!(found(&[("src/low.rs", "//! Low.\n\nfn (\n")]), one("src/low.rs:3", Kind::Broken));
}
