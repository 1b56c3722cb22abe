//! Folders that are their owner's alone. What `var/` holds is about people, or opens their links:
//! whichever program makes it, it makes it so.

use std::{
    fs::DirBuilder,
    io,
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::Path,
};

/// Makes a folder, and those above it that are not there, for their owner alone (mode 0700). A
/// folder that is there is left as it is.
///
/// # Errors
/// When the disk refuses.
pub fn create(folder: &Path) -> io::Result<()> {
    // The folder of a bare name is the one where the program runs.
    if folder.as_os_str().is_empty() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Whether somebody else than its owner may do anything with this file or folder. What is not there
/// is nobody's.
#[must_use]
pub fn is_open_to_others(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| found.permissions().mode() & 0o077 != 0)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_is_made_is_private_and_what_was_there_is_left() {
        let home = tempfile::tempdir().unwrap();
        let mode = |path: &str| fs::metadata(home.path().join(path)).unwrap().permissions().mode() & 0o777;
        let there = home.path().join("there");
        fs::create_dir(&there).unwrap();
        fs::set_permissions(&there, fs::Permissions::from_mode(0o755)).unwrap();
        for _ in 0..2 {
            create(&there.join("var/impressions")).unwrap();
        }
        assert_eq!([mode("there"), mode("there/var"), mode("there/var/impressions")], [0o755, 0o700, 0o700]);
        assert!(is_open_to_others(&there) && !is_open_to_others(&there.join("var")));
        assert!(!is_open_to_others(&there.join("nowhere")));
        create(Path::new("")).unwrap();
        fs::write(there.join("file"), "").unwrap();
        assert!(create(&there.join("file/var")).is_err());
    }
}
