//! The last content that could be published, in one file of `var/`: what outlives broken content
//! and a restart.
//!
//! It is two lines of JSON. The first is all that it takes to answer: every file but the sessions',
//! and what the sessions' headers say; thousands of them are read in some tens of milliseconds. The
//! second has the sessions' files: it is read only to publish that content again.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fs::{self, File},
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    path::Path,
    sync::Arc,
};

use data_encoding::BASE64;
use entreparentaise::{
    build::dist::replace_file,
    content::{
        parse,
        sources::{PRINTS, SourceFile, Sources},
    },
    fingerprint::Fingerprint,
    model::{Availability, Session},
    private_dir,
    site::{BuildCache, EmptyCache, Inputs, Snapshot, When},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::publication::Options;

/// Files by their path, in base 64: a picture is no text.
type Files = BTreeMap<String, String>;

/// The first line. Its fingerprint comes first, so that what is kept already is known by its first
/// bytes.
#[derive(Serialize, Deserialize)]
struct ToAnswer<'s> {
    empreinte: String,
    fichiers: Files,
    seances: Cow<'s, [Session]>,
}

/// The second line.
#[derive(Serialize, Deserialize)]
struct Texts {
    fichiers: Files,
}

/// How the second line ends, and the first does not.
const END: &[u8] = b"}}\n";

/// Saves every source, and `sessions` as their headers say, unless it was done already. What was
/// printed is no text, and is many megabytes: it stays where it is.
pub(super) fn save(path: &Path, sources: &Sources, sessions: &[Session]) -> io::Result<()> {
    let files = sources.iter().flat_map(|(name, file)| [Fingerprint::of(name.as_bytes()), file.fingerprint()]);
    let empreinte = Fingerprint::all(files).to_string();
    if is_whole(path, format!("{{\"empreinte\":\"{empreinte}\"").as_bytes()).unwrap_or(false) {
        return Ok(());
    }
    let others = sources.iter().filter(|(name, _)| ![parse::SESSIONS, PRINTS].iter().any(|out| name.starts_with(out)));
    let mut bytes = serde_json::to_vec(&ToAnswer { empreinte, fichiers: encode(others), seances: sessions.into() })?;
    bytes.push(b'\n');
    serde_json::to_writer(&mut bytes, &Texts { fichiers: encode(sources.under(parse::SESSIONS)) })?;
    bytes.push(b'\n');
    if let Some(folder) = path.parent() {
        private_dir::create(folder)?;
    }
    replace_file(path, &bytes)
}

/// Whether the file begins with these bytes and was not cut.
fn is_whole(path: &Path, start: &[u8]) -> io::Result<bool> {
    let mut file = File::open(path)?;
    let (mut first, mut last) = (vec![0; start.len()], [0; END.len()]);
    file.read_exact(&mut first)?;
    file.seek(SeekFrom::End(-i64::try_from(END.len()).unwrap_or_default()))?;
    file.read_exact(&mut last)?;
    Ok(first == start && last == *END)
}

/// The content that was kept; `None` when there is none, or it is damaged.
pub(super) fn load(path: &Path) -> Option<Sources> {
    let mut file = BufReader::new(File::open(path).ok()?);
    let files = decode(to_answer(&mut file)?.fichiers)?;
    let texts: Texts = serde_json::from_reader(file).ok()?;
    Some(Sources::from_files(files.into_iter().chain(decode(texts.fichiers)?)))
}

/// The site as it was left, with the states that were published; `None` when there is none.
#[must_use]
pub fn last_published(options: &Options, now: Timestamp) -> Option<Snapshot> {
    let told = fs::read(options.availability()).ok();
    let told = told.and_then(|bytes| Availability::from_json(&bytes).ok());
    answers(&options.snapshot(), told.unwrap_or_default(), now, None)
}

/// What was kept, as far as it takes to answer in its words. `None` when there is nothing, or
/// nothing that is understood: it then goes, so that the next publication keeps it anew.
pub(super) fn answers(
    path: &Path,
    availability: Availability,
    now: Timestamp,
    earlier: Option<&Snapshot>,
) -> Option<Snapshot> {
    let inputs = Inputs { now: When::Instant(now), availability: Some(availability), drafts: false };
    let first = EmptyCache::default();
    let cache: &dyn BuildCache = earlier.map_or(&first, |earlier| earlier);
    let kept = File::open(path).ok().and_then(|file| to_answer(&mut BufReader::new(file)));
    let understood = kept.and_then(|ToAnswer { fichiers, seances, .. }| {
        Snapshot::to_answer(Sources::from_files(decode(fichiers)?), seances.into_owned(), &inputs, cache)
    });
    if understood.is_none() {
        let _ = fs::remove_file(path);
    }
    understood
}

fn to_answer(file: &mut impl BufRead) -> Option<ToAnswer<'static>> {
    let mut line = Vec::new();
    file.read_until(b'\n', &mut line).ok()?;
    serde_json::from_slice(&line).ok()
}

fn encode<'s>(files: impl Iterator<Item = (&'s Arc<str>, &'s SourceFile)>) -> Files {
    files.map(|(name, file)| (name.to_string(), BASE64.encode(file.bytes()))).collect()
}

fn decode(files: Files) -> Option<Vec<(String, Vec<u8>)>> {
    files.into_iter().map(|(name, text)| Some((name, BASE64.decode(text.as_bytes()).ok()?))).collect()
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
            file("content/seances/2027-03-17.md", b"Bonjour"),
            file("var/impressions/affiche.pdf", b"%PDF"),
        ]);
        save(&path, &sources, &[]).unwrap();
        let found = load(&path).unwrap();
        assert_eq!(found.get("content/site.toml").unwrap().bytes(), [0, 255, 10]);
        assert_eq!(found.text("content/seances/2027-03-17.md"), Some("Bonjour"));
        assert!(found.get("var/impressions/affiche.pdf").is_none(), "a print is no text");
        let kept = to_answer(&mut BufReader::new(File::open(&path).unwrap())).unwrap();
        assert_eq!(kept.fichiers.keys().collect::<Vec<_>>(), ["content/site.toml"]);
        let modified = || fs::metadata(&path).unwrap().modified().unwrap();
        let first = modified();
        save(&path, &sources, &[]).unwrap();
        assert_eq!(modified(), first, "the same is not written again");
        let whole = fs::read(&path).unwrap();
        let first_line = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        for length in [0, 1, first_line - 1, first_line, whole.len() - 1] {
            fs::write(&path, &whole[..length]).unwrap();
            assert!(length == whole.len() - 1 || load(&path).is_none(), "{length}");
            save(&path, &sources, &[]).unwrap();
            assert_eq!(fs::read(&path).unwrap(), whole, "what was cut is written anew: {length}");
        }
    }
}
