//! Why a store did nothing: what a caller is told, and what one database says to the store.

use std::{
    error::Error,
    fmt::{self, Display},
    pin::Pin,
    sync::Arc,
};

use crate::{phrase::Phrase, system::NoEntropy};

/// A store's answer, after its commit.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Why a store did nothing.
#[derive(Debug, Clone)]
pub enum StoreError {
    /// Too many operations wait already: 503, come back.
    Overloaded,
    /// The database does not answer, or holds what this version does not understand: 503. The cause
    /// is for the log, in the database's words.
    Unavailable(Arc<dyn Error + Send + Sync>),
    /// The database went away amid a commit, and did not come back in time: whether it was done is
    /// not known. Asking again with the same key is safe: 503.
    Unsure(Arc<dyn Error + Send + Sync>),
}

impl StoreError {
    /// Unavailable for a reason of our own.
    pub(super) fn unavailable(reason: &'static str) -> Self {
        Self::Unavailable(Arc::from(Box::<dyn Error + Send + Sync>::from(reason)))
    }

    /// What to tell whoever runs the server.
    #[must_use]
    pub fn phrase(&self) -> Phrase {
        match self {
            Self::Overloaded => Phrase::new("base-surchargee"),
            Self::Unavailable(cause) | Self::Unsure(cause) => {
                Phrase::new("base-indisponible").with("cause", in_full(cause.as_ref()))
            }
        }
    }
}

impl From<StoreError> for Phrase {
    fn from(error: StoreError) -> Self {
        error.phrase()
    }
}

/// An error and what caused it, where that says more.
pub(super) fn in_full(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let words = cause.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        source = cause.source();
    }
    text
}

impl Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Overloaded => f.write_str("too many operations wait already"),
            Self::Unavailable(_) => f.write_str("the database does not answer as it should"),
            Self::Unsure(_) => f.write_str("the database went away amid a commit"),
        }
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Overloaded => None,
            Self::Unavailable(cause) | Self::Unsure(cause) => Some(cause.as_ref()),
        }
    }
}

/// Why one database did not do something, and whether asking again may help.
#[derive(Debug, Clone)]
pub(super) struct DatabaseError {
    /// The server went away, or two transactions got in each other's way.
    pub(super) is_passing: bool,
    /// Somebody else held what it needs for too long.
    pub(super) is_blocked: bool,
    /// A commit was asked for, and nobody heard what became of it.
    pub(super) is_in_doubt: bool,
    cause: Arc<dyn Error + Send + Sync>,
}

impl DatabaseError {
    /// It would fail again.
    pub(super) fn lasting(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { is_passing: false, is_blocked: false, is_in_doubt: false, cause: Arc::from(cause.into()) }
    }

    /// It may be tried again.
    pub(super) fn passing(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { is_passing: true, ..Self::lasting(cause) }
    }

    /// It waited for as long as anybody should.
    pub(super) fn blocked(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { is_blocked: true, ..Self::lasting(cause) }
    }

    /// It failed amid a commit: what may pass there tells nothing of what was kept.
    pub(super) fn amid_commit(self) -> Self {
        let is_in_doubt = self.is_in_doubt || self.is_passing;
        Self { is_in_doubt, ..self }
    }

    /// It failed again, perhaps after a try of which nobody knows what became.
    pub(super) fn after(self, is_in_doubt: bool) -> Self {
        Self { is_in_doubt: self.is_in_doubt || is_in_doubt, ..self }
    }
}

impl From<DatabaseError> for StoreError {
    fn from(error: DatabaseError) -> Self {
        if error.is_in_doubt { Self::Unsure(error.cause) } else { Self::Unavailable(error.cause) }
    }
}

impl From<NoEntropy> for DatabaseError {
    fn from(_: NoEntropy) -> Self {
        Self::lasting("the system gives no randomness")
    }
}

impl From<UnknownWord> for DatabaseError {
    fn from(error: UnknownWord) -> Self {
        Self::lasting(error)
    }
}

/// A word in a row that this version does not know: another version wrote it, or a hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownWord {
    /// Where it stands: `table.column`.
    pub column: &'static str,
    /// The word.
    pub word: String,
}

impl UnknownWord {
    pub(super) fn new(column: &'static str, word: impl Display) -> Self {
        Self { column, word: word.to_string() }
    }
}

impl Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown word in {}: {:?}", self.column, self.word)
    }
}

impl Error for UnknownWord {}
