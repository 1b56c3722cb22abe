//! Links that somebody lost: which demands an address leads to, and the letter that holds their
//! links. What may be in it is argued at the head of [`crate::enrolment`].

use jiff::Timestamp;

use super::{
    backend::{Backend, Connection, Row, values},
    error::{Answer, DatabaseError},
    record::SessionRecord,
    rows::{self, RECORD},
};
use crate::{
    enrolment::{MessageKind, Rank},
    token::DemandId,
};

/// Demands of one address that a letter holds at most: more are nobody's.
const MOST: usize = 24;

/// Lost links, as whoever looks for them asks.
pub trait RetrievalStore: Send + Sync {
    /// Has the links of the demands to come of this address (as it is compared) written to it, as
    /// it was recorded; nothing, where there are none. It does the same work in both cases, down to
    /// a commit.
    fn write_found_again(&self, email_key: String, now: Timestamp) -> Answer<'_, ()>;
}

/// A demand whose link was lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundDemand {
    /// What its link is made of.
    pub id: DemandId,
    /// Its session.
    pub session: SessionRecord,
    /// Until when its place is on offer.
    pub offered_until: Option<Timestamp>,
}

/// How one that is looked for is recorded.
struct Candidate {
    found: FoundDemand,
    rank: Rank,
    session: i64,
    ghost: bool,
}

impl<D: Backend> RetrievalStore for D {
    fn write_found_again(&self, email_key: String, now: Timestamp) -> Answer<'_, ()> {
        let found = self.read(move |db| {
            let email_key = email_key.clone();
            Box::pin(async move { candidates(db, &email_key, now).await })
        });
        Box::pin(async move {
            let first = found.await?.into_iter().next().map(|first| first.rank);
            self.write(move |db| {
                Box::pin(async move {
                    if let Some(rank) = first {
                        write_letter(db, rank, now).await?;
                    }
                    // A write in any case: nobody else's answer takes longer where there was one.
                    let sql = "INSERT INTO settings (name, value) VALUES ('looked_for_links_at', $1) \
                               ON CONFLICT (name) DO UPDATE SET value = excluded.value";
                    db.execute(sql, values![&now.to_string()]).await.map(drop)
                })
            })
            .await
        })
    }
}

/// A row of the outbox that hangs on the first demand that it is about, and goes with it. One that
/// still waits says all that another would.
async fn write_letter<C: Connection>(db: &mut C, rank: Rank, now: Timestamp) -> Result<(), DatabaseError> {
    let sql = "INSERT INTO outbox (kind, demand, recipient, written_at, not_before) \
               SELECT $1, d.rank, d.email, CAST($2 AS BIGINT), CAST($2 AS BIGINT) FROM demands d \
               WHERE d.rank = $3 AND d.email IS NOT NULL AND NOT EXISTS (SELECT 1 FROM outbox o \
               WHERE o.kind = $1 AND o.recipient = d.email AND o.state = 'pending')";
    db.execute(sql, values![MessageKind::FoundAgain.name(), now, rank]).await.map(drop)
}

/// The demands whose links are written to this address, as it was recorded: by their sessions.
pub(super) async fn found_again<C: Connection>(
    db: &mut C,
    recipient: &str,
    now: Timestamp,
) -> Result<Vec<FoundDemand>, DatabaseError> {
    let Some(email) = crate::demand::Email::parse(recipient) else { return Ok(Vec::new()) };
    Ok(candidates(db, email.key(), now).await?.into_iter().map(|candidate| candidate.found).collect())
}

async fn candidates<C: Connection>(
    db: &mut C,
    email_key: &str,
    now: Timestamp,
) -> Result<Vec<Candidate>, DatabaseError> {
    // The sessions first, few of which are still to come: there is no index of addresses, since
    // each sign-up would have to write it.
    let sql = format!(
        "SELECT {RECORD}, d.rank, d.id AS demand_id, d.cautions, d.standing, d.offered_until, d.ended \
         FROM sessions s CROSS JOIN demands d WHERE d.session = s.key AND s.ends > $1 AND d.email_key = $2 \
         AND (d.ended IS NULL OR d.ended = 'merged') AND d.standing <> 'held' ORDER BY s.starts, s.key, d.rank"
    );
    let read = |row: &dyn Row| {
        let careful = rows::cautions(row)?.no_email;
        if careful || rows::standing(row)?.is_over(now) {
            return Ok(None);
        }
        Ok(Some(Candidate {
            found: FoundDemand {
                id: rows::demand_id(row, "demand_id")?,
                session: rows::record(row)?,
                offered_until: rows::optional_instant(row, "offered_until")?,
            },
            rank: rows::number(row, "rank")?,
            session: rows::number(row, "key")?,
            ghost: rows::ended(row)?.is_some(),
        }))
    };
    let mut all: Vec<_> = db.query(&sql, values![now, email_key], read).await?.into_iter().flatten().collect();
    let live: std::collections::HashSet<i64> = all.iter().filter(|one| !one.ghost).map(|one| one.session).collect();
    all.retain(|one| !one.ghost || !live.contains(&one.session));
    all.truncate(MOST);
    Ok(all)
}
