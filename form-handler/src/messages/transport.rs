//! How a letter leaves: into a folder, or through a mail server.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use entreparentaise::private_dir;

use super::{
    letter::Letter,
    mail_server::MailServer,
    smtp::{Blame, SendError, Smtp},
};
use crate::phrase::Phrase;

/// Where letters go, as the settings say.
#[derive(Debug, Clone)]
pub enum Mail {
    /// Into a folder.
    Folder(PathBuf),
    /// Through a server.
    Smtp(Box<MailServer>),
}

impl Mail {
    /// Understands `file:`, `smtp://` and `smtps://`. Files and folders are relative to `root`.
    ///
    /// # Errors
    /// What is none of these, and an address that is not understood: it stops the start rather
    /// than the letters.
    pub fn parse(url: &str, root: &Path) -> Result<Self, Phrase> {
        if let Some(folder) = url.strip_prefix("file:").filter(|folder| !folder.is_empty()) {
            return Ok(Self::Folder(root.join(folder)));
        }
        if !url.starts_with("smtp://") && !url.starts_with("smtps://") {
            return Err(Phrase::new("config-courriel").with("valeur", scheme_of(url)));
        }
        MailServer::parse(url, root).map(|server| Self::Smtp(Box::new(server)))
    }
}

/// What may be shown of an address, which may hold a password: its scheme.
pub(crate) fn scheme_of(url: &str) -> String {
    url.split_once(':').map_or_else(|| url.to_owned(), |(scheme, _)| format!("{scheme}:…"))
}

/// The way out.
#[derive(Debug)]
pub enum Transport {
    /// One `.eml` file each.
    Folder(PathBuf),
    /// A mail server.
    Smtp(Box<Smtp>),
}

impl Transport {
    /// What the configuration asks for. Nothing is contacted yet: a server that is down delays
    /// letters, not the start.
    #[must_use]
    pub fn open(mail: &Mail) -> Self {
        match mail {
            Mail::Folder(folder) => Self::Folder(folder.clone()),
            Mail::Smtp(server) => Self::Smtp(Box::new(Smtp::new(MailServer::clone(server)))),
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
