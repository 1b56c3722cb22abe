//! What the two databases have in common: statements with values, rows with named columns, reading
//! and writing. Each says how it does these; what is asked of them stands once, in the file of
//! whoever reads it.
//!
//! A statement is written in the words that both know: `$1`, `$2`… in the order in which they first
//! appear, `TRUE` and `NOT`, `ON CONFLICT`, `RETURNING`. `SQLite` answers at once, in a future that
//! is ready.

use std::{borrow::Cow, fmt::Debug, pin::Pin, sync::Arc};

use jiff::{Timestamp, civil::Date};

use super::{
    error::{Answer, DatabaseError},
    operation::{Operation, OperationOutcome},
    record::{SessionRecord, Synced},
    signals::Signals,
    soundness::Soundness,
};
use crate::token::DemandId;

/// A value in a statement. Columns are integers, texts and bytes; a boolean is 0 or 1.
#[derive(Debug, Clone)]
pub(super) enum SqlValue<'a> {
    Null,
    Integer(i64),
    Text(Cow<'a, str>),
    Bytes(&'a [u8]),
}

impl<'a> From<&'a str> for SqlValue<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<&'a String> for SqlValue<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<&'a [u8]> for SqlValue<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<bool> for SqlValue<'_> {
    fn from(flag: bool) -> Self {
        Self::Integer(flag.into())
    }
}

impl From<i64> for SqlValue<'_> {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<i16> for SqlValue<'_> {
    fn from(number: i16) -> Self {
        Self::Integer(number.into())
    }
}

impl From<u16> for SqlValue<'_> {
    fn from(number: u16) -> Self {
        Self::Integer(number.into())
    }
}

impl From<u32> for SqlValue<'_> {
    fn from(number: u32) -> Self {
        Self::Integer(number.into())
    }
}

/// An instant is milliseconds since 1970, UTC.
impl From<Timestamp> for SqlValue<'_> {
    fn from(at: Timestamp) -> Self {
        Self::Integer(at.as_millisecond())
    }
}

impl From<Date> for SqlValue<'_> {
    fn from(day: Date) -> Self {
        Self::Text(Cow::Owned(day.to_string()))
    }
}

impl<'a> From<&'a DemandId> for SqlValue<'a> {
    fn from(id: &'a DemandId) -> Self {
        Self::Bytes(&id.0)
    }
}

impl<'a, T: Into<SqlValue<'a>>> From<Option<T>> for SqlValue<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// The values of a statement, whatever their types.
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($crate::store::backend::SqlValue::from($value)),*] };
}
pub(super) use values;

/// A row, by the names of its columns.
pub(super) trait Row {
    fn integer(&self, column: &'static str) -> Result<Option<i64>, DatabaseError>;
    fn text(&self, column: &'static str) -> Result<Option<&str>, DatabaseError>;
    fn bytes(&self, column: &'static str) -> Result<Option<&[u8]>, DatabaseError>;
}

/// A connection to a database, inside a transaction where it writes.
pub(super) trait Connection: Send + 'static {
    /// The places that live demands of the session `s` hold.
    const OCCUPIED: &'static str;
    /// How many live demands wait for the session `s`.
    const WAITING: &'static str;
    /// Behind a `SELECT`: rows that another transaction works on are stepped over.
    const STEP_OVER_LOCKED: &'static str;
    /// Waits for whoever keeps everybody from signing up; empty where every write waits for them.
    const BEFORE_A_SIGN_UP: &'static str;

    /// What `read` makes of the rows of a query.
    fn query<T: Send>(
        &mut self,
        sql: &str,
        values: &[SqlValue<'_>],
        read: impl Fn(&dyn Row) -> Result<T, DatabaseError> + Send,
    ) -> impl Future<Output = Result<Vec<T>, DatabaseError>> + Send;

    /// How many rows a statement changed.
    fn execute(
        &mut self,
        sql: &str,
        values: &[SqlValue<'_>],
    ) -> impl Future<Output = Result<u64, DatabaseError>> + Send;
}

/// Work on a connection.
pub(super) type Work<'c, T> = Pin<Box<dyn Future<Output = Result<T, DatabaseError>> + Send + 'c>>;

/// A database: the way to its connections, and what it does in its own way.
pub(super) trait Backend: Debug + Send + Sync + 'static {
    type Connection: Connection;
    /// Whether several processes may share it.
    const SHARED: bool;

    /// Reads; perhaps twice, when the first connection was a dead one.
    fn read<T: Send + 'static>(
        &self,
        work: impl for<'c> Fn(&'c mut Self::Connection) -> Work<'c, T> + Send + Sync + 'static,
    ) -> Answer<'static, T>;

    /// Writes in one transaction; perhaps twice, when the first was rolled back.
    fn write<T: Send + 'static>(
        &self,
        work: impl for<'c> Fn(&'c mut Self::Connection) -> Work<'c, T> + Send + Sync + 'static,
    ) -> Answer<'static, T>;

    /// Carries an operation out.
    fn operate(&self, operation: Operation, now: Timestamp) -> Answer<'_, OperationOutcome>;

    /// Mirrors the content's sessions, and does what follows for those who asked for them.
    fn mirror(&self, records: Vec<SessionRecord>, now: Timestamp) -> Answer<'_, Synced>;

    /// Has rows that are gone leave the files.
    fn scrub_files(&self) -> Answer<'_, ()>;

    /// Whether what is on disk is whole.
    fn soundness(&self) -> Answer<'_, Soundness>;

    /// Whom to wake.
    fn signals(&self) -> &Arc<Signals>;

    /// Carries these operations out in one transaction, in their order.
    #[cfg(test)]
    fn operate_together(&self, operations: Vec<Operation>, now: Timestamp) -> Answer<'_, Vec<OperationOutcome>>;
}
