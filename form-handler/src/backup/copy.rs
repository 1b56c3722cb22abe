//! A copy of the database as it is now, looked at, in a file that is its owner's alone.

use std::path::Path;

use super::{Place, archive::Kind, postgres::Programs, refused};
use crate::{
    phrase::Phrase,
    settings::Database,
    store::{Contents, postgres::Held, sqlite::copy},
};

/// Copies the database to the file `to`, which is not there. Which it is, and what it holds.
pub(super) async fn copied(place: &Place, to: &Path) -> Result<(Kind, Contents), Phrase> {
    match &place.database {
        Database::Sqlite(path) => {
            let (path, to) = (path.clone(), to.to_owned());
            let contents = in_background(move || copy_file(&path, &to)).await?;
            Ok((Kind::Sqlite, contents))
        }
        Database::Postgres(server) => {
            let held = Held::now(server).await?;
            let (server, programs, to) = (server.clone(), place.programs.clone(), to.to_owned());
            let (name, version) = (held.name.clone(), held.version);
            in_background(move || Programs::of(&server, programs.as_deref(), version).dump(&name, version, &to))
                .await?;
            Ok((Kind::Postgresql, held.contents))
        }
    }
}

fn copy_file(path: &Path, to: &Path) -> Result<Contents, Phrase> {
    if !path.exists() {
        return Err(Phrase::new("sauvegarde-base-vide"));
    }
    copy::take(path, to).map_err(|error| refused(path, &error))?;
    copy::verify(to).map_err(|error| refused(path, &error))
}

/// Does what takes long and waits for the disk.
pub(super) async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Phrase> + Send + 'static,
) -> Result<T, Phrase> {
    let gone = |error| Phrase::new("base-indisponible").with("cause", error);
    tokio::task::spawn_blocking(work).await.map_err(gone)?
}
