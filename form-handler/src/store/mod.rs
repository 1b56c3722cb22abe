//! The promises on disk: what an answer says was done is done, durably, before the answer is given.
//!
//! A store decides nothing itself: [`crate::enrolment`] does, and the engine that every store
//! shares asks it. It is told *operations*, not rows, so that it may share one commit among many
//! and choose its own locks. Every answer is a future that resolves after the commit. The instant
//! is always an argument.
//!
//! Each reader has a trait of their own: [`EnrolmentStore`] for whoever answers people,
//! [`ContentStore`] for whoever publishes, [`OutboxStore`] for whoever sends, [`ScheduleStore`] for
//! what time brings, [`TeamStore`] for the team, [`KeyStore`] for whoever starts, [`RecoveryStore`]
//! for whoever goes on from a backup, [`RetrievalStore`] for whoever lost a link,
//! [`InspectionStore`] for whoever checks. [`Store`] is all of
//! them.
//!
//! # To add a store method
//!
//! 1. Declare it in the trait of whoever reads it, in that trait's file, and say there what it
//!    gives.
//! 2. Below, in the same file, write it once for every `Backend`: a statement in the words that
//!    both databases know, and a row read by the names of its columns.
//! 3. What changes a demand is an [`Operation`]: add one, have the engine ask the rules, and name
//!    what is to be written as a mutation.
//! 4. Write its promise in `tests/conformance`: both databases are held to it.

mod backend;
mod cached_session;
mod content;
mod engine;
mod enrolments;
mod error;
mod inspection;
mod keys;
mod links;
mod mirror;
mod mutation;
mod operation;
mod outbox;
mod outcome;
pub mod postgres;
mod record;
mod recovery;
mod retrieval;
mod rows;
mod schedule;
mod signals;
mod soundness;
pub mod sqlite;
mod team;
#[cfg(test)]
pub(crate) mod tests;
mod writes;

use jiff::Timestamp;
use tokio::sync::watch;

use self::backend::{Backend, Connection as _, values};
pub(crate) use self::outbox::{CLAIM, LONGEST_PAUSE};
pub use self::{
    content::ContentStore,
    enrolments::{COMES_BACK, EnrolmentStore, FollowUp, Personal, Shown, Written},
    error::{Answer, StoreError, UnknownWord},
    inspection::{Inspection, InspectionStore},
    keys::KeyStore,
    operation::{BurstAnswer, DemandChange, Operation, OperationOutcome},
    outbox::{Attempt, OutboxStore, Outgoing, Recipients, ToPerson, ToTeam, ToWrite},
    outcome::{Actor, Changed, CodeAsked, Given, Submitted},
    record::{Previous, SessionRecord, SessionStatus, Synced, VenueRecord},
    recovery::{Erased, Mark, RecoveryStore, Withheld},
    retrieval::{FoundDemand, RetrievalStore},
    schedule::{EndedSession, Outdated, ScheduleStore, ScheduledSession, compare},
    soundness::Contents,
    team::{
        Burst, Call, Counted, Counts, Digest, DoubtfulDate, NextSession, NoticeRow, Tally, TeamRow, TeamStore,
        ToConfirm,
    },
};

/// What the database must do, whatever database it is.
pub trait Store:
    ContentStore
    + EnrolmentStore
    + InspectionStore
    + KeyStore
    + OutboxStore
    + RecoveryStore
    + RetrievalStore
    + ScheduleStore
    + TeamStore
    + std::fmt::Debug
{
    /// Writes something that matters to nobody, and commits it: whether the database takes writes.
    fn prove_writable(&self, now: Timestamp) -> Answer<'_, ()>;

    /// Changes each time something was committed: to wake whoever sends, and whoever looks at what
    /// is due.
    fn changes(&self) -> watch::Receiver<u64>;
}

impl<D: Backend> Store for D {
    fn prove_writable(&self, now: Timestamp) -> Answer<'_, ()> {
        self.write(move |db| {
            Box::pin(async move {
                if !D::Connection::BEFORE_A_SIGN_UP.is_empty() {
                    db.execute(D::Connection::BEFORE_A_SIGN_UP, &[]).await?;
                }
                let sql = "INSERT INTO settings (name, value) VALUES ('proved_writable_at', $1) \
                           ON CONFLICT (name) DO UPDATE SET value = excluded.value";
                db.execute(sql, values![&now.to_string()]).await.map(drop)
            })
        })
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.signals().changes.subscribe()
    }
}
