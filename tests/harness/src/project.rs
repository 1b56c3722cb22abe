//! A project in a folder of its own, gone when the test ends.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
};

use tempfile::TempDir;
use walkdir::WalkDir;

use crate::{
    binary::{self, repository},
    run::Run,
    server::Launch,
};

/// The present of every test that does not choose another: before the season of 2027, after that of
/// 2023.
pub const NOW: &str = "2027-01-10T10:00:00+01:00";

/// A root, with what a test does to it.
#[derive(Debug)]
pub struct Project {
    // Kept for its `Drop`.
    _folder: TempDir,
    root: PathBuf,
    now: RefCell<String>,
    lang: RefCell<String>,
}

impl Project {
    /// A small, complete and valid root: the project's own templates, every page that must exist,
    /// one group, a past session and two to come (none an example), a partner, a flyer.
    #[must_use]
    pub fn new() -> Self {
        let project = Self::empty();
        copy(&repository().join("tests/harness/racine"), &project.root);
        copy(&repository().join("templates"), &project.root.join("templates"));
        project
    }

    /// The real content and the real templates.
    #[must_use]
    pub fn real() -> Self {
        let project = Self::empty();
        for folder in ["content", "templates"] {
            copy(&repository().join(folder), &project.root.join(folder));
        }
        project
    }

    /// The real content, published: built once by these tests, for those that only read.
    #[must_use]
    pub fn published_real() -> Self {
        static SITE: OnceLock<BTreeMap<String, Vec<u8>>> = OnceLock::new();
        let site = SITE.get_or_init(|| {
            let project = Self::real();
            project.build().success();
            project.published()
        });
        let project = Self::real();
        for (path, bytes) in site {
            project.file(&format!("dist/{path}"), bytes);
        }
        project
    }

    /// An empty folder.
    #[must_use]
    pub fn empty() -> Self {
        let folder = tempfile::Builder::new().prefix("projet-").tempdir().expect("a temporary folder");
        let root = folder.path().canonicalize().expect("a temporary folder").join("racine");
        fs::create_dir(&root).expect("a temporary folder");
        Self { _folder: folder, root, now: NOW.to_owned().into(), lang: "fr_FR.UTF-8".to_owned().into() }
    }

    /// The folder of the root.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A path of the root.
    #[must_use]
    pub fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// Moves the present that later commands are told.
    pub fn at(&self, now: &str) -> &Self {
        now.clone_into(&mut self.now.borrow_mut());
        self
    }

    /// Changes the `LANG` that later commands see; French until then.
    pub fn speaking(&self, lang: &str) -> &Self {
        lang.clone_into(&mut self.lang.borrow_mut());
        self
    }

    /// Writes a file, whether it was there or not.
    pub fn file(&self, path: &str, text: impl AsRef<[u8]>) -> &Self {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("writing into the project");
        fs::write(path, text).expect("writing into the project");
        self
    }

    /// Removes a file or a folder, which must be there.
    #[track_caller]
    pub fn remove(&self, path: &str) -> &Self {
        let path = self.path(path);
        let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        removed.unwrap_or_else(|error| panic!("{} must be there: {error}", path.display()));
        self
    }

    /// Replaces a text of a file, which must hold it exactly once.
    #[track_caller]
    pub fn edit(&self, path: &str, from: &str, to: &str) -> &Self {
        let text = self.read(path);
        assert_eq!(text.matches(from).count(), 1, "{path} must hold exactly one {from:?}:\n{text}");
        self.file(path, text.replace(from, to))
    }

    /// Writes what the form-handler would tell of the sessions: `(id, state)`.
    pub fn availability(&self, states: &[(&str, &str)]) -> &Self {
        let row = |(id, state): &(&str, &str)| ((*id).to_owned(), serde_json::json!({ "etat": state, "revision": 0 }));
        let sessions: serde_json::Map<_, _> = states.iter().map(row).collect();
        self.file("var/disponibilites.json", serde_json::json!({ "seances": sessions }).to_string())
    }

    /// A text file of the root.
    #[track_caller]
    #[must_use]
    pub fn read(&self, path: &str) -> String {
        let path = self.path(path);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{} must be there: {error}", path.display()))
    }

    /// The bytes of a file of the root.
    #[track_caller]
    #[must_use]
    pub fn bytes(&self, path: &str) -> Vec<u8> {
        let path = self.path(path);
        fs::read(&path).unwrap_or_else(|error| panic!("{} must be there: {error}", path.display()))
    }

    /// The bytes of every file under a folder of the root, by its path from there.
    #[must_use]
    pub fn content_of(&self, folder: &str) -> BTreeMap<String, Vec<u8>> {
        files(&self.path(folder))
    }

    /// Builds into `dist/`.
    pub fn build(&self) -> Run {
        self.build_with(&[])
    }

    /// Builds into `dist/`, with more options.
    pub fn build_with(&self, options: &[&str]) -> Run {
        self.run(&[&["build", "--now", &self.now()], options].concat())
    }

    /// Checks.
    pub fn check(&self) -> Run {
        self.check_with(&[])
    }

    /// Checks, with more options.
    pub fn check_with(&self, options: &[&str]) -> Run {
        self.run(&[&["check", "--now", &self.now()], options].concat())
    }

    /// Runs `entreparentaise` with these arguments and no other, from the root.
    pub fn run(&self, arguments: &[&str]) -> Run {
        self.run_from(&self.root, arguments)
    }

    /// Runs `entreparentaise` from another folder.
    pub fn run_from(&self, folder: &Path, arguments: &[&str]) -> Run {
        let mut command = self.command(binary::entreparentaise());
        let output = command.args(arguments).current_dir(folder).output().expect("entreparentaise must start");
        Run::new(output, &self.root)
    }

    /// Prepares a `form-handler` server on a free port.
    #[must_use]
    pub fn server(&self) -> Launch<'_> {
        Launch::new(self, binary::form_handler)
    }

    /// Prepares a preview on a free port.
    #[must_use]
    pub fn preview(&self) -> Launch<'_> {
        Launch::new(self, binary::entreparentaise)
    }

    /// Starts `entreparentaise` and does not wait for it.
    #[must_use]
    pub fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(binary::entreparentaise());
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().expect("entreparentaise must start")
    }

    /// Runs a line of shell, in which `$ENTREPARENTAISE` is the program.
    pub fn shell(&self, line: &str) -> Run {
        let mut command = self.command(Path::new("sh"));
        let output = command.args(["-c", line]).env("ENTREPARENTAISE", binary::entreparentaise()).output();
        Run::new(output.expect("a shell"), &self.root)
    }

    /// Runs another command of `form-handler` to its end, from the root.
    pub fn form_handler(&self, arguments: &[&str]) -> Run {
        let mut command = self.command(binary::form_handler());
        let output = command.args(arguments).output().expect("form-handler must start");
        Run::new(output, &self.root)
    }

    /// A program in the root, with the language chosen and nothing else of the tester's own
    /// settings.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        for name in ["LC_ALL", "LC_MESSAGES"] {
            command.env_remove(name);
        }
        command.env("LANG", &*self.lang.borrow()).env("NO_COLOR", "1").current_dir(&self.root);
        command
    }

    /// The present that commands are told.
    pub(crate) fn now(&self) -> String {
        self.now.borrow().clone()
    }

    /// The file of `dist/` that this address is served from.
    #[must_use]
    pub fn dist(&self, url: &str) -> PathBuf {
        let path = url.trim_start_matches('/');
        let index = if path.is_empty() || path.ends_with('/') { "index.html" } else { "" };
        self.path("dist").join(format!("{path}{index}"))
    }

    /// What was published at this address.
    #[track_caller]
    #[must_use]
    pub fn page(&self, url: &str) -> String {
        let path = self.dist(url);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{url} must be published: {error}"))
    }

    /// The paths of `dist/`, sorted, its private folder left out.
    #[must_use]
    pub fn tree(&self) -> Vec<String> {
        self.published().into_keys().collect()
    }

    /// The bytes of every file of `dist/`, its private folder left out.
    #[must_use]
    pub fn published(&self) -> BTreeMap<String, Vec<u8>> {
        files(&self.path("dist"))
    }

    /// The addresses of every HTML page of `dist/`.
    #[must_use]
    pub fn pages(&self) -> Vec<String> {
        let html = |path: &String| path.ends_with(".html");
        let url = |path: String| format!("/{}", path.strip_suffix("index.html").unwrap_or(&path));
        self.tree().into_iter().filter(html).map(url).collect()
    }
}

impl Default for Project {
    fn default() -> Self {
        Self::new()
    }
}

/// Every file under a folder, hidden ones left out, by its path with `/`.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let shown = |entry: &walkdir::DirEntry| entry.depth() == 0 || !entry.file_name().to_string_lossy().starts_with('.');
    let entries = WalkDir::new(folder).into_iter().filter_entry(shown).filter_map(Result::ok);
    entries
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let path = entry.path().strip_prefix(folder).expect("inside the folder");
            let names: Vec<_> = path.iter().map(|name| name.to_string_lossy()).collect();
            (names.join("/"), fs::read(entry.path()).expect("a file that was listed"))
        })
        .collect()
}

fn copy(from: &Path, to: &Path) {
    let entries = WalkDir::new(from).into_iter().map(|entry| entry.expect("the repository is readable"));
    for entry in entries.filter(|entry| entry.file_type().is_file()) {
        let target = to.join(entry.path().strip_prefix(from).expect("inside the folder"));
        fs::create_dir_all(target.parent().expect("a file has a folder")).expect("copying into the project");
        fs::copy(entry.path(), target).expect("copying into the project");
    }
}
