//! What is due, and what the team is told: sessions counted, calls to make, the day's digest.

use jiff::{Timestamp, civil::Date};
use rusqlite::{Connection, OptionalExtension, Result, Row, params};

use super::{
    commands,
    rows::{self, ms},
};
use crate::{
    agenda::{Facts, Milestone, is_pressing},
    demand::name_key,
    enrolment::{MessageKind, Notice, TeamMessage},
    store::{Actor, Call, Counted, Counts, Digest, DoubtfulDate, NextSession, Tally, ToConfirm},
    token::DemandId,
};

/// The sessions for which something may be due.
pub(super) fn agenda(db: &Connection, from: Timestamp, until: Timestamp, now: Timestamp) -> Result<Vec<Facts>> {
    let sql = "SELECT s.key, s.date, s.starts, s.ends, s.cancelled, s.places_min, s.decision, \
               (SELECT COALESCE(SUM(weight), 0) FROM demands WHERE session = s.key AND weight > 0) AS occupied, \
               (SELECT COUNT(*) FROM demands WHERE session = s.key AND (ended IS NULL OR ended = 'merged')) AS live, \
               (SELECT COUNT(*) FROM demands WHERE session = s.key AND (ended IS NULL OR ended = 'merged') AND standing = 'waiting') AS waiting, \
               (SELECT n.key FROM sessions n WHERE n.group_id = s.group_id AND n.starts > MAX(?3, s.starts) AND n.closes > ?3 \
               AND n.cancelled = 0 AND n.orphaned = 0 ORDER BY n.starts LIMIT 1) AS next, \
               (SELECT group_concat(what) FROM milestones m WHERE m.session = s.key AND m.starts = s.starts) AS done \
               FROM sessions s WHERE s.orphaned = 0 AND (s.starts BETWEEN ?1 AND ?2 OR (s.cancelled = 1 AND s.starts > ?3)) ORDER BY s.starts, s.key";
    let mut statement = db.prepare_cached(sql)?;
    let found = statement.query_map(params![ms(from), ms(until), ms(now)], |row| {
        let done: Option<String> = row.get("done")?;
        Ok(Facts {
            session: row.get("key")?,
            date: rows::parsed(row, "date")?,
            starts: rows::instant(row, "starts")?,
            ends: rows::instant(row, "ends")?,
            cancelled: row.get("cancelled")?,
            places_min: row.get("places_min")?,
            occupied: row.get("occupied")?,
            live: row.get("live")?,
            waiting: row.get("waiting")?,
            decision: rows::decision(row, "decision")?,
            done: done.iter().flat_map(|done| done.split(',')).filter_map(Milestone::of_name).collect(),
            next: row.get("next")?,
        })
    })?;
    found.collect()
}

/// Everybody of a session that is cancelled; of another, those who wait. First come, first there.
pub(super) fn to_carry(db: &Connection, session: i64) -> Result<Vec<DemandId>> {
    let sql = "SELECT d.id FROM demands d JOIN sessions s ON s.key = d.session WHERE d.session = ?1 \
               AND (d.ended IS NULL OR d.ended = 'merged') AND (s.cancelled = 1 OR d.standing = 'waiting') \
               ORDER BY d.standing = 'waiting', d.first DESC, d.rank";
    let mut statement = db.prepare_cached(sql)?;
    let found = statement.query_map([session], |row| row.get("id").map(DemandId))?;
    found.collect()
}

const COUNTED: &str = "SELECT s.*, s.key AS session_key, \
    (SELECT COALESCE(SUM(weight), 0) FROM demands WHERE session = s.key AND weight > 0) AS occupied, \
    (SELECT COUNT(*) FROM demands WHERE session = s.key AND weight = 0) AS waiting, \
    (SELECT COUNT(*) FROM demands WHERE session = s.key AND ended IS NULL AND to_confirm = 1) AS to_confirm, \
    (SELECT COUNT(*) FROM demands WHERE session = s.key AND asked_at > ?1) AS new, \
    t.date AS doubtful_date, t.starts AS doubtful_starts FROM sessions s LEFT JOIN doubtful_dates t ON t.session = s.key";

fn read_counted(row: &Row<'_>) -> Result<Counted> {
    Ok(Counted {
        key: row.get("session_key")?,
        session: rows::read_record(row)?,
        occupied: row.get("occupied")?,
        waiting: row.get("waiting")?,
        to_confirm: row.get("to_confirm")?,
        new: row.get("new")?,
        decision: rows::decision(row, "decision")?,
        doubtful: match rows::optional_instant(row, "doubtful_starts")? {
            Some(starts) => Some(DoubtfulDate { date: rows::parsed(row, "doubtful_date")?, starts }),
            None => None,
        },
    })
}

pub(super) fn counted(db: &Connection, session: i64) -> Result<Option<Counted>> {
    let sql = format!("{COUNTED} WHERE s.key = ?2");
    db.prepare_cached(&sql)?.query_row([i64::MAX, session], read_counted).optional()
}

/// Has the digest of that day written, once.
pub(super) fn digest(db: &Connection, day: Date, now: Timestamp) -> Result<bool> {
    let sql = "SELECT 1 FROM digests WHERE day = ?1";
    if db.prepare_cached(sql)?.exists([day.to_string()])? {
        return Ok(false);
    }
    let worth = digest_facts(db, now)?.presses;
    db.prepare_cached("INSERT INTO digests (day, at) VALUES (?1, ?2)")?.execute(params![day.to_string(), ms(now)])?;
    if worth {
        let sql = "INSERT INTO outbox (kind, written_at, not_before) VALUES (?1, ?2, ?2)";
        db.prepare_cached(sql)?.execute(params![TeamMessage::Digest.name(), ms(now)])?;
    }
    Ok(worth)
}

/// What happened since the digest before `now`, and what is to be done.
pub(super) fn digest_facts(db: &Connection, now: Timestamp) -> Result<Digest> {
    let sql = "SELECT MAX(at) AS at FROM digests WHERE at < ?1";
    let since: Option<i64> = db.prepare_cached(sql)?.query_row([ms(now)], |row| row.get("at"))?;
    let sql = format!(
        "SELECT * FROM ({COUNTED} WHERE s.orphaned = 0 AND s.ends > ?2) WHERE occupied + waiting + new > 0 ORDER BY starts, id"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let sessions = statement.query_map([since.unwrap_or(i64::MIN), ms(now)], read_counted)?.collect::<Result<_>>()?;
    let sql = "SELECT n.kind, n.at FROM notices n LEFT JOIN demands d ON d.rank = n.demand \
               WHERE n.done = 0 AND (d.rank IS NULL OR d.ended IS NULL) AND (n.kind <> ?1 OR d.to_confirm = 1)";
    let mut statement = db.prepare_cached(sql)?;
    let notices =
        statement.query_map([Notice::ToConfirm.name()], |row| Ok((row.get("kind")?, rows::instant(row, "at")?)))?;
    let notices = notices.collect::<Result<_>>()?;
    let sql = "SELECT s.date FROM notices n JOIN sessions s ON s.key = n.session WHERE n.done = 0 AND n.kind = ?1 ORDER BY s.date";
    let mut statement = db.prepare_cached(sql)?;
    let erasures = statement.query_map([Notice::ErasureNear.name()], |row| rows::parsed(row, "date"))?;
    let erasures = erasures.collect::<Result<_>>()?;
    let since = since.and_then(|since| Timestamp::from_millisecond(since).ok()).unwrap_or(Timestamp::MIN);
    Ok(Digest::of(sessions, &calls(db, now)?, notices, erasures, since, now))
}

/// What ended since needs no call any more, unless that is what the call is about.
pub(super) fn calls(db: &Connection, now: Timestamp) -> Result<Vec<Call>> {
    let sql = "SELECT n.key AS notice, n.about, n.at, d.first_name, d.phone, d.email, d.cautions, d.ended, s.* FROM notices n \
               JOIN demands d ON d.rank = n.demand JOIN sessions s ON s.key = d.session \
               WHERE n.done = 0 AND n.kind IN ('to-call', 'undeliverable') ORDER BY n.at, n.key";
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    let mut calls = Vec::new();
    while let Some(row) = rows.next()? {
        let about = row.get_ref("about")?.as_str_or_null()?.and_then(MessageKind::of_name);
        let over = rows::read_ended(row)?.is_some() && !about.is_some_and(MessageKind::tells_of_an_end);
        if over || !is_pressing(about, rows::instant(row, "starts")?, now) {
            continue;
        }
        calls.push(Call {
            key: row.get("notice")?,
            about,
            since: rows::instant(row, "at")?,
            session: rows::read_record(row)?,
            first_name: row.get("first_name")?,
            phone: row.get("phone")?,
            email: row.get("email")?,
            cautions: rows::cautions(row)?,
        });
    }
    Ok(calls)
}

pub(super) fn call_made(db: &Connection, key: i64, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE notices SET done = 1 WHERE key = ?1 AND done = 0 AND kind IN ('to-call', 'undeliverable')";
    let made = db.prepare_cached(sql)?.execute([key])? > 0;
    if made {
        let sql = "SELECT d.session FROM notices n JOIN demands d ON d.rank = n.demand WHERE n.key = ?1";
        let session = db.prepare_cached(sql)?.query_row([key], |row| row.get("session")).optional()?;
        commands::audit(db, now, Actor::Team, "call", session)?;
    }
    Ok(made)
}

/// The demands that the team has yet to confirm, of sessions that are held and not over.
pub(super) fn to_confirm(db: &Connection, now: Timestamp) -> Result<Vec<ToConfirm>> {
    let sql = "SELECT s.*, d.id AS demand, d.rank, d.session AS key_of, d.standing, d.offered_until, d.first_name, d.phone, d.email, d.cautions, \
               d.other_parent_first_name, d.asked_at, n.key AS next_key, n.id AS next_id, n.date AS next_date \
               FROM demands d JOIN sessions s ON s.key = d.session LEFT JOIN sessions n ON n.key = (SELECT m.key FROM sessions m \
               WHERE m.group_id = s.group_id AND m.starts > MAX(?1, s.starts) AND m.closes > ?1 AND m.cancelled = 0 AND m.orphaned = 0 \
               ORDER BY m.starts LIMIT 1) WHERE d.ended IS NULL AND d.to_confirm = 1 AND s.cancelled = 0 AND s.ends > ?1 \
               ORDER BY d.asked_at, d.rank";
    let mut same_name = db.prepare_cached(
        "SELECT 1 FROM demands WHERE session = ?1 AND name_key = ?2 AND ended IS NULL AND rank <> ?3",
    )?;
    let mut statement = db.prepare_cached(sql)?;
    let mut found = statement.query([ms(now)])?;
    let mut waiting = Vec::new();
    while let Some(row) = found.next()? {
        let (rank, session): (i64, i64) = (row.get("rank")?, row.get("key_of")?);
        let other_parent_first_name: Option<String> = row.get("other_parent_first_name")?;
        let other_parent_asked = match &other_parent_first_name {
            Some(name) => same_name.exists(params![session, name_key(name), rank])?,
            None => false,
        };
        let next: Option<i64> = row.get("next_key")?;
        waiting.push(ToConfirm {
            id: rows::demand_id(row, "demand")?,
            session: rows::read_record(row)?,
            holds: rows::read_standing(row)?.occupies(),
            first_name: row.get("first_name")?,
            phone: row.get("phone")?,
            email: row.get("email")?,
            cautions: rows::cautions(row)?,
            other_parent_first_name,
            other_parent_asked,
            asked_at: rows::instant(row, "asked_at")?,
            next: match next {
                Some(key) => Some(NextSession { key, id: row.get("next_id")?, date: rows::parsed(row, "next_date")? }),
                None => None,
            },
        });
    }
    Ok(waiting)
}

/// What came of the sessions of these days: of the demands that are there, of those that were
/// erased, and of the sessions without any.
pub(super) fn tallies(db: &Connection, from: Date, until: Date) -> Result<Vec<Tally>> {
    let sql = "SELECT session, group_id, date, cancelled, heard_from, SUM(asked) AS asked, SUM(seats) AS seats, \
               SUM(withdrawn) AS withdrawn, SUM(unserved) AS unserved FROM ( \
               SELECT session, group_id, date, cancelled, heard_from, asked, seats, withdrawn, unserved FROM counts \
               UNION ALL SELECT session, group_id, date, cancelled, heard_from, asked, seats, withdrawn, unserved FROM tallies \
               UNION ALL SELECT id, group_id, date, cancelled, '', 0, 0, 0, 0 FROM sessions WHERE orphaned = 0) \
               WHERE date BETWEEN ?1 AND ?2 GROUP BY date, session, group_id, cancelled, heard_from ORDER BY date, session, heard_from";
    let mut statement = db.prepare_cached(sql)?;
    let found = statement.query_map([from.to_string(), until.to_string()], |row| {
        let heard_from: String = row.get("heard_from")?;
        Ok(Tally {
            session: row.get("session")?,
            group: row.get("group_id")?,
            date: rows::parsed(row, "date")?,
            cancelled: row.get("cancelled")?,
            heard_from: (!heard_from.is_empty()).then_some(heard_from),
            counts: Counts {
                asked: row.get("asked")?,
                seats: row.get("seats")?,
                withdrawn: row.get("withdrawn")?,
                unserved: row.get("unserved")?,
            },
        })
    })?;
    found.collect()
}
