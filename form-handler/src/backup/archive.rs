//! The file of a backup: a ZIP archive, for the day on which nothing but `unzip` is at hand; of a
//! manifest, the database and the key. Encrypted as a whole where somebody's public key was given.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write},
    path::Path,
};

use age::{DecryptError, Decryptor, Encryptor, x25519};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

use super::{private, refused};
use crate::{phrase::Phrase, store::Contents};

/// The names in the archive.
pub(super) const MANIFEST: &str = "manifeste.json";
pub(super) const KEY: &str = "cle";

/// How an encrypted file begins.
const ENCRYPTED: &[u8] = b"age-encryption.org/";

/// The only way of writing a backup so far. A later one has a higher number.
const FORMAT: u32 = 1;

/// What a manifest may be long, in bytes: more is none of ours.
const LONGEST_MANIFEST: u64 = 1 << 20;

/// Which database a backup is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Sqlite,
    Postgresql,
}

impl Kind {
    /// The name of the database in the archive.
    pub(super) fn file(self) -> &'static str {
        match self {
            Self::Sqlite => "inscriptions.db",
            Self::Postgresql => "inscriptions.pgdump",
        }
    }
}

/// What a backup says of itself. Nobody is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub(super) format: u32,
    /// The program's version.
    pub(super) programme: String,
    pub(super) base: Kind,
    /// The schema's version.
    pub(super) schema: i64,
    /// Everything that was answered before is in it.
    pub(super) instant: Timestamp,
    /// The fingerprint of the key that the database knows.
    pub(super) cle: Option<String>,
    /// Rows by table.
    pub(super) nombres: BTreeMap<String, i64>,
    pub(super) fichiers: BTreeMap<String, FileMark>,
}

/// What tells a file from any other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FileMark {
    pub(super) octets: u64,
    pub(super) blake3: String,
}

impl Manifest {
    pub(super) fn new(base: Kind, contents: Contents, instant: Timestamp) -> Self {
        Self {
            format: FORMAT,
            programme: env!("CARGO_PKG_VERSION").to_owned(),
            base,
            schema: contents.schema,
            instant,
            cle: contents.key,
            nombres: contents.counts,
            fichiers: BTreeMap::new(),
        }
    }
}

impl FileMark {
    pub(super) fn of(mut reader: impl Read) -> io::Result<Self> {
        let mut hasher = blake3::Hasher::new();
        let octets = io::copy(&mut reader, &mut hasher)?;
        Ok(Self { octets, blake3: hasher.finalize().to_hex().to_string() })
    }
}

/// Packs the database and the key into a new file, whose owner alone reads it, and opens it again
/// to compare. `keys`: who may open it; nobody: it is not encrypted.
pub(super) fn pack(
    path: &Path,
    mut manifest: Manifest,
    database: &Path,
    key: Option<&[u8]>,
    keys: &[x25519::Recipient],
) -> Result<Manifest, Phrase> {
    let failed = |error: &dyn std::fmt::Display| refused(path, error);
    let open = || File::open(database).map_err(|error| refused(database, &error));
    let mark = FileMark::of(open()?).map_err(|error| refused(database, &error))?;
    manifest.fichiers.insert(manifest.base.file().to_owned(), mark);
    if let Some(key) = key {
        manifest.fichiers.insert(KEY.to_owned(), FileMark::of(key).map_err(|error| failed(&error))?);
    }
    let out = BufWriter::new(private(path).map_err(|error| failed(&error))?);
    // Ours for one look, and then nobody's.
    let look = x25519::Identity::generate();
    let out = if keys.is_empty() {
        write(out, &manifest, open()?, key).map_err(|error| failed(&error))?
    } else {
        let ours = look.to_public();
        let recipients = keys.iter().chain([&ours]).map(|key| key as &dyn age::Recipient);
        let encryptor = Encryptor::with_recipients(recipients).map_err(|error| failed(&error))?;
        let out = encryptor.wrap_output(out).map_err(|error| failed(&error))?;
        let out = write(out, &manifest, open()?, key).map_err(|error| failed(&error))?;
        out.finish().map_err(|error| failed(&error))?
    };
    let file = out.into_inner().map_err(|error| failed(&error))?;
    file.sync_all().map_err(|error| failed(&error))?;
    drop(file);
    let mut archive = Archive::open(path, Some(&[look]))?;
    archive.compare()?;
    Ok(manifest)
}

fn write<W: Write>(out: W, manifest: &Manifest, mut database: File, key: Option<&[u8]>) -> zip::result::ZipResult<W> {
    let mut zip = ZipWriter::new_stream(out);
    let stored = SimpleFileOptions::default().unix_permissions(0o600).compression_method(CompressionMethod::Stored);
    // What PostgreSQL's programs write is compressed already.
    let packed = match manifest.base {
        Kind::Sqlite => stored.compression_method(CompressionMethod::Deflated).compression_level(Some(1)),
        Kind::Postgresql => stored,
    };
    zip.start_file(MANIFEST, stored)?;
    zip.write_all(&serde_json::to_vec_pretty(manifest).map_err(io::Error::other)?)?;
    if let Some(key) = key {
        zip.start_file(KEY, stored)?;
        zip.write_all(key)?;
    }
    zip.start_file(manifest.base.file(), packed.large_file(true))?;
    io::copy(&mut database, &mut zip)?;
    Ok(zip.finish()?.into_inner())
}

/// Something to read from here and there.
trait Source: Read + Seek + Send {}

impl<T: Read + Seek + Send> Source for T {}

/// A backup that is open.
pub(super) struct Archive {
    zip: ZipArchive<Box<dyn Source>>,
    path: std::path::PathBuf,
    pub(super) manifest: Manifest,
}

impl Archive {
    /// Opens a backup. `identities`: what may open one that is encrypted; `None`: nobody said.
    ///
    /// # Errors
    /// A file that is none of ours, damaged, or closed to us; in words.
    pub(super) fn open(path: &Path, identities: Option<&[x25519::Identity]>) -> Result<Self, Phrase> {
        let about = |id| Phrase::new(id).with("fichier", path.display());
        let unreadable = |error: &dyn std::fmt::Display| about("sauvegarde-illisible").with("cause", error);
        let damaged = |error: &dyn std::fmt::Display| about("sauvegarde-abimee").with("cause", error);
        let mut file = BufReader::new(File::open(path).map_err(|error| unreadable(&error))?);
        let mut start = Vec::new();
        let first = Read::by_ref(&mut file).take(ENCRYPTED.len() as u64).read_to_end(&mut start);
        first.and_then(|_| file.seek(SeekFrom::Start(0))).map_err(|error| unreadable(&error))?;
        let source: Box<dyn Source> = if start == ENCRYPTED {
            let Some(identities) = identities else { return Err(about("sauvegarde-chiffree")) };
            let decryptor = Decryptor::new(file).map_err(|error| damaged(&error))?;
            let keys = identities.iter().map(|identity| identity as &dyn age::Identity);
            let open = decryptor.decrypt(keys).map_err(|error| match error {
                DecryptError::NoMatchingKeys => about("sauvegarde-autre-identite"),
                error => damaged(&error),
            })?;
            Box::new(open)
        } else {
            Box::new(file)
        };
        let mut zip = ZipArchive::new(source).map_err(|error| damaged(&error))?;
        let manifest = {
            let entry = zip.by_name(MANIFEST).map_err(|error| damaged(&error))?;
            let mut text = Vec::new();
            entry.take(LONGEST_MANIFEST).read_to_end(&mut text).map_err(|error| damaged(&error))?;
            // What a later program wrote may have another shape: its number comes first.
            let format = serde_json::from_slice::<Format>(&text).map_err(|error| damaged(&error))?.format;
            if format > FORMAT {
                return Err(about("sauvegarde-plus-recente"));
            }
            serde_json::from_slice(&text).map_err(|error| damaged(&error))?
        };
        Ok(Self { zip, path: path.to_owned(), manifest })
    }

    /// Reads everything: each file must be the one that the manifest tells.
    pub(super) fn compare(&mut self) -> Result<(), Phrase> {
        for (name, mark) in self.manifest.fichiers.clone() {
            self.check(&name, &mark, io::sink())?;
        }
        Ok(())
    }

    /// Writes the database to a new file, whose owner alone reads it.
    pub(super) fn database(&mut self, to: &Path) -> Result<(), Phrase> {
        let name = self.manifest.base.file();
        let Some(mark) = self.manifest.fichiers.get(name).cloned() else { return Err(self.damaged(&name)) };
        let mut file = private(to).map_err(|error| refused(to, &error))?;
        self.check(name, &mark, &mut file)?;
        file.sync_all().map_err(|error| refused(to, &error))
    }

    /// The key, if it has one.
    pub(super) fn key(&mut self) -> Result<Option<[u8; 32]>, Phrase> {
        let Some(mark) = self.manifest.fichiers.get(KEY).cloned() else { return Ok(None) };
        let mut bytes = Vec::new();
        self.check(KEY, &mark, &mut bytes)?;
        bytes.try_into().map(Some).map_err(|_| self.damaged(&KEY))
    }

    fn check(&mut self, name: &str, mark: &FileMark, mut to: impl Write) -> Result<(), Phrase> {
        let mut hasher = blake3::Hasher::new();
        let copied = match self.zip.by_name(name) {
            Ok(mut entry) => copy(&mut entry, &mut hasher, &mut to).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        let octets = copied.map_err(|error| self.damaged(&error))?;
        let found = FileMark { octets, blake3: hasher.finalize().to_hex().to_string() };
        if found == *mark { Ok(()) } else { Err(self.damaged(&name)) }
    }

    fn damaged(&self, cause: &dyn std::fmt::Display) -> Phrase {
        Phrase::new("sauvegarde-abimee").with("fichier", self.path.display()).with("cause", cause)
    }
}

#[derive(Deserialize)]
struct Format {
    format: u32,
}

fn copy(from: &mut impl Read, hasher: &mut blake3::Hasher, to: &mut impl Write) -> io::Result<u64> {
    let (mut buffer, mut octets) = (vec![0; 1 << 16], 0);
    loop {
        let read = from.read(&mut buffer)?;
        if read == 0 {
            return Ok(octets);
        }
        hasher.update(&buffer[..read]);
        to.write_all(&buffer[..read])?;
        octets += read as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        let contents = Contents { schema: 5, counts: BTreeMap::new(), key: Some("ab".to_owned()) };
        Manifest::new(Kind::Sqlite, contents, Timestamp::UNIX_EPOCH)
    }

    fn packed(folder: &Path, keys: &[x25519::Recipient]) -> std::path::PathBuf {
        let (database, to) = (folder.join("base"), folder.join("sauvegarde"));
        std::fs::write(&database, vec![7; 300_000]).unwrap();
        pack(&to, manifest(), &database, Some(&[9; 32]), keys).unwrap();
        to
    }

    #[test]
    fn what_was_packed_is_unpacked() {
        let folder = tempfile::tempdir().unwrap();
        let path = packed(folder.path(), &[]);
        let mut archive = Archive::open(&path, None).unwrap();
        archive.compare().unwrap();
        assert_eq!(archive.key().unwrap(), Some([9; 32]));
        let to = folder.path().join("rendue");
        archive.database(&to).unwrap();
        assert_eq!(std::fs::read(to).unwrap(), vec![7; 300_000]);
        assert_eq!(archive.manifest.instant, Timestamp::UNIX_EPOCH);
    }

    #[test]
    fn only_who_was_meant_opens_what_is_encrypted() {
        let folder = tempfile::tempdir().unwrap();
        let [theirs, other] = [x25519::Identity::generate(), x25519::Identity::generate()];
        let path = packed(folder.path(), &[theirs.to_public()]);
        let refused = |keys: Option<&[x25519::Identity]>| Archive::open(&path, keys).map(drop).unwrap_err().id;
        assert_eq!(refused(None), "sauvegarde-chiffree");
        assert_eq!(refused(Some(&[other])), "sauvegarde-autre-identite");
        let mut archive = Archive::open(&path, Some(&[theirs])).unwrap();
        assert_eq!(archive.key().unwrap(), Some([9; 32]));
    }

    /// Whatever byte is hit, it is told, or it does not matter: what is unpacked is what was
    /// packed.
    #[test]
    fn a_damaged_file_gives_nothing_that_was_not_packed() {
        let folder = tempfile::tempdir().unwrap();
        let identity = x25519::Identity::generate();
        for keys in [vec![], vec![identity.to_public()]] {
            let whole = std::fs::read(packed(folder.path(), &keys)).unwrap();
            std::fs::remove_file(folder.path().join("sauvegarde")).unwrap();
            let path = folder.path().join("abimee");
            let unpacked = |bytes: &[u8]| {
                std::fs::write(&path, bytes).unwrap();
                let mut archive = Archive::open(&path, Some(std::slice::from_ref(&identity)))?;
                archive.compare()?;
                archive.key()
            };
            assert_eq!(unpacked(&whole), Ok(Some([9; 32])));
            for at in (0..whole.len()).step_by(whole.len() / 97 + 1) {
                let mut hit = whole.clone();
                hit[at] ^= 0x55;
                match unpacked(&hit) {
                    Ok(key) => assert_eq!(key, Some([9; 32]), "{at}"),
                    Err(phrase) => assert!(phrase.id.starts_with("sauvegarde-"), "{phrase:?}"),
                }
                assert!(unpacked(&whole[..at]).is_err(), "cut at {at}");
            }
        }
    }

    #[test]
    fn what_a_later_program_wrote_is_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let (database, path) = (folder.path().join("base"), folder.path().join("sauvegarde"));
        std::fs::write(&database, "base").unwrap();
        let later = Manifest { format: FORMAT + 1, ..manifest() };
        assert_eq!(pack(&path, later, &database, None, &[]).unwrap_err().id, "sauvegarde-plus-recente");
    }
}
