//! The folders in which letters and text messages are left, where nobody takes them: a letter goes
//! from there with the row that it was written from, so that whoever is erased is erased there too.

use std::{fs, io, path::Path};

use jiff::{SignedDuration, Timestamp};

use crate::{enrolment::MessageKind, phrase::Phrase, store::Store};

/// A last letter, of which no row is left once it was written, stays for so long.
const LAST_LETTER: SignedDuration = SignedDuration::from_hours(24);

/// Removes the letters whose rows are gone.
///
/// # Errors
/// A database that does not answer, a folder that cannot be read or changed: what is left goes the
/// next time.
pub async fn sweep(folder: &Path, store: &dyn Store, now: Timestamp) -> Result<(), Phrase> {
    let failed = |error: &io::Error| {
        Phrase::new("site-ecriture-impossible").with("chemin", folder.display()).with("cause", error)
    };
    let files = match fs::read_dir(folder) {
        Ok(files) => files,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(&error)),
    };
    let mut letters = Vec::new();
    for file in files {
        let file = file.map_err(|error| failed(&error))?;
        if let Some(name) = file.file_name().to_str().and_then(FileName::parse) {
            letters.push((name, file.path()));
        }
    }
    let known = store.known_letters(letters.iter().map(|(name, _)| name.key).collect()).await?;
    for (name, path) in letters {
        if known.contains(&name.key) || (name.last && now.duration_since(name.written_at) < LAST_LETTER) {
            continue;
        }
        match fs::remove_file(&path) {
            // Another instance, or whoever takes letters from here, was quicker.
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(&error)),
            _ => {}
        }
    }
    Ok(())
}

/// What a letter's file says by its name.
#[derive(Debug, PartialEq, Eq)]
struct FileName {
    written_at: Timestamp,
    /// Of its row.
    key: i64,
    /// It was the last one to somebody who was erased.
    last: bool,
}

/// How the instant of a letter is written in its name.
const STAMP: &str = "%Y%m%dT%H%M%SZ";

impl FileName {
    /// What [`file_name`] made. A draft that a crash left, under a name with a dot before it,
    /// counts as the letter that it would have been.
    fn parse(name: &str) -> Option<Self> {
        let rest = name.strip_prefix('.').unwrap_or(name).rsplit_once('.');
        let (rest, _) = rest.filter(|(_, ending)| matches!(*ending, "eml" | "txt"))?;
        let (stamp, rest) = rest.split_once('-')?;
        let (key, rest) = rest.split_once('-')?;
        let written_at = jiff::civil::DateTime::strptime(STAMP, stamp).ok()?;
        Some(Self {
            written_at: written_at.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp(),
            key: key.parse().ok()?,
            last: rest.starts_with(&format!("{}-", MessageKind::Erased.name())),
        })
    }
}

/// The name of a letter's file, before its ending: when it was written, the key of its row, what it
/// is, and its own name.
pub(super) fn file_name(written_at: Timestamp, key: i64, kind: &str, letter: &str) -> String {
    format!("{}-{key}-{kind}-{letter}", written_at.strftime(STAMP))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letters_name_says_which_row_it_is_of() {
        let at: Timestamp = "2027-03-01T12:00:00Z".parse().unwrap();
        let name = |kind: MessageKind| format!("{}.eml", file_name(at, 42, kind.name(), "a-b_c"));
        let named = |last| Some(FileName { written_at: at, key: 42, last });
        assert_eq!(FileName::parse(&name(MessageKind::Place)), named(false));
        assert_eq!(FileName::parse(&name(MessageKind::Erased)), named(true));
        assert_eq!(FileName::parse(&format!(".{}", name(MessageKind::Place))), named(false));
        let text = format!("{}.txt", file_name(at, 42, MessageKind::Place.name(), "a-b_c"));
        assert_eq!(FileName::parse(&text), named(false));
        for other in ["lisezmoi.txt", "20270301T120000Z-x-place-a.eml", "a.eml", "-1-.eml", ""] {
            assert_eq!(FileName::parse(other), None, "{other}");
        }
    }
}
