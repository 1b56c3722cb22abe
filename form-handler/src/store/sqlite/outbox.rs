//! The outbox's rows: claimed, and settled.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Result, params};

use super::{
    commands::{self, Context},
    rows::{self, ms},
};
use crate::{
    enrolment::{MessageKind, Notice},
    store::{Attempt, Outgoing},
};

pub(super) fn claim(to: Context<'_>, limit: u32, until: Timestamp) -> Result<Vec<Outgoing>> {
    let sql = "UPDATE outbox SET claimed_until = ?3 WHERE key IN (SELECT key FROM outbox WHERE state = 'pending' \
               AND not_before <= ?1 AND (claimed_until IS NULL OR claimed_until <= ?1) ORDER BY not_before, key LIMIT ?2)";
    if to.db.prepare_cached(sql)?.execute(params![ms(to.now), limit, ms(until)])? == 0 {
        return Ok(Vec::new());
    }
    let sql = "SELECT o.key AS message_key, o.id AS message, o.kind, o.recipient, o.payload, o.attempts, o.written_at, \
               d.id AS demand, d.lang, d.places, s.id, s.group_id, s.title, s.date, \
               s.start_time, s.end_time, s.place, s.path, s.revision, s.starts, s.ends, s.opens, s.closes, s.cancelled, \
               s.places_max, s.places_per_demand FROM outbox o \
               JOIN demands d ON d.rank = o.demand JOIN sessions s ON s.key = d.session \
               WHERE o.state = 'pending' AND o.not_before <= ?1 AND o.claimed_until = ?2 ORDER BY o.not_before, o.key LIMIT ?3";
    let mut statement = to.db.prepare_cached(sql)?;
    let rows = statement.query_map(params![ms(to.now), ms(until), limit], |row| {
        let kind: String = row.get("kind")?;
        // A kind that this version does not know was written by a newer one: it is left for it.
        let Some(kind) = MessageKind::of_name(&kind) else { return Ok(None) };
        Ok(Some(Outgoing {
            key: row.get("message_key")?,
            id: rows::demand_id(row, "message")?,
            kind,
            recipient: row.get("recipient")?,
            demand: rows::demand_id(row, "demand")?,
            lang: row.get("lang")?,
            places: row.get("places")?,
            session: rows::read_record(row)?,
            payload: row.get("payload")?,
            attempts: row.get("attempts")?,
            written_at: rows::instant(row, "written_at")?,
        }))
    })?;
    rows.filter_map(Result::transpose).collect()
}

pub(super) fn settle(to: Context<'_>, attempts: &[(i64, Attempt)]) -> Result<()> {
    for (key, attempt) in attempts {
        let (state, not_before, sent_at) = match attempt {
            Attempt::Sent => ("sent", None, Some(ms(to.now))),
            Attempt::Retry(at) => ("pending", Some(ms(*at)), None),
            Attempt::Undeliverable => ("undeliverable", None, None),
        };
        let sql = "UPDATE outbox SET state = ?2, not_before = COALESCE(?3, not_before), sent_at = ?4, \
                   attempts = attempts + 1, claimed_until = NULL WHERE key = ?1 AND state = 'pending'";
        let settled = to.db.prepare_cached(sql)?.execute(params![key, state, not_before, sent_at])?;
        if settled > 0 && *attempt == Attempt::Undeliverable {
            let sql = "SELECT demand FROM outbox WHERE key = ?1";
            let demand = to.db.prepare_cached(sql)?.query_row([key], |row| row.get(0)).optional()?;
            commands::notify(to, Notice::Undeliverable, demand)?;
        }
    }
    Ok(())
}
