//! What was erased, in a file beside the backups: a backup from before brings nobody back.
//!
//! The database knows it too, from the very commit that erased. The file is made from that at once,
//! after a crash as well, and in each folder of which backups are restored; what it says is dropped
//! once no backup is left that could bring it back. It is written aside and put in place whole.

use std::{
    collections::BTreeSet,
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};

use data_encoding::HEXLOWER;
use entreparentaise::{model::retention::ERASED_DAYS, private_dir};
use jiff::{SignedDuration, Timestamp};

use super::{Draft, private, refused};
use crate::{
    phrase::Phrase,
    store::{Erased, Mark, Store},
    token::DemandId,
};

/// The name of the file.
pub const MARKS: &str = "effacees";

/// What the file says of itself.
const HEAD: &str = "# Ce qui a été effacé, sans aucun nom : « form-handler restore » l’efface de nouveau.\n\
                    # Gardez ce fichier avec les sauvegardes.\n";

/// Has each of these folders know what the database knows to be erased, and what it knew itself.
///
/// # Errors
/// Folders that cannot be written, each. None: the database does not answer, which whoever asks it
/// for more tells.
pub async fn sync(store: &dyn Store, folders: &[PathBuf], now: Timestamp) -> Result<(), Vec<Phrase>> {
    let known: BTreeSet<Erased> = store.erased().await.map_err(|_| Vec::new())?.into_iter().collect();
    let folders = folders.to_owned();
    // Disks are waited for where nobody else waits.
    let written = tokio::task::spawn_blocking(move || write_all(&folders, &known, now)).await;
    let failures = written.unwrap_or_default();
    if failures.is_empty() { Ok(()) } else { Err(failures) }
}

/// Writes what is known into each folder. What failed.
fn write_all(folders: &[PathBuf], known: &BTreeSet<Erased>, now: Timestamp) -> Vec<Phrase> {
    let mut failures = Vec::new();
    for folder in folders {
        let path = folder.join(MARKS);
        let written = read(&path).and_then(|there| {
            let all = current(there.iter().chain(known).cloned(), now);
            // A file that is there says that nothing else was erased.
            if all == there && path.exists() {
                Ok(())
            } else {
                write(&path, &all).map_err(|error| refused(&path, &error))
            }
        });
        failures.extend(written.err());
    }
    failures
}

/// What is still to be remembered.
fn current(marks: impl Iterator<Item = Erased>, now: Timestamp) -> BTreeSet<Erased> {
    let term = SignedDuration::from_hours(24 * i64::from(ERASED_DAYS));
    let oldest = now.saturating_sub(term).unwrap_or(Timestamp::MIN);
    marks.filter(|mark| mark.at >= oldest).collect()
}

/// What a file says. One that is not there says nothing.
///
/// # Errors
/// A line that is not understood: somebody may be in it who is to stay erased.
pub(super) fn read(path: &Path) -> Result<BTreeSet<Erased>, Phrase> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(error) => return Err(refused(path, &error)),
    };
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    let odd = |nth: usize| Phrase::new("effacees-incomprises").with("fichier", path.display()).with("ligne", nth + 1);
    lines.map(|(nth, line)| parse(line).ok_or_else(|| odd(nth))).collect()
}

fn parse(line: &str) -> Option<Erased> {
    let mut words = line.split_whitespace();
    let at = words.next()?.parse().ok()?;
    let what = match (words.next()?, words.next()?, words.next()) {
        ("demande", id, None) => Mark::Demand(DemandId(HEXLOWER.decode(id.as_bytes()).ok()?.try_into().ok()?)),
        ("seance", id, Some(ends)) => Mark::Session(id.to_owned(), ends.parse().ok()?),
        ("cle", fingerprint, None) => Mark::Key(fingerprint.to_owned()),
        _ => return None,
    };
    Some(Erased { at, what })
}

fn line(mark: &Erased) -> String {
    let at = mark.at;
    match &mark.what {
        Mark::Demand(id) => format!("{at} demande {id}\n"),
        Mark::Session(id, ends) => format!("{at} seance {id} {ends}\n"),
        Mark::Key(fingerprint) => format!("{at} cle {fingerprint}\n"),
    }
}

fn write(path: &Path, marks: &BTreeSet<Erased>) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        private_dir::create(folder)?;
    }
    let draft = Draft::at(path.with_file_name(format!(".{MARKS}.en-cours")));
    let mut file = private(draft.path())?;
    file.write_all(HEAD.as_bytes())?;
    marks.iter().try_for_each(|mark| file.write_all(line(mark).as_bytes()))?;
    drop(file);
    draft.take_place(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks() -> BTreeSet<Erased> {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let ends = at("2027-03-17T19:00:00Z");
        [
            Erased { at: at("2027-01-10T09:00:00.125Z"), what: Mark::Demand(DemandId([0xa5; 16])) },
            Erased { at: at("2027-06-20T09:00:00Z"), what: Mark::Session("2027-03-17".to_owned(), ends) },
            Erased { at: at("2027-06-21T09:00:00Z"), what: Mark::Key("00ff".to_owned()) },
        ]
        .into()
    }

    #[test]
    fn what_is_written_is_read_again_and_a_strange_line_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sauvegardes").join(MARKS);
        assert_eq!(read(&path), Ok(BTreeSet::new()));
        write(&path, &marks()).unwrap();
        assert_eq!(read(&path), Ok(marks()));
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no draft is left");
        let text = fs::read_to_string(&path).unwrap();
        for strange in ["2027 demande 00\n", "2027-01-10T09:00:00Z demande 00\n", "2027-01-10T09:00:00Z autre x\n"] {
            fs::write(&path, format!("{text}{strange}")).unwrap();
            assert_eq!(read(&path).unwrap_err().id, "effacees-incomprises", "{strange}");
        }
    }

    #[test]
    fn what_no_backup_could_bring_back_is_dropped() {
        let now = "2027-08-15T00:00:00Z".parse().unwrap();
        let left: Vec<_> = current(marks().into_iter(), now).into_iter().map(|mark| mark.what).collect();
        assert_eq!(left.len(), 2, "{left:?}");
    }
}
