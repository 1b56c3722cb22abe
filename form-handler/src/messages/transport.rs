//! How a letter leaves: into a folder, or through a mail server; a text message, into a folder, or
//! through a gateway.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use entreparentaise::private_dir;

use super::{
    gateway::{Gateway, GatewayAddress},
    letter::Parcel,
    mail_server::MailServer,
    smtp::{Blame, SendError, Smtp},
};
use crate::enrolment::Channel;
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

/// Where text messages go, as the settings say.
#[derive(Debug, Clone)]
pub enum Sms {
    /// Into a folder: nobody gets them from there.
    Folder(PathBuf),
    /// Through a gateway.
    Gateway(Box<GatewayAddress>),
}

impl Sms {
    /// Understands `file:`, `http://` and `https://`. A folder is relative to `root`.
    ///
    /// # Errors
    /// As for [`Mail::parse`].
    pub fn parse(url: &str, root: &Path) -> Result<Self, Phrase> {
        if let Some(folder) = url.strip_prefix("file:").filter(|folder| !folder.is_empty()) {
            return Ok(Self::Folder(root.join(folder)));
        }
        if !url.starts_with("http://") && !url.starts_with("https://") {
            return Err(Phrase::new("config-sms").with("valeur", scheme_of(url)));
        }
        GatewayAddress::parse(url).map(|address| Self::Gateway(Box::new(address)))
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
    /// One text file for each text message.
    TextFolder(PathBuf),
    /// A gateway for text messages.
    Gateway(Box<Gateway>),
}

impl Transport {
    /// The same for text messages.
    #[must_use]
    pub fn open_for_texts(texts: &Sms) -> Self {
        match texts {
            Sms::Folder(folder) => Self::TextFolder(folder.clone()),
            Sms::Gateway(address) => Self::Gateway(Box::new(Gateway::new(GatewayAddress::clone(address)))),
        }
    }

    /// What leaves by it.
    #[must_use]
    pub fn channel(&self) -> Channel {
        match self {
            Self::Folder(_) | Self::Smtp(_) => Channel::Mail,
            Self::TextFolder(_) | Self::Gateway(_) => Channel::Text,
        }
    }

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
            Self::Folder(_) | Self::TextFolder(_) => Ok(()),
            Self::Smtp(smtp) => Box::pin(smtp.reach()).await,
            Self::Gateway(gateway) => Box::pin(gateway.reach()).await,
        }
    }

    /// Sends one letter, or one text message: what its row said is of this channel.
    pub async fn send(&self, parcel: Parcel) -> Result<(), SendError> {
        let failed = |cause: String| SendError { blame: Blame::Server, cause };
        match (self, parcel) {
            (Self::Folder(folder) | Self::TextFolder(folder), parcel) => {
                let folder = folder.clone();
                let kept = tokio::task::spawn_blocking(move || keep(&folder, &parcel)).await;
                // A full disk is full for every letter.
                kept.map_err(|error| failed(error.to_string()))?.map_err(|error| failed(error.to_string()))
            }
            (Self::Smtp(smtp), Parcel::Letter(letter)) => Box::pin(smtp.send(&letter.message)).await,
            (Self::Gateway(gateway), Parcel::Text(text)) => Box::pin(gateway.send(&text)).await,
            (Self::Smtp(_) | Self::Gateway(_), _) => Err(failed("a message of another channel".to_owned())),
        }
    }

    /// How long the next letter is to wait. A folder is a demonstration, or a postman's round: each
    /// file is an `fsync` on the disk that sign-ups wait for, and answering people comes first. A
    /// mail server has its own disk.
    #[must_use]
    pub fn pause(&self) -> Duration {
        match self {
            Self::Folder(_) | Self::TextFolder(_) => Duration::from_millis(25),
            Self::Smtp(_) | Self::Gateway(_) => Duration::ZERO,
        }
    }

    /// No letter follows.
    pub async fn close(&self) {
        match self {
            Self::Folder(_) | Self::TextFolder(_) => {}
            Self::Smtp(smtp) => smtp.close().await,
            Self::Gateway(gateway) => gateway.close().await,
        }
    }
}

/// Writes the file under another name first: whoever looks into the folder sees whole letters only.
fn keep(folder: &Path, parcel: &Parcel) -> io::Result<()> {
    let (name, bytes) = match parcel {
        Parcel::Letter(letter) => (&letter.name, letter.message.formatted()),
        Parcel::Text(text) => (&text.name, format!("{}\n\n{}\n", text.to, text.words).into_bytes()),
    };
    private_dir::create(folder)?;
    let draft = folder.join(format!(".{name}"));
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    file.write_all(&bytes)?;
    file.sync_all()?;
    fs::rename(&draft, folder.join(name))
}
