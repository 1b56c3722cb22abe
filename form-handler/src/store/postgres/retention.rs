//! What is kept for how long: sessions that have ended, what is out of date, and what leaves the
//! tables' files.

use deadpool_postgres::{Client, Transaction};
use jiff::Timestamp;
use tokio_postgres::Row;

use super::{
    failure::Failure,
    rows::{self, ms},
};
use crate::{
    enrolment::Sightings,
    store::{EndedSession, Outdated},
};

/// The sessions that have ended and of which anything about people is kept, by their ends.
pub(super) async fn ended(client: &Client, now: Timestamp) -> Result<Vec<EndedSession>, Failure> {
    let sql = "SELECT s.key, s.id, s.date, s.ends, (SELECT COUNT(*) FROM demands d WHERE d.session = s.key) AS demands, \
               n.days, n.last, n.announced FROM sessions s LEFT JOIN sightings n ON n.session = s.key AND n.ends = s.ends \
               WHERE s.ends <= $1 AND (EXISTS (SELECT 1 FROM demands d WHERE d.session = s.key) \
               OR EXISTS (SELECT 1 FROM topics t WHERE t.session = s.key)) ORDER BY s.ends, s.key";
    let read = |row: &Row| {
        let sightings = match rows::get::<Option<i32>>(row, "days")? {
            Some(days) => Some(Sightings {
                days: u16::try_from(days).unwrap_or(u16::MAX),
                last: rows::parsed(row, "last")?,
                announced: rows::optional_date(row, "announced")?,
            }),
            None => None,
        };
        Ok(EndedSession {
            key: rows::get(row, "key")?,
            id: rows::get(row, "id")?,
            date: rows::parsed(row, "date")?,
            ends: rows::instant(row, "ends")?,
            demands: rows::number(row, "demands")?,
            sightings,
        })
    };
    client.query(sql, &[&ms(now)]).await?.iter().map(read).collect()
}

/// Forgets what names nobody and is older than it is kept. The last digest stays: the next one
/// tells what happened since.
pub(super) async fn forget(transaction: &Transaction<'_>, outdated: Outdated) -> Result<(), Failure> {
    let (since, until) = outdated.ran;
    let sql = "SELECT COUNT(*) AS days FROM digests WHERE at BETWEEN $1 AND $2";
    let days = transaction.query_one(sql, &[&ms(since), &ms(until)]).await?;
    if rows::number::<u32>(&days, "days")? < Outdated::DAYS {
        return Ok(());
    }
    let letters = "DELETE FROM outbox WHERE recipient IS NULL AND state <> 'pending' AND written_at < $1";
    transaction.execute(letters, &[&ms(outdated.team_letters)]).await?;
    let digests = "DELETE FROM digests WHERE at < $1 AND at < (SELECT MAX(at) FROM digests)";
    transaction.execute(digests, &[&ms(outdated.digests)]).await?;
    transaction.execute("DELETE FROM audit WHERE at < $1", &[&ms(outdated.audit)]).await?;
    Ok(())
}

/// Has rows that are dead leave the tables' files. What the server's own log, its archives and its
/// copies keep is its host's business.
pub(super) async fn scrub(client: &Client) -> Result<(), Failure> {
    Ok(client.batch_execute("VACUUM demands, links, outbox, notices, topics, audit").await?)
}
