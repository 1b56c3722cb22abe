//! Who uses whom. A module is a file; an arrow leads from the file that names an item to the file
//! that *defines* it, through whatever `pub use` hands it on. So a parent may offer its children's
//! items, and a child its parent's, without a circle; there is one as soon as each needs the other
//! to be understood.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    path::Path,
};

use super::{
    Kind, Problem,
    source::{Source, Written},
};

/// A module: its path in the package (`store::sqlite`; the root's is empty).
type Name = Vec<String>;

/// A file of a package, what it says, and where it stands.
struct Module {
    file: String,
    source: Source,
}

/// The modules of a package, but for those of tests.
pub(super) struct Package {
    /// Its folder: `src`.
    pub folder: String,
    modules: BTreeMap<Name, Module>,
    /// Files that could not be read as Rust.
    pub broken: Vec<Problem>,
}

/// A top-level module that names another.
#[derive(Debug)]
pub(super) struct Arrow<'p> {
    pub from: &'p str,
    pub to: &'p str,
    pub file: &'p str,
    pub line: usize,
}

/// For each file, the files that it uses, and a line where it does.
pub(super) type Edges<'p> = BTreeMap<&'p str, BTreeMap<&'p str, usize>>;

impl Package {
    /// Reads the package whose sources are in `folder` of `root`; `None` when it has no `lib.rs`.
    pub(super) fn read(root: &Path, folder: &str) -> Option<Self> {
        let mut package = Self { folder: folder.to_owned(), modules: BTreeMap::new(), broken: Vec::new() };
        package.add(root, &format!("{folder}/lib.rs"), Vec::new());
        (!package.modules.is_empty()).then_some(package)
    }

    fn add(&mut self, root: &Path, file: &str, name: Name) {
        let Ok(text) = std::fs::read_to_string(root.join(file)) else { return };
        let source = Source::parse(&text).unwrap_or_else(|(line, why)| {
            self.broken.push(Problem::new(Kind::Broken, file, line, why));
            Source::default()
        });
        for child in &source.modules {
            let name: Name = name.iter().chain([child]).cloned().collect();
            let stem = format!("{}/{}", self.folder, name.join("/"));
            let flat = format!("{stem}.rs");
            let file = if root.join(&flat).is_file() { flat } else { format!("{stem}/mod.rs") };
            self.add(root, &file, name);
        }
        self.modules.insert(name, Module { file: file.to_owned(), source });
    }

    /// How many modules there are.
    pub(super) fn len(&self) -> usize {
        self.modules.len()
    }

    /// The names of the top-level modules.
    pub(super) fn top_level(&self) -> Vec<&str> {
        self.modules.keys().filter(|name| name.len() == 1).map(|name| &*name[0]).collect()
    }

    /// Every place where a top-level module names another: the layers are about what is written,
    /// handed on or not.
    pub(super) fn arrows(&self) -> Vec<Arrow<'_>> {
        let mut arrows = Vec::new();
        for (name, module) in self.modules.iter().filter(|(name, _)| !name.is_empty()) {
            let mut seen = BTreeSet::new();
            for written in module.mentions() {
                let Some(path) = module.absolute(name, written) else { continue };
                let Some((to, _)) =
                    path.first().and_then(|first| self.modules.get_key_value(std::slice::from_ref(first)))
                else {
                    continue;
                };
                if to[0] != name[0] && seen.insert((&to[0], written.line)) {
                    arrows.push(Arrow { from: &name[0], to: &to[0], file: &module.file, line: written.line });
                }
            }
        }
        arrows
    }

    /// Who needs whom, by the file where things are defined.
    pub(super) fn edges(&self) -> Edges<'_> {
        let mut edges = Edges::new();
        for (name, module) in &self.modules {
            let used = edges.entry(&*module.file).or_default();
            for written in module.needs() {
                if let Some(path) = module.absolute(name, written)
                    && let Some(file) = self.definition(&path, &mut BTreeSet::new())
                    && file != module.file
                {
                    used.entry(file).or_insert(written.line);
                }
            }
        }
        edges
    }

    /// The file that defines what a path from the root leads to; `None` for a module as such.
    fn definition(&self, path: &[String], seen: &mut BTreeSet<Name>) -> Option<&str> {
        if !seen.insert(path.to_vec()) {
            return None;
        }
        let depth = (0..=path.len()).rev().find(|depth| self.modules.contains_key(&path[..*depth]))?;
        let (here, module) = self.modules.get_key_value(&path[..depth])?;
        let (item, rest) = path[depth..].split_first()?;
        let Some(import) = module.source.imports.get(item) else { return Some(&module.file) };
        let base = module.absolute(here, &import.path)?;
        self.definition(&[&base, rest].concat(), seen)
    }
}

impl Module {
    /// A path from the package's root; `None` for what another crate, the file itself or the
    /// language defines.
    fn absolute(&self, here: &[String], written: &Written) -> Option<Name> {
        let (first, rest) = written.segments.split_first()?;
        let from = |base: &[String], rest: &[String]| Some(base.iter().chain(rest).cloned().collect());
        match first.as_str() {
            "crate" => from(&[], rest),
            "self" => from(here, rest),
            "super" => {
                let ups = rest.iter().take_while(|segment| *segment == "super").count();
                from(&here[..here.len().checked_sub(ups + 1)?], &rest[ups..])
            }
            name if self.source.modules.contains(name) => from(here, &written.segments),
            name => {
                let import = self.source.imports.get(name).filter(|import| import.path != *written)?;
                // `use url::url` would lead to itself for ever.
                if import.path.segments.first() == Some(first) {
                    return None;
                }
                let base = self.absolute(here, &import.path)?;
                from(&base, rest)
            }
        }
    }

    /// Every path that the file writes.
    fn mentions(&self) -> impl Iterator<Item = &Written> {
        self.source.imports.values().map(|import| &import.path).chain(&self.source.paths)
    }

    /// The paths of what the file itself needs: not what it only hands on.
    fn needs(&self) -> impl Iterator<Item = &Written> {
        let imports = self.source.imports.values();
        imports.filter(|import| !import.handed_on).map(|import| &import.path).chain(&self.source.paths)
    }
}

/// The shortest circle through each arrow that is part of one, each circle once, beginning with its
/// first name.
pub(super) fn cycles<'p>(edges: &Edges<'p>) -> Vec<Vec<&'p str>> {
    let mut cycles = BTreeSet::new();
    for (&from, used) in edges {
        for &to in used.keys() {
            if let Some(mut cycle) = way(edges, to, from) {
                let first = cycle.iter().enumerate().min_by_key(|(_, file)| **file).map_or(0, |(at, _)| at);
                cycle.rotate_left(first);
                cycles.insert((cycle.len(), cycle));
            }
        }
    }
    cycles.into_iter().map(|(_, cycle)| cycle).collect()
}

/// The shortest way from a file to another.
fn way<'p>(edges: &Edges<'p>, from: &'p str, to: &'p str) -> Option<Vec<&'p str>> {
    let mut before: BTreeMap<&str, &str> = BTreeMap::new();
    let mut next = VecDeque::from([from]);
    while let Some(file) = next.pop_front() {
        if file == to {
            let mut way = vec![to];
            while way[way.len() - 1] != from {
                way.push(before[way[way.len() - 1]]);
            }
            way.reverse();
            return Some(way);
        }
        for &used in edges.get(file).into_iter().flat_map(BTreeMap::keys) {
            if used != from && !before.contains_key(used) {
                before.insert(used, file);
                next.push_back(used);
            }
        }
    }
    None
}

/// Each circle, at a line that is part of it.
pub(super) fn problems(package: &Package) -> Vec<Problem> {
    let edges = package.edges();
    let problem = |cycle: Vec<&str>| {
        let next = cycle.get(1).copied().unwrap_or(cycle[0]);
        let said = format!("import cycle: {} → {}", cycle.join(" → "), cycle[0]);
        Problem::new(Kind::Cycle, cycle[0], edges[cycle[0]][next], said)
    };
    cycles(&edges).into_iter().map(problem).collect()
}
