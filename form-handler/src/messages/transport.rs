//! How a letter leaves: into a folder, or through a mail server.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use entreparentaise::private_dir;

use super::{Letter, smtp::Smtp};
use crate::{config::Mail, said::Said};

/// Where letters go.
#[derive(Debug)]
pub enum Transport {
    /// One `.eml` file each.
    Folder(PathBuf),
    /// A mail server.
    Smtp(Box<Smtp>),
}

/// A letter did not leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendError {
    /// What failed.
    pub blame: Blame,
    /// In the system's or the server's words. No address is in it.
    pub cause: String,
}

/// What failed when a letter did not leave, which decides when it is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// There is no such recipient: trying again is useless.
    Recipient,
    /// The server does not want this letter now; it may want others.
    Letter,
    /// The connection broke while the letter was under way: it may have arrived.
    Line,
    /// There is no way out for any letter, and this one was not tried.
    Server,
}

impl Transport {
    /// What the configuration asks for. Nothing is contacted yet: a server that is down delays
    /// letters, not the start.
    pub fn open(mail: &Mail) -> Result<Self, Said> {
        match mail {
            Mail::Folder(folder) => Ok(Self::Folder(folder.clone())),
            Mail::Smtp(address) => Ok(Self::Smtp(Box::new(Smtp::parse(address)?))),
        }
    }

    /// Whether letters could leave now.
    pub async fn reach(&self) -> Result<(), SendError> {
        match self {
            Self::Folder(_) => Ok(()),
            Self::Smtp(smtp) => Box::pin(smtp.reach()).await,
        }
    }

    /// Sends one letter.
    pub async fn send(&self, letter: Letter) -> Result<(), SendError> {
        match self {
            Self::Folder(folder) => {
                let folder = folder.clone();
                let kept = tokio::task::spawn_blocking(move || keep(&folder, &letter)).await;
                // A full disk is full for every letter.
                let failed = |cause: String| SendError { blame: Blame::Server, cause };
                kept.map_err(|error| failed(error.to_string()))?.map_err(|error| failed(error.to_string()))
            }
            Self::Smtp(smtp) => Box::pin(smtp.send(&letter.message)).await,
        }
    }

    /// How long the next letter is to wait. A folder is a demonstration, or a postman's round: each
    /// file is an `fsync` on the disk that sign-ups wait for, and answering people comes first. A
    /// mail server has its own disk.
    #[must_use]
    pub fn pause(&self) -> Duration {
        match self {
            Self::Folder(_) => Duration::from_millis(25),
            Self::Smtp(_) => Duration::ZERO,
        }
    }

    /// No letter follows.
    pub async fn close(&self) {
        if let Self::Smtp(smtp) = self {
            smtp.close().await;
        }
    }
}

/// A server repeats the address that it refuses; who is written to is not for the log.
pub(super) fn without_addresses(cause: &str) -> String {
    let words = cause.split_whitespace().map(|word| if word.contains('@') { "…" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

/// Writes the file under another name first: whoever looks into the folder sees whole letters only.
fn keep(folder: &Path, letter: &Letter) -> io::Result<()> {
    private_dir::create(folder)?;
    let draft = folder.join(format!(".{}", letter.name));
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    file.write_all(&letter.message.formatted())?;
    file.sync_all()?;
    fs::rename(&draft, folder.join(&letter.name))
}
