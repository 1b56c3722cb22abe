//! `entreparentaise new`: files with everything that can be known already, and `à compléter` for
//! the rest.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};

use jiff::civil::Date;

use crate::model::Id;

/// Why a file was not made.
#[derive(Debug)]
pub(crate) enum ScaffoldError {
    /// It is there already.
    Exists(PathBuf),
    /// The disk refused.
    Io(PathBuf, io::Error),
}

/// Makes a session's file: `content/seances/<year>/<date>.md`. `note` is a line for the writer.
pub(crate) fn session(root: &Path, date: Date, today: Date, note: &str) -> Result<PathBuf, ScaffoldError> {
    let path = root.join(format!("content/seances/{}/{date}.md", date.year()));
    create(path, &format!("+++\n# {note}\ndate = {date}\nmodifie_le = {today}\n+++\n"))
}

/// Makes a partner's file: `content/partenaires/<id>.md`.
pub(crate) fn partner(root: &Path, id: &Id) -> Result<PathBuf, ScaffoldError> {
    let missing = crate::content::parse::TO_COMPLETE;
    let path = root.join(format!("content/partenaires/{id}.md"));
    create(path, &format!("+++\nnom = \"{missing}\"\nrole = \"{missing}\"\n+++\n\n{missing}\n"))
}

/// Makes a venue's file: `content/lieux/<id>.toml`.
pub(crate) fn venue(root: &Path, id: &Id, note: &str) -> Result<PathBuf, ScaffoldError> {
    let missing = crate::content::parse::TO_COMPLETE;
    let facts = ["nom", "adresse", "code_postal", "ville", "acces", "porte", "transports", "stationnement"];
    let lines: Vec<String> = facts.iter().map(|key| format!("{key} = \"{missing}\"\n")).collect();
    create(root.join(format!("content/lieux/{id}.toml")), &format!("# {note}\n{}", lines.concat()))
}

/// Never over a file that is there: what somebody wrote is not ours to replace.
fn create(path: PathBuf, text: &str) -> Result<PathBuf, ScaffoldError> {
    let made = (|| {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::File::create_new(&path)?.write_all(text.as_bytes())
    })();
    match made {
        Ok(()) => Ok(path),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(ScaffoldError::Exists(path)),
        Err(error) => Err(ScaffoldError::Io(path, error)),
    }
}
