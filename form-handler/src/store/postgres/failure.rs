//! Why the database did not do something, and whether asking again may help.

use tokio_postgres::error::SqlState;

use crate::{store::StoreError, system::NoEntropy};

/// Why nothing was done.
#[derive(Debug, Clone)]
pub(super) enum Failure {
    /// It may be tried again: the server went away, or two transactions got in each other's way.
    Passing(String),
    /// It would fail again.
    Lasting(String),
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        // The server's own words are the cause of the client's.
        let cause = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
        let passing = match error.code() {
            Some(code) => is_passing(code),
            // The connection, unless it is a value of ours that its column cannot hold.
            None => !error.to_string().contains("serializing"),
        };
        if passing { Self::Passing(cause) } else { Self::Lasting(cause) }
    }
}

impl From<deadpool_postgres::PoolError> for Failure {
    fn from(error: deadpool_postgres::PoolError) -> Self {
        match error {
            deadpool_postgres::PoolError::Backend(error) => error.into(),
            other => Self::Passing(other.to_string()),
        }
    }
}

impl From<NoEntropy> for Failure {
    fn from(_: NoEntropy) -> Self {
        Self::Lasting("the system gives no randomness".to_owned())
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        let (Failure::Passing(cause) | Failure::Lasting(cause)) = failure;
        Self::Unavailable(cause)
    }
}

/// Classes of codes: 08, the connection; 40, rolled back for another's sake; 53, no room; 57, shut down or
/// starting; 58, the system. And a server that accepts no writes has become a standby: another is the primary.
fn is_passing(code: &SqlState) -> bool {
    ["08", "40", "53", "57", "58"].iter().any(|class| code.code().starts_with(class))
        || *code == SqlState::READ_ONLY_SQL_TRANSACTION
}
