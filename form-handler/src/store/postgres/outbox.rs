//! The outbox's rows: claimed, so that each letter is one instance's, and settled.

use deadpool_postgres::Transaction;
use jiff::Timestamp;
use tokio_postgres::Row;

use super::{
    failure::Failure,
    rows::{self, RECORD, ms},
    team,
};
use crate::{
    enrolment::{MessageKind, Notice, TeamMessage},
    store::{Attempt, CLAIM, EARLY, LONGEST_PAUSE, Outgoing, ToPerson, ToTeam, ToWrite},
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
         SELECT o.key AS message, o.kind, o.recipient, o.attempts, o.written_at, COALESCE(o.lang, d.lang) AS lang, \
         d.id AS demand_id, d.places, d.standing, d.to_confirm, d.offered_until, d.calendar, \
         d.previous, \
         {RECORD} FROM claimed o LEFT JOIN demands d ON d.rank = o.demand LEFT JOIN sessions s ON s.key = COALESCE(o.session, d.session) \
         ORDER BY o.not_before, o.key"
    );
    let sql = transaction.prepare_cached(&sql).await?;
    let mut claimed = Vec::new();
    for row in transaction.query(&sql, &[&ms(now), &i64::from(limit), &ms(until)]).await? {
        let kind: &str = rows::get(&row, "kind")?;
        let letter = if let Some(kind) = TeamMessage::of_name(kind) {
            let session = match rows::get::<Option<i64>>(&row, "key")? {
                Some(key) => team::counted(transaction, key).await?,
                None => None,
            };
            let digest = match kind {
                TeamMessage::Digest => Some(team::digest_facts(transaction, rows::instant(&row, "written_at")?).await?),
                _ => None,
            };
            ToWrite::Team(Box::new(ToTeam { kind, session, digest }))
        } else if let Some(kind) = MessageKind::of_name(kind) {
            ToWrite::Person(Box::new(to_person(&row, kind)?))
        } else {
            // A kind that this version does not know was written by a newer one: it is left for it.
            continue;
        };
        let (attempts, written_at) = (rows::number(&row, "attempts")?, rows::instant(&row, "written_at")?);
        claimed.push(Outgoing { key: rows::get(&row, "message")?, letter, attempts, written_at });
    }
    Ok(claimed)
}

fn to_person(row: &Row, kind: MessageKind) -> Result<ToPerson, Failure> {
    Ok(ToPerson {
        kind,
        recipient: rows::get(row, "recipient")?,
        demand: rows::optional_id(row, "demand_id")?,
        lang: rows::get(row, "lang")?,
        places: u16::try_from(rows::get::<Option<i32>>(row, "places")?.unwrap_or(1)).unwrap_or(u16::MAX),
        waits: rows::get::<Option<&str>>(row, "standing")? == Some("waiting"),
        to_confirm: rows::get::<Option<bool>>(row, "to_confirm")?.unwrap_or(false),
        offered_until: rows::optional_instant(row, "offered_until")?,
        calendar: rows::optional_id(row, "calendar")?.map(|id| id.0),
        session: rows::record(row)?,
        previous: rows::optional_date(row, "previous")?,
    })
}

/// Says what became of letters. Whether the last address of somebody went with one.
pub(super) async fn settle(
    transaction: &Transaction<'_>,
    attempts: &[(i64, Attempt)],
    now: Timestamp,
) -> Result<bool, Failure> {
    let mut erased = false;
    let sql = "UPDATE outbox SET state = $2, not_before = COALESCE($3, not_before), sent_at = $4, attempts = attempts + $5, \
               claimed_until = NULL WHERE key = $1 AND state = 'pending' RETURNING demand, recipient IS NULL AS to_team";
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
        let Some(row) = settled else { continue };
        let demand: Option<i64> = rows::get(&row, "demand")?;
        match (demand, attempt) {
            (Some(demand), Attempt::Undeliverable) => {
                let told = "INSERT INTO notices (kind, demand, at) VALUES ($1, $2, $3)";
                transaction.execute(told, &[&Notice::Undeliverable.name(), &demand, &ms(now)]).await?;
                let told = "INSERT INTO outbox (kind, session, written_at, not_before) \
                            SELECT $1, session, $3, $3 FROM demands WHERE rank = $2 \
                            AND NOT EXISTS (SELECT 1 FROM outbox WHERE kind = $1 AND state = 'pending')";
                transaction.execute(told, &[&TeamMessage::Undeliverable.name(), &demand, &ms(now)]).await?;
            }
            // The address of somebody of whom nothing else is left goes too.
            (None, Attempt::Sent | Attempt::Undeliverable) if !rows::get::<bool>(&row, "to_team")? => {
                transaction.execute("DELETE FROM outbox WHERE key = $1", &[key]).await?;
                erased = true;
            }
            _ => {}
        }
    }
    Ok(erased)
}

/// What was noted at an instant still to come was noted by a clock that was wrong: what waits for
/// it is due, and what was done then is done again, unless that was a day early at most. No letter
/// waits for longer than [`LONGEST_PAUSE`], nor is claimed for longer than [`CLAIM`]. How many
/// letters waited.
pub(super) async fn correct_clock(transaction: &Transaction<'_>, now: Timestamp) -> Result<usize, Failure> {
    let later = |pause| ms(now.saturating_add(pause).unwrap_or(Timestamp::MAX));
    let sql = "UPDATE outbox SET not_before = $1, written_at = LEAST(written_at, $1) \
               WHERE state = 'pending' AND not_before > $1 AND (written_at > $1 OR not_before > $2)";
    let waited = transaction.execute(sql, &[&ms(now), &later(LONGEST_PAUSE)]).await?;
    let sql = "UPDATE outbox SET claimed_until = NULL WHERE claimed_until > $1 AND state = 'pending'";
    transaction.execute(sql, &[&later(CLAIM)]).await?;
    transaction.execute("DELETE FROM digests WHERE at > $1", &[&later(EARLY)]).await?;
    transaction.execute("DELETE FROM milestones WHERE at > $1", &[&later(EARLY)]).await?;
    Ok(usize::try_from(waited).unwrap_or(usize::MAX))
}
