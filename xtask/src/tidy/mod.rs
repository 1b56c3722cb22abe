//! `cargo xtask tidy`: what a compiler does not look at. Layers, circles, heads of files, the width
//! of comments, the length of documents and their map; every problem at once, each with its file
//! and line.

mod documents;
mod graph;
mod heads;
mod layers;
mod source;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, fmt, fs, path::Path};

use walkdir::WalkDir;

use self::{graph::Package, layers::LAYERS};

/// Which rule a problem breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A file is no Rust.
    Broken,
    /// A lower layer uses a higher one.
    Upwards,
    /// The list of layers and the modules differ.
    Unlisted,
    /// Files need each other.
    Cycle,
    /// The map lacks a module.
    Map,
    /// A file has no head.
    Head,
    /// A comment is too wide.
    Width,
    /// A document is too long.
    Words,
    /// A line of a document holds several sentences.
    Sentences,
}

/// Something to mend.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Problem {
    file: String,
    line: usize,
    kind: Kind,
    said: String,
}

impl Problem {
    fn new(kind: Kind, file: &str, line: usize, said: String) -> Self {
        Self { file: file.to_owned(), line, kind, said }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.said)
    }
}

/// A repository as these rules see it.
struct Tree {
    /// The text of every file of Rust and every Markdown document, by its path.
    files: BTreeMap<String, String>,
    /// The packages that have layers, with them.
    packages: Vec<(Package, &'static [&'static str])>,
}

impl Tree {
    fn read(root: &Path, layers: &[(&str, &'static [&'static str])]) -> Result<Self, String> {
        // What is made, and what is somebody else's. At the root alone: a module may have such a
        // name.
        let made = ["target", "dist", "var", "node_modules"];
        let ours = |entry: &walkdir::DirEntry| {
            let name = entry.file_name().to_string_lossy();
            entry.depth() == 0 || !(name.starts_with('.') || entry.depth() == 1 && made.contains(&&*name))
        };
        let mut files = BTreeMap::new();
        for entry in WalkDir::new(root).into_iter().filter_entry(ours) {
            let entry = entry.map_err(|error| error.to_string())?;
            if entry.path().extension().is_some_and(|kind| kind == "rs" || kind == "md") {
                let path = entry.path().strip_prefix(root).unwrap_or(entry.path());
                let text = fs::read_to_string(entry.path()).map_err(|error| format!("{}: {error}", path.display()))?;
                files.insert(path.to_string_lossy().into_owned(), text);
            }
        }
        let package =
            |(folder, layers): &(&str, &'static [&'static str])| Some((Package::read(root, folder)?, *layers));
        Ok(Self { files, packages: layers.iter().filter_map(package).collect() })
    }

    /// Everything that is wrong, by file and line.
    fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (file, text) in &self.files {
            let is_rust = Path::new(file).extension().is_some_and(|kind| kind == "rs");
            problems.extend(if is_rust { heads::problems(file, text) } else { documents::problems(file, text) });
        }
        for (package, layers) in &self.packages {
            problems.extend(package.broken.iter().cloned());
            problems.extend(layers::problems(package, layers));
            problems.extend(graph::problems(package));
            if let Some(map) = self.files.get(documents::MAP) {
                problems.extend(documents::missing_from_the_map(package, map));
            }
        }
        problems.sort();
        problems
    }
}

/// Looks at the repository; an error counts what is to be mended.
pub(crate) fn check(root: &Path) -> Result<(), String> {
    let problems = Tree::read(root, LAYERS)?.problems();
    for problem in &problems {
        eprintln!("{problem}");
    }
    if problems.is_empty() { Ok(()) } else { Err(format!("{} problems: {}", problems.len(), by_kind(&problems))) }
}

fn by_kind(problems: &[Problem]) -> String {
    let mut counts: BTreeMap<Kind, usize> = BTreeMap::new();
    for problem in problems {
        *counts.entry(problem.kind).or_default() += 1;
    }
    let counts: Vec<_> = counts.iter().map(|(kind, count)| format!("{kind:?} {count}")).collect();
    counts.join(", ")
}

/// The modules as they are, layer by layer, with who uses whom; circles; and a few figures.
pub(crate) fn graph(root: &Path) -> Result<(), String> {
    let tree = Tree::read(root, LAYERS)?;
    let problems = tree.problems();
    for (package, layers) in &tree.packages {
        println!("{}: {} modules, the lowest layer first", package.folder, package.len());
        let level = |name: &str| layers.iter().position(|layer| *layer == name);
        let mut uses: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
        for arrow in package.arrows() {
            *uses.entry(arrow.from).or_default().entry(arrow.to).or_default() += 1;
        }
        let mut names = package.top_level();
        names.sort_by_key(|name| level(name));
        for name in names {
            let targets = uses.get(name).into_iter().flatten();
            let told = |(to, count): (&&str, &usize)| {
                format!("{to} {count}{}", if level(to) > level(name) { " (upwards)" } else { "" })
            };
            println!("  {name} → {}", targets.map(told).collect::<Vec<_>>().join(", "));
        }
        let edges = package.edges();
        let cycles = graph::cycles(&edges);
        println!(
            "  {} arrows between files, {} cycles",
            edges.values().map(BTreeMap::len).sum::<usize>(),
            cycles.len()
        );
        for cycle in cycles {
            println!("    {} → {}", cycle.join(" → "), cycle[0]);
        }
    }
    println!("problems: {}", by_kind(&problems));
    let count = |kind| problems.iter().filter(|problem| problem.kind == kind).count();
    let outside_tests = |path: &&String| {
        let of_a_package = LAYERS.iter().any(|(folder, _)| path.starts_with(folder));
        of_a_package && !path.contains("tests") && Path::new(path).extension().is_some_and(|kind| kind == "rs")
    };
    let lines = tree.files.keys().filter(outside_tests).map(|path| tree.files[path].lines().count()).sum::<usize>();
    let lock = fs::read_to_string(root.join("Cargo.lock")).map_err(|error| format!("Cargo.lock: {error}"))?;
    println!("modules: {}", tree.packages.iter().map(|(package, _)| package.len()).sum::<usize>());
    println!("cycles: {}", count(Kind::Cycle));
    println!("files without a head: {}", count(Kind::Head));
    println!("comment lines over 100 columns: {}", count(Kind::Width));
    println!("lines of Rust outside tests: {lines}");
    println!("crates in the lock: {}", lock.lines().filter(|line| *line == "[[package]]").count());
    Ok(())
}
