//! What is due, and what the team is told: sessions counted, calls to make, the day's digest.

use deadpool_postgres::{GenericClient, Transaction};
use jiff::{Timestamp, civil::Date};
use tokio_postgres::Row;

use super::{
    failure::Failure,
    rows::{self, RECORD, ms},
};
use crate::{
    agenda::{Facts, Milestone, is_pressing},
    demand::name_key,
    enrolment::{MessageKind, Notice, TeamMessage},
    store::{Actor, Call, Counted, Counts, Digest, DoubtfulDate, NextSession, Tally, ToConfirm},
    token::DemandId,
};

type Result<T> = std::result::Result<T, Failure>;

/// The sessions for which something may be due.
pub(super) async fn agenda(
    client: &impl GenericClient,
    from: Timestamp,
    until: Timestamp,
    now: Timestamp,
) -> Result<Vec<Facts>> {
    let sql = "SELECT s.key, s.date, s.starts, s.ends, s.cancelled, s.places_min, s.decision, c.occupied, c.live, c.waiting, \
               (SELECT n.key FROM sessions n WHERE n.group_id = s.group_id AND n.starts > GREATEST($3, s.starts) AND n.closes > $3 \
               AND NOT n.cancelled AND NOT n.orphaned ORDER BY n.starts LIMIT 1) AS next, \
               ARRAY(SELECT what FROM milestones m WHERE m.session = s.key AND m.starts = s.starts) AS done \
               FROM sessions s, LATERAL (SELECT \
               COALESCE(SUM(d.places) FILTER (WHERE d.ended IS NULL AND d.standing <> 'waiting'), 0)::bigint AS occupied, \
               COUNT(*) AS live, COUNT(*) FILTER (WHERE d.standing = 'waiting') AS waiting \
               FROM demands d WHERE d.session = s.key AND (d.ended IS NULL OR d.ended = 'merged')) c \
               WHERE NOT s.orphaned AND (s.starts BETWEEN $1 AND $2 OR (s.cancelled AND s.starts > $3)) ORDER BY s.starts, s.key";
    let read = |row: &Row| {
        let done: Vec<&str> = rows::get(row, "done")?;
        Ok(Facts {
            session: rows::get(row, "key")?,
            date: rows::parsed(row, "date")?,
            starts: rows::instant(row, "starts")?,
            ends: rows::instant(row, "ends")?,
            cancelled: rows::get(row, "cancelled")?,
            places_min: rows::number(row, "places_min")?,
            occupied: rows::number(row, "occupied")?,
            live: rows::number(row, "live")?,
            waiting: rows::number(row, "waiting")?,
            decision: rows::decision(row)?,
            done: done.into_iter().filter_map(Milestone::of_name).collect(),
            next: rows::get(row, "next")?,
        })
    };
    client.query(sql, &[&ms(from), &ms(until), &ms(now)]).await?.iter().map(read).collect()
}

/// Everybody of a session that is cancelled; of another, those who wait. First come, first there.
pub(super) async fn to_carry(client: &impl GenericClient, session: i64) -> Result<Vec<DemandId>> {
    let sql = "SELECT d.id FROM demands d JOIN sessions s ON s.key = d.session WHERE d.session = $1 \
               AND (d.ended IS NULL OR d.ended = 'merged') AND (s.cancelled OR d.standing = 'waiting') \
               ORDER BY d.standing = 'waiting', d.first DESC, d.rank";
    client.query(sql, &[&session]).await?.iter().map(|row| rows::demand_id(row, "id")).collect()
}

/// [`Counted`], of sessions counted since `$1`: `WHERE` goes behind.
fn counted_sql() -> String {
    format!(
        "SELECT {RECORD}, c.*, t.date AS doubtful_date, t.starts AS doubtful_starts \
         FROM sessions s LEFT JOIN doubtful_dates t ON t.session = s.key CROSS JOIN LATERAL (SELECT \
         COALESCE(SUM(d.places) FILTER (WHERE d.ended IS NULL AND d.standing <> 'waiting'), 0)::bigint AS occupied, \
         COUNT(*) FILTER (WHERE d.ended IS NULL AND d.standing = 'waiting') AS waiting, \
         COUNT(*) FILTER (WHERE d.ended IS NULL AND d.to_confirm) AS to_confirm, \
         COUNT(*) FILTER (WHERE d.asked_at > $1) AS new FROM demands d WHERE d.session = s.key) c"
    )
}

fn read_counted(row: &Row) -> Result<Counted> {
    Ok(Counted {
        key: rows::get(row, "key")?,
        session: rows::record(row)?,
        occupied: rows::number(row, "occupied")?,
        waiting: rows::number(row, "waiting")?,
        to_confirm: rows::number(row, "to_confirm")?,
        new: rows::number(row, "new")?,
        decision: rows::decision(row)?,
        doubtful: match rows::optional_instant(row, "doubtful_starts")? {
            Some(starts) => Some(DoubtfulDate { date: rows::parsed(row, "doubtful_date")?, starts }),
            None => None,
        },
    })
}

pub(super) async fn counted(client: &impl GenericClient, session: i64) -> Result<Option<Counted>> {
    let sql = format!("{} WHERE s.key = $2", counted_sql());
    client.query_opt(&sql, &[&i64::MAX, &session]).await?.as_ref().map(read_counted).transpose()
}

/// Has the digest of that day written, once.
pub(super) async fn digest(transaction: &Transaction<'_>, day: Date, now: Timestamp) -> Result<bool> {
    let worth = digest_facts(transaction, now).await?.presses;
    let sql = "INSERT INTO digests (day, at) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    let first = transaction.execute(sql, &[&day.to_string(), &ms(now)]).await? > 0;
    if first && worth {
        let sql = "INSERT INTO outbox (kind, written_at, not_before) VALUES ($1, $2, $2)";
        transaction.execute(sql, &[&TeamMessage::Digest.name(), &ms(now)]).await?;
    }
    Ok(first && worth)
}

/// What happened since the digest before `now`, and what is to be done.
pub(super) async fn digest_facts(client: &impl GenericClient, now: Timestamp) -> Result<Digest> {
    let since = client.query_one("SELECT MAX(at) AS at FROM digests WHERE at < $1", &[&ms(now)]).await?;
    let since: i64 = rows::get::<Option<i64>>(&since, "at")?.unwrap_or(i64::MIN);
    let sql = format!(
        "{} WHERE NOT s.orphaned AND s.ends > $2 AND c.occupied + c.waiting + c.new > 0 ORDER BY s.starts, s.id",
        counted_sql()
    );
    let sessions = client.query(&sql, &[&since, &ms(now)]).await?;
    let sessions = sessions.iter().map(read_counted).collect::<Result<_>>()?;
    let sql = "SELECT n.kind, n.at FROM notices n LEFT JOIN demands d ON d.rank = n.demand \
               WHERE NOT n.done AND (d.rank IS NULL OR d.ended IS NULL) AND (n.kind <> $1 OR d.to_confirm)";
    let read = |row: &Row| Ok((rows::get(row, "kind")?, rows::instant(row, "at")?));
    let notices = client.query(sql, &[&Notice::ToConfirm.name()]).await?.iter().map(read).collect::<Result<_>>()?;
    let sql = "SELECT s.date FROM notices n JOIN sessions s ON s.key = n.session WHERE NOT n.done AND n.kind = $1 ORDER BY s.date";
    let erasures = client.query(sql, &[&Notice::ErasureNear.name()]).await?;
    let erasures = erasures.iter().map(|row| rows::parsed(row, "date")).collect::<Result<_>>()?;
    let since = Timestamp::from_millisecond(since).unwrap_or(Timestamp::MIN);
    Ok(Digest::of(sessions, &calls(client, now).await?, notices, erasures, since, now))
}

/// What ended since needs no call any more, unless that is what the call is about.
pub(super) async fn calls(client: &impl GenericClient, now: Timestamp) -> Result<Vec<Call>> {
    let sql = format!(
        "SELECT n.key AS notice, n.about, n.at, d.first_name, d.phone, d.email, d.cautions, d.ended, {RECORD} FROM notices n \
         JOIN demands d ON d.rank = n.demand JOIN sessions s ON s.key = d.session \
         WHERE NOT n.done AND n.kind IN ('to-call', 'undeliverable') ORDER BY n.at, n.key"
    );
    let mut calls = Vec::new();
    for row in client.query(&sql, &[]).await? {
        let about = rows::get::<Option<&str>>(&row, "about")?.and_then(MessageKind::of_name);
        let over = rows::ended(&row)?.is_some() && !about.is_some_and(MessageKind::tells_of_an_end);
        if over || !is_pressing(about, rows::instant(&row, "starts")?, now) {
            continue;
        }
        calls.push(Call {
            key: rows::get(&row, "notice")?,
            about,
            since: rows::instant(&row, "at")?,
            session: rows::record(&row)?,
            first_name: rows::get(&row, "first_name")?,
            phone: rows::get(&row, "phone")?,
            email: rows::get(&row, "email")?,
            cautions: rows::cautions(&row)?,
        });
    }
    Ok(calls)
}

pub(super) async fn call_made(transaction: &Transaction<'_>, key: i64, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE notices SET done = TRUE WHERE key = $1 AND NOT done AND kind IN ('to-call', 'undeliverable') \
               RETURNING (SELECT session FROM demands WHERE rank = demand) AS session";
    let Some(row) = transaction.query_opt(sql, &[&key]).await? else { return Ok(false) };
    let session: Option<i64> = rows::get(&row, "session")?;
    let sql = "INSERT INTO audit (at, actor, action, session) VALUES ($1, $2, 'call', $3)";
    transaction.execute(sql, &[&ms(now), &Actor::Team.name(), &session]).await?;
    Ok(true)
}

/// The demands that the team has yet to confirm, of sessions that are held and not over.
pub(super) async fn to_confirm(client: &impl GenericClient, now: Timestamp) -> Result<Vec<ToConfirm>> {
    let sql = format!(
        "SELECT {RECORD}, d.id AS demand, d.rank, d.standing, d.offered_until, d.first_name, d.phone, d.email, d.cautions, \
         d.other_parent_first_name, d.asked_at, n.key AS next_key, n.id AS next_id, n.date AS next_date, \
         ARRAY(SELECT o.name_key FROM demands o WHERE o.session = d.session AND o.ended IS NULL AND o.rank <> d.rank) AS others \
         FROM demands d JOIN sessions s ON s.key = d.session LEFT JOIN LATERAL (SELECT m.key, m.id, m.date FROM sessions m \
         WHERE m.group_id = s.group_id AND m.starts > GREATEST($1, s.starts) AND m.closes > $1 AND NOT m.cancelled AND NOT m.orphaned \
         ORDER BY m.starts LIMIT 1) n ON TRUE WHERE d.ended IS NULL AND d.to_confirm AND NOT s.cancelled AND s.ends > $1 \
         ORDER BY d.asked_at, d.rank"
    );
    let read = |row: &Row| {
        let other_parent_first_name: Option<String> = rows::get(row, "other_parent_first_name")?;
        let others: Vec<&str> = rows::get(row, "others")?;
        let other = other_parent_first_name.as_deref().map(name_key);
        let next: Option<i64> = rows::get(row, "next_key")?;
        Ok(ToConfirm {
            id: rows::demand_id(row, "demand")?,
            session: rows::record(row)?,
            holds: rows::standing(row)?.occupies(),
            first_name: rows::get(row, "first_name")?,
            phone: rows::get(row, "phone")?,
            email: rows::get(row, "email")?,
            cautions: rows::cautions(row)?,
            other_parent_first_name,
            other_parent_asked: other.is_some_and(|other| others.contains(&other.as_str())),
            asked_at: rows::instant(row, "asked_at")?,
            next: match next {
                Some(key) => {
                    Some(NextSession { key, id: rows::get(row, "next_id")?, date: rows::parsed(row, "next_date")? })
                }
                None => None,
            },
        })
    };
    client.query(&sql, &[&ms(now)]).await?.iter().map(read).collect()
}

/// What came of the sessions of these days: of the demands that are there, of those that were
/// erased, and of the sessions without any.
pub(super) async fn tallies(client: &impl GenericClient, from: Date, until: Date) -> Result<Vec<Tally>> {
    let sql = "SELECT session, group_id, date, cancelled, heard_from, SUM(asked)::bigint AS asked, SUM(seats)::bigint AS seats, \
               SUM(withdrawn)::bigint AS withdrawn, SUM(unserved)::bigint AS unserved FROM ( \
               SELECT session, group_id, date, cancelled, heard_from, asked, seats, withdrawn, unserved FROM counts \
               UNION ALL SELECT session, group_id, date, cancelled, heard_from, asked, seats, withdrawn, unserved FROM tallies \
               UNION ALL SELECT id, group_id, date, cancelled, '', 0, 0, 0, 0 FROM sessions WHERE NOT orphaned) t \
               WHERE date BETWEEN $1 AND $2 GROUP BY date, session, group_id, cancelled, heard_from \
               ORDER BY date, session COLLATE \"C\", heard_from COLLATE \"C\"";
    let read = |row: &Row| {
        let heard_from: String = rows::get(row, "heard_from")?;
        Ok(Tally {
            session: rows::get(row, "session")?,
            group: rows::get(row, "group_id")?,
            date: rows::parsed(row, "date")?,
            cancelled: rows::get(row, "cancelled")?,
            heard_from: (!heard_from.is_empty()).then_some(heard_from),
            counts: Counts {
                asked: rows::number(row, "asked")?,
                seats: rows::number(row, "seats")?,
                withdrawn: rows::number(row, "withdrawn")?,
                unserved: rows::number(row, "unserved")?,
            },
        })
    };
    client.query(sql, &[&from.to_string(), &until.to_string()]).await?.iter().map(read).collect()
}
