//! Where something is written, for whoever must correct it.

use std::{ops::Range, sync::Arc};

use serde::{Deserialize, Serialize};

/// Where something is written: a file of the root and a range of bytes in it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Place {
    /// Path from the root, with `/` between names. It is not stored: what is stored of a file is
    /// stored with its name.
    #[serde(skip)]
    pub file: Arc<str>,
    /// Bytes of the file.
    pub span: Range<usize>,
}

impl Place {
    /// A place in `file`.
    #[must_use]
    pub fn new(file: &Arc<str>, span: Range<usize>) -> Self {
        Self { file: Arc::clone(file), span }
    }
}
