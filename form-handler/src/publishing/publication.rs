//! What a publication is told, and what it came to.

use std::{io, path::PathBuf};

use entreparentaise::build::dist::{PRIVATE, PublishError};
use jiff::Timestamp;

use crate::{
    phrase::Phrase,
    store::{StoreError, Synced},
};

/// Where the site is, and what keeps it.
#[derive(Debug, Clone)]
pub struct Options {
    /// The root: `content/`, `templates/`.
    pub root: PathBuf,
    /// What is served: `dist/`.
    pub site: PathBuf,
    /// What the handler keeps: `var/`.
    pub var: PathBuf,
    /// The language in which problems are told.
    pub lang: &'static str,
}

impl Options {
    pub(super) fn availability(&self) -> PathBuf {
        self.var.join("disponibilites.json")
    }

    pub(super) fn snapshot(&self) -> PathBuf {
        self.var.join("dernier-contenu.json")
    }

    pub(super) fn is_published(&self) -> bool {
        self.site.join(PRIVATE).is_dir() && self.site.join("index.html").is_file()
    }
}

/// What a publication came to.
#[derive(Debug)]
pub struct Publication {
    /// Every problem of the content, in words, for whoever runs the server.
    pub problems: Vec<String>,
    /// Whether the content on disk is broken, and the last good one served instead.
    pub fallback: bool,
    /// What mirroring the sessions changed for people.
    pub synced: Synced,
    /// When the site next changes by itself; `None` when only an edit or a state changes it.
    pub next_change: Option<Timestamp>,
}

impl Publication {
    /// What it changed, for whoever runs the server. No person is in it.
    #[must_use]
    pub fn notices(&self) -> Vec<Phrase> {
        let Synced { orphaned, moved, cancelled, doubtful, overfull } = &self.synced;
        let sessions = [
            ("site-seance-retiree", orphaned),
            ("site-seance-deplacee", moved),
            ("site-seance-annulee", cancelled),
            ("site-seance-douteuse", doubtful),
            ("site-seance-trop-pleine", overfull),
        ];
        let each = sessions.into_iter().flat_map(|(id, some)| some.iter().map(move |one| (id, one)));
        let fallback = self.fallback.then(|| Phrase::new("site-contenu-precedent"));
        fallback.into_iter().chain(each.map(|(id, session)| Phrase::new(id).with("seance", session))).collect()
    }
}

/// Why the site could not be published.
#[derive(Debug)]
pub enum PublishingError {
    /// The content is broken and no good one is kept: its problems, in words.
    Content(Vec<String>),
    /// The database did not answer.
    Store(StoreError),
    /// The disk refused.
    Disk(PathBuf, io::Error),
    /// Letters that could be made of the content, and then could not.
    Letters(Phrase),
    /// The publication panicked, or had no thread to begin on.
    Interrupted(String),
}

impl From<StoreError> for PublishingError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<PublishError> for PublishingError {
    fn from(error: PublishError) -> Self {
        Self::Disk(error.path.clone(), error.into())
    }
}

impl PublishingError {
    /// For whoever runs the server.
    #[must_use]
    pub fn phrase(&self) -> Phrase {
        match self {
            Self::Content(problems) => Phrase::new("site-contenu-casse").with("problemes", problems.join("\n\n")),
            Self::Store(error) => error.phrase(),
            Self::Letters(phrase) => phrase.clone(),
            Self::Interrupted(cause) => interrupted(cause),
            Self::Disk(path, error) => {
                Phrase::new("site-ecriture-impossible").with("chemin", path.display()).with("cause", error)
            }
        }
    }
}

impl From<PublishingError> for Phrase {
    fn from(error: PublishingError) -> Self {
        error.phrase()
    }
}

pub(super) fn interrupted(cause: &str) -> Phrase {
    Phrase::new("site-publication-interrompue").with("cause", cause)
}
