//! The outbox's rows: claimed, so that each letter is one instance's, and settled.

use deadpool_postgres::Transaction;
use jiff::Timestamp;
use tokio_postgres::Row;

use super::{
    failure::Failure,
    rows::{self, RECORD, ms},
};
use crate::{
    enrolment::{MessageKind, Notice},
    store::{Attempt, Outgoing},
};

pub(super) async fn claim(
    transaction: &Transaction<'_>,
    limit: u32,
    now: Timestamp,
    until: Timestamp,
) -> Result<Vec<Outgoing>, Failure> {
    // Another instance's claim is stepped over, not waited for.
    let sql = format!(
        "WITH due AS (SELECT key FROM outbox WHERE state = 'pending' AND not_before <= $1 \
         AND (claimed_until IS NULL OR claimed_until <= $1) ORDER BY not_before, key LIMIT $2 FOR UPDATE SKIP LOCKED), \
         claimed AS (UPDATE outbox o SET claimed_until = $3 FROM due WHERE o.key = due.key RETURNING o.*) \
         SELECT o.key AS message, o.kind, o.recipient, o.attempts, o.written_at, d.id AS demand, d.lang, d.places, d.offered_until, \
         {RECORD} FROM claimed o JOIN demands d ON d.rank = o.demand JOIN sessions s ON s.key = d.session ORDER BY o.not_before, o.key"
    );
    let sql = transaction.prepare_cached(&sql).await?;
    let read = |row: &Row| {
        // A kind that this version does not know was written by a newer one: it is left for it.
        let Some(kind) = MessageKind::of_name(rows::get(row, "kind")?) else { return Ok(None) };
        Ok(Some(Outgoing {
            key: rows::get(row, "message")?,
            kind,
            recipient: rows::get(row, "recipient")?,
            demand: rows::demand_id(row, "demand")?,
            lang: rows::get(row, "lang")?,
            places: rows::number(row, "places")?,
            offered_until: rows::optional_instant(row, "offered_until")?,
            session: rows::record(row)?,
            attempts: rows::number(row, "attempts")?,
            written_at: rows::instant(row, "written_at")?,
        }))
    };
    let found = transaction.query(&sql, &[&ms(now), &i64::from(limit), &ms(until)]).await?;
    found.iter().map(read).filter_map(Result::transpose).collect()
}

pub(super) async fn settle(
    transaction: &Transaction<'_>,
    attempts: &[(i64, Attempt)],
    now: Timestamp,
) -> Result<(), Failure> {
    let sql = "UPDATE outbox SET state = $2, not_before = COALESCE($3, not_before), sent_at = $4, attempts = attempts + $5, \
               claimed_until = NULL WHERE key = $1 AND state = 'pending' RETURNING demand";
    let sql = transaction.prepare_cached(sql).await?;
    for (key, attempt) in attempts {
        let (state, not_before, sent_at) = match attempt {
            Attempt::Sent => ("sent", None, Some(ms(now))),
            Attempt::Retry(at) => ("pending", Some(ms(*at)), None),
            Attempt::Undeliverable => ("undeliverable", None, None),
            Attempt::Untried => ("pending", None, None),
        };
        let tried = i32::from(*attempt != Attempt::Untried);
        let settled = transaction.query_opt(&sql, &[key, &state, &not_before, &sent_at, &tried]).await?;
        if let Some(row) = settled.filter(|_| *attempt == Attempt::Undeliverable) {
            let demand: i64 = rows::get(&row, "demand")?;
            let told = "INSERT INTO notices (kind, demand, at) VALUES ($1, $2, $3)";
            transaction.execute(told, &[&Notice::Undeliverable.name(), &demand, &ms(now)]).await?;
        }
    }
    Ok(())
}
