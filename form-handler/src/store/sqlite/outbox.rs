//! The outbox's rows: claimed, and settled.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result, params};

use super::{
    commands,
    rows::{self, ms},
};
use crate::{
    enrolment::{MessageKind, Notice},
    store::{Attempt, Outgoing},
};

pub(super) fn claim(db: &Connection, limit: u32, now: Timestamp, until: Timestamp) -> Result<Vec<Outgoing>> {
    let sql = "UPDATE outbox SET claimed_until = ?3 WHERE key IN (SELECT key FROM outbox WHERE state = 'pending' \
               AND not_before <= ?1 AND (claimed_until IS NULL OR claimed_until <= ?1) ORDER BY not_before, key LIMIT ?2)";
    if db.prepare_cached(sql)?.execute(params![ms(now), limit, ms(until)])? == 0 {
        return Ok(Vec::new());
    }
    let sql = "SELECT o.key AS message_key, o.kind, o.recipient, o.attempts, o.written_at, \
               d.id AS demand, d.lang, d.places, d.offered_until, s.id, s.group_id, s.title, s.date, \
               s.start_time, s.end_time, s.place, s.path, s.revision, s.starts, s.ends, s.opens, s.closes, s.cancelled, \
               s.places_max, s.places_per_demand FROM outbox o \
               JOIN demands d ON d.rank = o.demand JOIN sessions s ON s.key = d.session \
               WHERE o.state = 'pending' AND o.not_before <= ?1 AND o.claimed_until = ?2 ORDER BY o.not_before, o.key LIMIT ?3";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map(params![ms(now), ms(until), limit], |row| {
        let kind: String = row.get("kind")?;
        // A kind that this version does not know was written by a newer one: it is left for it.
        let Some(kind) = MessageKind::of_name(&kind) else { return Ok(None) };
        Ok(Some(Outgoing {
            key: row.get("message_key")?,
            kind,
            recipient: row.get("recipient")?,
            demand: rows::demand_id(row, "demand")?,
            lang: row.get("lang")?,
            places: row.get("places")?,
            offered_until: rows::optional_instant(row, "offered_until")?,
            session: rows::read_record(row)?,
            attempts: row.get("attempts")?,
            written_at: rows::instant(row, "written_at")?,
        }))
    })?;
    rows.filter_map(Result::transpose).collect()
}

pub(super) fn release(db: &Connection) -> Result<()> {
    let sql = "UPDATE outbox SET claimed_until = NULL WHERE state = 'pending' AND claimed_until IS NOT NULL";
    db.prepare_cached(sql)?.execute([]).map(drop)
}

pub(super) fn settle(db: &Connection, attempts: &[(i64, Attempt)], now: Timestamp) -> Result<()> {
    for (key, attempt) in attempts {
        let (state, not_before, sent_at) = match attempt {
            Attempt::Sent => ("sent", None, Some(ms(now))),
            Attempt::Retry(at) => ("pending", Some(ms(*at)), None),
            Attempt::Undeliverable => ("undeliverable", None, None),
            Attempt::Untried => ("pending", None, None),
        };
        let tried = *attempt != Attempt::Untried;
        let sql = "UPDATE outbox SET state = ?2, not_before = COALESCE(?3, not_before), sent_at = ?4, \
                   attempts = attempts + ?5, claimed_until = NULL WHERE key = ?1 AND state = 'pending'";
        let settled = db.prepare_cached(sql)?.execute(params![key, state, not_before, sent_at, tried])?;
        if settled > 0 && *attempt == Attempt::Undeliverable {
            let sql = "SELECT demand FROM outbox WHERE key = ?1";
            let demand = db.prepare_cached(sql)?.query_row([key], |row| row.get(0)).optional()?;
            commands::notify(db, now, Notice::Undeliverable, demand, None)?;
        }
    }
    Ok(())
}
