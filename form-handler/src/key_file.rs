//! The file of the key (`var/cle`): read, made at the first start, replaced when somebody asks for
//! it. At no instant is there half a key, or one that others may read.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use entreparentaise::private_dir;

use crate::{phrase::Phrase, system::Entropy, token::Key};

/// The key of this file, if it is there.
pub fn load(path: &Path) -> Result<Option<Key>, Phrase> {
    match fs::read(path) {
        Ok(bytes) => match <[u8; 32]>::try_from(&*bytes) {
            Ok(bytes) => Ok(Some(Key::from_bytes(bytes))),
            Err(_) => {
                let phrase = Phrase::new("cle-mauvaise-taille").with("fichier", path.display());
                Err(phrase.with("octets", bytes.len()))
            }
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(path, &error)),
    }
}

/// Makes the key of this file; or finds it, where it is there by now.
pub fn create(path: &Path, entropy: &dyn Entropy) -> Result<Key, Phrase> {
    let new = NewKey::draw(path, entropy)?;
    match fs::hard_link(&new.draft, path).and_then(|()| new.settle()) {
        Ok(()) => Ok(new.key.clone()),
        // Another process of ours was quicker: its key is the key.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            load(path)?.ok_or_else(|| unreadable(path, &error))
        }
        Err(error) => Err(unreadable(path, &error)),
    }
}

/// A key that was drawn and is on disk beside its place, where nobody looks for it. Removed with
/// this, unless it took its place.
#[derive(Debug)]
pub struct NewKey<'p> {
    /// The key.
    pub key: Key,
    draft: PathBuf,
    path: &'p Path,
}

impl<'p> NewKey<'p> {
    /// 32 random bytes, readable by their owner alone.
    pub fn draw(path: &'p Path, entropy: &dyn Entropy) -> Result<Self, Phrase> {
        let mut bytes = [0; 32];
        entropy.fill(&mut bytes).map_err(|_| Phrase::new("cle-sans-hasard"))?;
        Self::of(path, Key::from_bytes(bytes))
    }

    /// A key that is known.
    pub fn of(path: &'p Path, key: Key) -> Result<Self, Phrase> {
        let draft = path.with_extension(format!("{}.nouveau", std::process::id()));
        let new = Self { key, draft, path };
        new.write(&new.key.to_bytes()).map_err(|error| unreadable(path, &error))?;
        Ok(new)
    }

    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        private_dir::create(self.folder())?;
        // What a process of this number left when it was killed: its rights may be others.
        let _ = fs::remove_file(&self.draft);
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&self.draft)?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    /// Puts it in the place of whatever was there.
    pub fn take_place(self) -> Result<(), Phrase> {
        let taken = fs::rename(&self.draft, self.path).and_then(|()| self.settle());
        taken.map_err(|error| unreadable(self.path, &error))
    }

    /// Has the disk remember what the folder now holds.
    fn settle(&self) -> io::Result<()> {
        fs::File::open(self.folder())?.sync_all()
    }

    fn folder(&self) -> &'p Path {
        self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
    }
}

impl Drop for NewKey<'_> {
    fn drop(&mut self) {
        // It took its place, or has none.
        let _ = fs::remove_file(&self.draft);
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Phrase {
    Phrase::new("cle-illisible").with("fichier", path.display()).with("cause", error)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::system::SeededEntropy;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn names(folder: &Path) -> Vec<String> {
        let files = fs::read_dir(folder).unwrap();
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn the_key_is_made_once_and_only_its_owner_reads_it() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("var/cle");
        assert_eq!(load(&path), Ok(None));
        assert!(!root.path().join("var").exists(), "looking makes nothing");
        let key = create(&path, &SeededEntropy::new(1)).unwrap();
        assert_eq!(create(&path, &SeededEntropy::new(2)).unwrap(), key);
        assert_eq!(load(&path), Ok(Some(key)));
        assert_eq!(names(path.parent().unwrap()), ["cle"], "no draft is left");
        assert_eq!((mode(path.parent().unwrap()), mode(&path)), (0o700, 0o600));
        fs::write(&path, b"short").unwrap();
        for found in [load(&path).unwrap_err(), create(&path, &SeededEntropy::new(1)).unwrap_err()] {
            assert_eq!(found.id, "cle-mauvaise-taille");
        }
    }

    #[test]
    fn whoever_starts_at_once_gets_one_key() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("var/cle");
        let quicker = create(&path, &SeededEntropy::new(1)).unwrap();
        assert_eq!(create(&path, &SeededEntropy::new(2)).unwrap(), quicker);
        assert_eq!(names(path.parent().unwrap()), ["cle"]);
        fs::write(&path, b"").unwrap();
        assert_eq!(create(&path, &SeededEntropy::new(2)).unwrap_err().id, "cle-mauvaise-taille");
    }

    #[test]
    fn a_new_key_takes_the_place_of_any_other_or_leaves_it() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("cle");
        fs::write(&path, b"short").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        drop(NewKey::draw(&path, &SeededEntropy::new(1)).unwrap());
        assert_eq!((fs::read(&path).unwrap(), names(root.path())), (b"short".to_vec(), vec!["cle".to_owned()]));
        let new = NewKey::draw(&path, &SeededEntropy::new(1)).unwrap();
        let key = new.key.clone();
        new.take_place().unwrap();
        assert_eq!((load(&path), mode(&path)), (Ok(Some(key)), 0o600));
        assert_eq!(names(root.path()), ["cle"]);
    }
}
