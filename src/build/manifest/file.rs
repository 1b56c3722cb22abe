//! The manifest's form: a mark with its version, a table of sections, then the sections, each with
//! its fingerprint. A section is decoded when somebody asks for it: a build that finds nothing to
//! do reads three of them.

use std::ops::Range;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::fingerprint::Fingerprint;

/// Changed with the form, or with that of anything stored.
const MARK: [u8; 8] = *b"EPA\0v008";

/// The parts of a manifest, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Record,
    Inputs,
    Outputs,
    Reads,
    Facts,
    Index,
    Readings,
    Pictures,
}

const SECTIONS: usize = 8;
/// Offset, length, fingerprint.
const ENTRY: usize = 8 + 8 + 16;

/// The sections of a manifest, as they were written.
#[derive(Debug, Default)]
pub(super) struct Sections {
    bytes: Vec<u8>,
    table: Vec<(Range<usize>, Fingerprint)>,
}

impl Sections {
    pub(super) fn parse(bytes: Vec<u8>) -> Option<Self> {
        let rest = bytes.strip_prefix(&MARK)?;
        let (table, _) = rest.split_at_checked(SECTIONS * ENTRY)?;
        let number = |bytes: &[u8]| usize::try_from(u64::from_le_bytes(bytes.try_into().ok()?)).ok();
        let table = table.chunks_exact(ENTRY).map(|entry| {
            let (start, length) = (number(&entry[..8])?, number(&entry[8..16])?);
            Some((start..start.checked_add(length)?, Fingerprint::from_bytes(entry[16..].try_into().ok()?)))
        });
        let table = table.collect::<Option<Vec<_>>>()?;
        Some(Self { bytes, table })
    }

    /// A section's bytes; `None` when they are not those that were written.
    pub(super) fn bytes(&self, section: Section) -> Option<&[u8]> {
        let (range, fingerprint) = self.table.get(section as usize)?;
        let bytes = self.bytes.get(range.clone())?;
        (Fingerprint::of(bytes) == *fingerprint).then_some(bytes)
    }

    pub(super) fn get<'s, T: Deserialize<'s>>(&'s self, section: Section) -> Option<T> {
        postcard::from_bytes(self.bytes(section)?).ok()
    }
}

/// Puts sections together.
#[derive(Debug, Default)]
pub(super) struct SectionWriter {
    sections: [Vec<u8>; SECTIONS],
}

impl SectionWriter {
    pub(super) fn put(&mut self, section: Section, bytes: Vec<u8>) {
        self.sections[section as usize] = bytes;
    }

    /// The manifest, in pieces.
    pub(super) fn finish(self) -> Vec<Vec<u8>> {
        let fingerprints: Vec<Fingerprint> = self.sections.par_iter().map(|section| Fingerprint::of(section)).collect();
        let mut at = MARK.len() + SECTIONS * ENTRY;
        let mut head = MARK.to_vec();
        for (section, fingerprint) in self.sections.iter().zip(fingerprints) {
            head.extend_from_slice(&(at as u64).to_le_bytes());
            head.extend_from_slice(&(section.len() as u64).to_le_bytes());
            head.extend_from_slice(fingerprint.as_bytes());
            at += section.len();
        }
        [head].into_iter().chain(self.sections).collect()
    }
}

/// The bytes of a section.
pub(super) fn bytes_of(value: &impl Serialize) -> Vec<u8> {
    // The values are the project's own plain types: they always serialise.
    postcard::to_allocvec(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written() -> Vec<u8> {
        let mut writer = SectionWriter::default();
        writer.put(Section::Inputs, bytes_of(&vec!["a", "b"]));
        writer.put(Section::Readings, bytes_of(&7_u32));
        writer.finish().concat()
    }

    #[test]
    fn what_is_written_is_read() {
        let sections = Sections::parse(written()).unwrap();
        assert_eq!(sections.get::<Vec<String>>(Section::Inputs).unwrap(), ["a", "b"]);
        assert_eq!(sections.get::<u32>(Section::Readings), Some(7));
    }

    #[test]
    fn a_damaged_section_is_worth_none_wherever_the_damage_is() {
        let whole = written();
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            let Some(sections) = Sections::parse(bytes) else { continue };
            let inputs = sections.get::<Vec<String>>(Section::Inputs);
            assert!(inputs.is_none_or(|inputs| inputs == ["a", "b"]), "byte {at}");
        }
        for length in 0..whole.len() {
            let sections = Sections::parse(whole[..length].to_vec());
            assert!(sections.is_none_or(|sections| sections.get::<u32>(Section::Readings).is_none()), "{length} bytes");
        }
    }
}
