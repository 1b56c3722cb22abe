//! Disks of a test's own: small ones that fill up, and ones that may not be written.
//!
//! Who may mount (root, where the machine allows it) does so. Anybody else runs the test once more,
//! alone, in a namespace where they may. Where neither is allowed, in most containers, the test is
//! left out by name.
//!
//! ```no_run
//! use harness::{Disks, Project};
//!
//! let Some(disks) = Disks::for_test("trouble::a_full_disk_is_said") else { return };
//! let project = Project::new();
//! let disk = disks.small(&project.path("dist"), "4m");
//! let rest = disk.fill("rest");
//! project.build().fails(1);
//! ```

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

use crate::tools::leave_out;

/// Mounting is allowed here.
#[derive(Debug, Clone, Copy)]
pub struct Disks(());

impl Disks {
    /// `None` when there is nothing left to do for the test that is running, whose path in its
    /// binary is `test`: it ran in a namespace of its own, or it was left out.
    #[track_caller]
    #[must_use]
    pub fn for_test(test: &str) -> Option<Self> {
        static ALLOWED: OnceLock<bool> = OnceLock::new();
        if *ALLOWED.get_or_init(can_mount) {
            return Some(Self(()));
        }
        let namespace = ["--mount", "--map-root-user"];
        if !Command::new("unshare")
            .args(namespace)
            .arg("true")
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|s| s.success())
        {
            leave_out(test, "this machine allows no mounts");
            return None;
        }
        let program = std::env::current_exe().expect("a test's program");
        let output = Command::new("unshare").args(namespace).arg(program).args(["--exact", test]).output();
        let output = output.expect("unshare just started");
        let said = String::from_utf8_lossy(&output.stdout);
        // A name that is no test's would run nothing, and succeed.
        assert!(
            output.status.success() && said.contains("1 passed"),
            "{said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        None
    }

    /// An empty disk of this size (`4m`) in place of a folder.
    #[track_caller]
    pub fn small(self, folder: &Path, size: &str) -> Disk {
        Disk::mount(&["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"], folder)
    }

    /// An empty disk that may not be written in place of a folder.
    #[track_caller]
    pub fn read_only(self, folder: &Path) -> Disk {
        Disk::mount(&["-t", "tmpfs", "-o", "ro", "tmpfs"], folder)
    }

    /// A folder as it is, which may not be written any more.
    #[track_caller]
    pub fn frozen(self, folder: &Path) -> Disk {
        let disk = Disk::mount(&["--bind", &folder.to_string_lossy()], folder);
        assert!(mount(&["-o", "remount,bind,ro"], folder), "{} is mounted", folder.display());
        disk
    }
}

/// A disk; gone with its files when the test ends.
#[derive(Debug)]
#[must_use = "it is there for as long as this is"]
pub struct Disk(PathBuf);

impl Disk {
    #[track_caller]
    fn mount(arguments: &[&str], folder: &Path) -> Self {
        assert!(mount(arguments, folder), "{} must be a folder, and mounting was allowed", folder.display());
        Self(folder.to_owned())
    }

    /// Writes a file until there is room for nothing more, and returns its path.
    #[track_caller]
    #[must_use]
    pub fn fill(&self, name: &str) -> PathBuf {
        let path = self.0.join(name);
        let mut file = File::create(&path).expect("a file of the disk");
        while file.write_all(&[0; 1_024]).is_ok() {}
        path
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Whatever still has a file open there, a server that is being stopped, keeps nobody.
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

fn mount(arguments: &[&str], folder: &Path) -> bool {
    let status = Command::new("mount").args(arguments).arg(folder).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

fn can_mount() -> bool {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let probe = mount(&["-t", "tmpfs", "tmpfs"], folder.path());
    if probe {
        drop(Disk(folder.path().to_owned()));
    }
    probe && fs::remove_dir(folder.path()).is_ok()
}
