//! Erases what is kept no longer, once an hour: a session's enrolments when [`due`] says so, what
//! names nobody when it is out of date.
//!
//! A frozen clock (`--now`) sees nothing, and erases nothing: the day that it shows is nobody's.

use entreparentaise::model::retention;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::working_days::is_worked;
use crate::{
    enrolment::{Due, Sightings, due},
    store::{Changed, EndedSession, Operation, Outdated, Store, StoreError},
};

/// Days in which a server that runs by a right clock has noted some digests.
const FORTNIGHT: u16 = 14;

/// How long enrolments are kept, as the site says.
#[derive(Debug, Clone)]
pub struct Retention {
    /// Days after the session.
    pub days: u16,
    /// Where days begin.
    pub zone: TimeZone,
}

/// What came of a look at everything that is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ErasurePass {
    /// Demands that were erased.
    pub erased: usize,
    /// Sessions that the team is told of: what is kept of them is erased in some days.
    pub announced: Vec<EndedSession>,
}

/// Looks at every session that has ended. `runs`: this is a server that runs by the machine's
/// clock, whose days count; where it is not, nothing is noted, and what is due by the days that
/// others noted is erased all the same.
///
/// # Errors
/// A database that does not answer: what was done stays done, and the rest is still due.
pub async fn look(
    store: &dyn Store,
    retention: &Retention,
    now: Timestamp,
    runs: bool,
) -> Result<ErasurePass, StoreError> {
    let today = now.to_zoned(retention.zone.clone()).date();
    let mut looked = ErasurePass::default();
    for session in store.ended(now).await? {
        let known = session.sightings;
        let seen = if runs { Some(Sightings::noted(known, today)) } else { known };
        let (key, ends) = (session.key, session.ends);
        match due(ends, seen, retention.days, now, today) {
            Due::Erase => {
                let done = store.change(Operation::EraseSession { session: key, ends }, now).await?;
                looked.erased += if done == Changed::Done { session.demands } else { 0 };
            }
            // On a day on which somebody reads it.
            Due::Announce if runs && is_worked(today) => {
                if let Some(seen) = seen {
                    let sightings = Sightings { announced: Some(today), ..seen };
                    store.change(Operation::Sight { session: key, ends, sightings }, now).await?;
                    looked.announced.push(session);
                }
            }
            Due::Announce | Due::Nothing => {
                if let Some(sightings) = seen.filter(|_| seen != known) {
                    store.change(Operation::Sight { session: key, ends, sightings }, now).await?;
                }
            }
        }
    }
    Ok(looked)
}

/// Forgets what names nobody and is kept no longer, by a clock that a server ran by for days.
///
/// # Errors
/// A database that does not answer.
pub async fn forget(store: &dyn Store, now: Timestamp) -> Result<(), StoreError> {
    let before =
        |days: u16| now.checked_sub(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MIN);
    let outdated = Outdated {
        team_letters: before(retention::TEAM_LETTER_DAYS),
        digests: before(retention::DIGEST_DAYS),
        audit: before(retention::AUDIT_DAYS),
        erased: before(retention::ERASED_DAYS),
        ran: (before(FORTNIGHT), now),
    };
    store.forget(outdated).await
}
