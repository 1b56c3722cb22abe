//! The content's sessions, mirrored; and what is done to many demands at once.

use deadpool_postgres::Transaction;
use jiff::Timestamp;

use super::{
    CHANNEL,
    entries::about,
    failure::Failure,
    rare::forget_sightings,
    rows::{self, COUNTED, RECORD, ms},
};
use crate::{
    enrolment::{Notice, TeamMessage},
    store::{Actor, Order, SessionRecord, Synced, mirror::meet},
};

/// Held while one instance mirrors its content: two would each undo the other's notices. Any number
/// that nobody else uses.
const MIRROR_LOCK: i64 = 0x656e_7472_6570_6d69;

/// What came of it, and what is to be done for those who asked for these sessions.
pub(super) async fn sync(
    transaction: &Transaction<'_>,
    records: &[SessionRecord],
    instance: &str,
    now: Timestamp,
) -> Result<(Synced, Vec<Order>), Failure> {
    transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&MIRROR_LOCK]).await?;
    let sql = format!(
        "SELECT {RECORD}, c.live, c.occupied::bigint, c.asked, c.remembered, \
         EXISTS (SELECT 1 FROM topics t WHERE t.session = s.key) AS topical, \
         (SELECT n.ends FROM sightings n WHERE n.session = s.key AND n.ends = s.ends) AS ended, \
         (SELECT t.starts FROM doubtful_dates t WHERE t.session = s.key) AS doubtful {COUNTED}"
    );
    let mirrored = transaction.query(&sql, &[]).await?;
    let mirrored = mirrored.iter().map(rows::mirrored).collect::<Result<Vec<_>, _>>()?;
    let meeting = meet(&mirrored, records, now);
    // In the order in which those who decide lock them.
    let changed: Vec<&str> = meeting.write.iter().map(|record| record.id.as_str()).collect();
    let lock = "SELECT key FROM sessions WHERE id = ANY ($1) OR key = ANY ($2) ORDER BY key FOR UPDATE";
    let leaving: Vec<i64> = meeting.forget.iter().chain(&meeting.orphan).copied().collect();
    let doubted: Vec<i64> =
        meeting.doubt.iter().map(|(session, _)| *session).chain(meeting.trust.iter().copied()).collect();
    let others: Vec<i64> = leaving.iter().chain(&doubted).copied().collect();
    transaction.execute(lock, &[&changed, &others]).await?;
    // What clerks know of these is true no more.
    transaction.execute("UPDATE sessions SET version = version + 1 WHERE key = ANY ($1)", &[&doubted]).await?;
    for record in &meeting.write {
        upsert(transaction, record).await?;
    }
    for (session, record) in &meeting.doubt {
        doubt(transaction, *session, record, now).await?;
    }
    trust(transaction, &meeting.trust).await?;
    forget_sightings(transaction).await?;
    // Somebody may have asked for it since it was looked at: then it is kept.
    let forget = "DELETE FROM sessions s WHERE key = ANY ($1) AND NOT EXISTS (SELECT 1 FROM demands WHERE session = s.key) \
                  AND NOT EXISTS (SELECT 1 FROM topics WHERE session = s.key)";
    transaction.execute(forget, &[&meeting.forget]).await?;
    transaction
        .execute("UPDATE sessions SET orphaned = TRUE, version = version + 1 WHERE key = ANY ($1)", &[&leaving])
        .await?;
    for (session, notice) in &meeting.notices {
        tell(transaction, now, *notice, *session).await?;
    }
    if !(changed.is_empty() && leaving.is_empty()) {
        transaction.execute("SELECT pg_notify($1, $2)", &[&CHANNEL, &instance]).await?;
    }
    let settle = meeting.settle.into_iter().map(|session| Order::Settle { session });
    let moved = meeting.moved.into_iter().map(|session| Order::Moved { session });
    Ok((meeting.synced, settle.chain(moved).collect()))
}

async fn tell(transaction: &Transaction<'_>, now: Timestamp, notice: Notice, session: i64) -> Result<(), Failure> {
    let sql = "INSERT INTO notices (kind, about, session, at) VALUES ($1, $2, $3, $4)";
    transaction.execute(sql, &[&notice.name(), &about(notice), &session, &ms(now)]).await?;
    let sql = "INSERT INTO audit (at, actor, action, session) VALUES ($1, $2, $3, $4)";
    transaction.execute(sql, &[&ms(now), &Actor::Content.name(), &notice.name(), &session]).await?;
    Ok(())
}

async fn upsert(transaction: &Transaction<'_>, record: &SessionRecord) -> Result<(), Failure> {
    let sql = "INSERT INTO sessions AS s (id, group_id, title, date, start_time, end_time, place, path, starts, ends, opens, closes, cancelled, \
               places_max, places_per_demand, revision, places_min) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) \
               ON CONFLICT (id) DO UPDATE SET group_id = excluded.group_id, title = excluded.title, date = excluded.date, \
               start_time = excluded.start_time, end_time = excluded.end_time, place = excluded.place, path = excluded.path, \
               starts = excluded.starts, ends = excluded.ends, opens = excluded.opens, closes = excluded.closes, \
               cancelled = excluded.cancelled OR (s.decision IS NOT DISTINCT FROM 'cancelled' AND excluded.revision <= s.revision), \
               decision = CASE WHEN excluded.revision <= s.revision AND (s.decision = 'cancelled' OR excluded.starts = s.starts) \
               THEN s.decision END, places_min = excluded.places_min, places_max = excluded.places_max, places_per_demand = excluded.places_per_demand, \
               revision = excluded.revision, orphaned = FALSE, version = s.version + 1";
    let sql = transaction.prepare_cached(sql).await?;
    let schedule = &record.schedule;
    transaction
        .execute(
            &sql,
            &[
                &record.id,
                &record.group,
                &record.title,
                &record.date.to_string(),
                &record.start.to_string(),
                &record.end.to_string(),
                &record.place,
                &record.path,
                &ms(schedule.starts),
                &ms(schedule.ends),
                &schedule.opens.map(ms),
                &ms(schedule.closes),
                &schedule.cancelled,
                &i32::from(record.places_max),
                &i32::from(record.places_per_demand),
                &i64::from(record.revision),
                &i32::from(record.places_min),
            ],
        )
        .await?;
    Ok(())
}

/// A date that was doubted is so no longer, whatever was decided.
async fn trust(transaction: &Transaction<'_>, sessions: &[i64]) -> Result<(), Failure> {
    transaction.execute("DELETE FROM doubtful_dates WHERE session = ANY ($1)", &[&sessions]).await?;
    let sql = "UPDATE notices SET done = TRUE WHERE session = ANY ($1) AND kind = $2";
    transaction.execute(sql, &[&sessions, &Notice::SessionDoubtful.name()]).await?;
    Ok(())
}

/// The content gives a session a date that is over: it is kept apart, and the team is asked.
async fn doubt(
    transaction: &Transaction<'_>,
    session: i64,
    record: &SessionRecord,
    now: Timestamp,
) -> Result<(), Failure> {
    let sql = "INSERT INTO doubtful_dates (session, date, start_time, end_time, starts, ends, opens, closes) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (session) DO UPDATE SET date = excluded.date, \
               start_time = excluded.start_time, end_time = excluded.end_time, starts = excluded.starts, ends = excluded.ends, \
               opens = excluded.opens, closes = excluded.closes";
    let schedule = &record.schedule;
    let (date, start, end) = (record.date.to_string(), record.start.to_string(), record.end.to_string());
    let (starts, ends, closes) = (ms(schedule.starts), ms(schedule.ends), ms(schedule.closes));
    let opens = schedule.opens.map(ms);
    transaction.execute(sql, &[&session, &date, &start, &end, &starts, &ends, &opens, &closes]).await?;
    let sql = "INSERT INTO outbox (kind, session, written_at, not_before) VALUES ($1, $2, $3, $3)";
    transaction.execute(sql, &[&TeamMessage::DoubtfulDate.name(), &session, &ms(now)]).await?;
    Ok(())
}
