//! Identifiers: what printed addresses, file names and stored rows are made of.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

/// An identifier: `[a-z0-9-]{1,64}`. It ends up in printed addresses, so it never changes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Id(Arc<str>);

impl Id {
    /// The longest identifier, in bytes.
    pub const MAX_LEN: usize = 64;

    /// `None` unless `text` is made of 1 to 64 of `a-z`, `0-9` and `-`.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let fits = (1..=Self::MAX_LEN).contains(&text.len());
        (fits && text.bytes().all(allowed)).then(|| Self(text.into()))
    }

    /// The identifier as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
