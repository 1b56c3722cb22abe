//! Which files a root has.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use walkdir::WalkDir;

use crate::{diagnostics::diagnostic::Diagnostic, model::Place};

/// The folders of a root that are read.
pub const FOLDERS: &[&str] = &["content", "templates", "locales", PRINTS];

/// The folder of what was printed: an input like another, which is published when it still says
/// what is true.
pub const PRINTS: &str = "var/impressions";

/// A file of a root.
pub(super) struct FoundFile {
    /// Its path from the root, names separated by `/`.
    pub(super) name: Arc<str>,
    /// Where it is.
    pub(super) disk: PathBuf,
}

/// Every file of the folders that are read, hidden and backup files left out.
pub(super) fn take(root: &Path) -> (Vec<FoundFile>, Vec<Diagnostic>) {
    let (mut entries, mut diagnostics) = (Vec::new(), Vec::new());
    for folder in FOLDERS {
        list(root, folder, &mut entries, &mut diagnostics);
    }
    (entries, diagnostics)
}

fn list(root: &Path, folder: &str, entries: &mut Vec<FoundFile>, diagnostics: &mut Vec<Diagnostic>) {
    let top = root.join(folder);
    if !top.exists() {
        return;
    }
    let walk = WalkDir::new(&top).follow_links(true).into_iter();
    for entry in walk.filter_entry(|entry| entry.depth() == 0 || !hidden(&entry.file_name().to_string_lossy())) {
        match entry {
            Ok(entry) if entry.file_type().is_file() => {
                entries.push(FoundFile { name: relative(root, entry.path()).into(), disk: entry.into_path() });
            }
            Ok(_) => {}
            Err(error) => {
                let name: Arc<str> = relative(root, error.path().unwrap_or(&top)).into();
                let looped = error.loop_ancestor().is_some();
                let io = error.into_io_error().unwrap_or_else(|| io::ErrorKind::Other.into());
                // A folder that went away while it was walked is like one that was never there.
                if io.kind() == io::ErrorKind::NotFound && !looped && !is_link(root, &name) {
                    continue;
                }
                diagnostics.push(if looped {
                    Diagnostic::error("lien-en-boucle", Place::new(&name, 0..0))
                } else {
                    unreadable(&name, &io)
                });
            }
        }
    }
}

/// Hidden files and editors' backups are nobody's content.
fn hidden(name: &str) -> bool {
    name.starts_with('.') || name.ends_with('~') || (name.starts_with('#') && name.ends_with('#'))
}

/// The name of a path of the root, unless it is one that is not read.
pub(super) fn name(path: &Path) -> Option<String> {
    let names: Vec<_> = path.components().map(|name| name.as_os_str().to_string_lossy()).collect();
    let name = names.join("/");
    let inside = |folder: &&str| name.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    let read = FOLDERS.iter().any(inside) && !names.iter().any(|name| hidden(name));
    read.then_some(name)
}

fn is_link(root: &Path, name: &str) -> bool {
    root.join(name).symlink_metadata().is_ok_and(|metadata| metadata.is_symlink())
}

fn relative(root: &Path, path: &Path) -> String {
    let names = path.strip_prefix(root).unwrap_or(path).components();
    let mut relative = String::with_capacity(path.as_os_str().len());
    for name in names {
        if !relative.is_empty() {
            relative.push('/');
        }
        relative.push_str(&name.as_os_str().to_string_lossy());
    }
    relative
}

/// The problem of a file or a folder that the disk did not give.
pub(super) fn unreadable(name: &Arc<str>, error: &io::Error) -> Diagnostic {
    let code = match error.kind() {
        io::ErrorKind::PermissionDenied => "fichier-interdit",
        io::ErrorKind::NotFound => "fichier-disparu",
        _ => "fichier-illisible",
    };
    Diagnostic::error(code, Place::new(name, 0..0)).arg("detail", error)
}
