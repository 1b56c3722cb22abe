//! How a letter leaves: into a folder, or through a mail server.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor, transport::smtp};

use super::Letter;
use crate::{config::Mail, said::Said};

/// A server that says nothing for so long is down for now.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Where letters go.
#[derive(Debug)]
pub enum Transport {
    /// One `.eml` file each.
    Folder(PathBuf),
    /// A mail server, over connections kept open.
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
}

/// A letter did not leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendError {
    /// The server knows no such recipient: trying again is useless.
    pub permanent: bool,
    /// In the system's or the server's words.
    pub cause: String,
}

impl Transport {
    /// What the configuration asks for. Nothing is contacted yet: a server that is down delays letters, not the start.
    pub fn open(mail: &Mail) -> Result<Self, Said> {
        match mail {
            Mail::Folder(folder) => Ok(Self::Folder(folder.clone())),
            Mail::Smtp(url) => {
                let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url);
                // The cause, never the address: it may hold a password.
                let builder = builder.map_err(|error| Said::new("config-courriel-adresse").with("cause", error))?;
                Ok(Self::Smtp(builder.timeout(Some(TIMEOUT)).build()))
            }
        }
    }

    /// Sends one letter.
    pub async fn send(&self, letter: Letter) -> Result<(), SendError> {
        match self {
            Self::Folder(folder) => {
                let folder = folder.clone();
                let kept = tokio::task::spawn_blocking(move || keep(&folder, &letter)).await;
                let failed = |cause: String| SendError { permanent: false, cause };
                kept.map_err(|error| failed(error.to_string()))?.map_err(|error| failed(error.to_string()))
            }
            Self::Smtp(smtp) => smtp.send(letter.message).await.map(|_| ()).map_err(|error| SendError {
                permanent: error.status().is_some_and(is_about_the_recipient),
                cause: without_addresses(&error.to_string()),
            }),
        }
    }
}

/// 550 to 553 refuse this recipient. Other 5xx answers are about us (login, policy): somebody can mend those within the
/// two days that we go on trying.
fn is_about_the_recipient(code: smtp::response::Code) -> bool {
    matches!(code.to_string().as_str(), "550" | "551" | "552" | "553")
}

/// A server repeats the address that it refuses; who is written to is not for the log.
fn without_addresses(cause: &str) -> String {
    let words = cause.split_whitespace().map(|word| if word.contains('@') { "…" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

/// Writes the file under another name first: whoever looks into the folder sees whole letters only.
fn keep(folder: &Path, letter: &Letter) -> io::Result<()> {
    fs::create_dir_all(folder)?;
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
