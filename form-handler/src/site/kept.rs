//! The last content that could be published, kept as one file.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Read},
    path::Path,
};

use data_encoding::BASE64;
use entreparentaise::{fingerprint::Fingerprint, publish::replace_file, sources::Sources};
use serde::{Deserialize, Serialize};

/// The form of the file: the fingerprint first, so that what is kept already is known by its first bytes.
#[derive(Serialize, Deserialize)]
struct Kept {
    empreinte: String,
    fichiers: BTreeMap<String, String>,
}

/// Saves every source, unless what is kept is the same already.
pub(super) fn save(path: &Path, sources: &Sources) -> io::Result<()> {
    let files = sources.iter().flat_map(|(name, file)| [Fingerprint::of(name.as_bytes()), file.fingerprint()]);
    let fingerprint = Fingerprint::all(files).to_string();
    if begins_with(path, &format!("{{\"empreinte\":\"{fingerprint}\"")) {
        return Ok(());
    }
    let files = sources.iter().map(|(name, file)| (name.to_string(), BASE64.encode(file.bytes())));
    let bytes = serde_json::to_vec(&Kept { empreinte: fingerprint, fichiers: files.collect() })?;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    replace_file(path, &bytes)
}

fn begins_with(path: &Path, start: &str) -> bool {
    let mut found = vec![0; start.len()];
    fs::File::open(path).and_then(|mut file| file.read_exact(&mut found)).is_ok() && found == start.as_bytes()
}

/// What was kept; `None` when there is none, or it is damaged.
pub(super) fn load(path: &Path) -> Option<Sources> {
    let kept: Kept = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    let decode = |(name, text): (String, String)| Some((name, BASE64.decode(text.as_bytes()).ok()?));
    Some(Sources::from_files(kept.fichiers.into_iter().map(decode).collect::<Option<Vec<_>>>()?))
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
        assert_eq!(load(&path).unwrap().get("content/site.toml").unwrap().bytes(), [0, 255, 10]);
        let first = fs::metadata(&path).unwrap().modified().unwrap();
        save(&path, &sources).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), first, "the same is not written again");
        fs::write(&path, "{").unwrap();
        assert!(load(&path).is_none());
    }
}
