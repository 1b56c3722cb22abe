//! Gathers what changes under a root: one change of a person is many events of the system.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, channel},
    },
    time::Duration,
};

use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher as _};

use crate::content::sources::FOLDERS;

/// Changes that come within this time of each other are one: an editor that saves writes, renames
/// and removes.
const QUIET: Duration = Duration::from_millis(8);
/// The most of them that are waited for: somebody is looking.
const BURST: u32 = 5;

/// What changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Changed {
    /// These files, whose folders are as they were.
    Files(BTreeSet<PathBuf>),
    /// More than can be told.
    Anything,
    /// Nothing but time.
    Time,
}

/// Watches a root, whatever happens to its folders.
pub(super) struct Watcher {
    root: PathBuf,
    inner: Option<RecommendedWatcher>,
    events: Receiver<notify::Result<Event>>,
    /// Whether something came that was not taken yet.
    dirty: Arc<AtomicBool>,
    error: Option<notify::Error>,
}

impl Watcher {
    pub(super) fn new(root: &Path) -> Self {
        let (sender, events) = channel();
        let dirty = Arc::new(AtomicBool::new(false));
        let mark = Arc::clone(&dirty);
        let made = notify::recommended_watcher(move |event: notify::Result<Event>| {
            // Reading a file is an event too.
            if event.as_ref().map_or(true, |event| !event.kind.is_access()) {
                mark.store(true, Ordering::Release);
                let _ = sender.send(event);
            }
        });
        let (inner, error) = match made {
            Ok(watcher) => (Some(watcher), None),
            Err(error) => (None, Some(error)),
        };
        let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
        let mut watcher = Self { root, inner, events, dirty, error };
        watcher.watch();
        watcher
    }

    pub(super) fn take_error(&mut self) -> Option<notify::Error> {
        self.error.take()
    }

    /// Watches the folders that there are: those that were removed and made again are other
    /// folders.
    fn watch(&mut self) {
        let Some(inner) = &mut self.inner else { return };
        let mut watched = inner.watch(&self.root, RecursiveMode::NonRecursive);
        for folder in FOLDERS.iter().map(|folder| self.root.join(folder)).filter(|folder| folder.is_dir()) {
            watched = watched.and(inner.watch(&folder, RecursiveMode::Recursive));
        }
        let var = self.root.join("var");
        if var.is_dir() {
            watched = watched.and(inner.watch(&var, RecursiveMode::NonRecursive));
        }
        if let Err(error) = watched {
            self.error = Some(error);
        }
    }

    /// Tells whether something changed that was not looked at yet.
    pub(super) fn pending(&self) -> impl Fn() -> bool + Sync + use<> {
        let dirty = Arc::clone(&self.dirty);
        move || dirty.load(Ordering::Acquire)
    }

    /// Waits for a change; `None` when none came.
    pub(super) fn wait(&mut self, patience: Duration) -> Option<Changed> {
        if self.inner.is_none() {
            std::thread::sleep(patience);
            return None;
        }
        let mut events = vec![self.events.recv_timeout(patience).ok()?];
        for _ in 0..BURST {
            match self.events.recv_timeout(QUIET) {
                Ok(event) => events.push(event),
                Err(_) => break,
            }
            events.extend(self.events.try_iter());
        }
        self.dirty.store(false, Ordering::Release);
        events.extend(self.events.try_iter());
        self.understand(events)
    }

    fn understand(&mut self, events: Vec<notify::Result<Event>>) -> Option<Changed> {
        let mut files = BTreeSet::new();
        let mut anything = false;
        for event in events {
            let Ok(event) = event else {
                anything = true;
                continue;
            };
            anything |= event.need_rescan();
            for path in event.paths {
                let Ok(inside) = path.strip_prefix(&self.root) else { continue };
                let top = inside.components().next().map(|name| name.as_os_str().to_string_lossy().into_owned());
                let Some(top) = top else {
                    anything = true;
                    continue;
                };
                if !(FOLDERS.contains(&top.as_str()) || top == "var") {
                    continue;
                }
                // A folder that appears, goes away or changes its name takes its files with it.
                if inside.components().count() == 1 || path.is_dir() || path.extension().is_none() {
                    anything = true;
                }
                files.insert(inside.to_owned());
            }
        }
        if anything {
            self.watch();
            return Some(Changed::Anything);
        }
        (!files.is_empty()).then_some(Changed::Files(files))
    }
}
