//! The last content that could be published, kept as files: whole, to be published again when the
//! content is broken; and what the server answers with, as soon as it starts.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fs,
    io::{self, Read},
    path::Path,
    sync::Arc,
};

use data_encoding::BASE64;
use entreparentaise::{
    fingerprint::Fingerprint,
    model::Session,
    parse, private_dir,
    publish::replace_file,
    sources::{PRINTS, SourceFile, Sources},
};
use serde::{Deserialize, Serialize};

/// The form of the files: the fingerprint of what was kept first, so that what is kept already is
/// known by its first bytes.
#[derive(Serialize, Deserialize)]
struct Kept<'s> {
    empreinte: String,
    fichiers: BTreeMap<String, String>,
    /// What the headers of sessions say, when their files are left out.
    #[serde(default)]
    seances: Cow<'s, [Session]>,
}

/// Saves every source, unless it was saved already. What was printed is no text, and is many
/// megabytes: it stays where it is.
pub(super) fn save(path: &Path, sources: &Sources) -> io::Result<()> {
    let texts = || sources.iter().filter(|(name, _)| !name.starts_with(PRINTS));
    save_as(path, sources, |empreinte| Kept { empreinte, fichiers: encoded(texts()), seances: Cow::default() })
}

/// Saves every source but the sessions' files, of which `sessions` is kept, unless it was done
/// already.
pub(super) fn save_frame(path: &Path, sources: &Sources, sessions: &[Session]) -> io::Result<()> {
    let left_out = |name: &str| [parse::SESSIONS, PRINTS].iter().any(|folder| name.starts_with(folder));
    let others = || sources.iter().filter(|(name, _)| !left_out(name));
    save_as(path, sources, |empreinte| Kept { empreinte, fichiers: encoded(others()), seances: sessions.into() })
}

fn save_as<'s>(path: &Path, sources: &Sources, kept: impl FnOnce(String) -> Kept<'s>) -> io::Result<()> {
    let files = sources.iter().flat_map(|(name, file)| [Fingerprint::of(name.as_bytes()), file.fingerprint()]);
    let fingerprint = Fingerprint::all(files).to_string();
    if begins_with(path, &format!("{{\"empreinte\":\"{fingerprint}\"")) {
        return Ok(());
    }
    let bytes = serde_json::to_vec(&kept(fingerprint))?;
    if let Some(folder) = path.parent() {
        private_dir::create(folder)?;
    }
    replace_file(path, &bytes)
}

fn encoded<'s>(files: impl Iterator<Item = (&'s Arc<str>, &'s SourceFile)>) -> BTreeMap<String, String> {
    files.map(|(name, file)| (name.to_string(), BASE64.encode(file.bytes()))).collect()
}

fn begins_with(path: &Path, start: &str) -> bool {
    let mut found = vec![0; start.len()];
    fs::File::open(path).and_then(|mut file| file.read_exact(&mut found)).is_ok() && found == start.as_bytes()
}

/// What was kept; `None` when there is nothing, or it is damaged.
pub(super) fn load(path: &Path) -> Option<(Sources, Vec<Session>)> {
    let kept: Kept<'_> = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    let decode = |(name, text): (String, String)| Some((name, BASE64.decode(text.as_bytes()).ok()?));
    let files = kept.fichiers.into_iter().map(decode).collect::<Option<Vec<_>>>()?;
    Some((Sources::from_files(files), kept.seances.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("var/contenu.json");
        let file = |name: &str, bytes: &[u8]| (name.to_owned(), bytes.to_vec());
        let sources = Sources::from_files([
            file("content/site.toml", &[0, 255, 10]),
            file("content/seances/2027-03-17.md", b""),
            file("var/impressions/affiche.pdf", b"%PDF"),
        ]);
        save(&path, &sources).unwrap();
        let (found, _) = load(&path).unwrap();
        assert_eq!(found.get("content/site.toml").unwrap().bytes(), [0, 255, 10]);
        assert!(found.get("var/impressions/affiche.pdf").is_none(), "a print is no text");
        let first = fs::metadata(&path).unwrap().modified().unwrap();
        save(&path, &sources).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), first, "the same is not written again");
        fs::write(&path, "{").unwrap();
        assert!(load(&path).is_none());
        save_frame(&path, &sources, &[]).unwrap();
        let (found, _) = load(&path).unwrap();
        assert_eq!(found.iter().map(|(name, _)| &**name).collect::<Vec<_>>(), ["content/site.toml"]);
    }
}
