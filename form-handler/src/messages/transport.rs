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
    smtp::{Blame, SendError, Smtp},
};
use crate::phrase::Phrase;

/// Where letters go, as the settings say.
#[derive(Clone, PartialEq, Eq)]
pub enum Mail {
    /// Into a folder.
    Folder(PathBuf),
    /// Through a server: `smtp://` or `smtps://`, perhaps with a login.
    Smtp(String),
}

/// An address may hold a password: it is not shown.
impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder(folder) => f.debug_tuple("Folder").field(folder).finish(),
            Self::Smtp(_) => f.write_str("Smtp(…)"),
        }
    }
}

impl Mail {
    /// Understands `file:`, `smtp://` and `smtps://`. A folder is relative to `root`.
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
        let address = with_tls(url);
        lettre::AsyncSmtpTransport::<lettre::Tokio1Executor>::from_url(&address)
            .map_err(|error| Phrase::new("config-courriel-adresse").with("cause", error))?;
        Ok(Self::Smtp(address))
    }
}

/// Plain `smtp://` says nothing of encryption: it is used when the server offers it, and demanded
/// before a password is sent to another machine.
fn with_tls(url: &str) -> String {
    let Some(rest) = url.strip_prefix("smtp://").filter(|_| !url.contains("tls=")) else { return url.to_owned() };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let (login, host) = authority.rsplit_once('@').map_or((None, authority), |(login, host)| (Some(login), host));
    let here = ["localhost", "127.", "[::1]"].iter().any(|name| host.starts_with(name));
    let tls = match login {
        _ if here => return url.to_owned(),
        Some(_) => "required",
        None => "opportunistic",
    };
    format!("{url}{}tls={tls}", if url.contains('?') { '&' } else { '?' })
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
    pub fn open(mail: &Mail) -> Result<Self, Phrase> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_never_crosses_a_network_in_clear() {
        assert_eq!(with_tls("smtp://127.0.0.1:2525"), "smtp://127.0.0.1:2525");
        assert_eq!(with_tls("smtp://u:p@mail.exemple.fr"), "smtp://u:p@mail.exemple.fr?tls=required");
        assert_eq!(with_tls("smtp://mail.exemple.fr"), "smtp://mail.exemple.fr?tls=opportunistic");
        assert_eq!(with_tls("smtps://u:p@mail.exemple.fr"), "smtps://u:p@mail.exemple.fr");
    }
}
