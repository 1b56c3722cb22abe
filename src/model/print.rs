//! Prints: the supports that the browser made, and the index that lists them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Id;
use crate::fingerprint::Fingerprint;

/// A support as the browser printed it, kept in `var/impressions/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Print {
    /// The support.
    pub support: Id,
    /// The session that it announces, when it is one.
    pub session: Option<Id>,
    /// What it is for.
    pub kind: PrintKind,
    /// The file, in the root.
    pub path: Arc<str>,
    /// Of all that it was made from: when that changed, the print says what is no longer true.
    pub made_from: Fingerprint,
}

/// What a print is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PrintKind {
    /// An office printer: the sheet as it is.
    #[serde(rename = "bureau")]
    Office,
    /// A print shop: what reaches the edge goes beyond it.
    #[serde(rename = "imprimeur")]
    Shop,
    /// A picture of the first page, to choose by.
    #[serde(rename = "apercu")]
    Preview,
}

impl PrintKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Office, Self::Shop, Self::Preview];

    /// The end of the file's name.
    #[must_use]
    pub fn ending(self) -> &'static str {
        match self {
            Self::Office => ".pdf",
            Self::Shop => "-imprimeur.pdf",
            Self::Preview => "-apercu.png",
        }
    }
}

/// `var/impressions/index.json`: what was printed, and from what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrintIndex {
    /// Each file.
    pub impressions: Vec<PrintEntry>,
}

/// A file of [`PrintIndex`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrintEntry {
    /// The support's id.
    pub support: Id,
    /// The session's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seance: Option<Id>,
    /// What it is for.
    pub genre: PrintKind,
    /// The file's name, in the folder of the index.
    pub fichier: String,
    /// Of what it was made from, in hexadecimal.
    pub empreinte: String,
}
