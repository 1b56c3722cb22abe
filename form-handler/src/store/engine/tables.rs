//! The rows of a database, as the engine asks for them.

use jiff::Timestamp;

use crate::{
    demand::Fingerprint,
    enrolment::{Milestone, Rank},
    store::{
        cached_session::CachedSession, error::DatabaseError, mutation::Mutation, outcome::Given, rows::KnownDemand,
    },
    token::DemandId,
};

/// The rows of a database, inside a transaction that lets nobody else decide about the same
/// sessions.
pub(in crate::store) trait Tables {
    /// The demand that this very form made on this session, and what it was answered.
    fn answered(
        &mut self,
        session: i64,
        envoi: &str,
        fingerprint: &Fingerprint,
    ) -> Result<Option<(DemandId, Given)>, DatabaseError>;
    /// The session of this id, with its demands and its forms, even if it left the content.
    fn session(&mut self, id: &str) -> Result<Option<CachedSession>, DatabaseError>;
    /// A session that is there, with its demands and its forms.
    fn session_of_key(&mut self, session: i64) -> Result<CachedSession, DatabaseError>;
    /// The demand that this id leads to.
    fn demand(&mut self, id: DemandId) -> Result<Option<KnownDemand>, DatabaseError>;
    /// The demand that has this very id, though it may have been moved.
    fn row(&mut self, id: DemandId) -> Result<Option<KnownDemand>, DatabaseError>;
    /// Whether this was done for the session that begins then.
    fn is_reached(&mut self, session: i64, starts: Timestamp, milestone: Milestone) -> Result<bool, DatabaseError>;
    /// A rank higher than any other, and a new id.
    fn newcomer(&mut self, now: Timestamp) -> Result<(Rank, DemandId), DatabaseError>;
    /// Writes a mutation, sooner or later before the commit, in the order of the calls.
    fn write(&mut self, now: Timestamp, mutation: &Mutation<'_>) -> Result<(), DatabaseError>;
}
