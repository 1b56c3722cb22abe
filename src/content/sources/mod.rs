//! Reads a root: the only module that reads the disk for a build. It knows bytes and fingerprints,
//! never their meaning.
//!
//! A file that an earlier build fingerprinted and whose [`Stamp`] did not change is not read: its
//! bytes are fetched if somebody asks for them, and must then have that fingerprint. When they have
//! not, the file changed meanwhile: [`Sources::disturbed`].

mod census;
mod stamp;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use rayon::prelude::*;

use self::census::unreadable;
pub use self::{
    census::{FOLDERS, PRINTS},
    stamp::{Stamp, tick},
};
use crate::{diagnostics::diagnostic::Diagnostic, fingerprint::Fingerprint, model::Place};

/// The longest text that anybody means to write, in bytes. More is a mistake, and is not read.
pub const LONGEST_TEXT: u64 = 2 * 1024 * 1024;

/// How often a file that changes while it is read is read again.
const ATTEMPTS: usize = 5;

/// The files of a root, by their path from it (names separated by `/`).
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Arc<BTreeMap<Arc<str>, SourceFile>>,
    disturbed: Arc<AtomicBool>,
}

/// A file's bytes and their fingerprint.
#[derive(Debug, Clone)]
pub struct SourceFile {
    fingerprint: Fingerprint,
    stamp: Stamp,
    bytes: OnceLock<Arc<[u8]>>,
    /// Where to fetch the bytes.
    disk: Option<PathBuf>,
    disturbed: Arc<AtomicBool>,
}

impl SourceFile {
    /// Of the bytes.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// What the disk said of it; [`Stamp::NONE`] when that may not be believed later.
    #[must_use]
    pub fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// What it holds.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get_or_init(|| {
            let bytes = self.disk.as_deref().map(fs::read).and_then(Result::ok).unwrap_or_default();
            if Fingerprint::of(&bytes) != self.fingerprint {
                self.disturbed.store(true, Ordering::Relaxed);
            }
            bytes.into()
        })
    }
}

/// Of what the disk says of every file of `root`, without reading any. What is written twice within
/// a tick of the disk's clock may look the same.
#[must_use]
pub fn survey(root: &Path) -> Fingerprint {
    let (mut entries, problems) = census::take(root);
    entries.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    let files = entries.iter().flat_map(|file| {
        let stamp = fs::metadata(&file.disk).map_or(Stamp::NONE, |found| Stamp::of(&found));
        [Fingerprint::of(file.name.as_bytes()), Fingerprint::of_value(&stamp)]
    });
    let problems = problems.iter().map(|problem| Fingerprint::of(problem.at.file.as_bytes()));
    Fingerprint::all(files.chain(problems))
}

impl Sources {
    /// Sources held in memory: a test's, or a snapshot's.
    pub fn from_files(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        let disturbed = Arc::new(AtomicBool::new(false));
        let files = files.into_iter().map(|(path, bytes)| {
            let fingerprint = Fingerprint::of(&bytes);
            (path.into(), held(fingerprint, Stamp::NONE, bytes, &disturbed))
        });
        Self { files: Arc::new(files.collect()), disturbed: Arc::clone(&disturbed) }
    }

    /// Reads `root`. What cannot be read is told, and the rest is read all the same. `known` gives
    /// what an earlier build saw of a file.
    #[must_use]
    pub fn read(root: &Path, known: &(dyn Fn(&str) -> Option<(Stamp, Fingerprint)> + Sync)) -> (Self, Vec<Diagnostic>) {
        let (entries, mut diagnostics) = census::take(root);
        let disturbed = Arc::new(AtomicBool::new(false));
        let read: Vec<_> = entries
            .into_par_iter()
            .map(|entry| {
                let file = look(&entry.disk, &entry.name, known(&entry.name), &disturbed);
                (entry.name, file)
            })
            .collect();
        let mut files = Vec::with_capacity(read.len());
        for (name, file) in read {
            match file {
                Ok(file) => files.push((name, file)),
                Err(problem) => diagnostics.push(*problem),
            }
        }
        (Self { files: Arc::new(files.into_iter().collect()), disturbed }, diagnostics)
    }

    /// The same files, those of `paths` (from `root`) looked at again. The folders must be as they
    /// were.
    #[must_use]
    pub fn look_again(&self, root: &Path, paths: &BTreeSet<PathBuf>) -> (Self, Vec<Diagnostic>) {
        let mut files = BTreeMap::clone(&self.files);
        let disturbed = Arc::default();
        let mut diagnostics = Vec::new();
        for path in paths {
            let Some(name) = census::name(path) else { continue };
            let name: Arc<str> = name.into();
            let disk = root.join(path);
            if !disk.is_file() {
                files.remove(&name);
                continue;
            }
            match look(&disk, &name, None, &disturbed) {
                Ok(file) => _ = files.insert(name, file),
                Err(problem) => diagnostics.push(*problem),
            }
        }
        (Self { files: Arc::new(files), disturbed }, diagnostics)
    }

    /// Whether both hold the same files.
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        let names = self.files.iter().map(|(path, file)| (path, file.fingerprint()));
        names.eq(other.files.iter().map(|(path, file)| (path, file.fingerprint())))
    }

    /// Whether a file changed between two looks at it: what was understood of this root may be of
    /// two minds.
    #[must_use]
    pub fn disturbed(&self) -> bool {
        self.disturbed.load(Ordering::Relaxed)
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
        std::str::from_utf8(self.get(path)?.bytes()).ok()
    }
}

fn held(fingerprint: Fingerprint, stamp: Stamp, bytes: Vec<u8>, disturbed: &Arc<AtomicBool>) -> SourceFile {
    let bytes = OnceLock::from(Arc::from(bytes));
    SourceFile { fingerprint, stamp, bytes, disk: None, disturbed: Arc::clone(disturbed) }
}

/// Looks at a file, and reads it unless it is as it was.
fn look(
    disk: &Path,
    name: &Arc<str>,
    known: Option<(Stamp, Fingerprint)>,
    disturbed: &Arc<AtomicBool>,
) -> Result<SourceFile, Box<Diagnostic>> {
    let refused = |error: io::Error| Box::new(unreadable(name, &error));
    for _ in 0..ATTEMPTS {
        let before = Stamp::of(&fs::metadata(disk).map_err(refused)?);
        if let Some((stamp, fingerprint)) = known
            && stamp == before
        {
            let disk = Some(disk.to_owned());
            return Ok(SourceFile {
                fingerprint,
                stamp,
                bytes: OnceLock::new(),
                disk,
                disturbed: Arc::clone(disturbed),
            });
        }
        if before.size() > LONGEST_TEXT && is_text(name) {
            let problem = Diagnostic::error("fichier-trop-gros", Place::new(name, 0..0));
            return Err(Box::new(problem.arg("taille", before.size() >> 20).arg("limite", LONGEST_TEXT >> 20)));
        }
        let now = tick();
        let bytes = fs::read(disk).map_err(refused)?;
        let after = Stamp::of(&fs::metadata(disk).map_err(refused)?);
        if before == after && bytes.len() as u64 == after.size() {
            return Ok(held(Fingerprint::of(&bytes), after.settled(now), bytes, disturbed));
        }
    }
    Err(Box::new(Diagnostic::error("fichier-instable", Place::new(name, 0..0))))
}

/// Whether a file is read as text, whatever it holds.
fn is_text(name: &str) -> bool {
    !["content/medias/", "templates/assets/", PRINTS].iter().any(|folder| name.starts_with(folder))
}
