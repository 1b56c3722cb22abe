//! The last content that could be published, kept as one file.

use std::{collections::BTreeMap, fs, io, path::Path};

use data_encoding::BASE64;
use entreparentaise::sources::Sources;

/// Saves every source, unless what is kept is the same already.
pub(super) fn save(path: &Path, sources: &Sources) -> io::Result<()> {
    let files: BTreeMap<&str, String> =
        sources.iter().map(|(name, file)| (&**name, BASE64.encode(&file.bytes))).collect();
    let bytes = serde_json::to_vec(&files)?;
    if fs::read(path).is_ok_and(|kept| kept == bytes) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    super::write_atomically(path, &bytes)
}

/// What was kept; `None` when there is none, or it is damaged.
pub(super) fn load(path: &Path) -> Option<Sources> {
    let files: BTreeMap<String, String> = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    let decode = |(name, text): (String, String)| Some((name, BASE64.decode(text.as_bytes()).ok()?));
    Some(Sources::from_files(files.into_iter().map(decode).collect::<Option<Vec<_>>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("var/contenu.json");
        let sources = Sources::from_files([("content/site.toml".to_owned(), vec![0, 255, 10])]);
        save(&path, &sources).unwrap();
        assert_eq!(load(&path).unwrap().get("content/site.toml").unwrap().bytes, [0, 255, 10]);
        fs::write(&path, "{").unwrap();
        assert!(load(&path).is_none());
    }
}
