//! What the machine itself allows: the same trees written, and looked at, as fast as it can.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use tempfile::TempDir;
use walkdir::WalkDir;

pub(super) use crate::run::now;

/// In memory where the machine has such a folder: what a disk shared with others takes says nothing
/// of the generator.
const IN_MEMORY: &str = "/dev/shm";

pub(super) type Tree = Vec<(PathBuf, Option<Vec<u8>>)>;

/// A folder to measure in: a journaled file system in memory, when root may make one. On one
/// without a journal, the same small tree was written in 6 to 115 ms, by chance.
pub(super) struct Bench {
    folder: TempDir,
    mounted: bool,
}

impl Bench {
    pub(super) fn open() -> Result<Self, String> {
        let folder = TempDir::new_in(IN_MEMORY).or_else(|_| tempfile::tempdir()).map_err(|error| error.to_string())?;
        let script =
            "truncate -s 12G image && mkfs.ext4 -q -F -N 2500000 image && mkdir ici && mount -o loop,noatime image ici";
        let made = Command::new("sh").args(["-c", script]).current_dir(folder.path()).stderr(Stdio::null()).status();
        let mounted = made.is_ok_and(|status| status.success());
        Ok(Self { folder, mounted })
    }

    pub(super) fn path(&self) -> PathBuf {
        if self.mounted { self.folder.path().join("ici") } else { self.folder.path().to_owned() }
    }

    /// The folder in memory that the file system stands in.
    pub(super) fn bare(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    pub(super) fn describe(&self) -> &'static str {
        if self.mounted { "a journaled file system (ext4) in memory" } else { "a folder in memory, without a journal" }
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        if self.mounted {
            let _ = Command::new("umount").arg(self.path()).status();
        }
    }
}

/// A tree, held in memory, folders before what they hold.
pub(super) fn load(folder: &Path) -> Tree {
    let entries = WalkDir::new(folder).min_depth(1).into_iter().filter_map(Result::ok);
    let read = |entry: walkdir::DirEntry| {
        let path = entry.path().strip_prefix(folder).unwrap_or(entry.path()).to_owned();
        let bytes = entry.file_type().is_file().then(|| fs::read(entry.path()).unwrap_or_default());
        (path, bytes)
    };
    entries.map(read).collect()
}

/// Writes a tree with two threads: folders level by level, then the files.
pub(super) fn write(tree: &Tree, to: &Path) -> Result<Duration, String> {
    let deepest = tree.iter().map(|(path, _)| path.components().count()).max().unwrap_or(0);
    let start = now();
    fs::create_dir(to).map_err(|error| error.to_string())?;
    for level in 1..=deepest {
        in_two(tree, |(path, bytes)| match bytes {
            None if path.components().count() == level => fs::create_dir(to.join(path)),
            _ => Ok(()),
        })?;
    }
    in_two(tree, |(path, bytes)| bytes.as_ref().map_or(Ok(()), |bytes| fs::write(to.join(path), bytes)))?;
    Ok(start.elapsed())
}

fn in_two(tree: &Tree, work: impl Fn(&(PathBuf, Option<Vec<u8>>)) -> std::io::Result<()> + Sync) -> Result<(), String> {
    const SOME: usize = 64;
    let next = AtomicUsize::new(0);
    let worker = || -> Result<(), String> {
        loop {
            let from = next.fetch_add(SOME, Ordering::Relaxed);
            let Some(some) = tree.get(from..tree.len().min(from + SOME)).filter(|some| !some.is_empty()) else {
                return Ok(());
            };
            some.iter().try_for_each(&work).map_err(|error| error.to_string())?;
        }
    };
    thread::scope(|scope| {
        let other = scope.spawn(worker);
        worker().and(other.join().unwrap_or_else(|_| Err("a thread died".to_owned())))
    })
}

/// One `stat` of everything below these folders, one thread.
pub(super) fn stat(folders: &[&Path]) -> Duration {
    let start = now();
    for folder in folders {
        for entry in WalkDir::new(folder).into_iter().filter_map(Result::ok) {
            let _ = fs::symlink_metadata(entry.path());
        }
    }
    start.elapsed()
}

/// What a process took: time, and the most memory in kB that it was seen to hold.
pub(super) struct Took {
    pub(super) time: Duration,
    pub(super) memory: u64,
}

pub(super) fn time(command: &mut Command) -> Result<Took, String> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let start = now();
    let mut child = command.spawn().map_err(|error| format!("{command:?}: {error}"))?;
    let mut memory = 0;
    loop {
        memory = memory.max(peak(&child));
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(Took { time: start.elapsed(), memory }),
            Ok(Some(status)) => return Err(format!("{command:?}: {status}")),
            Ok(None) => thread::sleep(Duration::from_millis(1)),
            Err(error) => return Err(error.to_string()),
        }
    }
}

fn peak(child: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
