//! Tells whoever shows or publishes a root that it changed, whatever happens to its folders: files
//! written, folders that are removed and made again, renamed or replaced, a root or a folder of it
//! behind a link that is switched.
//!
//! The system tells most changes at once (`notify`). It tells nothing of a file system that others
//! write to, of a link further up, or where it watches no more folders. So a root is looked at
//! besides, once a minute: what the disk says of each file, without reading any. What differs then
//! was missed, and everything is watched anew.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf, absolute},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    thread,
    time::Duration,
};

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _, event::ModifyKind};

use crate::{
    content::sources::{self, FOLDERS, Stamp},
    fingerprint::Fingerprint,
};

/// How often a root is looked at, whatever the system tells.
pub const LOOK_EVERY: Duration = Duration::from_mins(1);

/// Changes that come within this time of each other are one: an editor that saves writes, renames
/// and removes.
const QUIET: Duration = Duration::from_millis(8);
/// The most of them that are waited for: somebody is looking.
const BURST: u32 = 5;

/// What changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// These files, by their paths from the root; the folders are as they were.
    Files(BTreeSet<PathBuf>),
    /// More than can be told.
    Anything,
}

/// What comes to whoever waits.
enum Signal {
    Told(Changed),
    Look,
}

/// Watches a root, for as long as it is kept.
#[derive(Debug)]
pub struct Watcher {
    /// As it was named: what it leads to may change.
    root: PathBuf,
    /// Files that matter besides the sources, by their paths from the root.
    also: &'static [&'static str],
    system: Option<RecommendedWatcher>,
    /// Whether the system is asked at all.
    asked: bool,
    sender: Sender<Signal>,
    signals: Receiver<Signal>,
    /// Whether something came that was not taken yet.
    dirty: Arc<AtomicBool>,
    /// What the disk said of the files when they were last looked at.
    seen: Fingerprint,
    error: Option<notify::Error>,
    /// Whether an error was told already.
    complained: bool,
}

impl Watcher {
    /// Watches the sources of `root` and the files `also`, by their paths from it.
    #[must_use]
    pub fn new(root: &Path, also: &'static [&'static str]) -> Self {
        Self::looking(root, also, LOOK_EVERY, true)
    }

    /// The same, looking this often; unless `asked`, the system is told to watch nothing.
    fn looking(root: &Path, also: &'static [&'static str], every: Duration, asked: bool) -> Self {
        let (sender, signals) = channel();
        let ticks = sender.clone();
        thread::spawn(move || {
            // Until nobody waits any more.
            loop {
                thread::sleep(every);
                if ticks.send(Signal::Look).is_err() {
                    return;
                }
            }
        });
        let mut watcher = Self {
            // A path of the current folder has no parent to be watched.
            root: absolute(root).unwrap_or_else(|_| root.to_owned()),
            also,
            system: None,
            asked,
            sender,
            signals,
            dirty: Arc::default(),
            seen: Fingerprint::default(),
            error: None,
            complained: false,
        };
        watcher.watch();
        watcher.note();
        watcher
    }

    /// Why the system does not watch everything, the first time that it does not. Changes are then
    /// seen at the next look.
    pub fn take_error(&mut self) -> Option<notify::Error> {
        let error = self.error.take().filter(|_| !self.complained)?;
        self.complained = true;
        Some(error)
    }

    /// Tells whether something changed that was not looked at yet.
    pub fn pending(&self) -> impl Fn() -> bool + Sync + use<> {
        let dirty = Arc::clone(&self.dirty);
        move || dirty.load(Ordering::Acquire)
    }

    /// Takes what is on the disk now as known: for whoever reads everything after any change.
    pub fn note(&mut self) {
        self.seen = self.survey();
    }

    /// Waits for a change; `None` when none came.
    pub fn wait(&mut self, patience: Duration) -> Option<Changed> {
        let mut signals = vec![self.signals.recv_timeout(patience).ok()?];
        if matches!(signals[0], Signal::Told(_)) {
            for _ in 0..BURST {
                match self.signals.recv_timeout(QUIET) {
                    Ok(signal) => signals.push(signal),
                    Err(_) => break,
                }
                signals.extend(self.signals.try_iter());
            }
        }
        self.dirty.store(false, Ordering::Release);
        signals.extend(self.signals.try_iter());
        let (mut files, mut anything, mut looks) = (BTreeSet::new(), false, false);
        for signal in signals {
            match signal {
                Signal::Told(Changed::Files(told)) => files.extend(told),
                Signal::Told(Changed::Anything) => anything = true,
                Signal::Look => looks = true,
            }
        }
        if anything {
            self.watch();
            return Some(Changed::Anything);
        }
        let told = (!files.is_empty()).then_some(Changed::Files(files));
        if looks { self.look().or(told) } else { told }
    }

    /// Looks at the disk: what differs was missed.
    fn look(&mut self) -> Option<Changed> {
        let now = self.survey();
        if now == self.seen {
            return None;
        }
        self.seen = now;
        self.watch();
        Some(Changed::Anything)
    }

    /// What the disk says of every file.
    fn survey(&self) -> Fingerprint {
        let stamp = |path: &&str| fs::metadata(self.root.join(path)).map_or(Stamp::NONE, |found| Stamp::of(&found));
        let also: Vec<Stamp> = self.also.iter().map(stamp).collect();
        Fingerprint::all([sources::survey(&self.root), Fingerprint::of_value(&also)])
    }

    /// Watches the folders that there are now: those that were removed and made again are other
    /// folders, and so are those that a link leads to since.
    fn watch(&mut self) {
        // Its watches end with it.
        self.system = None;
        if !self.asked {
            return;
        }
        let (sender, dirty) = (self.sender.clone(), Arc::clone(&self.dirty));
        let (root, also) = (self.root.clone(), self.also);
        let made = notify::recommended_watcher(move |event: notify::Result<Event>| {
            let told = event.map_or(Some(Changed::Anything), |event| understand(&event, &root, also));
            if let Some(told) = told {
                dirty.store(true, Ordering::Release);
                let _ = sender.send(Signal::Told(told));
            }
        });
        let mut system = match made {
            Ok(system) => system,
            Err(error) => {
                self.error = Some(error);
                return;
            }
        };
        let mut error = None;
        for (folder, mode) in self.folders() {
            // One that goes away meanwhile is told by the folder that it was in.
            if let Err(refused) = system.watch(&folder, mode)
                && folder.is_dir()
            {
                error = Some(refused);
            }
        }
        self.error = error.or(self.error.take());
        self.system = Some(system);
    }

    /// What is to be watched: the sources, the root and the folders of other files, and the folders
    /// in which the root's own name, and the links that lead to it, stand.
    fn folders(&self) -> BTreeMap<PathBuf, RecursiveMode> {
        let mut folders = BTreeMap::new();
        let is_link = |path: &Path| path.symlink_metadata().is_ok_and(|found| found.is_symlink());
        let named = self.root.ancestors().filter(|path| *path == self.root || is_link(path));
        let also = self.also.iter().filter_map(|path| Some(self.root.join(path).parent()?.to_owned()));
        let alone = named.filter_map(Path::parent).map(Path::to_owned).chain([self.root.clone()]).chain(also);
        folders.extend(alone.map(|folder| (folder, RecursiveMode::NonRecursive)));
        folders.extend(FOLDERS.iter().map(|folder| (self.root.join(folder), RecursiveMode::Recursive)));
        folders.retain(|folder, _| folder.is_dir());
        folders
    }
}

/// What an event of the system tells of `root`: nothing, where something was read, or happened
/// beside it.
fn understand(event: &Event, root: &Path, also: &[&str]) -> Option<Changed> {
    if event.need_rescan() {
        return Some(Changed::Anything);
    }
    if event.kind.is_access() {
        return None;
    }
    // What is written into a folder changes the folder too, and tells nothing more.
    let renamed = matches!(event.kind, EventKind::Modify(ModifyKind::Name(_)));
    let appears = renamed || !event.kind.is_modify();
    let mut files = BTreeSet::new();
    for path in &event.paths {
        let Ok(inside) = path.strip_prefix(root) else {
            // The name of a folder above, or a link that leads to it.
            if appears && root.starts_with(path) {
                return Some(Changed::Anything);
            }
            continue;
        };
        let source = FOLDERS.iter().any(|folder| inside != Path::new(folder) && inside.starts_with(folder));
        let leads = |file: &&str| Path::new(file).starts_with(inside);
        if source {
            // A folder that appears, goes away or changes its name takes its files with it.
            if path.is_dir() || path.extension().is_none() {
                return Some(Changed::Anything);
            }
            files.insert(inside.to_owned());
        } else if also.iter().any(|file| Path::new(file) == inside) {
            files.insert(inside.to_owned());
        } else if appears && (FOLDERS.iter().any(leads) || also.iter().any(leads)) {
            return Some(Changed::Anything);
        }
    }
    (!files.is_empty()).then_some(Changed::Files(files))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// Longer than anything here takes on a busy machine.
    const PATIENCE: Duration = Duration::from_secs(30);
    /// Never, as tests go: what is told then was told by the system.
    const NEVER: Duration = Duration::from_hours(24);
    const OFTEN: Duration = Duration::from_millis(20);
    const STATES: &[&str] = &["var/etats.json"];

    struct Root {
        folder: tempfile::TempDir,
    }

    impl Root {
        fn new() -> Self {
            let root = Self { folder: tempfile::tempdir().unwrap() };
            root.write("racine/content/charte.md", "un");
            root.write("racine/templates/page.html", "un");
            root.write("racine/var/base.db", "un");
            root
        }

        fn path(&self, path: &str) -> PathBuf {
            self.folder.path().join(path)
        }

        fn write(&self, path: &str, text: &str) {
            fs::create_dir_all(self.path(path).parent().unwrap()).unwrap();
            fs::write(self.path(path), text).unwrap();
        }

        fn rename(&self, from: &str, to: &str) {
            fs::rename(self.path(from), self.path(to)).unwrap();
        }

        /// Makes the link `name` lead to `to`, whether it led elsewhere before or not.
        fn link(&self, name: &str, to: &str) {
            symlink(self.path(to), self.path("lien")).unwrap();
            self.rename("lien", name);
        }
    }

    /// A watcher that hears of nothing but what the system tells.
    fn told_by_the_system(root: &Path) -> Watcher {
        let mut watcher = Watcher::looking(root, STATES, NEVER, true);
        assert_eq!(watcher.take_error().map(|error| error.to_string()), None);
        watcher
    }

    /// Writes into `file` until that is told under this name, and not with something else.
    #[track_caller]
    fn told(watcher: &mut Watcher, name: &str, root: &Root, file: &str) {
        for number in 0..300 {
            root.write(file, &format!("texte {number}"));
            match watcher.wait(Duration::from_millis(100)) {
                Some(Changed::Files(files)) if files.contains(Path::new(name)) => return,
                _ => {}
            }
        }
        panic!("{name} is not told");
    }

    /// Everything that is told of one deed, until more than files is.
    #[track_caller]
    fn told_anything(watcher: &mut Watcher) {
        while watcher.wait(PATIENCE).expect("a change is told") != Changed::Anything {}
    }

    #[test]
    fn a_file_that_is_written_is_told_by_its_name() {
        let root = Root::new();
        let mut watcher = told_by_the_system(&root.path("racine"));
        told(&mut watcher, "content/charte.md", &root, "racine/content/charte.md");
        told(&mut watcher, "var/etats.json", &root, "racine/var/etats.json");
    }

    #[test]
    fn what_is_written_beside_the_sources_wakes_nobody() {
        let root = Root::new();
        let mut watcher = told_by_the_system(&root.path("racine"));
        root.write("racine/var/base.db", "deux");
        root.write("autre/content/charte.md", "deux");
        root.write("racine/content/charte.md", "deux");
        let only = BTreeSet::from(["content/charte.md".into()]);
        assert_eq!(watcher.wait(PATIENCE), Some(Changed::Files(only)));
    }

    #[test]
    fn a_folder_that_is_removed_and_put_back_is_watched_again() {
        let root = Root::new();
        let mut watcher = told_by_the_system(&root.path("racine"));
        fs::remove_dir_all(root.path("racine/content")).unwrap();
        told_anything(&mut watcher);
        root.write("racine/content/charte.md", "deux");
        told_anything(&mut watcher);
        told(&mut watcher, "content/charte.md", &root, "racine/content/charte.md");
    }

    #[test]
    fn a_folder_that_is_replaced_by_another_is_watched() {
        let root = Root::new();
        let mut watcher = told_by_the_system(&root.path("racine"));
        root.write("prochain/charte.md", "deux");
        root.rename("racine/content", "ancien");
        root.rename("prochain", "racine/content");
        told_anything(&mut watcher);
        told(&mut watcher, "content/charte.md", &root, "racine/content/charte.md");
    }

    #[test]
    fn a_root_that_is_renamed_and_replaced_is_watched() {
        let root = Root::new();
        let mut watcher = told_by_the_system(&root.path("racine"));
        root.write("prochaine/content/charte.md", "deux");
        root.rename("racine", "ancienne");
        root.rename("prochaine", "racine");
        told_anything(&mut watcher);
        told(&mut watcher, "content/charte.md", &root, "racine/content/charte.md");
    }

    #[test]
    fn a_link_that_is_switched_is_followed() {
        let root = Root::new();
        root.write("42/content/charte.md", "un");
        root.write("43/content/charte.md", "deux");
        // The root itself, a folder of it, and one above it.
        for (link, first, second, watched) in [
            ("actuelle", "42", "43", "actuelle"),
            ("racine/locales", "42", "43", "racine"),
            ("plus-haut", "42", "43", "plus-haut/content"),
        ] {
            root.link(link, first);
            root.write("42/content/content/charte.md", "un");
            root.write("43/content/content/charte.md", "un");
            let mut watcher = told_by_the_system(&root.path(watched));
            root.link(link, second);
            told_anything(&mut watcher);
            let (file, name) = match link {
                "racine/locales" => ("43/content/charte.md", "locales/content/charte.md"),
                "actuelle" => ("43/content/charte.md", "content/charte.md"),
                _ => ("43/content/content/charte.md", "content/charte.md"),
            };
            told(&mut watcher, name, &root, file);
        }
    }

    #[test]
    fn where_the_system_watches_nothing_the_look_sees_it() {
        let root = Root::new();
        root.link("actuelle", "racine");
        let mut watcher = Watcher::looking(&root.path("actuelle"), STATES, OFTEN, false);
        let deeds: &[&dyn Fn()] = &[
            &|| root.write("racine/content/charte.md", "deux et trois"),
            &|| root.write("racine/content/seances/neuve.md", "un"),
            &|| fs::remove_dir_all(root.path("racine/content/seances")).unwrap(),
            &|| root.write("racine/var/etats.json", "{}"),
            &|| root.rename("racine/content", "racine/ailleurs"),
            &|| root.rename("racine/ailleurs", "racine/content"),
            &|| {
                root.write("43/content/charte.md", "un");
                root.link("actuelle", "43");
            },
        ];
        for deed in deeds {
            deed();
            told_anything(&mut watcher);
        }
        watcher.note();
        root.write("43/var/base.db", "deux");
        assert_eq!(watcher.look(), None, "nothing that is read changed");
    }

    #[test]
    fn whoever_took_note_is_not_told_again() {
        let root = Root::new();
        let mut watcher = Watcher::looking(&root.path("racine"), STATES, NEVER, false);
        root.write("racine/content/charte.md", "deux et trois");
        watcher.note();
        assert_eq!(watcher.look(), None);
    }
}
