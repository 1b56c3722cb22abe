//! What the server said of a failure, for whoever runs it: without what people entered.
//!
//! `DETAIL` quotes whole rows ("Failing row contains (…)"), `CONTEXT` and the statement quote
//! values: none of them is kept. Nor is the message of a value that could not be understood, which
//! quotes it.

use std::{error::Error, fmt};

use tokio_postgres::error::DbError;

/// The class of errors that are about a value.
/// Source: <https://www.postgresql.org/docs/15/errcodes-appendix.html>.
const ABOUT_A_VALUE: &str = "22";

/// What it said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    /// Five signs that stand for what happened, whatever the server's language.
    pub(super) code: String,
    message: Option<String>,
    hint: Option<String>,
    /// The table, the column and the constraint, as far as they are told.
    about: Vec<String>,
}

impl Said {
    pub(super) fn by(server: &DbError) -> Self {
        let about_a_value = server.code().code().starts_with(ABOUT_A_VALUE);
        let about = [server.table(), server.column(), server.constraint()];
        Self {
            code: server.code().code().to_owned(),
            message: (!about_a_value).then(|| server.message().to_owned()),
            hint: server.hint().filter(|_| !about_a_value).map(str::to_owned),
            about: about.into_iter().flatten().map(str::to_owned).collect(),
        }
    }

    /// What the server said, if that is behind an error.
    pub(super) fn behind(error: &(dyn Error + 'static)) -> Option<Self> {
        let mut error = Some(error);
        while let Some(cause) = error {
            if let Some(server) = cause.downcast_ref::<DbError>() {
                return Some(Self::by(server));
            }
            error = cause.source();
        }
        None
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message.as_deref().unwrap_or("a value was not understood"))?;
        if let Some(hint) = &self.hint {
            write!(f, " ({hint})")?;
        }
        write!(f, " [SQLSTATE {}", self.code)?;
        if !self.about.is_empty() {
            write!(f, ", {}", self.about.join("."))?;
        }
        f.write_str("]")
    }
}

impl Error for Said {}
