//! A connection to the server as the store asks it, and which failures may pass.

use deadpool_postgres::{Client, PoolError};
use tokio_postgres::{
    error::SqlState,
    types::{FromSql, IsNull, ToSql, Type, private::BytesMut, to_sql_checked},
};

use super::said::Said;
use crate::store::{
    backend::{Connection, Row, SqlValue},
    error::DatabaseError,
};

type BoxError = Box<dyn std::error::Error + Sync + Send>;

impl From<tokio_postgres::Error> for DatabaseError {
    fn from(error: tokio_postgres::Error) -> Self {
        // The server's own words are the cause of the client's.
        let Some(server) = error.as_db_error() else {
            // The connection. What is left is a value of ours that its column cannot hold, or the
            // other way round.
            let passing = error.is_closed() || is_of_the_network(&error);
            return if passing { Self::passing(error) } else { Self::lasting(error) };
        };
        let said = Said::by(server);
        match server.code() {
            code if *code == SqlState::LOCK_NOT_AVAILABLE => Self::blocked(said),
            code if is_passing(code) => Self::passing(said),
            _ => Self::lasting(said),
        }
    }
}

/// Classes of codes: 08, the connection; 40, rolled back for another's sake; 53, no room; 57, shut
/// down or starting; 58, the system. A server that accepts no writes has become a standby: another
/// is the primary. A transaction that we left open for too long was rolled back.
/// What took too long (57014) would again.
/// Source: <https://www.postgresql.org/docs/15/errcodes-appendix.html>.
fn is_passing(code: &SqlState) -> bool {
    let class = ["08", "40", "53", "57", "58"].iter().any(|class| code.code().starts_with(class));
    let more = [SqlState::READ_ONLY_SQL_TRANSACTION, SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT];
    (class && *code != SqlState::QUERY_CANCELED) || more.contains(code)
}

fn is_of_the_network(error: &(dyn std::error::Error + 'static)) -> bool {
    error.is::<std::io::Error>() || error.source().is_some_and(is_of_the_network)
}

impl From<PoolError> for DatabaseError {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) => error.into(),
            other => Self::passing(other),
        }
    }
}

impl ToSql for SqlValue<'_> {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Integer(number) => match *kind {
                Type::BOOL => (*number != 0).to_sql(kind, out),
                Type::INT2 => i16::try_from(*number)?.to_sql(kind, out),
                Type::INT4 => i32::try_from(*number)?.to_sql(kind, out),
                Type::INT8 => number.to_sql(kind, out),
                _ => Err(format!("a number for a {kind}").into()),
            },
            Self::Text(text) => text.as_ref().to_sql(kind, out),
            Self::Bytes(bytes) => bytes.to_sql(kind, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// An integer of any width, or a boolean.
struct Integer(i64);

impl<'r> FromSql<'r> for Integer {
    fn from_sql(kind: &Type, raw: &'r [u8]) -> Result<Self, BoxError> {
        Ok(Self(match *kind {
            Type::BOOL => bool::from_sql(kind, raw)?.into(),
            Type::INT2 => i16::from_sql(kind, raw)?.into(),
            Type::INT4 => i32::from_sql(kind, raw)?.into(),
            _ => i64::from_sql(kind, raw)?,
        }))
    }

    fn accepts(kind: &Type) -> bool {
        matches!(*kind, Type::BOOL | Type::INT2 | Type::INT4 | Type::INT8)
    }
}

impl Row for tokio_postgres::Row {
    fn integer(&self, column: &'static str) -> Result<Option<i64>, DatabaseError> {
        Ok(self.try_get::<_, Option<Integer>>(column)?.map(|Integer(number)| number))
    }

    fn text(&self, column: &'static str) -> Result<Option<&str>, DatabaseError> {
        Ok(self.try_get(column)?)
    }

    fn bytes(&self, column: &'static str) -> Result<Option<&[u8]>, DatabaseError> {
        Ok(self.try_get(column)?)
    }
}

impl Connection for Client {
    const OCCUPIED: &'static str = "(SELECT COALESCE(SUM(d.places), 0) FROM demands d \
        WHERE d.session = s.key AND d.ended IS NULL AND d.standing IN ('enrolled', 'offered'))";
    const WAITING: &'static str = "(SELECT COUNT(*) FROM demands d \
        WHERE d.session = s.key AND d.ended IS NULL AND d.standing = 'waiting')";
    const STEP_OVER_LOCKED: &'static str = " FOR UPDATE SKIP LOCKED";
    // The lock that each of its statements takes by itself.
    const BEFORE_A_SIGN_UP: &'static str =
        "LOCK TABLE sessions, demands, links, outbox, notices, topics, audit IN ROW EXCLUSIVE MODE";

    async fn query<T: Send>(
        &mut self,
        sql: &str,
        values: &[SqlValue<'_>],
        read: impl Fn(&dyn Row) -> Result<T, DatabaseError> + Send,
    ) -> Result<Vec<T>, DatabaseError> {
        let statement = self.prepare_cached(sql).await?;
        let rows = tokio_postgres::Client::query(self, &statement, &parameters(values)).await?;
        rows.iter().map(|row| read(row)).collect()
    }

    async fn execute(&mut self, sql: &str, values: &[SqlValue<'_>]) -> Result<u64, DatabaseError> {
        let statement = self.prepare_cached(sql).await?;
        Ok(tokio_postgres::Client::execute(self, &statement, &parameters(values)).await?)
    }
}

fn parameters<'a>(values: &'a [SqlValue<'_>]) -> Vec<&'a (dyn ToSql + Sync)> {
    values.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_pass_is_told_by_its_code() {
        for code in [
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::T_R_SERIALIZATION_FAILURE,
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::CONNECTION_FAILURE,
            SqlState::TOO_MANY_CONNECTIONS,
            SqlState::READ_ONLY_SQL_TRANSACTION,
            SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
        ] {
            assert!(is_passing(&code), "{code:?}");
        }
        for code in [
            SqlState::UNIQUE_VIOLATION,
            SqlState::CHECK_VIOLATION,
            SqlState::UNDEFINED_TABLE,
            SqlState::QUERY_CANCELED,
            SqlState::LOCK_NOT_AVAILABLE,
        ] {
            assert!(!is_passing(&code), "{code:?}");
        }
    }

    #[test]
    fn a_network_error_is_found_behind_others() {
        #[derive(Debug)]
        struct Outer(std::io::Error);
        impl std::fmt::Display for Outer {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("outer")
            }
        }
        impl std::error::Error for Outer {
            fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
                Some(&self.0)
            }
        }
        assert!(is_of_the_network(&Outer(std::io::ErrorKind::ConnectionReset.into())));
        assert!(!is_of_the_network(&std::fmt::Error));
    }
}
