//! Reads a root: the only module that reads the disk for a build. It knows bytes and fingerprints, never their meaning.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use rayon::prelude::*;
use walkdir::WalkDir;

use crate::{diagnostic::Diagnostic, model::Place};

/// The folders of a root that are read.
pub const FOLDERS: &[&str] = &["content", "templates", "locales"];

/// The files of a root, by their path from it (names separated by `/`).
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: BTreeMap<Arc<str>, SourceFile>,
}

/// A file's bytes and their fingerprint.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// What it holds.
    pub bytes: Vec<u8>,
    /// BLAKE3 of the bytes.
    pub fingerprint: blake3::Hash,
}

impl Sources {
    /// Sources held in memory: a test's, or a snapshot's.
    pub fn from_files(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        let files = files.into_iter().map(|(path, bytes)| {
            let fingerprint = blake3::hash(&bytes);
            (path.into(), SourceFile { bytes, fingerprint })
        });
        Self { files: files.collect() }
    }

    /// Reads `root`. What cannot be read is told, and the rest is read all the same.
    #[must_use]
    pub fn read(root: &Path) -> (Self, Vec<Diagnostic>) {
        let mut diagnostics = Vec::new();
        let mut paths = Vec::new();
        for folder in FOLDERS {
            list(root, folder, &mut paths, &mut diagnostics);
        }
        let read: Vec<_> = paths.into_par_iter().map(|(name, path)| (name, fs::read(path))).collect();
        let mut files = BTreeMap::new();
        for (name, content) in read {
            match content {
                Ok(bytes) => {
                    let fingerprint = blake3::hash(&bytes);
                    files.insert(name, SourceFile { bytes, fingerprint });
                }
                Err(error) => diagnostics.push(unreadable(&name, &error)),
            }
        }
        (Self { files }, diagnostics)
    }

    /// Every file, in the order of its path.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &SourceFile)> {
        self.files.iter()
    }

    /// The files below a folder (written with its final `/`).
    pub fn under<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = (&'a Arc<str>, &'a SourceFile)> {
        self.files.range(Arc::from(folder)..).take_while(move |(path, _)| path.starts_with(folder))
    }

    /// The file at this path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&SourceFile> {
        self.files.get(path)
    }

    /// The file at this path, when it is UTF-8.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<&str> {
        std::str::from_utf8(&self.get(path)?.bytes).ok()
    }
}

fn list(root: &Path, folder: &str, paths: &mut Vec<(Arc<str>, PathBuf)>, diagnostics: &mut Vec<Diagnostic>) {
    let hidden =
        |name: &str| name.starts_with('.') || name.ends_with('~') || (name.starts_with('#') && name.ends_with('#'));
    let top = root.join(folder);
    if !top.exists() {
        return;
    }
    let walk = WalkDir::new(&top).follow_links(true).sort_by_file_name().into_iter();
    for entry in walk.filter_entry(|entry| entry.depth() == 0 || !hidden(&entry.file_name().to_string_lossy())) {
        match entry {
            Ok(entry) if entry.file_type().is_file() => {
                let name = relative(root, entry.path());
                paths.push((name.into(), entry.into_path()));
            }
            Ok(_) => {}
            Err(error) => {
                let name: Arc<str> = relative(root, error.path().unwrap_or(&top)).into();
                let looped = error.loop_ancestor().is_some();
                let io = error.into_io_error().unwrap_or_else(|| io::ErrorKind::Other.into());
                diagnostics.push(if looped {
                    Diagnostic::error("lien-en-boucle", Place::new(&name, 0..0))
                } else {
                    unreadable(&name, &io)
                });
            }
        }
    }
}

fn relative(root: &Path, path: &Path) -> String {
    let names = path.strip_prefix(root).unwrap_or(path).components();
    names.map(|name| name.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn unreadable(name: &Arc<str>, error: &io::Error) -> Diagnostic {
    let code = match error.kind() {
        io::ErrorKind::PermissionDenied => "fichier-interdit",
        io::ErrorKind::NotFound => "fichier-disparu",
        _ => "fichier-illisible",
    };
    Diagnostic::error(code, Place::new(name, 0..0)).arg("detail", error)
}
