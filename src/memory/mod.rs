//! What a build leaves for the next one, in `dist/.entreparentaise/manifeste`: the stamps and fingerprints of what it read, what it
//! understood of the sessions, and what it published. A manifest that is damaged, older, or not there is worth none: the next build
//! then makes everything again, and is never wrong.

mod file;

use std::{
    collections::{BTreeMap, HashMap},
    fs, io,
    path::Path,
    sync::Arc,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use self::file::{Section, Sections};
use crate::{
    diagnostic::Diagnostic,
    fingerprint::Fingerprint,
    inspect::Facts,
    parse::{Reading, Readings, Recall},
    publish::{Made, replace_file},
    sources::{Sources, Stamp},
};

/// The manifest's name in the private folder.
pub const NAME: &str = "manifeste";

/// What an earlier build left.
#[derive(Debug, Default)]
pub struct Memory {
    /// What the build was; `None` when nothing is remembered.
    pub last: Option<Last>,
    /// What was seen of each source.
    pub inputs: HashMap<String, (Stamp, Fingerprint)>,
    /// What was published, by path.
    pub outputs: BTreeMap<String, Made>,
    sections: Sections,
}

/// What a build was, and what it told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Last {
    /// Of the generator.
    pub program: String,
    /// Whether drafts were shown.
    pub drafts: bool,
    /// The site's time zone, by name.
    pub zone: String,
    /// From when on the same inputs give the same outputs.
    pub since: Timestamp,
    /// Until when.
    pub until: Option<Timestamp>,
    /// The states that the handler had told.
    pub availability: Fingerprint,
    /// Every warning, with its file.
    pub told: Vec<(String, Diagnostic)>,
}

/// What a build remembers for the next one.
#[derive(Debug)]
pub struct Fresh<'a> {
    /// What it was.
    pub last: &'a Last,
    /// What it read.
    pub sources: &'a Sources,
    /// What it understood.
    pub readings: &'a Readings,
    /// What it published.
    pub outputs: &'a BTreeMap<String, Made>,
    /// What everything was made from, by [`crate::inputs::Leaf::key`].
    pub leaves: &'a BTreeMap<Fingerprint, Fingerprint>,
    /// What the pages hold, by path.
    pub facts: &'a BTreeMap<String, Arc<Facts>>,
}

impl Memory {
    /// What `folder` remembers.
    #[must_use]
    pub fn load(folder: &Path) -> Self {
        Self::read(&folder.join(NAME)).unwrap_or_default()
    }

    fn read(path: &Path) -> Option<Self> {
        let sections = Sections::parse(fs::read(path).ok()?)?;
        let last = sections.get(Section::Last)?;
        let inputs: Vec<(String, Stamp, Fingerprint)> = sections.get(Section::Inputs)?;
        let outputs: Vec<(String, Made)> = sections.get(Section::Outputs)?;
        Some(Self {
            last: Some(last),
            inputs: inputs.into_iter().map(|(path, stamp, fingerprint)| (path, (stamp, fingerprint))).collect(),
            outputs: outputs.into_iter().collect(),
            sections,
        })
    }

    /// What was seen of a source, if its stamp may be believed.
    #[must_use]
    pub fn known(&self, path: &str) -> Option<(Stamp, Fingerprint)> {
        self.inputs.get(path).copied().filter(|(stamp, _)| *stamp != Stamp::NONE)
    }

    /// What everything was made from.
    #[must_use]
    pub fn leaves(&self) -> HashMap<Fingerprint, Fingerprint> {
        let leaves: Option<Vec<(Fingerprint, Fingerprint)>> = self.sections.get(Section::Leaves);
        leaves.unwrap_or_default().into_iter().collect()
    }

    /// What the pages held; `None` when that is not remembered.
    #[must_use]
    pub fn facts(&self) -> Option<BTreeMap<String, Arc<Facts>>> {
        Some(self.sections.get::<Vec<(String, Arc<Facts>)>>(Section::Facts)?.into_iter().collect())
    }

    /// The readings of the sessions.
    #[must_use]
    pub fn readings(&self) -> Remembered<'_> {
        let index: Vec<(String, Fingerprint, u64, u64)> = self.sections.get(Section::Index).unwrap_or_default();
        let index = index.into_iter().map(|(path, fingerprint, start, end)| (path, (fingerprint, start, end)));
        Remembered { index: index.collect(), bytes: self.sections.bytes(Section::Readings).unwrap_or_default() }
    }

    /// Writes what a build remembers, atomically.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn save(folder: &Path, fresh: &Fresh<'_>) -> io::Result<()> {
        let mut readings = Vec::new();
        let mut index = Vec::new();
        for (path, (fingerprint, reading)) in fresh.readings {
            let start = readings.len() as u64;
            readings.extend(reading.to_bytes());
            index.push((&**path, *fingerprint, start, readings.len() as u64));
        }
        let inputs: Vec<_> =
            fresh.sources.iter().map(|(path, file)| (&**path, file.stamp(), file.fingerprint())).collect();
        let mut writer = file::Writer::default();
        writer.put(Section::Last, fresh.last);
        writer.put(Section::Inputs, &inputs);
        writer.put(Section::Outputs, &fresh.outputs.iter().collect::<Vec<_>>());
        writer.put(Section::Leaves, &fresh.leaves.iter().collect::<Vec<_>>());
        writer.put(Section::Facts, &fresh.facts.iter().collect::<Vec<_>>());
        writer.put(Section::Index, &index);
        writer.put_bytes(Section::Readings, readings);
        replace_file(&folder.join(NAME), &writer.finish())
    }

    /// Writes the same again, with stamps that may now be believed.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn restamp(&self, folder: &Path, sources: &Sources, outputs: &BTreeMap<String, Made>) -> io::Result<()> {
        let inputs: Vec<_> = sources.iter().map(|(path, file)| (&**path, file.stamp(), file.fingerprint())).collect();
        let mut writer = file::Writer::default();
        writer.put(Section::Inputs, &inputs);
        writer.put(Section::Outputs, &outputs.iter().collect::<Vec<_>>());
        for section in [Section::Last, Section::Leaves, Section::Facts, Section::Index, Section::Readings] {
            writer.put_bytes(section, self.sections.bytes(section).unwrap_or_default().to_vec());
        }
        replace_file(&folder.join(NAME), &writer.finish())
    }
}

/// The sessions' readings, as they were stored: each is decoded when it is recalled.
#[derive(Debug)]
pub struct Remembered<'m> {
    index: HashMap<String, (Fingerprint, u64, u64)>,
    bytes: &'m [u8],
}

impl Recall for Remembered<'_> {
    fn recall(&self, path: &Arc<str>, fingerprint: Fingerprint) -> Option<Arc<Reading>> {
        let (_, start, end) = self.index.get(&**path).filter(|(known, ..)| *known == fingerprint)?;
        let bytes = self.bytes.get(usize::try_from(*start).ok()?..usize::try_from(*end).ok()?)?;
        Reading::from_bytes(bytes, path).map(Arc::new)
    }
}
