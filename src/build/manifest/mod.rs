//! What a build leaves for the next one, in `dist/.entreparentaise/manifeste`: the stamps and
//! fingerprints of what it read, what it understood of the sessions, and what it published. A
//! manifest that is damaged, older, or not there is worth none: the next build then makes
//! everything again, and is never wrong.

mod file;
mod record;

use std::{
    collections::{BTreeMap, HashMap},
    fs, io,
    path::Path,
    sync::{Arc, OnceLock},
};

use rayon::prelude::*;

use self::file::{Section, Sections, bytes_of};
pub use self::record::BuildRecord;
use crate::{
    assets::PictureSize,
    build::{
        dist::{FileRecord, replace_file_with},
        inspect::OutputFacts,
    },
    content::{
        parse::{self, OwnAppointment, Reading, ReadingCache, Readings},
        sources::{Sources, Stamp},
    },
    fingerprint::Fingerprint,
    model::Id,
    outputs::Reads,
    site::{Announced, BuildCache},
};

/// The manifest's name in the private folder.
pub const NAME: &str = "manifeste";

/// What an earlier build left.
#[derive(Debug, Default)]
pub struct Manifest {
    /// What the build was; `None` when nothing is recorded.
    pub last: Option<BuildRecord>,
    /// What was seen of each source, in the order of the paths.
    pub inputs: Vec<(String, Stamp, Fingerprint)>,
    /// What was published: each path once.
    pub outputs: Vec<(String, FileRecord)>,
    sections: Sections,
}

/// What a build records for the next one.
#[derive(Debug)]
pub struct NewManifest<'a> {
    /// What it was.
    pub last: &'a BuildRecord,
    /// What it read.
    pub sources: &'a Sources,
    /// What it understood.
    pub readings: &'a Readings,
    /// What it published.
    pub outputs: &'a [(String, FileRecord)],
    /// What each output read, in the order of `outputs`.
    pub reads: &'a Reads,
    /// What the pages hold, in the order of `outputs`.
    pub facts: &'a [Arc<OutputFacts>],
    /// The size of each picture, by the fingerprint of its bytes.
    pub pictures: &'a BTreeMap<Fingerprint, PictureSize>,
}

impl Manifest {
    /// The manifest in `folder`; an empty one when there is none that can be read.
    #[must_use]
    pub fn load(folder: &Path) -> Self {
        Self::read(&folder.join(NAME)).unwrap_or_default()
    }

    fn read(path: &Path) -> Option<Self> {
        let sections = Sections::parse(fs::read(path).ok()?)?;
        let last = sections.get(Section::Record)?;
        let (inputs, outputs) = rayon::join(|| sections.get(Section::Inputs), || sections.get(Section::Outputs));
        Some(Self { last: Some(last), inputs: inputs?, outputs: outputs?, sections })
    }

    /// What was seen of a source, if its stamp may be believed.
    #[must_use]
    pub fn known(&self, path: &str) -> Option<(Stamp, Fingerprint)> {
        let at = self.inputs.binary_search_by(|(known, ..)| known.as_str().cmp(path)).ok()?;
        let (_, stamp, fingerprint) = self.inputs[at];
        (stamp != Stamp::NONE).then_some((stamp, fingerprint))
    }

    /// What each output read, in the order of `outputs`; `None` when that is not recorded.
    #[must_use]
    pub fn reads(&self) -> Option<Reads> {
        self.sections.get(Section::Reads).filter(|reads: &Reads| reads.len() == self.outputs.len())
    }

    /// What the pages held, in the order of `outputs`; `None` when that is not recorded.
    #[must_use]
    pub fn facts(&self) -> Option<Vec<Arc<OutputFacts>>> {
        self.sections.get(Section::Facts).filter(|facts: &Vec<_>| facts.len() == self.outputs.len())
    }

    /// What was understood of the files.
    #[must_use]
    pub fn cache(&self) -> ManifestCache<'_> {
        let index: Vec<(String, Fingerprint, u64, u64)> = self.sections.get(Section::Index).unwrap_or_default();
        let index = index.into_iter().map(|(path, fingerprint, start, end)| (path, (fingerprint, start, end)));
        let pictures: Option<Vec<(Fingerprint, PictureSize)>> = self.sections.get(Section::Pictures);
        ManifestCache {
            last: self.last.as_ref(),
            by_stem: OnceLock::new(),
            index: index.collect(),
            bytes: self.sections.bytes(Section::Readings).unwrap_or_default(),
            pictures: pictures.unwrap_or_default().into_iter().collect(),
        }
    }

    /// Writes what a build records, atomically.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn save(folder: &Path, new: &NewManifest<'_>) -> io::Result<()> {
        let mut writer = file::SectionWriter::default();
        let ((readings, inputs), (facts, (outputs, reads))) = rayon::join(
            || rayon::join(|| stored(new.readings), || stored_inputs(new.sources)),
            || rayon::join(|| bytes_of(&new.facts), || rayon::join(|| bytes_of(&new.outputs), || bytes_of(&new.reads))),
        );
        let (index, readings) = readings;
        writer.put(Section::Record, bytes_of(new.last));
        writer.put(Section::Inputs, inputs);
        writer.put(Section::Outputs, outputs);
        writer.put(Section::Reads, reads);
        writer.put(Section::Facts, facts);
        writer.put(Section::Index, index);
        writer.put(Section::Readings, readings);
        writer.put(Section::Pictures, bytes_of(&new.pictures.iter().collect::<Vec<_>>()));
        replace_file_with(&folder.join(NAME), &writer.finish())
    }

    /// Writes the same again, with stamps that may now be believed.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn restamp(&self, folder: &Path, sources: &Sources, outputs: &[(String, FileRecord)]) -> io::Result<()> {
        let mut writer = file::SectionWriter::default();
        writer.put(Section::Inputs, stored_inputs(sources));
        writer.put(Section::Outputs, bytes_of(&outputs));
        let others = [Section::Reads, Section::Facts, Section::Index, Section::Readings, Section::Pictures];
        for section in [Section::Record].into_iter().chain(others) {
            writer.put(section, self.sections.bytes(section).unwrap_or_default().to_vec());
        }
        replace_file_with(&folder.join(NAME), &writer.finish())
    }
}

fn stored_inputs(sources: &Sources) -> Vec<u8> {
    let inputs: Vec<_> = sources.iter().map(|(path, file)| (&**path, file.stamp(), file.fingerprint())).collect();
    bytes_of(&inputs)
}

/// Where each reading is, and the readings.
fn stored(readings: &Readings) -> (Vec<u8>, Vec<u8>) {
    let each: Vec<_> = readings.par_iter().map(|(_, (_, reading))| reading.to_bytes()).collect();
    let mut bytes = Vec::with_capacity(each.iter().map(Vec::len).sum());
    let mut index = Vec::with_capacity(each.len());
    for ((path, (fingerprint, _)), reading) in readings.iter().zip(each) {
        let start = bytes.len() as u64;
        bytes.extend_from_slice(&reading);
        index.push((&**path, *fingerprint, start, bytes.len() as u64));
    }
    (bytes_of(&index), bytes)
}

/// The sessions' readings, as they were stored: each is decoded when it is asked for. And the sizes
/// of pictures.
#[derive(Debug)]
pub struct ManifestCache<'m> {
    last: Option<&'m BuildRecord>,
    index: HashMap<String, (Fingerprint, u64, u64)>,
    /// The paths of the index, by the names of their files: one may have moved to another folder.
    by_stem: OnceLock<HashMap<String, String>>,
    bytes: &'m [u8],
    pictures: HashMap<Fingerprint, PictureSize>,
}

impl ManifestCache<'_> {
    /// The same, of which nothing is believed but what was announced.
    #[must_use]
    pub fn announcements(&self) -> Announcements<'_> {
        Announcements(self)
    }

    /// What the file of this path said when it was last published, if it was of another content.
    fn former(&self, file: &str, now: Fingerprint) -> Option<Arc<Reading>> {
        let by_stem = || {
            let each = self.index.keys().map(|path| (parse::stem(path).to_owned(), path.clone()));
            self.by_stem.get_or_init(|| each.collect()).get(parse::stem(file))
        };
        let path = if self.index.contains_key(file) { file } else { by_stem()? };
        let (fingerprint, ..) = self.index.get(path).filter(|(known, ..)| *known != now)?;
        self.stored(&path.into(), *fingerprint)
    }

    /// What any program understood of a file whose bytes had this fingerprint.
    fn stored(&self, path: &Arc<str>, fingerprint: Fingerprint) -> Option<Arc<Reading>> {
        let (_, start, end) = self.index.get(&**path).filter(|(known, ..)| *known == fingerprint)?;
        let bytes = self.bytes.get(usize::try_from(*start).ok()?..usize::try_from(*end).ok()?)?;
        Reading::from_bytes(bytes, path).map(Arc::new)
    }
}

impl BuildCache for ManifestCache<'_> {
    fn size(&self, fingerprint: Fingerprint) -> Option<PictureSize> {
        self.pictures.get(&fingerprint).copied()
    }

    fn announced(&self, id: &Id, file: &str, now: Fingerprint) -> Option<Announced> {
        let last = self.last?;
        // Told until it is mended: the publications in between knew the mistake only.
        let told = last.backdated.iter().find(|announced| announced.id == *id);
        told.cloned().or_else(|| {
            let OwnAppointment { date, start, end, place, status, revision } = self.former(file, now)?.appointment()?;
            Some(Announced { id: id.clone(), date, start, end, place, status, revision, published: last.since })
        })
    }
}

impl ReadingCache for ManifestCache<'_> {
    fn reading(&self, path: &Arc<str>, fingerprint: Fingerprint) -> Option<Arc<Reading>> {
        // Another program may read the same file otherwise.
        self.last.filter(|last| last.is_of_this_program())?;
        self.stored(path, fingerprint)
    }
}

/// What was announced, for a check: all else is looked at as if for the first time.
#[derive(Debug)]
pub struct Announcements<'m>(&'m ManifestCache<'m>);

impl ReadingCache for Announcements<'_> {
    fn reading(&self, _: &Arc<str>, _: Fingerprint) -> Option<Arc<Reading>> {
        None
    }
}

impl BuildCache for Announcements<'_> {
    fn size(&self, _: Fingerprint) -> Option<PictureSize> {
        None
    }

    fn announced(&self, id: &Id, file: &str, now: Fingerprint) -> Option<Announced> {
        self.0.announced(id, file, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{content::parse::parse, site::EmptyCache};

    #[test]
    fn what_another_program_understood_is_no_reading_of_this_one() {
        let path: Arc<str> = "content/seances/2027-03-17.md".into();
        let text = b"+++\ndate = 2027-03-17\n+++\n".to_vec();
        let sources = Sources::from_files([(path.to_string(), text)]);
        let parsed = parse(&sources, &EmptyCache::default());
        let (index, bytes) = stored(&parsed.readings);
        let fingerprint = sources.get(&path).unwrap().fingerprint();
        let index: Vec<(String, Fingerprint, u64, u64)> = postcard::from_bytes(&index).unwrap();
        let record = |program: &str| BuildRecord {
            program: program.to_owned(),
            drafts: false,
            precompress: false,
            owned: Fingerprint::default(),
            zone: "UTC".to_owned(),
            since: jiff::Timestamp::UNIX_EPOCH,
            until: None,
            availability: Fingerprint::default(),
            forgotten: Vec::new(),
            backdated: Vec::new(),
            told: None,
        };
        for (program, known) in [(crate::fingerprint::PROGRAM, true), ("another", false)] {
            let record = record(program);
            let cache = ManifestCache {
                last: Some(&record),
                by_stem: OnceLock::new(),
                index: index.iter().cloned().map(|(path, print, start, end)| (path, (print, start, end))).collect(),
                bytes: &bytes,
                pictures: HashMap::new(),
            };
            assert_eq!(cache.reading(&path, fingerprint).is_some(), known, "{program}");
            // What was announced by another is still what people were told.
            assert!(cache.former(&path, Fingerprint::default()).is_some(), "{program}");
        }
    }
}
