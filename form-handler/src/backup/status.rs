//! What became of the last backups, for who looks for it: whoever makes the next one, and `check`.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use entreparentaise::build::dist::replace_file;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::phrase::Phrase;

/// The last one that was made, and the last that failed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The instant of the last backup.
    #[serde(rename = "faite")]
    pub made: Option<Timestamp>,
    /// Where it is.
    #[serde(rename = "fichier")]
    pub file: Option<PathBuf>,
    /// The instant of the last that somebody made themselves, wherever it is.
    #[serde(rename = "a-la-main", default)]
    pub by_hand: Option<Timestamp>,
    /// When one last failed.
    #[serde(rename = "echec")]
    pub failed: Option<Timestamp>,
}

impl Status {
    fn path(var: &Path) -> PathBuf {
        var.join("derniere-sauvegarde.json")
    }

    /// What is known. A file that is not understood says nothing.
    #[must_use]
    pub fn load(var: &Path) -> Self {
        fs::read(Self::path(var)).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    pub(super) fn save(&self, var: &Path) -> Result<(), Phrase> {
        let path = Self::path(var);
        let bytes = serde_json::to_vec_pretty(self).map_err(io::Error::other);
        bytes.and_then(|bytes| replace_file(&path, &bytes)).map_err(|error| super::refused(&path, &error))
    }

    /// Whether the last try failed.
    #[must_use]
    pub fn is_failing(&self) -> bool {
        self.failed.is_some_and(|failed| self.made.is_none_or(|made| made < failed))
    }
}
