//! A root of any size, the same bytes for the same size: what the generator is measured on. The
//! words are in `xtask/corpus/`.

use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use harness::repository;
use jiff::{ToSpan, civil::Date};
use walkdir::WalkDir;

const SENTENCES: &str = include_str!("../corpus/phrases.txt");
const TOPICS: &str = include_str!("../corpus/sujets.txt");
const PLACES: &str = include_str!("../corpus/lieux.txt");

/// About 2 KB of text a session.
const PARAGRAPHS: usize = 8;
const SENTENCES_EACH: usize = 4;
/// The first Wednesday of sessions: the group of the corpus meets on that day.
const FIRST_DAY: Date = jiff::civil::date(2018, 1, 3);
/// Ten years of Wednesdays. At the time that the tests and the benchmark stand at, one session in
/// ten is to come.
const WEEKS: usize = 520;
/// The first Wednesday of sessions that are all to come.
const OPEN_DAY: Date = jiff::civil::date(2027, 6, 2);
/// Coprime with [`WEEKS`]: any number of sessions is spread over all the years.
const STRIDE: usize = 389;

/// Writes a valid root of `count` sessions into `folder`, which must be empty or absent.
pub(crate) fn write(count: usize, folder: &Path) -> Result<(), String> {
    let occupied = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if occupied {
        return Err(format!("{} is not empty", folder.display()));
    }
    copy(&repository().join("tests/harness/racine"), folder)?;
    copy(&repository().join("templates"), &folder.join("templates"))?;
    fs::remove_dir_all(folder.join("content/seances")).map_err(|error| error.to_string())?;
    for (number, name) in PLACES.lines().enumerate() {
        let text = format!("nom = \"{name}\"\nadresse = \"1 rue de l'Essai\"\nville = \"Blagnac\"\n");
        put(&folder.join(format!("content/lieux/lieu-{number}.toml")), text.as_bytes())?;
    }
    for number in 0..count {
        let (path, text) = session(number);
        put(&folder.join(path), text.as_bytes())?;
    }
    Ok(())
}

/// Writes a valid root of `count` sessions that all accept demands, `s0`, `s1`…
pub(crate) fn write_open(count: usize, places: u16, folder: &Path) -> Result<(), String> {
    write(0, folder)?;
    // A flyer for each would be what is measured.
    fs::remove_dir_all(folder.join("content/supports")).map_err(|error| error.to_string())?;
    for number in 0..count {
        let date = OPEN_DAY.checked_add(i64::try_from(number % WEEKS).unwrap_or_default().weeks()).unwrap_or(OPEN_DAY);
        let text = format!("+++\ndate = {date}\nplaces_max = {places}\n+++\n\nVenez.\n");
        put(&folder.join(format!("content/seances/{}/s{number}.md", date.year())), text.as_bytes())?;
    }
    Ok(())
}

/// A session's path and text. Several may fall on one day: their ids differ.
fn session(number: usize) -> (PathBuf, String) {
    let mut random = Random::new(number as u64 + 1);
    let week = i64::try_from(number * STRIDE % WEEKS).unwrap_or_default();
    let date = FIRST_DAY.checked_add(week.weeks()).unwrap_or(FIRST_DAY);
    let year = date.year();
    let id = format!("{date}-{number}");
    let hour = 17 + random.below(3);
    let mut text = format!("+++\ndate = {date}\ndebut = {hour}:30\nfin = {}:30\n", hour + 2);
    let _ =
        writeln!(text, "lieu = \"lieu-{}\"\ntheme = \"{}\"", random.below(PLACES.lines().count()), random.line(TOPICS));
    let _ = writeln!(text, "places_max = {}\nmodifie_le = 2026-12-01\n+++", 8 + random.below(8));
    for paragraph in 0..PARAGRAPHS {
        if paragraph % 3 == 0 {
            let _ = write!(text, "\n## {}\n", random.line(TOPICS));
        }
        text.push('\n');
        for _ in 0..SENTENCES_EACH {
            let _ = write!(text, "{} ", random.line(SENTENCES));
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text.push_str("\n[Voir les autres dates](/seances/)\n");
    (format!("content/seances/{year}/{id}.md").into(), text)
}

/// `SplitMix64` (Steele, Lea, Flood 2014): small, and the same everywhere.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap_or_default()
    }

    /// Fisher and Yates' shuffle.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
    }

    fn line<'t>(&mut self, text: &'t str) -> &'t str {
        let at = self.below(text.lines().count());
        text.lines().nth(at).unwrap_or_default()
    }
}

/// Copies a folder.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), String> {
    for entry in WalkDir::new(from) {
        let entry = entry.map_err(|error| error.to_string())?;
        if entry.file_type().is_file() {
            let bytes = fs::read(entry.path()).map_err(|error| error.to_string())?;
            put(&to.join(entry.path().strip_prefix(from).unwrap_or(entry.path())), &bytes)?;
        }
    }
    Ok(())
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(path, bytes));
    written.map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use entreparentaise::{
        build::{self, BuildRequest},
        diagnostics::diagnostic::Severity,
        site::When,
    };

    use super::*;

    #[test]
    fn the_same_number_is_the_same_session_and_no_two_share_a_path() {
        assert_eq!(session(42), session(42));
        let paths: BTreeSet<_> = (0..5_000).map(|number| session(number).0).collect();
        assert_eq!(paths.len(), 5_000);
    }

    #[test]
    fn a_session_is_about_two_kilobytes() {
        let sizes: usize = (0..100).map(|number| session(number).1.len()).sum();
        assert!((1_600..2_600).contains(&(sizes / 100)), "{}", sizes / 100);
    }

    #[test]
    fn a_corpus_is_a_valid_root() {
        let root = tempfile::tempdir().expect("a temporary folder");
        write(40, root.path()).expect("an empty folder");
        let now = When::Day(jiff::civil::date(2027, 1, 10));
        let checked = build::check(&BuildRequest::new(root.path(), now)).expect("threads");
        let wrong: Vec<_> = checked.diagnostics.iter().filter(|problem| problem.severity == Severity::Error).collect();
        assert!(checked.failure.is_none() && wrong.is_empty(), "{wrong:?}");
    }
}
